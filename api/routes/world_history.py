"""Worlds: their history, rolling back to a revision, moving on by an episode, and locks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Body, Query, Request
from starlette.responses import Response

from api import world_examples as examples
from api.idempotency import lasting_id
from api.openapi import POST_EXTRA, answers, with_body
from api.parts import ApiParts, Parts
from api.requests import MAX_SHOWN, known_id
from api.revisions import EvenLocked, IfMatch, change_expected, etag
from api.routes.world_edits import there
from api.strict_json import StrictRoute
from api.world_changes import Locks, MovingOn, Rollback, moved_on_world
from api.world_shapes import RevisionListShape, WorldShape
from api.world_shaping import revisions_shape, world_shape
from episodes.errors import BadInput, Conflict, NotFound
from episodes.lifecycle import EpisodeState
from episodes.model import EpisodeView
from episodes.world import StoredWorld
from episodes.world_changes import WorldChange, told
from episodes.world_fields import locked, rolled_back, unlocked

router = APIRouter(prefix="/worlds", tags=["worlds"], route_class=StrictRoute)


@router.get(
    "/{world_id}/revisions",
    response_model=RevisionListShape,
    summary="What became of a world, newest first",
    operation_id="list_revisions",
    responses=answers(200, "A page of its history.", examples.REVISIONS, "not-found", "bad-input"),
)
def list_revisions(
    parts: Parts,
    world_id: str,
    before: Annotated[int | None, Query(ge=1, lt=2**31, description="Only older ones: `next_before` of the last page.")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most.")] = 50,
) -> RevisionListShape:
    stored = there(parts, world_id)
    notes = parts.worlds.revisions(stored.world_id, before=before, limit=limit)
    return revisions_shape(stored.world_id, notes, limit=limit)


@router.get(
    "/{world_id}/revisions/{revision}",
    response_model=WorldShape,
    summary="Look at a world as it was",
    operation_id="get_revision",
    responses=answers(200, "That revision.", examples.WORLD, "not-found"),
)
def get_revision(parts: Parts, world_id: str, revision: str, response: Response) -> WorldShape:
    stored = there(parts, world_id)
    response.headers["ETag"] = etag(stored.revision)
    return world_shape(_revision(parts, stored, revision))


@router.post(
    "/{world_id}/rollback",
    response_model=WorldShape,
    summary="Bring a revision back, as a new one",
    description=(
        "Nothing is deleted: the history goes on. Fields come back with their sources; locks stay as they are, and pictures that came "
        "since are left out until they are uploaded again. With `If-Match` only that revision is replaced."
    ),
    operation_id="roll_back_world",
    responses=answers(
        200,
        "The new revision.",
        examples.WORLD,
        *with_body("not-found", "conflict", "locked", "precondition-failed", "key-reused"),
    ),
    openapi_extra=POST_EXTRA,
)
def roll_back_world(
    parts: Parts,
    request: Request,
    world_id: str,
    wanted: Annotated[Rollback, Body(examples=[examples.ROLLBACK])],
    response: Response,
    if_match: IfMatch = None,
    even_locked: EvenLocked = False,
) -> WorldShape:
    old = _revision(parts, there(parts, world_id), str(wanted.revision))

    def change(stored: StoredWorld) -> WorldChange:
        return WorldChange(
            world=old.world,
            record=rolled_back(stored, old, even_locked=even_locked),
            source=old.source,
            what=f"Rolled back to revision {old.revision}.",
        )

    return _changed(parts, request, world_id, change, response, if_match)


@router.post(
    "/{world_id}/move-on",
    response_model=WorldShape,
    summary="Let the world stand as an episode left it",
    description=(
        "Clothes, injuries, who is alive and where, who holds what, daylight and weather become what they are after the accepted beats of "
        "an episode of this world, so that the next episode begins there. Names and looks stay as they are."
    ),
    operation_id="move_world_on",
    responses=answers(
        200,
        "The world as it stands now: a new revision, where anything changed.",
        examples.WORLD,
        *with_body("not-found", "conflict", "locked", "precondition-failed", "key-reused"),
    ),
    openapi_extra=POST_EXTRA,
)
def move_world_on(
    parts: Parts,
    request: Request,
    world_id: str,
    wanted: Annotated[MovingOn, Body(examples=[examples.MOVING_ON])],
    response: Response,
    if_match: IfMatch = None,
    even_locked: EvenLocked = False,
) -> WorldShape:
    stored = there(parts, world_id)
    episode = _told_episode(parts, stored, wanted.episode_id)
    return _changed(parts, request, world_id, moved_on_world(episode, even_locked=even_locked), response, if_match)


def _told_episode(parts: ApiParts, stored: StoredWorld, episode_id: str) -> EpisodeView:
    """Raises NotFound, BadInput for an episode of another world, Conflict for one that has no film."""
    episode = parts.episodes.episode(known_id("episode", episode_id))
    if episode.request.world_id != stored.world_id:
        raise BadInput(f"The episode plays in the world {episode.request.world_id!r}.", "Move that one on.", "episode_id")
    if episode.state not in (EpisodeState.COMPLETED, EpisodeState.PARTIALLY_COMPLETED):
        raise Conflict(f"The episode is {episode.state}: it was not told to its end.", "Execute it, and wait for its film.")
    return episode


_LOCK_ANSWERS = answers(
    200,
    "The world with its locks: a new revision, where anything changed.",
    examples.WORLD,
    *with_body("not-found", "conflict", "precondition-failed", "key-reused"),
)


@router.post(
    "/{world_id}/lock",
    response_model=WorldShape,
    summary="Lock fields: nothing changes them but who unlocks them, or says `even_locked=true`",
    operation_id="lock_fields",
    responses=_LOCK_ANSWERS,
    openapi_extra=POST_EXTRA,
)
def lock_fields(
    parts: Parts,
    request: Request,
    world_id: str,
    locks: Annotated[Locks, Body(examples=[examples.LOCKS])],
    response: Response,
    if_match: IfMatch = None,
) -> WorldShape:
    def change(stored: StoredWorld) -> WorldChange:
        return WorldChange(
            world=stored.world, record=locked(stored, locks.fields), source=stored.source, what=told("Locked", locks.fields)
        )

    return _changed(parts, request, world_id, change, response, if_match)


@router.post(
    "/{world_id}/unlock",
    response_model=WorldShape,
    summary="Unlock fields, and all below them",
    operation_id="unlock_fields",
    responses=_LOCK_ANSWERS,
    openapi_extra=POST_EXTRA,
)
def unlock_fields(
    parts: Parts,
    request: Request,
    world_id: str,
    locks: Annotated[Locks, Body(examples=[examples.LOCKS])],
    response: Response,
    if_match: IfMatch = None,
) -> WorldShape:
    def change(stored: StoredWorld) -> WorldChange:
        return WorldChange(
            world=stored.world, record=unlocked(stored, locks.fields), source=stored.source, what=told("Unlocked", locks.fields)
        )

    return _changed(parts, request, world_id, change, response, if_match)


def _changed(
    parts: ApiParts,
    request: Request,
    world_id: str,
    change: Callable[[StoredWorld], WorldChange],
    response: Response,
    if_match: str | None,
) -> WorldShape:
    world_id = there(parts, world_id).world_id
    once = lasting_id(request.scope, parts.episodes)
    stored = change_expected(parts.worlds, world_id, change, if_match=if_match, once=once)
    response.headers["ETag"] = etag(stored.revision)
    return world_shape(stored)


def _revision(parts: ApiParts, stored: StoredWorld, revision: str) -> StoredWorld:
    if not (revision.isascii() and revision.isdigit() and len(revision) < 10):
        raise NotFound("revision", revision[:MAX_SHOWN], "GET /worlds/{id}/revisions lists those that there are.")
    return parts.worlds.revision(stored.world_id, int(revision))
