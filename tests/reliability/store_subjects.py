"""The stores under the model test, each with a clock that the test sets."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from sqlalchemy import Engine, event, text

from episodes.episode_store import AuditStore, EpisodeStore
from storage.database import open_database, upgrade
from storage.episodes_sql import SqlEpisodeStore
from storage.memory import MemoryEpisodeStore
from storage.tables import METADATA
from tests.reliability.movable_clock import START_S, MovableClock, movable_clock


class AuditedStore(EpisodeStore, AuditStore, Protocol):
    pass


class Subject(Protocol):
    name: str
    store: AuditedStore

    def empty(self) -> None:
        """As if nobody had ever used it."""

    def set_clock(self, now_s: float) -> None: ...


class MemorySubject:
    name = "memory"

    def __init__(self) -> None:
        self.empty()

    def empty(self) -> None:
        self._now_s = START_S
        self.store: AuditedStore = MemoryEpisodeStore(now_s=lambda: self._now_s)

    def set_clock(self, now_s: float) -> None:
        self._now_s = now_s


class SqlSubject:
    def __init__(self, engine: Engine) -> None:
        self.name = engine.dialect.name
        self._engine = engine
        self._clock = MovableClock(engine)
        self.empty()

    def empty(self) -> None:
        with self._engine.begin() as connection:
            for table in reversed(METADATA.sorted_tables):
                connection.execute(text(f"DELETE FROM {table.name}"))
        self.store: AuditedStore = SqlEpisodeStore(self._engine, "film-house")
        self._clock.set_to(START_S)

    def set_clock(self, now_s: float) -> None:
        self._clock.set_to(now_s)


@contextmanager
def sql_subject(url: str) -> Iterator[SqlSubject]:
    """A store on an empty database, whose tables are made here."""
    engine = open_database(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _be_quick)
    try:
        upgrade(engine)
        with movable_clock():
            yield SqlSubject(engine)
    finally:
        engine.dispose()


def _be_quick(connection: sqlite3.Connection, _: object) -> None:
    """No power is cut here, and waiting for the disk would be most of the time."""
    connection.execute("PRAGMA synchronous = OFF")
