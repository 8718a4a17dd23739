"""Databases that can be taken away while a house lives on them, each in its own way."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, event

from tests.contract.databases import postgres_server
from tests.contract.postgres_line import PostgresLine

_LOCK = (
    "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60); c.execute('BEGIN EXCLUSIVE');"
    "print('locked', flush=True); sys.stdin.read()"
)
PLENTY = 1_000_000
"""Of pages: more than any test writes."""


@dataclass(kw_only=True)
class BreakableDatabase:
    url: str
    begin: Callable[[], object]
    end: Callable[[], object]
    can_be_read: bool = False
    """While it is broken."""
    prepare: Callable[[Engine], object] = field(default=lambda engine: None)
    """For what has to be done to each of its connections."""


Breakable = Callable[[Path], AbstractContextManager[BreakableDatabase]]


@contextmanager
def stopped(folder: Path) -> Iterator[BreakableDatabase]:
    """A PostgreSQL that is killed, and recovers when it starts again."""
    with postgres_server() as server:
        yield BreakableDatabase(url=server.url, begin=server.stop, end=server.start)


@contextmanager
def silent(folder: Path) -> Iterator[BreakableDatabase]:
    """A PostgreSQL whose replies do not come any more."""
    with postgres_server() as server, PostgresLine(server.url).running() as line:
        yield BreakableDatabase(
            url=line.url, begin=lambda: vars(line).update(is_silent=True), end=lambda: vars(line).update(is_silent=False)
        )


@contextmanager
def locked(folder: Path) -> Iterator[BreakableDatabase]:
    """A SQLite file in which another process writes for long."""
    path, others = folder / "locked.db", list[subprocess.Popen[str]]()

    def begin() -> None:
        other = subprocess.Popen([sys.executable, "-c", _LOCK, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        others.append(other)
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"

    def end() -> None:
        for other in others:
            other.communicate()

    try:
        yield BreakableDatabase(url=f"sqlite:///{path}", begin=begin, end=end, can_be_read=True)
    finally:
        end_all(others)


def end_all(others: list[subprocess.Popen[str]]) -> None:
    for other in others:
        if other.poll() is None:
            other.kill()
            other.communicate()


@contextmanager
def full(folder: Path) -> Iterator[BreakableDatabase]:
    """A SQLite file that may not grow."""
    limit = PLENTY

    def set_limit(pages: int) -> None:
        nonlocal limit
        limit = pages

    def prepare(engine: Engine) -> None:
        def bound(connection: sqlite3.Connection, *_: object) -> None:
            connection.execute(f"PRAGMA max_page_count = {limit}")

        event.listen(engine, "checkout", bound)

    yield BreakableDatabase(
        url=f"sqlite:///{folder / 'full.db'}",
        begin=lambda: set_limit(1),  # as large as it is
        end=lambda: set_limit(PLENTY),
        can_be_read=True,
        prepare=prepare,
    )


BREAKABLE: dict[str, Breakable] = {"stopped": stopped, "silent": silent, "locked": locked, "full": full}
