"""Whatever happens to the database: acknowledged calls survive, the API says so meanwhile, and the coordinator goes on by itself."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from episodes.audit import audit
from episodes.lifecycle import EpisodeState
from episodes.model import EpisodeView
from tests.contract.databases import PostgresServer, postgres_server
from tests.contract.postgres_line import PostgresLine
from tests.reliability.broken_databases import BREAKABLE
from tests.reliability.faults import PATIENT
from tests.reliability.house import SMALL, House
from tests.reliability.teller import Gate
from tests.reliability.test_house import eventually_sealed

LIMIT_S = 90.0
"""Against hanging. Nothing here is asserted about time but that."""

pytestmark = pytest.mark.timeout(240)


@pytest.mark.parametrize("kind", BREAKABLE)
def test_what_is_rendered_without_a_database_is_accepted_when_it_is_back(kind: str, tmp_path: Path) -> None:
    gate = Gate()
    with (
        BREAKABLE[kind](tmp_path) as database,
        House(tmp_path, database_url=database.url, pace=PATIENT, acts={"b1": gate, "b2": gate}) as house,
    ):
        database.prepare(house._engine)
        waiting = house.insist("POST", "/episodes", json={**SMALL, "intent": "Mika waits"})["episode_id"]
        episode_id = house.submit(num_beats=2)
        eventually(lambda: gate.entered[episode_id] == 2)

        database.begin()
        check_refusals(house, episode_id, can_be_read=database.can_be_read)
        gate.open()
        eventually(lambda: len(results(house, episode_id)) == 2)
        database.end()

        [episode] = house.wait_for_end(episode_id, limit_s=LIMIT_S)
        assert episode.state is EpisodeState.COMPLETED
        assert attempts(episode) == [1, 1]
        assert house.episodes.episode(waiting).request.intent == "Mika waits"
        assert audit(house.episodes, house.artifacts).violations == ()


def check_refusals(house: House, episode_id: str, *, can_be_read: bool) -> None:
    """A call that cannot be served says so, and when to come again. One that waited for ever would end the test."""
    wish = {**SMALL, "intent": "Mika looks around. " * 80}
    eventually(lambda: says_so(house.call("POST", "/episodes", json=wish)))  # a full disk has room for a few
    looked = house.call("GET", f"/episodes/{episode_id}")
    assert looked.status_code == 200 if can_be_read else says_so(looked)


def says_so(answer: Any) -> bool:
    if answer.status_code == 201:
        return False
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["type"] == "/docs#unavailable"
    return True


def test_a_server_that_is_restarted_again_and_again_loses_nothing(tmp_path: Path) -> None:
    with postgres_server() as server, House(tmp_path, database_url=server.url, pace=PATIENT) as house:
        with restarting(server, times=4):
            episode_ids = [house.submit(f"Mika looks, take {i}", num_beats=2) for i in range(6)]
        ended = house.wait_for_end(*episode_ids, limit_s=LIMIT_S)

        assert [e.state for e in ended] == [EpisodeState.COMPLETED] * len(episode_ids)
        assert [e.request.intent for e in ended] == [f"Mika looks, take {i}" for i in range(6)]
        assert audit(house.episodes, house.artifacts).violations == ()


@contextmanager
def restarting(server: PostgresServer, times: int) -> Iterator[None]:
    """By turns all connections are terminated, and the whole server is killed and started again. Ends when it has run so often."""

    def strike() -> None:
        for turn in range(times):
            time.sleep(0.5)  # so that something happens in between
            if turn % 2:
                with psycopg.connect(server.url, autocommit=True) as connection:
                    connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
            else:
                server.stop()
                server.start()

    striking = threading.Thread(target=strike)
    striking.start()
    try:
        yield
    finally:
        striking.join()


def test_commits_whose_replies_are_lost_leave_one_truth(tmp_path: Path) -> None:
    with (
        postgres_server() as server,
        PostgresLine(server.url).running() as line,
        House(tmp_path, database_url=line.url, pace=PATIENT) as house,
    ):
        episode_ids = []
        for take in range(4):
            line.lost_commits = 6
            episode_ids.append(house.submit(f"Mika looks, take {take}", num_beats=2))
        ended = house.wait_for_end(*episode_ids, limit_s=LIMIT_S)

        assert line.num_lost > 10
        assert [e.state for e in ended] == [EpisodeState.COMPLETED] * 4
        assert len(house.episodes.episodes(limit=50).episodes) == 4
        for episode in ended:
            told = [event.event_type for event in house.episodes.events(episode.episode_id)]
            assert [told.count(one) for one in ("episode.created", "episode.executing", "beat.accepted")] == [1, 1, 2]
        assert audit(house.episodes, house.artifacts).violations == ()


def test_a_full_disk_under_the_artifacts_costs_no_render(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with House(tmp_path, pace=PATIENT) as house:
        with monkeypatch.context() as patched:
            patched.setattr(os, "link", no_room)
            episode_id = house.submit(num_beats=2)
            eventually_sealed(tmp_path / "spool", num_entries=2)
            assert results(house, episode_id) == []
        [episode] = house.wait_for_end(episode_id, limit_s=LIMIT_S)

        assert episode.state is EpisodeState.COMPLETED
        assert attempts(episode) == [1, 1]
        assert audit(house.episodes, house.artifacts).violations == ()


def eventually(holds: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + LIMIT_S
    while not holds():
        assert time.monotonic() < deadline_s
        time.sleep(0.005)


def results(house: House, episode_id: str) -> list[str]:
    return [key for key in house.artifacts.keys(f"episodes/{episode_id}/") if "/result/" in key]


def attempts(episode: EpisodeView) -> list[int]:
    return [len(beat.attempts) for beat in episode.beats]
