"""Small valid nouns for tests; each takes the fields that the test is about."""

from __future__ import annotations

import uuid
from typing import Any

from episodes.fleet import Kind
from episodes.job import RenderInput, RenderJob, RenderMeta, RenderOutput, beat_path
from episodes.plan import Beat, CastMember, EpisodeRequest, Format, Plan, StoryTurn
from episodes.world import Character, Place, World

TINY = Format(width=64, height=64, fps=8)


def a_character(name: str = "Mika", **fields: Any) -> Character:
    given = {
        "character_id": name.lower().replace(" ", "-"),
        "description": "red coat",
        "palette": ("#201010", "#c02020", "#203060"),
    }
    return Character(name=name, **{**given, **fields})


def a_place(name: str = "Rooftop", **fields: Any) -> Place:
    given = {"place_id": name.lower(), "description": "a flat roof", "palette": ("#88aacc", "#666666", "#333333")}
    return Place(name=name, **{**given, **fields})


def a_world(**fields: Any) -> World:
    return World(**{"characters": (a_character(),), "places": (a_place(),), **fields})


def a_beat(index: int = 0, **fields: Any) -> Beat:
    given: dict[str, Any] = {
        "beat_id": f"b{index + 1}",
        "index": index,
        "turn": StoryTurn.SETUP,
        "description": f"Mika looks around, moment {index + 1}.",
        "action": "look",
        "cast": (CastMember(character=a_character(), action="looks around"),),
        "place": a_place(),
        "caption": f"Moment {index + 1}",
        "duration_s": 1.0,
        "seed": 7 + index,
        "prompt": "Mika, red coat, looks around",
    }
    return Beat(**{**given, **fields})


def a_plan(num_beats: int = 3, **fields: Any) -> Plan:
    scenes = fields.pop("scenes", ())
    return Plan(beats=tuple(a_beat(i, **fields) for i in range(num_beats)), logline="Mika looks around.", scenes=scenes)


def a_kind(name: str = "animatic", num_renderers: int = 1, **fields: Any) -> Kind:
    names = tuple(f"renderer:{name}:{index}" for index in range(num_renderers))
    return Kind(**{"name": name, "renderers": names, "min_count": num_renderers, **fields})


def a_request(**fields: Any) -> EpisodeRequest:
    return EpisodeRequest(**{"world_id": "anime_world", "intent": "Mika looks around", "format": TINY, **fields})


def a_job(beat: Beat | None = None, *, film_format: Format = TINY, **fields: Any) -> RenderJob:
    beat = beat or a_beat()
    episode_id = fields.pop("episode_id", "e1")
    given: dict[str, Any] = {
        "job_id": str(uuid.uuid4()),
        "backend": beat.backend,
        "input": RenderInput(prompt=beat.prompt, duration_sec=beat.duration_s, seed=beat.seed, format=film_format, beat=beat),
        "output": RenderOutput(path=beat_path(episode_id, beat.beat_id)),
        "meta": RenderMeta(episode_id=episode_id, beat_id=beat.beat_id, attempt=1, fence=1),
    }
    return RenderJob(**{**given, **fields})
