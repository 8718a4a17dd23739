"""Examples of takes, as api/examples.py has them."""

from __future__ import annotations

from api.examples import BEAT, EPISODE, EPISODE_ID, Json

NEW_TAKES: dict[str, Json] = {
    "three": {"summary": "Three more, with whatever seeds", "value": {"count": 3}},
    "with seeds": {"summary": "Two more, one with a seed of yours", "value": {"count": 2, "seeds": [43]}},
}
_PATH = f"/episodes/{EPISODE_ID}/beats/b1/takes/1"
_ARTIFACTS: list[Json] = [{**one, "url": f"{_PATH}/{one['type']}"} for one in BEAT["artifacts"]]
FIRST: Json = {
    "number": 1,
    "revision": 1,
    "seed": 7,
    "state": "ACCEPTED",
    "is_selected": True,
    "progress": 100,
    "reason": "",
    "waiting": "",
    "attempt": BEAT["attempts"][0],
    "video_url": f"{_PATH}/video",
    "poster_url": f"{_PATH}/poster",
    "artifacts": _ARTIFACTS,
}
CANCELLED: Json = {
    **FIRST,
    "number": 2,
    "seed": 43,
    "state": "CANCELLED",
    "is_selected": False,
    "progress": 0,
    "attempt": None,
    "video_url": None,
    "poster_url": None,
    "artifacts": [],
}
ASKED: Json = {**CANCELLED, "state": "PENDING", "waiting": "A renderer for 'animatic' is free: it starts in a moment."}
TAKES: Json = {"episode_id": EPISODE_ID, "beat_id": "b1", "takes": [FIRST, ASKED]}
_DIFFERENCE: Json = {"kept": ["b2"], "cancelled": [], "removed": [], "to_render": ["b3"], "film_to_recut": True}
SELECTED: Json = {**EPISODE, "difference": _DIFFERENCE, "dry_run": False, "beat_id": "b1", "take": 2}
