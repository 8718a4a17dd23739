"""How the stores talk to the database: a transaction that writes, a snapshot to read, and the database's clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from sqlalchemy import Connection, Double, Engine, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from episodes.crash_points import reach
from episodes.errors import Unavailable
from storage.turns import Turns

WRITES: Mapping[str, Any] = {"writes": True}
"""Execution option: SQLite takes its write lock at BEGIN, so that nobody who has read finds himself unable to write."""


class Transactions:
    """Opens transactions on one engine. Raises Unavailable when the database does not answer."""

    def __init__(self, engine: Engine) -> None:
        self._for_writing = engine.execution_options(**WRITES)
        self._turns: Turns | None = engine.get_execution_options().get("turns")
        # one snapshot for all statements: SQLite's transactions are that, PostgreSQL's only when asked
        snapshot = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
        self._for_reading = engine.execution_options(**snapshot)

    @contextmanager
    def writing(self, story: str) -> Iterator[Connection]:
        """Committed at the end, rolled back by an exception. `story` is what happens, and names the commit's crash points."""
        with unavailable_when_silent():
            with self._turn(), self._for_writing.begin() as connection:
                yield connection
                reach("before", f"commit {story}")
            reach("after", f"commit {story}")

    def _turn(self) -> AbstractContextManager[None]:
        return nullcontext() if self._turns is None else self._turns.turn()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """All that is read in it was true at one moment. Takes no lock."""
        with unavailable_when_silent(), self._for_reading.connect() as connection:
            yield connection


@contextmanager
def unavailable_when_silent() -> Iterator[None]:
    """What the database could not do now becomes Unavailable; what it must not do stays what it is."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise _unavailable() from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise _unavailable() from error
        raise


def _unavailable() -> Unavailable:
    return Unavailable("The database does not answer.", "Nothing is lost by that; try again.")


def insert_once(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that does nothing when somebody was first."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


class now_s(FunctionElement[float]):  # noqa: N801 - reads like the SQL function that it is
    """The database's clock: seconds since 1970, the one time that several processes may compare."""

    type = Double()
    inherit_cache = True


@compiles(now_s, "sqlite")
def _now_of_sqlite(element: now_s, compiler: SQLCompiler, **_: object) -> str:
    # unixepoch('now', 'subsec') is NULL before SQLite 3.42
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(now_s, "postgresql")
def _now_of_postgresql(element: now_s, compiler: SQLCompiler, **_: object) -> str:
    return "CAST(extract(epoch FROM clock_timestamp()) AS DOUBLE PRECISION)"
