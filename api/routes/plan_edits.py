"""A plan, beat by beat: put one in, take one out, move one, tell one anew."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Request

from api import examples
from api.openapi import POST_EXTRA, answers, with_body
from api.parts import Parts
from api.plan_edits import Beats, EditTerms, NewBeat, NewPlace, NewPlan, beat_planned_anew, edited, lasting_edit, new_beat
from api.requests import known_id
from api.routes.episodes import PLANNER_TROUBLES, check_backend
from api.shapes import EditedShape
from api.strict_json import StrictRoute
from episodes.editing import place_of, with_beat, with_beat_changed, with_beat_moved, without_beat
from episodes.model import EpisodeView

AS_IT_WAS_TOLD = NewPlan()

router = APIRouter(prefix="/episodes/{episode_id}/beats", tags=["beats"], route_class=StrictRoute)

_PROBLEMS = ("not-found", "illegal-move", "conflict", "precondition-failed")
_WHAT_COMES = (200, "The episode with the change in it, and what it does.", examples.EDITED)
_ANSWERS = answers(*_WHAT_COMES, *with_body(*_PROBLEMS, "key-reused"))
_WHAT_HAPPENS = (
    "At any time but while it is being cancelled. What shows the same keeps its clip, and whoever renders it goes on; a beat that starts "
    "from one that shows something else is rendered anew with it. A film that the plan has outgrown is cut anew."
)


@router.post(
    "",
    response_model=EditedShape,
    summary="Put a beat in",
    description=_WHAT_HAPPENS,
    operation_id="insert_beat",
    responses=_ANSWERS,
    openapi_extra=POST_EXTRA,
)
def insert_beat(
    parts: Parts,
    request: Request,
    episode_id: str,
    new: Annotated[NewBeat, Body(openapi_examples=examples.NEW_BEATS)],
    terms: EditTerms,
) -> EditedShape:
    if "backend" in new.model_fields_set:
        check_backend(parts, new.backend)

    def edit(_: EpisodeView, beats: Beats) -> tuple[Beats, str]:
        beat, after = new_beat(beats, new)
        return with_beat(beats, beat, after), f"beat {beat.beat_id} put in"

    return edited(parts, episode_id, edit, terms, once=lasting_edit(parts, request, terms))


@router.delete(
    "/{beat_id}",
    response_model=EditedShape,
    summary="Take a beat out; those that started from it start by themselves",
    description=_WHAT_HAPPENS,
    operation_id="remove_beat",
    responses=answers(200, "The episode without it.", examples.EDITED, *_PROBLEMS, "bad-input"),
)
def remove_beat(parts: Parts, episode_id: str, beat_id: str, terms: EditTerms) -> EditedShape:
    def edit(_: EpisodeView, beats: Beats) -> tuple[Beats, str]:
        return without_beat(beats, known_id("beat", beat_id)), f"beat {beat_id} taken out"

    return edited(parts, episode_id, edit, terms)


@router.post(
    "/{beat_id}/move",
    response_model=EditedShape,
    summary="Give a beat another place; what comes before another no longer waits for it",
    description=_WHAT_HAPPENS,
    operation_id="move_beat",
    responses=_ANSWERS,
    openapi_extra=POST_EXTRA,
)
def move_beat(
    parts: Parts,
    request: Request,
    episode_id: str,
    beat_id: str,
    place: Annotated[NewPlace, Body(examples=[examples.NEW_PLACE])],
    terms: EditTerms,
) -> EditedShape:
    def edit(_: EpisodeView, beats: Beats) -> tuple[Beats, str]:
        return with_beat_moved(beats, known_id("beat", beat_id), place.after), f"beat {beat_id} moved"

    return edited(parts, episode_id, edit, terms, once=lasting_edit(parts, request, terms))


@router.post(
    "/{beat_id}/plan",
    response_model=EditedShape,
    summary="Have the planner tell one beat anew, in its world as it is now; the others stay",
    description=_WHAT_HAPPENS,
    operation_id="replan_beat",
    responses=answers(*_WHAT_COMES, *with_body(*_PROBLEMS, "key-reused", *PLANNER_TROUBLES)),
    openapi_extra=POST_EXTRA,
)
def replan_beat(
    parts: Parts,
    request: Request,
    episode_id: str,
    beat_id: str,
    terms: EditTerms,
    how: Annotated[NewPlan, Body(examples=[examples.NEW_PLAN])] = AS_IT_WAS_TOLD,
) -> EditedShape:
    def edit(episode: EpisodeView, beats: Beats) -> tuple[Beats, str]:
        old = beats[place_of(beats, known_id("beat", beat_id))]
        return with_beat_changed(beats, beat_planned_anew(parts, episode, old, how.seed)), f"beat {beat_id} told anew"

    return edited(parts, episode_id, edit, terms, once=lasting_edit(parts, request, terms))
