"""Opens the database that DATABASE_URL names, and brings it to the newest schema."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from functools import partial
from pathlib import Path
from typing import cast

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from episodes.errors import BadInput, Unavailable
from storage.impatient import ImpatientConnection
from storage.transactions import Transactions
from storage.turns import Turns

PATIENCE_S = 4.0
"""For a lock, a statement or a connection. With what follows it, a call on a dead database ends within about 5 s."""

SERVER_FIRST_S = 0.5
"""A statement that takes too long is ended by the server, which can say so; by us only when the server says nothing."""

MIGRATION_S = 300
"""For one statement that changes a large table."""

NUM_BEFORE = 5
"""Times that patience a writer to SQLite waits for those of its own process before it, who are getting on, or else say so to all."""

FROZEN_S = 15
"""A process that stands still amid a transaction (stopped, swapped out) loses it then, and its locks with it."""

_MIGRATIONS = Path(__file__).with_name("migrations")
_MIGRATING_IN_THIS_PROCESS = threading.Lock()  # Alembic's context is a global
_MIGRATING = 7_305_021  # the advisory lock of PostgreSQL that starting processes queue at; any number, the same for all


def open_database(url: str, *, patience_s: float = PATIENCE_S) -> Engine:
    """An engine with its pool. Connects later, when somebody asks something. Raises BadInput for a URL that cannot be."""
    where = _parsed(url)
    match where.get_backend_name():
        case "sqlite":
            return _open_sqlite(where, patience_s)
        case "postgresql":
            return _open_postgresql(where, patience_s)
        case other:
            raise BadInput(
                f"A database of kind {other!r} is not supported.", "Use sqlite:/// or postgresql://.", "DATABASE_URL"
            )


def upgrade(engine: Engine) -> None:
    """Create or change the tables to the newest schema. Repeatable; several processes may start at once.

    Raises BadInput when a newer version of the code has been at this database.
    """
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with _MIGRATING_IN_THIS_PROCESS, Transactions(engine).writing("upgrade") as connection:
        _queue_up(connection)
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise BadInput(
                f"The database cannot be upgraded: {error}", "Was it used by a newer version?", "DATABASE_URL"
            ) from error


def _queue_up(connection: Connection) -> None:
    """One process migrates at a time. On SQLite the writing transaction is queue enough."""
    if connection.dialect.name == "postgresql":
        cast("ImpatientConnection", connection.connection.driver_connection).patience_s = MIGRATION_S + SERVER_FIRST_S
        connection.execute(text("SET LOCAL lock_timeout = '60s'"))
        connection.execute(text(f"SET LOCAL statement_timeout = '{MIGRATION_S}s'"))
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _MIGRATING})


def _parsed(url: str) -> URL:
    try:
        return make_url(url.replace("postgres://", "postgresql://", 1))
    except (ArgumentError, ValueError):
        # without its cause, which may quote the password
        raise BadInput("The database's URL cannot be read.", "Use sqlite:///file or postgresql://…", "DATABASE_URL") from None


def _open_sqlite(where: URL, patience_s: float) -> Engine:
    if where.database in (None, "", ":memory:"):
        raise BadInput(
            "A database in memory is seen by one connection only.", "Name a file: sqlite:///local.db", "DATABASE_URL"
        )
    Path(str(where.database)).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        where.set(drivername="sqlite+pysqlite"),
        connect_args={"timeout": patience_s, "check_same_thread": False},
        execution_options={"turns": Turns(patience_s * NUM_BEFORE)},
        pool_size=10,
        max_overflow=30,
        pool_timeout=patience_s,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", partial(_begin_sqlite, patience_s=patience_s))
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # the driver's own BEGIN is deferred, and deferred writers lock each other out
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection, *, patience_s: float) -> None:
    if not connection.get_execution_options().get("writes", False):
        connection.exec_driver_sql("BEGIN")
        return
    driver = cast("sqlite3.Connection", connection.connection.driver_connection)
    give_up_at = time.monotonic() + patience_s
    while not _has_begun(driver, patience_s):
        if time.monotonic() > give_up_at:
            raise Unavailable("The database is locked.", "Nothing is lost by that; try again.")
        # SQLite's own waiting backs off to 0.1 s, and a busy writer's gaps are far shorter: who waits so is starved
        time.sleep(random.uniform(0.0005, 0.004))


def _has_begun(driver: sqlite3.Connection, patience_s: float) -> bool:
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:  # the higher bits say why it is busy
            raise Unavailable(f"The database does not take writes: {error}.", "Nothing is lost by that; try again.") from error
        return False
    finally:
        driver.execute(f"PRAGMA busy_timeout = {int(patience_s * 1000)}")
    return True


def _open_postgresql(where: URL, patience_s: float) -> Engine:
    milliseconds = int(patience_s * 1000)
    engine = create_engine(
        where.set(drivername="postgresql+psycopg"),
        connect_args={
            "connect_timeout": max(2, int(patience_s) - 1),  # it comes after the ping of a connection that is gone
            "application_name": "storyworld",
            "tcp_user_timeout": milliseconds,
            "options": f"-c lock_timeout={milliseconds} -c statement_timeout={milliseconds} "
            f"-c idle_in_transaction_session_timeout={FROZEN_S * 1000}",
        },
        pool_size=5,
        max_overflow=10,
        pool_timeout=patience_s,
        pool_pre_ping=True,  # after a restart of the server the pool is full of dead connections
        hide_parameters=True,
    )
    event.listen(engine, "do_connect", lambda dialect, record, args, options: ImpatientConnection.connect(*args, **options))
    event.listen(engine, "checkout", partial(_be_impatient, patience_s=patience_s))
    return engine


def _be_impatient(connection: ImpatientConnection, *_: object, patience_s: float) -> None:
    """A migration has been more patient."""
    connection.patience_s = patience_s + SERVER_FIRST_S
