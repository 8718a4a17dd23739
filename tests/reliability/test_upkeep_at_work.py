"""Audits and sweeps beside a system at work: no false alarm, and nothing goes that anybody needs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from random import Random

from episodes.audit import Violation, audit
from episodes.lifecycle import EpisodeState
from episodes.sweep import sweep
from tests.reliability.house import House

NUM_EPISODES = 4
NUM_MOVES = 20


def test_nothing_is_wrong_or_lost_while_people_change_their_minds_and_coordinators_die(tmp_path: Path) -> None:
    violations: list[Violation] = []
    strangers: list[str] = []
    with House(tmp_path, num_renderers=3) as house:

        def audit_once() -> None:
            violations.extend(audit(house.episodes, house.artifacts).violations)

        def sweep_once() -> None:
            strangers.extend(sweep(house.episodes, house.artifacts).strangers)

        with Again(audit_once) as audits, Again(sweep_once) as sweeps:
            ids = [house.submit(num_beats=4) for _ in range(NUM_EPISODES)]
            _live(house, ids, Random(3))
            ended = house.wait_for_end(*ids, limit_s=120.0)

        assert str(violations) == "[]"
        assert strangers == []
        assert min(audits.num_times, sweeps.num_times) > 1
        assert {e.state for e in ended} <= {EpisodeState.COMPLETED, EpisodeState.PARTIALLY_COMPLETED, EpisodeState.CANCELLED}
        sweep_once()
        assert str(audit(house.episodes, house.artifacts).violations) == "()"


def _live(house: House, ids: list[str], random: Random) -> None:
    """Each call may be refused: people come too late, or too early."""
    for seed in range(NUM_MOVES):
        episode = f"/episodes/{random.choice(ids)}"
        match random.choice(("cancel", "retry", "beats/b2/cancel", "beats/b2/retry", "revise", "kill")):
            case "revise":
                house.call("PATCH", f"{episode}/beats/b1", json={"seed": seed})
            case "kill":
                house.kill_coordinator()
                house.start_coordinator()
            case move:
                house.call("POST", f"{episode}/{move}")


class Again:
    """Calls something in a thread of its own, again and again until the `with` block ends; its error is the block's."""

    def __init__(self, call: Callable[[], None]) -> None:
        self._call = call
        self._has_ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._error: Exception | None = None
        self.num_times = 0

    def _run(self) -> None:
        try:
            while not self._has_ended.is_set():
                self._call()
                self.num_times += 1
        except Exception as error:
            self._error = error

    def __enter__(self) -> Again:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._has_ended.set()
        self._thread.join()
        if self._error is not None:
            raise self._error
