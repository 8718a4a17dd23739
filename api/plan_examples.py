"""Examples of plans and screenplays, as api/examples.py has them."""

from __future__ import annotations

from api.examples import EPISODE_ID, Json

_ROOFTOP: Json = {"place_id": "rooftop", "name": "Rooftop", "description": "flat roof above a dense city", "light": "dusk"}
_SAITAMA: Json = {"character_id": "saitama", "name": "Saitama", "description": "bald man in a yellow suit with a white cape"}
PLAN: Json = {
    "logline": "A bored hero meets the tallest enemy in town.",
    "scenes": [
        {
            "scene_id": "s1",
            "place": _ROOFTOP,
            "time_of_day": "dusk",
            "wardrobe": [{"character_id": "saitama", "clothes": "a yellow suit"}],
        }
    ],
    "beats": [
        {
            "beat_id": "b1",
            "index": 0,
            "scene_id": "s1",
            "turn": "setup",
            "description": "Saitama looks up at a giant monster.",
            "cast": [{"character": _SAITAMA, "action": "looks up"}],
            "place": _ROOFTOP,
            "time_of_day": "dusk",
            "shot_size": "wide",
            "dialogue": {"character_id": "saitama", "text": "You are tall."},
            "duration_s": 5.0,
            "seed": 7,
            "prompt": "wide shot, Saitama, bald, yellow suit, white cape, looks up at a giant monster, rooftop at dusk",
            "backend": "animatic",
        }
    ],
}
SCREENPLAY = """Title: The tallest enemy

EXT. ROOFTOP - DUSK

Saitama looks up at a giant monster.

SAITAMA
You are tall.
"""
NEW_SCREENPLAY: Json = {
    "summary": "A screenplay, which keeps its scenes and its dialogue",
    "value": {"world_id": "anime_world", "screenplay": SCREENPLAY},
}
VERSIONS: Json = {
    "episode_id": EPISODE_ID,
    "versions": [
        {"version": 3, "at": "2026-11-22T09:41:07Z", "cause": "restored version 1", "num_beats": 1},
        {"version": 2, "at": "2026-11-22T09:40:52Z", "cause": "beat b1 changed", "num_beats": 1},
    ],
    "next_before": 2,
}
VERSION: Json = {
    "version": 1,
    "at": "2026-11-22T09:30:04Z",
    "cause": "planned",
    "num_beats": 1,
    "episode_id": EPISODE_ID,
    "world_revision": 3,
    "plan": PLAN,
}
NEW_PLANS: dict[str, Json] = {"one beat": {"summary": "A plan of one scene and one beat", "value": PLAN}}
