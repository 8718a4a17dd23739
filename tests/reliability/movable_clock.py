"""The database's clock as a row that a test sets: a lease can end at exactly this moment, and nobody waits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from storage import transactions

START_S = 1_000_000.0
"""Any moment; whole seconds and their halves are exact in binary, so that sums of them can be compared with `==`."""


@contextmanager
def movable_clock() -> Iterator[None]:
    """Engines that are opened within read the clock from the row. Older ones have compiled their statements with the real one."""
    try:
        for dialect in ("sqlite", "postgresql"):
            compiles(transactions.now_s, dialect)(_read_row)
        yield
    finally:
        compiles(transactions.now_s, "sqlite")(transactions._now_of_sqlite)
        compiles(transactions.now_s, "postgresql")(transactions._now_of_postgresql)


def _read_row(element: transactions.now_s, compiler: SQLCompiler, **_: object) -> str:
    return "(SELECT at_s FROM movable_clock)"


class MovableClock:
    """The row in one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._set_to: float | None = None
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE movable_clock (at_s DOUBLE PRECISION NOT NULL)"))
            connection.execute(text("INSERT INTO movable_clock VALUES (:to)"), {"to": START_S})

    def set_to(self, now_s: float) -> None:
        if now_s != self._set_to:
            with self._engine.begin() as connection:
                connection.execute(text("UPDATE movable_clock SET at_s = :to"), {"to": now_s})
            self._set_to = now_s
