"""LanguageModelPlanner: a language model drafts the story, code makes the plan of it.

instructions.py    all that a model is told, in one place
draft.py           what it answers: ids of the world and prose; no prompts, no seeds
checking.py        what is wrong with a draft, in sentences that it can mend it by
drafting.py        draft → plan
planner.py         the way through
"""
