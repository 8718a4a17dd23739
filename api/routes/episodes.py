"""Episodes: make, plan, execute, hold, cancel, open again, look."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query, Request

from api import continuity_examples, examples, plan_examples
from api.continuity import (
    ContinuityShape,
    PlannedShape,
    as_it_would_be,
    continuity_shape,
    contradictions_of,
    planned_shape,
    refuse_contradictions,
)
from api.idempotency import lasting_id
from api.money_shapes import estimated
from api.openapi import POST_EXTRA, answers, with_body
from api.parts import ApiParts, Parts
from api.requests import Fresh, NewEpisode, known_id
from api.shapes import EpisodePageShape, EpisodeShape, MovedShape
from api.shaping import episode_shape, page_shape
from api.strict_json import StrictRoute
from episodes.choosing import chosen_kind
from episodes.errors import BadInput, NotFound
from episodes.lifecycle import EpisodeMove, EpisodeState, episode_after
from episodes.model import EpisodeView

router = APIRouter(prefix="/episodes", tags=["episodes"], route_class=StrictRoute)

MAX_PAGE = 200
PLANNER_TROUBLES = ("planner-failed", "planner-unavailable", "planner-too-slow")
_NEW_EPISODES = {**examples.NEW_EPISODES, "screenplay": plan_examples.NEW_SCREENPLAY}


@router.post(
    "",
    status_code=201,
    response_model=EpisodeShape,
    summary="Create an episode from an intent, or a screenplay, and a world",
    operation_id="create_episode",
    responses=answers(201, "The episode, not yet planned.", examples.CREATED, *with_body("not-found", "key-reused")),
    openapi_extra=POST_EXTRA,
)
def create_episode(
    parts: Parts,
    request: Request,
    new: Annotated[NewEpisode, Body(openapi_examples=_NEW_EPISODES)],
) -> EpisodeShape:
    if not parts.builder.exists(new.world_id):
        raise NotFound("world", new.world_id, "PUT /worlds/{id} or POST /worlds/{id}/images first, or leave `world_id` out.")
    check_backend(parts, new.backend)
    for place, fallback in enumerate(new.fallbacks):
        check_backend(parts, fallback, f"fallbacks.{place}")
    about = parts.screenplays.about(new.screenplay) if new.screenplay is not None else ""
    episode_id = lasting_id(request.scope, parts.episodes)
    return episode_shape(parts.episodes.create(new.episode_request(about), episode_id))


def check_backend(parts: ApiParts, backend: str | None, where: str = "backend") -> None:
    known = [kind.name for kind in parts.kinds if kind.renderers]
    if backend is not None and backend not in known:
        raise BadInput(
            f"There is no such backend here. Known are: {', '.join(known)}.", "Name one of them, or leave it out.", where
        )


@router.post(
    "/{episode_id}/plan",
    response_model=PlannedShape,
    summary="Plan its beats; planning again, at any time, replaces the plan and drops what was being rendered",
    description="The answer says where the plan contradicts itself. With `dry_run` it is only shown, with what rendering it would take.",
    operation_id="plan_episode",
    responses=answers(
        200,
        "The episode with its beats.",
        continuity_examples.PLANNED,
        "not-found",
        "illegal-move",
        "bad-input",
        "key-reused",
        *PLANNER_TROUBLES,
    ),
    openapi_extra=POST_EXTRA,
)
def plan_episode(
    parts: Parts,
    request: Request,
    episode_id: str,
    dry_run: Annotated[bool, Query(description="Store nothing, and leave everything as it is.")] = False,
) -> PlannedShape:
    episode = known_episode(parts, episode_id)
    episode_after(episode_id, episode.state, EpisodeMove.PLAN)  # before the work of planning; the store checks again
    world = parts.builder.load(episode.request.world_id)
    backend = episode.request.backend or chosen_kind(parts.kinds, episode.fleet)
    plan = parts.planner.plan(episode_id, episode.request.model_copy(update={"backend": backend}), world)
    contradictions = parts.supervisor.contradictions(plan, world.world, parts.kinds)
    if dry_run:
        shown = as_it_would_be(episode, plan, world)
        return planned_shape(shown, contradictions, estimate=estimated(parts, shown))
    planned = parts.episodes.save_plan(episode_id, plan, world.revision, once=lasting_id(request.scope, parts.episodes))
    if episode.state.is_active:
        parts.coordinator.wake()  # what it renders is of the old plan, and nobody wants it any more
    return planned_shape(planned, contradictions)


@router.post(
    "/{episode_id}/execute",
    response_model=MovedShape,
    summary="Render it; returns at once, and repeating it changes nothing",
    description="A plan with errors is refused: `GET /episodes/{id}/continuity` shows them.",
    operation_id="execute_episode",
    responses=answers(
        200,
        "It is being rendered.",
        examples.moved("EXECUTING"),
        "not-found",
        "illegal-move",
        "bad-input",
        "contradictory-plan",
        "key-reused",
    ),
    openapi_extra=POST_EXTRA,
)
def execute_episode(
    parts: Parts,
    request: Request,
    episode_id: str,
    force: Annotated[bool, Query(description="Although its plan contradicts itself.")] = False,
    fresh: Fresh = False,
) -> MovedShape:
    if not force:
        refuse_contradictions(parts, known_episode(parts, episode_id))
    once = lasting_id(request.scope, parts.episodes)
    state = parts.episodes.execute(known_id("episode", episode_id), fresh=fresh, once=once)
    parts.coordinator.wake()
    return MovedShape(episode_id=episode_id, state=state)


@router.post(
    "/{episode_id}/pause",
    response_model=MovedShape,
    summary="Hold it: what is being rendered is finished and kept, nothing new starts; repeating it changes nothing",
    operation_id="pause_episode",
    responses=answers(200, "It stands still.", examples.moved("PAUSED"), "not-found", "illegal-move", "key-reused"),
    openapi_extra=POST_EXTRA,
)
def pause_episode(parts: Parts, request: Request, episode_id: str) -> MovedShape:
    once = lasting_id(request.scope, parts.episodes)
    state = parts.episodes.pause(known_id("episode", episode_id), once=once)
    parts.coordinator.wake()
    return MovedShape(episode_id=episode_id, state=state)


@router.post(
    "/{episode_id}/resume",
    response_model=MovedShape,
    summary="Go on with a paused episode; an executing one stays as it is",
    operation_id="resume_episode",
    responses=answers(200, "It is being rendered.", examples.moved("EXECUTING"), "not-found", "illegal-move", "key-reused"),
    openapi_extra=POST_EXTRA,
)
def resume_episode(parts: Parts, request: Request, episode_id: str) -> MovedShape:
    once = lasting_id(request.scope, parts.episodes)
    state = parts.episodes.resume(known_id("episode", episode_id), once=once)
    parts.coordinator.wake()
    return MovedShape(episode_id=episode_id, state=state)


@router.post(
    "/{episode_id}/cancel",
    response_model=MovedShape,
    summary="Stop it; clips that are done stay",
    operation_id="cancel_episode",
    responses=answers(
        200,
        "CANCELLING until the last render has stopped, then CANCELLED.",
        examples.moved("CANCELLING"),
        "not-found",
        "illegal-move",
        "key-reused",
    ),
    openapi_extra=POST_EXTRA,
)
def cancel_episode(parts: Parts, request: Request, episode_id: str) -> MovedShape:
    once = lasting_id(request.scope, parts.episodes)
    state = parts.episodes.cancel(known_id("episode", episode_id), once=once)
    parts.coordinator.wake()
    return MovedShape(episode_id=episode_id, state=state)


@router.post(
    "/{episode_id}/retry",
    response_model=MovedShape,
    summary="Render all its failed and cancelled beats again; this opens the episode again, and repeating it changes nothing",
    operation_id="retry_episode",
    responses=answers(
        200, "The episode's state.", examples.moved("EXECUTING"), "not-found", "illegal-move", "bad-input", "key-reused"
    ),
    openapi_extra=POST_EXTRA,
)
def retry_episode(parts: Parts, request: Request, episode_id: str, fresh: Fresh = False) -> MovedShape:
    once = lasting_id(request.scope, parts.episodes)
    state = parts.episodes.retry_failed(known_id("episode", episode_id), fresh=fresh, once=once)
    parts.coordinator.wake()
    return MovedShape(episode_id=episode_id, state=state)


@router.get(
    "",
    response_model=EpisodePageShape,
    summary="List episodes, newest first",
    operation_id="list_episodes",
    responses=answers(200, "One page.", examples.PAGE, "bad-input"),
)
def list_episodes(
    parts: Parts,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Episodes on the page.")] = 50,
    cursor: Annotated[str | None, Query(pattern=r"^[!-~]{1,300}$", description="`next_cursor` of the page before.")] = None,
    state: Annotated[EpisodeState | None, Query(description="Only those in this state.")] = None,
    world_id: Annotated[
        str | None, Query(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="Only those in this world.")
    ] = None,
) -> EpisodePageShape:
    return page_shape(parts.episodes.episodes(limit=limit, cursor=cursor, state=state, world_id=world_id))


@router.get(
    "/{episode_id}",
    response_model=EpisodeShape,
    summary="Look at an episode: its state, its beats, how far they are, its files",
    operation_id="get_episode",
    responses=answers(200, "All that is known of it.", examples.EPISODE, "not-found"),
)
def get_episode(parts: Parts, episode_id: str) -> EpisodeShape:
    return episode_shape(known_episode(parts, episode_id))


@router.get(
    "/{episode_id}/continuity",
    response_model=ContinuityShape,
    summary="Where its plan, as it stands, contradicts itself",
    operation_id="get_continuity",
    responses=answers(200, "Every contradiction, with what to do about it.", continuity_examples.CONTINUITY, "not-found"),
)
def get_continuity(parts: Parts, episode_id: str) -> ContinuityShape:
    episode = known_episode(parts, episode_id)
    return continuity_shape(episode_id, contradictions_of(parts, episode))


def known_episode(parts: ApiParts, episode_id: str) -> EpisodeView:
    return parts.episodes.episode(known_id("episode", episode_id))
