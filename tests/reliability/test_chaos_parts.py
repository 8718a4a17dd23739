"""What the chaos run itself rests on."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from itertools import pairwise

import pytest

from tests.reliability.chaos.diary import Render
from tests.reliability.chaos.line import CutLine
from tests.reliability.chaos.nemesis import Blow
from tests.reliability.chaos.records import AttemptRow
from tests.reliability.chaos.recovery import Figure, Recovery, percentile
from tests.reliability.chaos.schedule import ALONE_S, Kind, draw, draw_only


def test_faults_of_one_kind_leave_each_other_alone() -> None:
    faults = draw_only(Kind.FREEZE_RENDERER, 7, 240)

    assert {fault.kind for fault in faults} == {Kind.FREEZE_RENDERER}
    assert len(faults) > 2
    assert all(b.at_s - a.at_s >= ALONE_S > a.lasts_s for a, b in pairwise(faults))


def test_the_same_seed_draws_the_same_schedule() -> None:
    assert draw(7, 600) == draw(7, 600)
    assert draw(7, 600) != draw(8, 600)


@pytest.mark.parametrize("seconds", [60, 180, 1800])
@pytest.mark.parametrize("seed", range(5))
def test_every_kind_of_fault_comes_within_the_time(seed: int, seconds: float) -> None:
    faults = draw(seed, seconds)

    assert {fault.kind for fault in faults} == set(Kind)
    assert faults[-1].at_s <= seconds
    assert list(faults) == sorted(faults, key=lambda fault: fault.at_s)


def test_a_long_schedule_has_many_rounds() -> None:
    assert min(Counter(fault.kind for fault in draw(1, 1800)).values()) >= 8


def a_blow(kind: Kind, at: float, victim: str = "", pid: int = 0, lasts_s: float = 0.0) -> Blow:
    return Blow(kind=kind, victim=victim, pid=pid, at=at, ended_at=at + lasts_s)


def an_attempt(attempt_id: str, state: str, opened_at: float, ended_at: float, renderer: str = "r0") -> AttemptRow:
    return AttemptRow(
        attempt_id=attempt_id,
        episode_id="e1",
        beat_id="b1",
        revision=1,
        state=state,
        failure_class="crash" if state == "FAILED" else None,
        reason="",
        renderer=renderer,
        opened_at=opened_at,
        ended_at=ended_at,
    )


def figures(*blows: Blow) -> dict[str, Figure]:
    attempts = [an_attempt("a1", "FAILED", 100.0, 103.0), an_attempt("a2", "SELECTED", 104.0, 106.0, "r1")]
    renders = [
        Render(attempt_id="a1", renderer="r0", pid=11, began_at=100.5, ended_at=None),
        Render(attempt_id="a2", renderer="r1", pid=12, began_at=104.5, ended_at=105.0),
    ]
    return {figure.name: figure for figure in Recovery(blows, renders, attempts).figures()}


def test_a_killed_renderer_recovers_when_the_beats_next_attempt_runs() -> None:
    found = figures(a_blow(Kind.KILL_RENDERER, 101.0, "r0", 11))

    assert found["renderer killed → the beat's next attempt runs"].samples == [3.5]
    assert found["renders wasted per renderer killed"].samples == [1.0]


def test_a_recovery_among_other_faults_is_told_apart() -> None:
    found = figures(a_blow(Kind.KILL_RENDERER, 101.0, "r0", 11), a_blow(Kind.STOP_DATABASE, 102.0, lasts_s=1.0))

    assert found["renderer killed → the beat's next attempt runs"].samples == []
    assert found["renderer killed → the beat's next attempt runs"].disturbed == [3.5]


def test_what_fails_after_a_coordinators_death_without_a_fault_of_its_own_was_wasted() -> None:
    assert figures(a_blow(Kind.KILL_COORDINATOR, 101.0))["renders wasted per coordinator killed"].samples == [1.0]
    hit = figures(a_blow(Kind.KILL_COORDINATOR, 101.0), a_blow(Kind.KILL_RENDERER, 100.8, "r0", 11))
    assert hit["renders wasted per coordinator killed"].samples == [0.0]


def test_the_95th_percentile_is_a_sample() -> None:
    assert percentile([float(n) for n in range(1, 101)], 0.95) == 95.0
    assert percentile([3.0], 0.95) == 3.0


def test_a_cut_line_breaks_what_flows_and_lets_nobody_through_until_it_is_mended() -> None:
    with _echo() as server, CutLine(f"http://127.0.0.1:{server.getsockname()[1]}").running() as line:
        address = ("127.0.0.1", int(line.endpoint.rpartition(":")[2]))
        with socket.create_connection(address, timeout=5) as caller:
            assert _echoed(caller)
            line.cut()
            assert not _echoed(caller)
        with socket.create_connection(address, timeout=5) as caller:
            assert not _echoed(caller)
        line.mend()
        with socket.create_connection(address, timeout=5) as caller:
            assert _echoed(caller)


def _echo() -> socket.socket:
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                caller, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=_echo_one, args=(caller,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    return server


def _echo_one(caller: socket.socket) -> None:
    with caller:
        while data := caller.recv(100):
            caller.sendall(data)


def _echoed(caller: socket.socket) -> bool:
    try:
        caller.sendall(b"there?")
        return caller.recv(100) == b"there?"
    except OSError:
        return False
