"""SqlWorldStore: worlds on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, Connection, Engine, Row, bindparam, func, insert, select, update

from episodes.errors import NotFound
from episodes.world import StoredWorld, UploadedPicture, World, WorldSource
from storage.episodes_sql.rows import moment
from storage.rules import revision_conflict
from storage.tables import WORLD_PICTURES, WORLD_REVISIONS, WORLDS
from storage.transactions import Transactions, insert_once, now_s

_OF_WORLD: BindParameter[str] = bindparam("of_world")
_NEWEST = select(WORLD_REVISIONS).join(
    WORLDS, (WORLDS.c.world_id == WORLD_REVISIONS.c.world_id) & (WORLDS.c.revision == WORLD_REVISIONS.c.revision)
)
_NEWEST_OF = _NEWEST.where(WORLDS.c.world_id == _OF_WORLD)
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

    def put(self, world_id: str, world: World, source: WorldSource, expected_revision: int | None = None) -> StoredWorld:
        with self._transactions.writing("put_world") as connection:
            head = _locked(connection, world_id)
            newest = _newest(connection, world_id)
            if newest is not None and newest.world == world:
                return newest
            if expected_revision is not None and expected_revision != head.revision:
                raise revision_conflict(world_id, expected_revision, head.revision)
            revision = {"world_id": world_id, "revision": head.revision + 1, "source": source.value}
            now = connection.scalars(select(now_s())).one()
            connection.execute(insert(WORLD_REVISIONS), {**revision, "world": world.model_dump_json(), "updated_at": now})
            connection.execute(update(WORLDS).where(WORLDS.c.world_id == world_id).values(revision=head.revision + 1))
            return StoredWorld(
                world_id=world_id, revision=head.revision + 1, source=source, world=world, updated_at=moment(now)
            )

    def worlds(self) -> list[StoredWorld]:
        with self._transactions.reading() as connection:
            found = [_stored(row) for row in connection.execute(_NEWEST)]
        return sorted(found, key=lambda w: w.world_id)  # here, because databases sort text each in their own way

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
        updated_at=moment(row.updated_at),
    )
