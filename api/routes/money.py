"""What an episode will take, and what it may cost."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body

from api import money_examples as examples
from api.money_shapes import EstimateShape, FundsShape, estimated, funds_shape
from api.openapi import answers, with_body
from api.parts import Parts
from api.requests import NewBudget, known_id
from api.routes.episodes import known_episode
from api.strict_json import StrictRoute
from episodes.errors import IllegalMove
from episodes.lifecycle import NO_PLAN, EpisodeState
from episodes.money import micros_of

router = APIRouter(prefix="/episodes/{episode_id}", tags=["episodes"], route_class=StrictRoute)


@router.get(
    "/estimate",
    response_model=EstimateShape,
    summary="What its beats will take: seconds of renderers and money, each figure with where it is from",
    operation_id="estimate_episode",
    responses=answers(200, "By beat, and in all.", examples.ESTIMATE, "not-found", "illegal-move"),
)
def estimate_episode(parts: Parts, episode_id: str) -> EstimateShape:
    episode = known_episode(parts, episode_id)
    if episode.state is EpisodeState.CREATED:
        raise IllegalMove(f"episode {episode_id}", episode.state, "estimate", hint=NO_PLAN)
    return estimated(parts, episode)


@router.put(
    "/budget",
    response_model=FundsShape,
    summary="Set what it may cost in all; what waits for that goes on. Null takes the limit away",
    operation_id="set_budget",
    responses=answers(200, "What is spent, reserved and left.", examples.FUNDS, *with_body("not-found", "conflict")),
)
def set_budget(
    parts: Parts, episode_id: str, new: Annotated[NewBudget, Body(openapi_examples=examples.NEW_BUDGETS)]
) -> FundsShape:
    micros = None if new.budget is None else micros_of(new.budget)
    funds = parts.episodes.set_budget(known_id("episode", episode_id), micros)
    parts.coordinator.wake()
    return funds_shape(funds)
