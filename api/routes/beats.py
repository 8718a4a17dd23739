"""One beat of an episode: render it again, otherwise, or not at all."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Request

from api import examples
from api.beat_changes import BeatChange, changed_beat
from api.idempotency import lasting_id
from api.openapi import POST_EXTRA, answers, with_body
from api.parts import Parts
from api.plan_edits import Beats, EditTerms, edited, unchanged
from api.requests import Fresh, known_id
from api.routes.episodes import check_backend, known_episode
from api.shapes import EditedShape, MovedShape
from api.strict_json import StrictRoute
from episodes.editing import place_of, with_beat_changed
from episodes.errors import NotFound
from episodes.model import EpisodeView

router = APIRouter(prefix="/episodes/{episode_id}/beats", tags=["beats"], route_class=StrictRoute)


@router.patch(
    "/{beat_id}",
    response_model=EditedShape,
    summary="Change what a beat shows: it is rendered anew, what starts from it too, and a film that was cut with it is cut again",
    operation_id="revise_beat",
    responses=answers(
        200,
        "The episode with the beat's new revision, and what the change does.",
        examples.EDITED,
        *with_body("not-found", "illegal-move", "conflict", "precondition-failed"),
    ),
)
def revise_beat(
    parts: Parts,
    episode_id: str,
    beat_id: str,
    change: Annotated[BeatChange, Body(openapi_examples=examples.BEAT_CHANGES)],
    terms: EditTerms,
) -> EditedShape:
    episode = known_episode(parts, episode_id)
    view = next((b for b in episode.beats if b.beat.beat_id == known_id("beat", beat_id)), None)
    if view is None:
        raise NotFound("beat", beat_id)
    if "backend" in change.model_fields_set:
        check_backend(parts, change.backend)
    shown = view.beat.model_copy(update={"backend": view.backend})
    if changed_beat(shown, change) == shown:
        terms.check(episode)
        return unchanged(episode, terms)

    def edit(_: EpisodeView, beats: Beats) -> tuple[Beats, str]:
        return with_beat_changed(beats, changed_beat(beats[place_of(beats, beat_id)], change)), f"beat {beat_id} changed"

    # it fell back, and its own first choice is asked for: nothing of the plan changes, and yet another clip is wanted
    anew = (beat_id,) if changed_beat(view.beat, change) == view.beat else ()
    return edited(parts, episode_id, edit, terms, anew=anew)


@router.post(
    "/{beat_id}/retry",
    response_model=MovedShape,
    summary="Render a failed or cancelled beat again; this opens the episode again. One that waits or renders stays as it is",
    operation_id="retry_beat",
    responses=answers(
        200, "The episode's state.", examples.moved("EXECUTING"), "not-found", "illegal-move", "bad-input", "key-reused"
    ),
    openapi_extra=POST_EXTRA,
)
def retry_beat(parts: Parts, request: Request, episode_id: str, beat_id: str, fresh: Fresh = False) -> MovedShape:
    once = lasting_id(request.scope, parts.episodes)
    state = parts.episodes.retry_beat(known_id("episode", episode_id), known_id("beat", beat_id), fresh=fresh, once=once)
    parts.coordinator.wake()
    return MovedShape(episode_id=episode_id, state=state)


@router.post(
    "/{beat_id}/cancel",
    response_model=MovedShape,
    summary="Stop a beat, and with it the waiting ones that need it; the rest of the episode goes on. Repeating it changes nothing",
    operation_id="cancel_beat",
    responses=answers(200, "The episode's state.", examples.moved("EXECUTING"), "not-found", "illegal-move", "key-reused"),
    openapi_extra=POST_EXTRA,
)
def cancel_beat(parts: Parts, request: Request, episode_id: str, beat_id: str) -> MovedShape:
    once = lasting_id(request.scope, parts.episodes)
    state = parts.episodes.cancel_beat(known_id("episode", episode_id), known_id("beat", beat_id), once=once)
    parts.coordinator.wake()
    return MovedShape(episode_id=episode_id, state=state)
