"""One example of every body: shown in the OpenAPI page, and kept true by a test that validates each against its shape."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]  # an example is JSON of the shape that it shows

EPISODE_ID = "01990f6e-7c2a-7b1e-9d55-0a5f4f1c2b3d"
_SHA256 = "0123456789abcdef" * 4
_WHEN = "2026-11-22T09:30:00Z"
_LATER = "2026-11-22T09:30:12Z"

NEW_EPISODES: dict[str, Json] = {
    "shortest": {
        "summary": "An intent in a world",
        "value": {"world_id": "anime_world", "intent": "Saitama fights a giant monster on a rooftop"},
    },
    "everything": {
        "summary": "Everything that can be said",
        "value": {
            "world_id": "anime_world",
            "intent": "Mika chases a thief through the night market",
            "style": "film noir, heavy rain",
            "backend": "animatediff",
            "fallbacks": ["animatic"],
            "mode": "final",
            "width": 1280,
            "height": 720,
            "fps": 24,
            "duration_s": 4.0,
            "num_beats": 5,
            "seed": 42,
            "budget": "5.00",
            "motion": {"engine": "sparse", "params": {"reuse_poses": True, "temporal_smoothing": 0.2, "strength": 1.0}},
        },
    },
}

BEAT_CHANGES: dict[str, Json] = {
    "another take": {"summary": "The same once more, with another seed", "value": {"seed": 43}},
    "another shot": {
        "summary": "Something else happens, seen from nearer",
        "value": {
            "description": "Mika stops and looks back over her shoulder.",
            "prompt": "close-up, Mika, red coat, looks back over her shoulder, night market, rain",
            "shot_size": "close-up",
            "angle": "low",
            "keyframe_density": "dense",
            "duration_s": 3.0,
            "dialogue": None,
            "caption": "Somebody follows her.",
        },
    },
    "what becomes of it": {"summary": "She dies in it", "value": {"effects": [{"happens": "dies", "character_id": "mika"}]}},
}

SUMMARY: Json = {
    "episode_id": EPISODE_ID,
    "world_id": "anime_world",
    "state": "CREATED",
    "progress": 0,
    "reason": "",
    "intent": "Saitama fights a giant monster on a rooftop",
    "style": "",
    "backend": None,
    "fallbacks": [],
    "mode": "validate",
    "width": 512,
    "height": 512,
    "fps": 24,
    "duration_s": 5.0,
    "num_beats": 3,
    "seed": 0,
    "motion": {
        "engine": "sparse",
        "params": {"reuse_poses": True, "temporal_smoothing": 0.0, "strength": 1.0, "quality": "fast"},
    },
    "created_at": _WHEN,
    "updated_at": _WHEN,
}


def _artifact(artifact_type: str, key: str, url: str, media_type: str, **more: float) -> Json:
    file = {"size_bytes": 184_320, "sha256": _SHA256, "media_type": media_type}
    return {"type": artifact_type, "uri": f"s3://storyworld/{key}", "version": 1, "url": url, **file, **more}


_ATTEMPT: Json = {
    "attempt_id": "01990f6e-8d10-7c43-b3f1-6f0c9a7be001",
    "number": 1,
    "state": "SELECTED",
    "renderer": "renderer:animatic:0",
    "node": "head",
    "failure_class": None,
    "reason": "",
    "opened_at": _WHEN,
    "ended_at": _LATER,
    "take": None,
    "seed": 7,
    "reused_from": None,
    "cost": "0.00",
}
_PIXELS = {"width": 512, "height": 512}

_HERO: Json = {"character_id": "saitama", "name": "Saitama"}
_MONSTER: Json = {"character_id": "monster", "name": "Giant monster"}
_ROOFTOP: Json = {"place_id": "rooftop", "name": "Rooftop"}

BEAT: Json = {
    "beat_id": "b1",
    "index": 0,
    "scene_id": "s1",
    "state": "ACCEPTED",
    "progress": 100,
    "reason": "",
    "waiting": "",
    "revision": 1,
    "description": "Saitama stands on the rooftop as a giant monster rises over the skyline.",
    "turn": "setup",
    "action": "fight",
    "characters": [
        {**_HERO, "action": "looks up", "emotion": "calm", "position": "left", "is_target": False},
        {**_MONSTER, "action": "rises", "emotion": "furious", "position": None, "is_target": True},
    ],
    "place": _ROOFTOP,
    "time_of_day": "dusk",
    "shot_size": "wide",
    "angle": "low",
    "camera_move": "push in",
    "first_frame": "Saitama alone at the railing, small against the sky.",
    "last_frame": "The monster's head fills the sky behind him.",
    "movement": "The monster rises slowly; the cape stirs.",
    "dialogue": None,
    "caption": "The city holds its breath.",
    "sound": "wind, a deep rumble",
    "effects": [],
    "duration_s": 5.0,
    "transition": "fade",
    "keyframe_density": "normal",
    "seed": 7,
    "depends_on": [],
    "starts_from": None,
    "references": [],
    "prompt": "wide shot, Saitama, bald, yellow suit, white cape, looks up at a giant monster, rooftop at dusk",
    "negative_prompt": "text, watermark",
    "style": "anime, clean line art",
    "backend": "animatic",
    "fallback_reason": "",
    "reused_from": None,
    "preview_url": None,
    "artifacts": [
        _artifact(
            "video",
            f"episodes/{EPISODE_ID}/beats/b1/video/01990f6e-8d10-7c43-b3f1-6f0c9a7be001.mp4",
            f"/episodes/{EPISODE_ID}/beats/b1/video",
            "video/mp4",
            **_PIXELS,
            fps=24.0,
            duration_s=5.0,
            num_frames=120,
        ),
    ],
    "attempts": [_ATTEMPT],
}

_FILM = _artifact(
    "film",
    f"episodes/{EPISODE_ID}/film/01990f6e-9a77-7d52-8c11-3be2f5a7c002.mp4",
    f"/episodes/{EPISODE_ID}/film",
    "video/mp4",
    **_PIXELS,
    fps=24.0,
    duration_s=5.0,
    num_frames=120,
)
EPISODE: Json = {
    **SUMMARY,
    "state": "COMPLETED",
    "progress": 100,
    "num_beats": 1,
    "updated_at": _LATER,
    "world_revision": 3,
    "plan_version": 1,
    "logline": "A bored hero meets the tallest enemy in town.",
    "tone": "dry, then loud",
    "look": "anime, clean line art",
    "scenes": [
        {
            "scene_id": "s1",
            "place": _ROOFTOP,
            "time_of_day": "dusk",
            "weather": "wind",
            "mood": "tense",
            "wardrobe": [{"character_id": "saitama", "clothes": "yellow jumpsuit, white cape"}],
        }
    ],
    "writing": {
        "planner": "llm",
        "note": "",
        "model": "qwen3:14b",
        "num_calls": 1,
        "input_tokens": 2210,
        "output_tokens": 1405,
        "cost_micros": None,
    },
    "beats": [BEAT],
    "budget": "5.00",
    "spent": "0.00",
    "film": _FILM,
    "artifacts": [_FILM],
    "film_attempts": [{**_ATTEMPT, "attempt_id": "01990f6e-9a77-7d52-8c11-3be2f5a7c002", "renderer": "publisher:head"}],
}
_NO_FILM: Json = {"film": None, "artifacts": [], "film_attempts": []}
_UNWRITTEN: Json = {
    "planner": "",
    "note": "",
    "model": "",
    "num_calls": 0,
    "input_tokens": 0,
    "output_tokens": 0,
    "cost_micros": None,
}
_UNPLANNED: Json = {"plan_version": 0, "logline": "", "tone": "", "look": "", "scenes": [], "writing": _UNWRITTEN, "beats": []}
CREATED: Json = {**SUMMARY, "world_revision": None, **_UNPLANNED, "budget": "5.00", "spent": "0.00", **_NO_FILM}
_PENDING = {
    "state": "PENDING",
    "progress": 0,
    "waiting": "The episode is not executing: it is PLANNED.",
    "artifacts": [],
    "attempts": [],
}
PLANNED: Json = {**EPISODE, "state": "PLANNED", "progress": 0, "beats": [{**BEAT, **_PENDING}], **_NO_FILM}
PAGE: Json = {"episodes": [SUMMARY], "next_cursor": None}


def moved(state: str) -> Json:
    return {"episode_id": EPISODE_ID, "state": state}


def queue(*, is_paused: bool) -> Json:
    return {"is_paused": is_paused}


EVENTS = f"""id: 1
event: episode.created
data: {{"episode_id":"{EPISODE_ID}","number":1,"type":"episode.created","at":"{_WHEN}","data":{{}}}}

event: progress
data: {{"episode_id": "{EPISODE_ID}", "state": "EXECUTING", "progress": 41, "beats": {{"b1": 100, "b2": 24}}}}

: still here

event: end
data: {{"episode_id": "{EPISODE_ID}", "state": "COMPLETED"}}

"""

SUBTITLES = "1\n00:00:00,000 --> 00:00:05,000\nThe city holds its breath.\n"

AUDIT: Json = {
    "num_violations": 1,
    "checks": [
        {
            "name": "fences",
            "promise": "The fences of a beat's attempts never go down.",
            "num_looked_at": 3,
            "violations": [],
            "notes": [],
        },
        {
            "name": "artifacts",
            "promise": "Every recorded artifact's object has its size and SHA-256.",
            "num_looked_at": 6,
            "violations": [
                {
                    "where": f"episodes/{EPISODE_ID}/beats/b1/video/01990f6e-8d10-7c43-b3f1-6f0c9a7be001.mp4",
                    "what": "There is no such object.",
                }
            ],
            "notes": [],
        },
    ],
}
CHECKUP: Json = {
    "code_version": "2026.11",
    "num_wrong": 1,
    "findings": [
        {"name": "database", "verdict": "ok", "what": "It answers.", "remedy": ""},
        {
            "name": "disk",
            "verdict": "wrong",
            "what": "/srv/storyworld of node 3f2a9c1e has 0.4 GB left.",
            "remedy": "Make room: nothing can be rendered or logged there soon.",
        },
    ],
}
SWEEP: Json = {
    "dry_run": False,
    "num_orphans": 1,
    "orphans": [f"episodes/{EPISODE_ID}/beats/b2/video/01990f6e-8e42-7a10-90ab-1f2e3d4c5b06.mp4"],
    "num_strangers": 0,
    "strangers": [],
    "num_kept": 9,
    "num_elsewhere": 0,
}
FLEET: Json = {
    "seen_at": _WHEN,
    "default_backend": "animatediff",
    "kinds": [
        {
            "name": "animatediff",
            "count": 4,
            "min_count": 0,
            "costs_per_clip": False,
            "camera_moves": None,
            "can_work": True,
            "back_off_s": 0.0,
            "impossible": "",
            "renderers": [
                {
                    "name": "renderer:animatediff:0",
                    "state": "idle",
                    "node": "5f0c81aa",
                    "attempt_id": None,
                    "is_parked": True,
                    "blocked_reason": "",
                    "start_failure": "",
                    "no_room": "",
                }
            ],
        }
    ],
}
HEALTHY: Json = {"status": "ok"}
READY: Json = {"status": "ready", "checks": {"database": "ok", "coordinator": "ok"}}

NEW_BEATS: dict[str, Json] = {
    "shortest": {"summary": "One more at the end", "value": {"description": "Mika walks home."}},
    "in between": {
        "summary": "A moment between two others",
        "value": {"after": "b1", "description": "Mika looks at her watch.", "shot_size": "close-up", "duration_s": 2.0},
    },
}
NEW_PLACE: Json = {"after": "b3"}
NEW_PLAN: Json = {"seed": 8}
DIFFERENCE: Json = {"kept": [], "cancelled": [], "removed": [], "to_render": ["b1"], "film_to_recut": True}
EDITED: Json = {**EPISODE, "difference": DIFFERENCE, "dry_run": False}
