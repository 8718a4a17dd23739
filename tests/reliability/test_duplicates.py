"""Calls that come many times, at once and to several API processes, are one call."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import create_app
from episodes.audit import audit
from episodes.lifecycle import EpisodeState
from storage.database import open_database
from storage.episodes_sql import SqlEpisodeStore
from storage.worlds_sql import SqlWorldStore
from tests.contract.at_once import at_once
from tests.contract.databases import postgres
from tests.reliability.faults import PATIENT
from tests.reliability.house import House, LoopThread
from tests.reliability.teller import Gate

NUM_CALLS = 200


class Replica:
    """A second API on a house's database, with connections of its own."""

    def __init__(self, house: House, url: str) -> None:
        self._engine = open_database(url)
        episodes, worlds = SqlEpisodeStore(self._engine, "house"), SqlWorldStore(self._engine)
        app = create_app(replace(house._api_parts(), episodes=episodes, worlds=worlds))
        self._http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://replica")
        self._loop = LoopThread("replica")

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self._loop.run(self._http.request(method, path, **options))

    @contextmanager
    def running(self) -> Iterator[Replica]:
        self._loop.start()
        try:
            yield self
        finally:
            self._loop.run(self._http.aclose())
            self._loop.stop()
            self._engine.dispose()


def answered(replica: House | Replica, path: str, headers: dict[str, str]) -> httpx.Response:
    """A client that comes again when it is told to."""
    while (answer := replica.call("POST", path, headers=headers)).status_code == httpx.codes.SERVICE_UNAVAILABLE:
        pass
    return answer


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'local.db'}"
        return
    with postgres() as url:
        yield url


@pytest.mark.parametrize("keyed", [False, True])
def test_200_executions_at_once_start_one_run(url: str, keyed: bool, tmp_path: Path) -> None:
    gate = Gate()
    headers = {"Idempotency-Key": uuid.uuid4().hex} if keyed else {}
    with (
        House(tmp_path, database_url=url, pace=PATIENT, acts={"b1": gate, "b2": gate}) as house,
        Replica(house, url).running() as replica,
    ):
        episode_id = house.insist("POST", "/episodes", json={"intent": "Mika looks", "num_beats": 2, "duration_s": 0.5})[
            "episode_id"
        ]
        house.insist("POST", f"/episodes/{episode_id}/plan")
        path = f"/episodes/{episode_id}/execute"

        answers = at_once([partial(answered, (house, replica)[i % 2], path, headers) for i in range(NUM_CALLS)])
        gate.open()
        [episode] = house.wait_for_end(episode_id, limit_s=90)

        bodies = {answer.text if isinstance(answer, httpx.Response) else repr(answer) for answer in answers}
        assert len(bodies) == 1, bodies
        assert '"EXECUTING"' in bodies.pop()
        assert episode.state is EpisodeState.COMPLETED
        assert [len(beat.attempts) for beat in episode.beats] == [1, 1]
        assert gate.entered == {episode_id: 2}
        told = [event.event_type for event in house.episodes.events(episode_id)]
        assert [told.count(one) for one in ("episode.executing", "beat.accepted", "episode.completed")] == [1, 2, 1]
        if keyed:  # a duplicate that comes when all is over gets the first answer, from either
            assert {answered(one, path, headers).text for one in (house, replica)} == {
                a.text for a in answers if isinstance(a, httpx.Response)
            }
        assert audit(house.episodes, house.artifacts).violations == ()
