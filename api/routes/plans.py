"""The plan of an episode as a whole: taken out as JSON or as a screenplay, and put in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Response

from api import continuity_examples, plan_examples
from api.continuity import PlannedShape, contradictions_of, planned_shape
from api.openapi import answers, with_body
from api.parts import Parts
from api.requests import known_id
from api.routes.episodes import check_backend, known_episode
from api.strict_json import StrictRoute
from episodes.errors import IllegalMove
from episodes.lifecycle import NO_PLAN, EpisodeMove, EpisodeState, episode_after
from episodes.model import EpisodeView
from episodes.plan import Plan

router = APIRouter(prefix="/episodes/{episode_id}", tags=["episodes"], route_class=StrictRoute)

FOUNTAIN = "text/plain; charset=utf-8"


@router.get(
    "/plan",
    response_model=Plan,
    summary="Its plan as it can be put into an episode again: scenes, and beats with all that they are rendered from",
    operation_id="get_plan",
    responses=answers(200, "The plan.", plan_examples.PLAN, "not-found", "illegal-move"),
)
def get_plan(parts: Parts, episode_id: str) -> Plan:
    return _planned(known_episode(parts, episode_id)).plan


@router.put(
    "/plan",
    response_model=PlannedShape,
    summary="Put a plan in, in place of the one it has: what was being rendered of that is dropped. The same plan changes nothing",
    operation_id="put_plan",
    responses=answers(200, "The episode with its beats.", continuity_examples.PLANNED, *with_body("not-found", "illegal-move")),
)
def put_plan(
    parts: Parts,
    episode_id: str,
    plan: Annotated[Plan, Body(openapi_examples=plan_examples.NEW_PLANS)],
) -> PlannedShape:
    episode = known_episode(parts, known_id("episode", episode_id))
    if episode.beats and episode.plan == plan:
        return planned_shape(episode, contradictions_of(parts, episode))
    episode_after(episode_id, episode.state, EpisodeMove.PLAN)
    for beat in plan.beats:
        check_backend(parts, beat.backend, f"beats.{beat.index}.backend")
    world = parts.builder.load(episode.request.world_id)
    planned = parts.episodes.save_plan(episode_id, plan, world.revision, cause="plan put in")
    if episode.state.is_active:
        parts.coordinator.wake()
    return planned_shape(planned, parts.supervisor.contradictions(plan, world.world, parts.kinds))


@router.get(
    "/plan.fountain",
    response_class=Response,
    summary="Its plan as a screenplay in Fountain",
    operation_id="get_screenplay",
    responses=answers(200, "The screenplay.", plan_examples.SCREENPLAY, "not-found", "illegal-move", media_type="text/plain"),
)
def get_screenplay(parts: Parts, episode_id: str) -> Response:
    episode = _planned(known_episode(parts, episode_id))
    beats = [view.beat for view in episode.beats]
    return Response(parts.screenplays.write(episode.logline, beats), media_type=FOUNTAIN)


def _planned(episode: EpisodeView) -> EpisodeView:
    if episode.state is EpisodeState.CREATED or not episode.beats:
        raise IllegalMove(f"the plan of episode {episode.episode_id}", episode.state, "show", hint=NO_PLAN)
    return episode
