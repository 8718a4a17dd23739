"""Intent → plan: world extraction, planners, prompts, continuity. No Ray, no torch, no SQL.

prompts.py         what models are told, composed by code from a beat, its scene and the world's fixed descriptions
offline/           OfflinePlanner (offline/planner.py): deterministic and free; another planner implements the same port, `episodes.ports.Planner`
writer/            LanguageModelPlanner: a language model drafts, code checks and makes the plan
asking.py          a model's answer of a given shape, with repairs; models.py opens models of three providers
succession.py      who plans when the one before could not; turnstile.py lets only so many plan at once
extraction/        what is measured in an uploaded picture
world_builder.py   StoredWorlds: stored world → extraction → empty world; intake.py says what a picture becomes
example_world.py   the shipped world, `worlds/anime_world/`, and how it is put into a fresh installation
"""
