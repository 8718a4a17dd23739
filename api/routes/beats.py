"""One beat of an episode: render it again, or not at all."""

from __future__ import annotations

from fastapi import APIRouter

from api import examples
from api.openapi import POST_EXTRA, answers
from api.parts import Parts
from api.requests import known_id
from api.shapes import MovedShape

router = APIRouter(prefix="/episodes/{episode_id}/beats", tags=["beats"])


@router.post(
    "/{beat_id}/retry",
    response_model=MovedShape,
    summary="Render a failed or cancelled beat again; this opens the episode again",
    operation_id="retry_beat",
    responses=answers(200, "The episode's state.", examples.moved("EXECUTING"), "not-found", "illegal-move", "key-reused"),
    openapi_extra=POST_EXTRA,
)
def retry_beat(parts: Parts, episode_id: str, beat_id: str) -> MovedShape:
    state = parts.episodes.retry_beat(known_id("episode", episode_id), known_id("beat", beat_id))
    parts.coordinator.wake()
    return MovedShape(episode_id=episode_id, state=state)


@router.post(
    "/{beat_id}/cancel",
    response_model=MovedShape,
    summary="Stop a beat, and with it the waiting ones that need it; the rest of the episode goes on",
    operation_id="cancel_beat",
    responses=answers(200, "The episode's state.", examples.moved("EXECUTING"), "not-found", "illegal-move", "key-reused"),
    openapi_extra=POST_EXTRA,
)
def cancel_beat(parts: Parts, episode_id: str, beat_id: str) -> MovedShape:
    state = parts.episodes.cancel_beat(known_id("episode", episode_id), known_id("beat", beat_id))
    parts.coordinator.wake()
    return MovedShape(episode_id=episode_id, state=state)
