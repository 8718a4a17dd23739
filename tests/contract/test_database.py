"""What only a real database can get wrong: its schema, its locks, its owner, and that it may not answer."""

from __future__ import annotations

import re
import socket
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, event, inspect, text
from sqlalchemy.exc import IntegrityError

from episodes.errors import BadInput, Unavailable
from episodes.lifecycle import EpisodeState
from storage.database import open_database, upgrade
from storage.episodes_sql import SqlEpisodeStore
from storage.tables import METADATA
from storage.transactions import Transactions, now_s
from storage.worlds_sql import SqlWorldStore
from tests.builders import a_plan, a_request
from tests.contract.at_once import at_once
from tests.contract.databases import empty
from tests.contract.leading import Leader
from tests.contract.postgres_line import PostgresLine

UPGRADE = "import sys; from storage.database import *; upgrade(open_database(sys.argv[1]))"


@pytest.fixture(params=("sqlite", "postgresql"))
def fresh_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'fresh.db'}"
    url: str = request.getfixturevalue("postgres_url")
    engine = open_database(url)
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS fresh"))
        connection.execute(text("CREATE DATABASE fresh"))
    engine.dispose()
    return url.removesuffix("postgres") + "fresh"


def test_an_empty_database_gets_the_tables_of_the_code(fresh_url: str) -> None:
    engine = open_database(fresh_url)

    upgrade(engine)
    upgrade(engine)

    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    engine.dispose()


def test_the_indexes_of_some_rows_are_the_codes(engine: Engine) -> None:
    """Autogenerate does not compare their conditions."""
    with engine.connect() as connection:
        found = {i["name"]: i for t in METADATA.tables for i in inspect(connection).get_indexes(t)}
    for table in METADATA.sorted_tables:
        for index in table.indexes:
            wanted = index.dialect_options[engine.dialect.name]["where"]
            there = found[index.name]["dialect_options"].get(f"{engine.dialect.name}_where")
            assert _bare(there) == _bare(wanted), index.name


def _bare(condition: object) -> str:
    text = re.sub(r"::(text|character varying|double precision)(\[\])?", "", str(condition).lower())
    text = re.sub(r"= any \(+array\[(.*?)\]\)+", r"in \1", text)  # what PostgreSQL makes of IN
    return "".join(c for c in text if c not in "() ").replace("'0'", "0")


def test_processes_that_start_together_upgrade_once(fresh_url: str) -> None:
    starts = [subprocess.Popen([sys.executable, "-c", UPGRADE, fresh_url], stderr=subprocess.PIPE) for _ in range(2)]

    errors = [start.communicate()[1].decode() for start in starts]

    assert [start.returncode for start in starts] == [0] * 2, errors
    engine = open_database(fresh_url)
    assert SqlEpisodeStore(engine, "c").episodes().episodes == ()
    engine.dispose()


def test_threads_that_start_together_upgrade_once(fresh_url: str) -> None:
    engines = [open_database(fresh_url) for _ in range(4)]

    assert at_once([partial(upgrade, engine) for engine in engines]) == [None] * 4

    for engine in engines:
        engine.dispose()


def test_a_database_of_a_newer_version_is_refused(fresh_url: str) -> None:
    engine = open_database(fresh_url)
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(BadInput, match="9999"):
        upgrade(engine)
    engine.dispose()


def test_a_database_belongs_to_one_cluster(engine: Engine) -> None:
    episode_id = SqlEpisodeStore(engine, "mine").create(a_request()).episode_id

    stranger = SqlEpisodeStore(engine, "yours")

    for call in (stranger.episodes, partial(stranger.create, a_request()), partial(stranger.acquire_lease, "x", 9.0)):
        with pytest.raises(BadInput, match="belongs to the cluster 'mine', not to 'yours'"):
            call()
    assert SqlEpisodeStore(engine, "mine").episode(episode_id).episode_id == episode_id


def test_of_clusters_that_come_together_one_gets_the_database(engine: Engine) -> None:
    stores = [SqlEpisodeStore(engine, f"cluster-{i % 2}") for i in range(8)]

    outcomes = at_once([store.lease_holder for store in stores])

    assert sorted(str(type(o)) for o in outcomes) == sorted([str(BadInput)] * 4 + [str(type(None))] * 4)


def test_the_databases_clock_is_the_time(engine: Engine) -> None:
    with Transactions(engine).reading() as connection:
        first, second = (connection.scalars(now_s().select()).one() for _ in range(2))

    assert 1.7e9 < first <= second < 1e10


def test_a_page_is_read_from_one_moment(engine: Engine) -> None:
    store = SqlEpisodeStore(engine, "c")
    with Transactions(engine).reading() as connection:
        before = connection.scalar(text("SELECT count(*) FROM episodes"))
        store.create(a_request())
        assert connection.scalar(text("SELECT count(*) FROM episodes")) == before


@pytest.mark.parametrize("statement", ["INSERT INTO attempts", "INSERT INTO attempts film"])
def test_the_database_itself_refuses_two_winners(engine: Engine, statement: str) -> None:
    """Should the code ever be wrong, the indexes are not."""
    leader = Leader(SqlEpisodeStore(engine, "c"))
    episode_id = leader.executing(1)
    beat_id = None if "film" in statement else "b1"
    columns = (
        "attempt_id, episode_id, beat_id, revision, number, state, backend, renderer, node, "
        "num_counted_before, counted, reason, fence, opened_at"
    )
    insert = text(f"INSERT INTO attempts ({columns}) VALUES (:id, :e, :b, 1, :n, :s, '', '', '', 0, false, '', 1, 0)")
    for state in ("OPEN", "SELECTED"):
        with engine.begin() as connection:
            connection.execute(insert, {"id": f"{state}1", "e": episode_id, "b": beat_id, "n": 1 + len(state), "s": state})
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(insert, {"id": f"{state}2", "e": episode_id, "b": beat_id, "n": 20 + len(state), "s": state})


def test_sqlite_is_set_for_safety(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'new folder' / 'a.db'}")
    with engine.connect() as connection:
        found = {p: connection.exec_driver_sql(f"PRAGMA {p}").scalar() for p in ("journal_mode", "synchronous", "foreign_keys")}
    engine.dispose()

    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


@pytest.mark.parametrize("url", ["", "no url", "mysql://localhost/films", "sqlite://", "sqlite:///:memory:", "://"])
def test_a_url_that_cannot_be_is_refused(url: str) -> None:
    with pytest.raises(BadInput) as refused:
        open_database(url)
    assert refused.value.where == "DATABASE_URL"


def test_a_refused_url_keeps_its_password_to_itself() -> None:
    with pytest.raises(BadInput) as refused:
        open_database("mysql://me:hunter2@localhost:port/films")  # pragma: allowlist secret
    assert "hunter2" not in str(refused.value)


# --- a database that does not answer ---


def test_nobody_at_the_address_is_unavailable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but not listening
        engine = open_database(f"postgresql://me:hunter2@127.0.0.1:{taken.getsockname()[1]}/films")

        for call in (SqlEpisodeStore(engine, "c").episodes, SqlWorldStore(engine).worlds, partial(upgrade, engine)):
            with pytest.raises(Unavailable) as silent:
                call()
            assert "hunter2" not in str(silent.value)


def test_somebody_who_never_answers_is_unavailable() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        engine = open_database(f"postgresql://me@127.0.0.1:{deaf.getsockname()[1]}/films", patience_s=0.1)

        with pytest.raises(Unavailable):
            SqlEpisodeStore(engine, "c").episodes()


def _episode_calls(store: SqlEpisodeStore, episode_id: str) -> list[Callable[[], object]]:
    return [partial(store.cancel, episode_id), partial(store.save_plan, episode_id, a_plan(), 1)]


def test_a_locked_row_is_unavailable_and_reading_goes_on(fresh_url: str) -> None:
    engine = open_database(fresh_url, patience_s=0.1)
    upgrade(engine)
    store = SqlEpisodeStore(engine, "c")
    episode_id = store.create(a_request()).episode_id
    before = store.episode(episode_id)

    with Transactions(engine).writing("test") as holder:
        holder.execute(text("UPDATE episodes SET reason = 'held'"))
        for call in _episode_calls(store, episode_id):
            with pytest.raises(Unavailable):
                call()
        assert store.episode(episode_id) == before

    assert store.episode(episode_id).reason == "held"
    store.cancel(episode_id)  # the pool has forgotten the failures
    engine.dispose()


def test_a_pool_that_is_exhausted_is_unavailable(fresh_url: str) -> None:
    engine = open_database(fresh_url, patience_s=0.1)
    upgrade(engine)
    store = SqlEpisodeStore(engine, "c")
    store.episodes()
    held = []
    with pytest.raises(Unavailable):  # noqa: PT012 - how many it takes is the pool's affair
        for _ in range(100):
            reading = Transactions(engine).reading()
            held.append((reading, reading.__enter__()))

    for reading, _ in held:
        reading.__exit__(None, None, None)
    assert store.episodes().episodes == ()
    engine.dispose()


def test_lost_connections_are_replaced(postgres_engine: Engine) -> None:
    store = SqlEpisodeStore(postgres_engine, "c")
    with postgres_engine.connect() as one, postgres_engine.connect() as other:
        one.execute(text("SELECT 1"))
        other.execute(text("SELECT 1"))
    with postgres_engine.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"))

    for _ in range(3):
        assert isinstance(store.episodes().episodes, tuple)


def test_a_connection_that_is_lost_in_a_transaction_is_unavailable(postgres_engine: Engine) -> None:
    transactions = Transactions(postgres_engine)
    with pytest.raises(Unavailable), transactions.writing("test") as connection:  # noqa: PT012
        pid = connection.scalar(text("SELECT pg_backend_pid()"))
        with postgres_engine.begin() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        connection.execute(text("SELECT 1"))

    with transactions.writing("test") as connection:
        assert connection.scalar(text("SELECT 1")) == 1


@pytest.fixture
def line(postgres_engine: Engine, postgres_url: str) -> Iterator[PostgresLine]:
    """To a database that is empty, at the newest schema."""
    empty(postgres_engine)
    with PostgresLine(postgres_url).running() as line:
        yield line


def test_a_commit_whose_reply_was_lost_is_unavailable_and_can_be_repeated(line: PostgresLine) -> None:
    engine = open_database(line.url)
    store = SqlEpisodeStore(engine, "c")
    episode_id = store.create(a_request()).episode_id
    other_id = str(uuid.uuid4())
    line.lost_commits = 3

    with pytest.raises(Unavailable):
        store.create(a_request(), other_id)
    with pytest.raises(Unavailable):
        store.save_plan(episode_id, a_plan(), 1, once="a plan")
    with pytest.raises(Unavailable):
        store.execute(episode_id, once="an execution")

    assert line.num_lost == 3
    assert store.create(a_request(), other_id).episode_id == other_id
    store.save_plan(episode_id, a_plan(), 1, once="a plan")
    assert store.execute(episode_id, once="an execution") is EpisodeState.EXECUTING
    assert [e.event_type for e in store.events(episode_id)] == ["episode.created", "episode.planned", "episode.executing"]
    engine.dispose()


def test_a_server_that_falls_silent_is_unavailable_and_serves_again_when_it_speaks(line: PostgresLine) -> None:
    """Without its client's own limit the call would wait for ever: what was sent has arrived, and no statement is too slow."""
    engine = open_database(line.url, patience_s=0.1)
    store = SqlEpisodeStore(engine, "c")
    episode_id = store.create(a_request()).episode_id

    line.is_silent = True
    for call in (partial(store.episode, episode_id), partial(store.cancel, episode_id)):
        with pytest.raises(Unavailable):
            call()
    line.is_silent = False

    store.cancel(episode_id)
    engine.dispose()


def test_a_statement_that_the_server_does_not_answer_ends(line: PostgresLine) -> None:
    engine = open_database(line.url, patience_s=0.1)
    for _ in range(2):
        with pytest.raises(Unavailable), Transactions(engine).writing("a story") as connection:  # noqa: PT012
            connection.execute(text("SELECT 1"))
            line.is_silent = True
            connection.execute(text("SELECT 2"))
        line.is_silent = False
    engine.dispose()


def test_a_full_disk_is_unavailable_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'full.db'}")
    upgrade(engine)
    store = SqlEpisodeStore(engine, "c")

    @event.listens_for(engine, "checkout")
    def bound(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {limit}")

    limit = 64
    kept: list[str] = []
    with pytest.raises(Unavailable):  # noqa: PT012 - how much fits is the database's affair
        for _ in range(1000):
            kept.append(store.create(a_request(intent="x" * 1000)).episode_id)

    assert kept
    assert {e.episode_id for e in store.episodes(limit=200).episodes} == set(kept)
    limit = 1_000_000
    kept.append(store.create(a_request()).episode_id)
    assert len(store.episodes(limit=200).episodes) == len(kept)
    engine.dispose()
