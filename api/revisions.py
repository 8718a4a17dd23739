"""Optimistic concurrency of worlds: `If-Match`, `If-None-Match` and `?revision=`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Header, Query

from api.problems import ProblemError
from episodes.errors import RevisionConflict
from episodes.ports import WorldStore
from episodes.world import StoredWorld
from episodes.world_changes import WorldChange, change_world, newest_of

IfMatch = Annotated[str | None, Header(max_length=200, description="ETag of the revision to replace.")]
EvenLocked = Annotated[bool, Query(description="Change locked fields, too; they stay locked.")]


def etag(revision: int) -> str:
    return f'"{revision}"'


def change_expected(
    worlds: WorldStore,
    world_id: str,
    change: Callable[[StoredWorld], WorldChange],
    *,
    if_match: str | None,
    if_none_match: str | None = None,
    revision: int | None = None,
    once: str | None = None,
) -> StoredWorld:
    """Store a revision if the newest is the one that the client has seen. Raises RevisionConflict, or 412 for the headers.

    A call named `once` that has had its effect gets the newest, whatever that is by now.
    """
    newest = newest_of(worlds, world_id)
    if once is not None and worlds.has_happened(once):
        return newest
    if if_match is None and if_none_match is None:
        return change_world(worlds, world_id, change, expected_revision=revision, once=once)
    if not _holds(if_match, if_none_match, newest.revision):
        raise _precondition_failed(newest.revision)
    try:
        return change_world(worlds, world_id, change, expected_revision=newest.revision, once=once)
    except RevisionConflict as error:
        raise _precondition_failed(newest_of(worlds, world_id).revision) from error


def _holds(if_match: str | None, if_none_match: str | None, newest: int) -> bool:
    matches = if_match is None or _names(if_match, newest)
    is_other = if_none_match is None or not _names(if_none_match, newest)
    return matches and is_other


def _names(header: str, revision: int) -> bool:
    """Of a world that was never stored there is no revision to name, not even by `*`."""
    tags = [tag.strip() for tag in header.split(",")]
    return revision > 0 and ("*" in tags or etag(revision) in tags)


def _precondition_failed(newest: int) -> ProblemError:
    return ProblemError(
        412,
        "precondition-failed",
        f"The newest revision is {newest}, not the one that the headers ask for." if newest else "This world was never stored.",
        hint="GET the world, change what you find there, and put it with its ETag.",
    )
