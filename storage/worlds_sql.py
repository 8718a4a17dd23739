"""SqlWorldStore: worlds on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, Connection, Engine, Row, bindparam, func, insert, select, update

from episodes.errors import NotFound
from episodes.world import RevisionNote, StoredWorld, UploadedPicture, World, WorldSource
from episodes.world_record import NOTHING_KNOWN, WorldRecord
from storage.episodes_sql.claim import has_happened, is_repeated
from storage.episodes_sql.rows import moment
from storage.rules import revision_conflict
from storage.tables import WORLD_PICTURES, WORLD_REVISIONS, WORLDS
from storage.transactions import Transactions, insert_once, now_s

_OF_WORLD: BindParameter[str] = bindparam("of_world")
_NEWEST = select(WORLD_REVISIONS).join(
    WORLDS, (WORLDS.c.world_id == WORLD_REVISIONS.c.world_id) & (WORLDS.c.revision == WORLD_REVISIONS.c.revision)
)
_NEWEST_OF = _NEWEST.where(WORLDS.c.world_id == _OF_WORLD)
_REVISION = select(WORLD_REVISIONS).where(
    WORLD_REVISIONS.c.world_id == _OF_WORLD, WORLD_REVISIONS.c.revision == bindparam("of_revision")
)
_NOTES = (
    # not the worlds themselves, which are long
    select(*(WORLD_REVISIONS.c[name] for name in RevisionNote.model_fields))
    .where(WORLD_REVISIONS.c.world_id == _OF_WORLD)
    .order_by(WORLD_REVISIONS.c.revision.desc())
)
_LOCK = select(WORLDS.c.revision, WORLDS.c.num_pictures).where(WORLDS.c.world_id == _OF_WORLD).with_for_update()
_PICTURES = select(WORLD_PICTURES).where(WORLD_PICTURES.c.world_id == _OF_WORLD).order_by(WORLD_PICTURES.c.number)
_HAS_PICTURE = select(func.count()).where(
    WORLD_PICTURES.c.world_id == _OF_WORLD, WORLD_PICTURES.c.sha256 == bindparam("of_sha256")
)


class SqlWorldStore:
    """Implements WorldStore. Its constructor asks nothing of the database, whose tables `upgrade` has made."""

    def __init__(self, engine: Engine) -> None:
        self._transactions = Transactions(engine)

    def world(self, world_id: str) -> StoredWorld:
        with self._transactions.reading() as connection:
            newest = _newest(connection, world_id)
        if newest is None:
            raise NotFound("world", world_id)
        return newest

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
        with self._transactions.writing("put_world") as connection:
            head = _locked(connection, world_id)
            newest = _newest(connection, world_id)
            was_there = is_repeated(connection, once)
            if newest is not None and (was_there or (newest.world == world and newest.record == record)):
                return newest
            if expected_revision is not None and expected_revision != head.revision:
                raise revision_conflict(world_id, expected_revision, head.revision)
            now = connection.scalars(select(now_s())).one()
            stored = StoredWorld(
                world_id=world_id,
                revision=head.revision + 1,
                source=source,
                world=world,
                record=record,
                what=what,
                updated_at=moment(now),
            )
            connection.execute(insert(WORLD_REVISIONS), _row(stored, now))
            connection.execute(update(WORLDS).where(WORLDS.c.world_id == world_id).values(revision=stored.revision))
            return stored

    def has_happened(self, once: str) -> bool:
        with self._transactions.reading() as connection:
            return has_happened(connection, once)

    def worlds(self) -> list[StoredWorld]:
        with self._transactions.reading() as connection:
            found = [_stored(row) for row in connection.execute(_NEWEST)]
        return sorted(found, key=lambda w: w.world_id)  # here, because databases sort text each in their own way

    def revision(self, world_id: str, revision: int) -> StoredWorld:
        with self._transactions.reading() as connection:
            row = connection.execute(_REVISION, {"of_world": world_id, "of_revision": revision}).first()
        if row is None:
            raise NotFound("revision", str(revision))
        return _stored(row)

    def revisions(self, world_id: str, *, before: int | None = None, limit: int = 50) -> list[RevisionNote]:
        notes = _NOTES if before is None else _NOTES.where(WORLD_REVISIONS.c.revision < before)
        with self._transactions.reading() as connection:
            rows = connection.execute(notes.limit(limit), {"of_world": world_id})
            return [_note(row) for row in rows]

    def add_picture(self, picture: UploadedPicture) -> None:
        with self._transactions.writing("add_picture") as connection:
            head = _locked(connection, picture.world_id)
            if connection.scalar(_HAS_PICTURE, {"of_world": picture.world_id, "of_sha256": picture.sha256}):
                return
            number = head.num_pictures + 1
            connection.execute(insert(WORLD_PICTURES), {**dict(picture), "number": number})
            connection.execute(update(WORLDS).where(WORLDS.c.world_id == picture.world_id).values(num_pictures=number))

    def pictures(self, world_id: str) -> list[UploadedPicture]:
        with self._transactions.reading() as connection:
            rows = connection.execute(_PICTURES, {"of_world": world_id})
            return [UploadedPicture(**{name: getattr(row, name) for name in UploadedPicture.model_fields}) for row in rows]


def _locked(connection: Connection, world_id: str) -> Row[int, int]:
    """The world's head, made if need be: whoever changes a world waits here for whoever changes it now."""
    connection.execute(insert_once(connection, WORLDS), {"world_id": world_id, "revision": 0, "num_pictures": 0})
    return connection.execute(_LOCK, {"of_world": world_id}).one()


def _newest(connection: Connection, world_id: str) -> StoredWorld | None:
    row = connection.execute(_NEWEST_OF, {"of_world": world_id}).first()
    return None if row is None else _stored(row)


def _stored(row: Row[Any]) -> StoredWorld:  # Any: a row of a whole table has no types
    return StoredWorld(
        world_id=row.world_id,
        revision=row.revision,
        source=WorldSource(row.source),
        world=World.model_validate_json(row.world),
        record=WorldRecord.model_validate_json(row.record),
        what=row.what,
        updated_at=moment(row.updated_at),
    )


def _note(row: Row[Any]) -> RevisionNote:  # Any: likewise
    return RevisionNote(revision=row.revision, source=WorldSource(row.source), what=row.what, updated_at=moment(row.updated_at))


def _row(stored: StoredWorld, updated_at_s: float) -> dict[str, object]:
    return {
        "world_id": stored.world_id,
        "revision": stored.revision,
        "source": stored.source.value,
        "world": stored.world.model_dump_json(),
        "record": stored.record.model_dump_json(),
        "what": stored.what,
        "updated_at": updated_at_s,
    }
