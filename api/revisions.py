"""Optimistic concurrency of worlds: `If-Match`, `If-None-Match` and `?revision=`."""

from __future__ import annotations

from api.problems import ProblemError
from episodes.errors import NotFound, RevisionConflict
from episodes.ports import WorldStore
from episodes.world import StoredWorld, World, WorldSource


def etag(revision: int) -> str:
    return f'"{revision}"'


def put_expected(
    worlds: WorldStore,
    world_id: str,
    world: World,
    *,
    if_match: str | None,
    if_none_match: str | None,
    revision: int | None,
) -> StoredWorld:
    """Store a revision if the newest is the one that the client has seen. Raises RevisionConflict, or 412 for the headers."""
    if if_match is None and if_none_match is None:
        return worlds.put(world_id, world, WorldSource.STORED, revision)
    newest = _newest_revision(worlds, world_id)
    if not _holds(if_match, if_none_match, newest):
        raise _precondition_failed(newest)
    try:
        return worlds.put(world_id, world, WorldSource.STORED, newest)
    except RevisionConflict as error:
        raise _precondition_failed(_newest_revision(worlds, world_id)) from error


def _newest_revision(worlds: WorldStore, world_id: str) -> int:
    try:
        return worlds.world(world_id).revision
    except NotFound:
        return 0


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
