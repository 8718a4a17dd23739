"""Changing a world: read the newest, decide, and store it unless somebody was faster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from episodes.errors import NotFound, RevisionConflict
from episodes.ports import WorldStore
from episodes.world import StoredWorld, World, WorldSource
from episodes.world_record import WorldRecord

_MAX_TRIES: Final = 50  # each failed try means that somebody else's succeeded, so this many at once get through
_NAMED: Final = 3  # paths that a sentence names


@dataclass(frozen=True, kw_only=True, slots=True)
class WorldChange:
    """What is to become the newest revision."""

    world: World
    record: WorldRecord = field(default_factory=WorldRecord)
    source: WorldSource = WorldSource.STORED
    what: str = ""


def newest_of(worlds: WorldStore, world_id: str) -> StoredWorld:
    """The newest revision, or the empty world at revision 0."""
    try:
        return worlds.world(world_id)
    except NotFound:
        return StoredWorld(world_id=world_id, revision=0, source=WorldSource.EMPTY, world=World())


def change_world(
    worlds: WorldStore,
    world_id: str,
    change: Callable[[StoredWorld], WorldChange],
    *,
    expected_revision: int | None = None,
    once: str | None = None,
) -> StoredWorld:
    """Store what `change` makes of the newest revision, which it may be asked more than once. Raises what it raises.

    With `expected_revision` raises RevisionConflict where the newest is another; without, whoever is slower changes what the
    faster one made. A call named `once` that has had its effect changes nothing.
    """
    for _ in range(_MAX_TRIES - 1):
        try:
            return _try(worlds, world_id, change, expected_revision, once)
        except RevisionConflict:
            if expected_revision is not None:
                raise
    return _try(worlds, world_id, change, expected_revision, once)


def _try(
    worlds: WorldStore,
    world_id: str,
    change: Callable[[StoredWorld], WorldChange],
    expected_revision: int | None,
    once: str | None,
) -> StoredWorld:
    newest = newest_of(worlds, world_id)
    made = change(newest)
    expected = newest.revision if expected_revision is None else expected_revision
    return worlds.put(world_id, made.world, made.source, expected, record=made.record, what=made.what, once=once)


def told(deed: str, paths: Sequence[str]) -> str:
    """ "Changed characters.mika.name, title and 4 more." """
    if not paths:
        return f"{deed} nothing."
    named = ", ".join(paths[:_NAMED])
    return f"{deed} {named} and {len(paths) - _NAMED} more." if len(paths) > _NAMED else f"{deed} {named}."
