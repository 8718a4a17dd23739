"""Many threads that write to one SQLite file."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from episodes.crash_points import watch
from storage.database import open_database, upgrade
from storage.episodes_sql import SqlEpisodeStore
from tests.api.rig import Rig
from tests.builders import a_request
from tests.contract.at_once import at_once
from tests.integration.shell import serving


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path / 'busy.db'}", patience_s=1.0)
    upgrade(engine)
    yield engine
    engine.dispose()


def test_writers_of_one_process_all_get_their_turn(engine: Engine) -> None:
    """They were starved at SQLite's lock: together they hold it longer than one of them waits for it."""
    store = SqlEpisodeStore(engine, "c")
    watch(lambda point: time.sleep(0.1) if point.startswith("before commit") else None)
    try:
        outcomes = at_once([partial(store.create, a_request())] * 16)
    finally:
        watch(None)

    assert [one for one in outcomes if isinstance(one, Exception)] == []


def test_whoever_changes_a_plan_at_once_with_others_changes_it(engine: Engine) -> None:
    rig = Rig(episodes=SqlEpisodeStore(engine, "c"))
    with serving(rig) as shell, httpx.Client(base_url=shell.url, timeout=60) as client:
        path = f"/episodes/{shell.executing()}/beats/b1"

        def change(number: int) -> httpx.Response:
            return client.patch(path, json={"description": f"Mika waits {number}."})

        answers = at_once([partial(change, number) for number in range(12)])

    assert [one.status_code for one in answers if isinstance(one, httpx.Response)] == [200] * 12
