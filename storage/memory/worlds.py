"""MemoryWorldStore: the WorldStore of tests."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime

from episodes.errors import NotFound
from episodes.world import RevisionNote, StoredWorld, UploadedPicture, World, WorldSource
from episodes.world_record import NOTHING_KNOWN, WorldRecord
from storage.rules import revision_conflict


class MemoryWorldStore:
    """Implements WorldStore."""

    def __init__(self, *, now_s: Callable[[], float] = time.time) -> None:
        self._now_s = now_s
        self._lock = threading.Lock()
        self._revisions: dict[str, list[StoredWorld]] = defaultdict(list)
        self._pictures: dict[str, dict[str, UploadedPicture]] = defaultdict(dict)
        self._done: set[str] = set()
        """Names of puts that have had their effect."""

    def world(self, world_id: str) -> StoredWorld:
        with self._lock:
            if world_id not in self._revisions:
                raise NotFound("world", world_id)
            return self._revisions[world_id][-1]

    def put(
        self,
        world_id: str,
        world: World,
        source: WorldSource,
        expected_revision: int | None = None,
        *,
        record: WorldRecord = NOTHING_KNOWN,
        what: str = "",
        once: str | None = None,
    ) -> StoredWorld:
        with self._lock:
            earlier = self._revisions.get(world_id, [])
            if earlier and (once in self._done or (earlier[-1].world == world and earlier[-1].record == record)):
                self._mark(once)
                return earlier[-1]
            if expected_revision is not None and expected_revision != len(earlier):
                raise revision_conflict(world_id, expected_revision, len(earlier))
            stored = StoredWorld(
                world_id=world_id,
                revision=len(earlier) + 1,
                source=source,
                world=world,
                record=record,
                what=what,
                updated_at=datetime.fromtimestamp(self._now_s(), UTC),
            )
            self._revisions[world_id].append(stored)
            self._mark(once)
            return stored

    def _mark(self, once: str | None) -> None:
        if once is not None:
            self._done.add(once)

    def has_happened(self, once: str) -> bool:
        with self._lock:
            return once in self._done

    def worlds(self) -> list[StoredWorld]:
        with self._lock:
            return [self._revisions[world_id][-1] for world_id in sorted(self._revisions)]

    def revision(self, world_id: str, revision: int) -> StoredWorld:
        with self._lock:
            kept = self._revisions.get(world_id, [])
            if not 0 < revision <= len(kept):
                raise NotFound("revision", str(revision))
            return kept[revision - 1]

    def revisions(self, world_id: str, *, before: int | None = None, limit: int = 50) -> list[RevisionNote]:
        with self._lock:
            kept = self._revisions.get(world_id, [])[: None if before is None else max(0, before - 1)]
            return [_note(stored) for stored in reversed(kept[-limit:])]

    def add_picture(self, picture: UploadedPicture) -> None:
        with self._lock:
            self._pictures[picture.world_id].setdefault(picture.sha256, picture)

    def pictures(self, world_id: str) -> list[UploadedPicture]:
        with self._lock:
            return list(self._pictures.get(world_id, {}).values())


def _note(stored: StoredWorld) -> RevisionNote:
    return RevisionNote(revision=stored.revision, source=stored.source, what=stored.what, updated_at=stored.updated_at)
