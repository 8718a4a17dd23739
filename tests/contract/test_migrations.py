"""A database that an earlier version has filled goes on where it stood."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

from episodes.job import JobResult, RuntimeFacts
from episodes.lifecycle import BeatState, EpisodeState
from episodes.model import Acceptance, Lease
from episodes.plan import Plan
from episodes.world import World, WorldSource
from episodes.world_fields import known_record
from episodes.world_record import NOTHING_KNOWN, SourceKind
from storage.database import open_database, upgrade
from storage.episodes_sql import SqlEpisodeStore
from storage.worlds_sql import SqlWorldStore
from tests.builders import a_beat, a_request
from tests.contract.leading import a_file

NOW = 1_000_000.0


@pytest.fixture(params=("sqlite", "postgresql"))
def at_0001(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    engine = open_database(_fresh_url(request, tmp_path))
    to_newest = command.upgrade

    def to_0001(config: Config, _: str) -> None:
        to_newest(config, "0001")

    with monkeypatch.context() as patch:
        patch.setattr(command, "upgrade", to_0001)
        upgrade(engine)
    yield engine
    engine.dispose()


def _fresh_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'older.db'}"
    url: str = request.getfixturevalue("postgres_url")
    server = open_database(url)
    with server.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS older WITH (FORCE)"))
        connection.execute(text("CREATE DATABASE older"))
    server.dispose()
    return url.removesuffix("postgres") + "older"


def _fill(engine: Engine, **tables: dict[str, object]) -> None:
    with engine.begin() as connection:
        for table, row in tables.items():
            names = ", ".join(row)
            values = ", ".join(f":{name}" for name in row)
            connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)


def test_a_render_that_began_before_pausing_was_known_is_accepted(at_0001: Engine) -> None:
    request, beat = a_request(), a_beat(0)
    empty_progress = {"progress": 0.0, "reason": "", "revision": 1}
    _fill(
        at_0001,
        lease={"row_number": 1, "cluster_id": "c", "holder": "leader", "fence": 3, "expires_at": NOW * 1e6},
        episodes={
            **{"episode_id": "e1", "world_id": request.world_id, "request": request.model_dump_json()},
            **{"state": "EXECUTING", "done_s": 0.0, "total_s": 1.0, "logline": "", "num_beats": 1, "num_events": 0},
            **{"film_num_attempts": 0, "film_num_counted": 0, "film_not_before": 0.0},
            **{"created_at": NOW, "updated_at": NOW, "executed_at": NOW, **empty_progress},
        },
        beats={
            **{"episode_id": "e1", "beat_id": "b1", "position": 0, "state": "RENDERING", "failed_with_another": False},
            **{"num_unmet": 0, "not_before": 0.0, "num_attempts": 1, "num_counted": 0, "duration_s": 1.0},
            **{"backend": beat.backend, "beat": beat.model_dump_json(), **empty_progress},
        },
        attempts={
            **{"attempt_id": "a1", "episode_id": "e1", "beat_id": "b1", "revision": 1, "number": 1, "state": "OPEN"},
            **{"backend": "animatic", "renderer": "r1", "node": "n1", "num_counted_before": 0, "counted": False},
            **{"reason": "", "fence": 3, "opened_at": NOW},
        },
    )

    upgrade(at_0001)

    store, lease = SqlEpisodeStore(at_0001, "c"), Lease(holder="leader", fence=3)
    assert not store.queue_is_paused()
    assert store.unwanted_attempts(lease) == []
    assert [(note.version, note.cause, note.num_beats) for note in store.plan_versions("e1")] == [(1, "planned", 1)]
    assert store.plan_version("e1", 1).plan == Plan(beats=(beat,)) == store.episode("e1").plan
    assert store.episode("e1").plan_version == 1
    assert [(a.attempt_id, a.num_crashes) for a in store.unclosed_attempts(lease)] == [("a1", 0)]
    result = JobResult(
        **{"job_id": "a1", "status": "succeeded", "fence": 3, "episode_id": "e1", "beat_id": "b1"},
        runtime=RuntimeFacts(backend="animatic", latency_sec=1.0),
        files={"video": a_file("video/a1", duration_s=1.0)},
    )
    assert store.accept(lease, [Acceptance(attempt_id="a1", result=result)]) == [True]
    view = store.episode("e1")
    assert (view.state, view.beats[0].state, view.fleet) == (EpisodeState.EXECUTING, BeatState.ACCEPTED, None)


def test_a_world_that_is_older_than_records_is_as_it_was_and_nobodys_but_its_makers(at_0001: Engine) -> None:
    old = '{"title":"Old","characters":[{"character_id":"mika","name":"Mika","description":"red coat"}],"props":[{"prop_id":"bag","name":"Bag"}]}'
    _fill(
        at_0001,
        worlds={"world_id": "w", "revision": 1, "num_pictures": 0},
        world_revisions={"world_id": "w", "revision": 1, "source": "stored", "world": old, "updated_at": NOW},
    )

    upgrade(at_0001)

    store = SqlWorldStore(at_0001)
    stored = store.world("w")
    assert (stored.revision, stored.world, stored.record) == (1, World.model_validate_json(old), NOTHING_KNOWN)
    assert [(note.revision, note.what) for note in store.revisions("w")] == [(1, "")]
    assert {source.kind for source in known_record(stored).sources.values()} == {SourceKind.PERSON}
    assert store.put("w", stored.world, WorldSource.STORED) == stored, "nothing changed"
