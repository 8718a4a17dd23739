"""The versions that a plan has had: listed, looked at, and taken up again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from api import plan_examples
from api.examples import EDITED
from api.openapi import POST_EXTRA, answers
from api.parts import Parts
from api.plan_edits import EditTerms, lasting_edit, plan_changed
from api.requests import MAX_SHOWN, known_id
from api.shapes import EditedShape
from api.strict_json import StrictRoute
from api.version_shapes import PlanVersionShape, VersionListShape, plan_version_shape, versions_shape
from episodes.editing import PlanDifference
from episodes.errors import NotFound
from episodes.model import EpisodeView

router = APIRouter(prefix="/episodes/{episode_id}/plan/versions", tags=["episodes"], route_class=StrictRoute)


@router.get(
    "",
    response_model=VersionListShape,
    summary="What became of its plan, newest first",
    operation_id="list_plan_versions",
    responses=answers(
        200, "A page of its history; empty before it is planned.", plan_examples.VERSIONS, "not-found", "bad-input"
    ),
)
def list_plan_versions(
    parts: Parts,
    episode_id: str,
    before: Annotated[int | None, Query(ge=1, lt=2**31, description="Only older ones: `next_before` of the last page.")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most.")] = 50,
) -> VersionListShape:
    notes = parts.episodes.plan_versions(known_id("episode", episode_id), before=before, limit=limit)
    return versions_shape(episode_id, notes, limit=limit)


@router.get(
    "/{version}",
    response_model=PlanVersionShape,
    summary="Look at a plan as it was",
    operation_id="get_plan_version",
    responses=answers(200, "That version, whole.", plan_examples.VERSION, "not-found"),
)
def get_plan_version(parts: Parts, episode_id: str, version: str) -> PlanVersionShape:
    return plan_version_shape(episode_id, parts.episodes.plan_version(known_id("episode", episode_id), _number(version)))


@router.post(
    "/{version}/restore",
    response_model=EditedShape,
    summary="Bring a version back, as a new one",
    description=(
        "At any time but while it is being cancelled. Beats that show what they show now keep their clips, and whoever renders them goes "
        "on; of the others, clips that were made for that version are copied. A film that the plan has outgrown is cut anew. Nothing is "
        "deleted: the history goes on."
    ),
    operation_id="restore_plan_version",
    responses=answers(
        200,
        "The episode with that plan, and what the change does.",
        EDITED,
        "not-found",
        "illegal-move",
        "conflict",
        "precondition-failed",
        "bad-input",
        "key-reused",
    ),
    openapi_extra=POST_EXTRA,
)
def restore_plan_version(parts: Parts, request: Request, episode_id: str, version: str, terms: EditTerms) -> EditedShape:
    wanted = _number(version)
    once = lasting_edit(parts, request, terms)

    def restore(episode: EpisodeView) -> tuple[PlanDifference, EpisodeView]:
        return parts.episodes.restore_plan(episode_id, wanted, expected=episode.plan_version, dry_run=terms.dry_run, once=once)

    return plan_changed(parts, episode_id, restore, terms)


def _number(version: str) -> int:
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        hint = "GET /episodes/{id}/plan/versions lists those that there are."
        raise NotFound("plan version", version[:MAX_SHOWN], hint)
    return int(version)
