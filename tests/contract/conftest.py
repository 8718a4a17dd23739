"""Stores for the contract suites: each test runs in memory, on SQLite and on PostgreSQL; artifact stores have S3 servers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from episodes.episode_store import EpisodeStore
from episodes.ports import WorldStore
from storage.database import open_database
from storage.memory import MemoryWorldStore
from storage.worlds_sql import SqlWorldStore
from tests.contract.benches import Bench, MemoryBench, SqlBench
from tests.contract.databases import empty, migrated, postgres
from tests.contract.leading import Leader
from tests.contract.s3_servers import S3Server, moto, rclone

DATABASES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrated(f"sqlite:///{path}").dispose()
    return path


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """An empty database on a server that lives as long as the session."""
    with postgres() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_engine(postgres_url: str) -> Iterator[Engine]:
    engine = migrated(postgres_url)
    yield engine
    engine.dispose()


@pytest.fixture(params=DATABASES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database at the newest schema, empty."""
    with _engine(request.param, request, tmp_path) as engine:
        yield engine


@pytest.fixture(params=("memory", *DATABASES))
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    if request.param == "memory":
        yield MemoryBench()
        return
    with _engine(request.param, request, tmp_path) as engine:
        yield SqlBench(engine)


@pytest.fixture
def store(bench: Bench) -> EpisodeStore:
    return bench.store


@pytest.fixture
def leader(store: EpisodeStore) -> Leader:
    return Leader(store)


@pytest.fixture(params=("memory", *DATABASES))
def worlds(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[WorldStore]:
    if request.param == "memory":
        yield MemoryWorldStore()
        return
    with _engine(request.param, request, tmp_path) as engine:
        yield SqlWorldStore(engine)


@pytest.fixture(scope="module")
def rclone_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with rclone(tmp_path_factory.mktemp("rclone")) as server:
        yield server


@pytest.fixture(scope="module")
def moto_server() -> Iterator[S3Server]:
    with moto() as server:
        yield server


@contextmanager
def _engine(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if kind == "postgresql":
        engine: Engine = request.getfixturevalue("postgres_engine")
        empty(engine)
        yield engine
        return
    shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "test.db")
    engine = open_database(f"sqlite:///{tmp_path / 'test.db'}")
    yield engine
    engine.dispose()
