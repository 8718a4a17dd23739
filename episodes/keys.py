"""Reads the keys that attempts store their files under: whose a stored object is."""

from __future__ import annotations

import re
from dataclasses import dataclass

EPISODES_PREFIX = "episodes/"

_KEY = re.compile(
    r"episodes/(?P<episode>[^/]+)/"
    r"(?:beats/(?P<beat>[^/]+)/(?:video/(?P<video>[^/]+)\.mp4|poster/(?P<poster>[^/]+)\.jpg|result/(?P<result>[^/]+)\.json"
    r"|delivery/(?P<delivery>[^/]+)/.+"
    r"|order/(?P<order>[^/.]+)\.(?:\d+(?:\.(?:operation|closed))?|doubt)\.json)"
    r"|film/(?:result/(?P<film_result>[^/]+)\.json|(?P<film>[^/]+)\.(?:mp4|jpg|srt|vtt)))"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptKey:
    """What a key says of the attempt that wrote it; the shapes are those of `episodes/job.py`."""

    episode_id: str
    beat_id: str | None
    """None: a film's."""
    attempt_id: str
    is_order: bool = False
    """It tells of something bought, which a later attempt at the beat may go on with."""


def attempt_key(key: str) -> AttemptKey | None:
    """None: no attempt writes keys of this shape."""
    match = _KEY.fullmatch(key)
    if match is None:
        return None
    of = match.groupdict()
    kinds = ("video", "poster", "result", "delivery", "order", "film_result", "film")
    attempt_id = next(of[kind] for kind in kinds if of[kind])
    is_order = of["order"] is not None
    return AttemptKey(episode_id=of["episode"], beat_id=of["beat"], attempt_id=attempt_id, is_order=is_order)


def episode_of_key(key: str) -> str:
    """The episode that a key under `episodes/` lies below, whatever its shape."""
    return key.removeprefix(EPISODES_PREFIX).partition("/")[0]
