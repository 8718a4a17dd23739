from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodes.dispatch import (
    LONGEST_BACK_OFF_S,
    MAX_COUNTED_ATTEMPTS,
    MAX_TROUBLED_S,
    MAX_UNCOUNTED_ATTEMPTS,
    Candidate,
    after_failure,
    back_off_s,
    choose_starts,
)
from episodes.errors import FailureClass
from episodes.fleet import RendererReport, RendererState
from episodes.model import ReadyBeat
from tests.builders import a_beat


def ready(
    episode_id: str, index: int = 0, *, backend: str = "animatic", avoid: tuple[str, ...] = (), num_counted: int = 0
) -> ReadyBeat:
    return ReadyBeat(
        episode_id=episode_id,
        beat=a_beat(index, backend=backend),
        revision=1,
        num_attempts=0,
        num_counted=num_counted,
        avoid_renderers=avoid,
        start_frame=None,
    )


def candidate(episode_id: str, num_ready: int = 3, *, num_rendering: int = 0, last_start: int = 0) -> Candidate:
    beats = [ready(episode_id, i) for i in range(num_ready)]
    return Candidate(episode_id=episode_id, num_rendering=num_rendering, last_start=last_start, ready=beats)


def fleet(*states: RendererState, backend: str = "animatic") -> list[RendererReport]:
    return [RendererReport(name=f"r{i}", backend=backend, state=s) for i, s in enumerate(states)]


def idle_fleet(num: int) -> tuple[list[RendererReport], list[str]]:
    reports = fleet(*[RendererState.IDLE] * num)
    return reports, [r.name for r in reports]


def test_a_beat_goes_to_who_is_not_parked_and_wakes_one_up_rather_than_wait() -> None:
    awake, parked = (
        replace(r, is_parked=is_parked) for r, is_parked in zip(fleet(*[RendererState.IDLE] * 2), (False, True), strict=True)
    )

    starts = choose_starts([candidate("a", 2)], [parked, awake], [parked.name, awake.name])

    assert [s.renderer for s in starts] == [awake.name, parked.name]


def test_two_episodes_share_the_fleet_beat_by_beat() -> None:
    starts = choose_starts([candidate("a"), candidate("b")], *idle_fleet(4))

    assert [s.ready.episode_id for s in starts] == ["a", "b", "a", "b"]
    assert [s.ready.beat.beat_id for s in starts] == ["b1", "b1", "b2", "b2"]


def test_an_episode_with_many_in_flight_waits_for_one_with_none() -> None:
    busy, fresh = candidate("busy", num_rendering=3, last_start=1), candidate("fresh", last_start=9)

    starts = choose_starts([busy, fresh], *idle_fleet(1))

    assert [s.ready.episode_id for s in starts] == ["fresh"]


def test_with_one_renderer_episodes_take_turns() -> None:
    starts = choose_starts([candidate("a", last_start=5), candidate("b", last_start=4)], *idle_fleet(1))

    assert [s.ready.episode_id for s in starts] == ["b"]


def test_each_renderer_gets_at_most_one_beat() -> None:
    starts = choose_starts([candidate("a", 10)], *idle_fleet(3))

    assert sorted(s.renderer for s in starts) == ["r0", "r1", "r2"]


def test_a_beat_goes_only_to_a_renderer_of_its_backend() -> None:
    beats = [ready("a", 0, backend="veo"), ready("a", 1)]
    one = Candidate(episode_id="a", num_rendering=0, last_start=0, ready=beats)

    starts = choose_starts([one], *idle_fleet(1))

    assert [s.ready.beat.beat_id for s in starts] == ["b2"]


def test_a_failed_beat_goes_to_another_renderer() -> None:
    one = Candidate(episode_id="a", num_rendering=0, last_start=0, ready=[ready("a", avoid=("r0",))])

    assert [s.renderer for s in choose_starts([one], *idle_fleet(2))] == ["r1"]


@pytest.mark.parametrize("state", [RendererState.BUSY, RendererState.STARTING, RendererState.IDLE])
def test_a_failed_beat_waits_for_another_renderer_that_will_come(state: RendererState) -> None:
    one = Candidate(episode_id="a", num_rendering=0, last_start=0, ready=[ready("a", avoid=("r0",), num_counted=1)])

    assert choose_starts([one], fleet(RendererState.IDLE, state), ["r0"]) == []


def test_a_beat_that_met_an_outage_does_not_wait_for_another_renderer() -> None:
    one = Candidate(episode_id="a", num_rendering=0, last_start=0, ready=[ready("a", avoid=("r0",))])

    assert [s.renderer for s in choose_starts([one], fleet(RendererState.IDLE, RendererState.BUSY), ["r0"])] == ["r0"]
    assert [s.renderer for s in choose_starts([one], *idle_fleet(2))] == ["r1"]


@pytest.mark.parametrize("state", [RendererState.SILENT, RendererState.RETIRING])
def test_a_failed_beat_goes_back_when_nobody_else_is_left(state: RendererState) -> None:
    one = Candidate(episode_id="a", num_rendering=0, last_start=0, ready=[ready("a", avoid=("r0",))])

    assert [s.renderer for s in choose_starts([one], fleet(RendererState.IDLE, state), ["r0"])] == ["r0"]


def test_a_beat_that_everybody_failed_goes_to_who_failed_it_longest_ago() -> None:
    beat = replace(ready("a", avoid=("r2", "r1", "r0")), num_counted=2)
    one = Candidate(episode_id="a", num_rendering=0, last_start=0, ready=[beat])

    assert [s.renderer for s in choose_starts([one], *idle_fleet(3))] == ["r2"]


@pytest.mark.slow
@given(st.lists(st.integers(0, 5), min_size=1, max_size=6), st.integers(1, 8))
def test_no_idle_renderer_is_left_while_a_beat_could_start(num_ready: list[int], num_idle: int) -> None:
    candidates = [candidate(f"e{i}", n) for i, n in enumerate(num_ready)]

    starts = choose_starts(candidates, *idle_fleet(num_idle))

    assert len(starts) == min(num_idle, sum(num_ready))
    assert len({(s.ready.episode_id, s.ready.beat.beat_id) for s in starts}) == len(starts)


def verdict(
    failure_class: FailureClass,
    *,
    num_counted: int = 0,
    num_crashes: int = 0,
    num_uncounted: int = 0,
    troubled_for_s: float = 0.0,
) -> tuple[bool, bool]:
    found = after_failure(
        failure_class,
        num_counted=num_counted,
        num_crashes=num_crashes,
        num_uncounted=num_uncounted,
        troubled_for_s=troubled_for_s,
        random=Random(1),
    )
    return found.counted, found.retry_in_s is not None


def test_a_beat_that_killed_two_renderers_is_quarantined() -> None:
    assert verdict(FailureClass.CRASH) == (True, True)
    assert verdict(FailureClass.CRASH, num_counted=1, num_crashes=1) == (True, False)


def test_a_death_after_another_failure_is_only_the_first_death() -> None:
    assert verdict(FailureClass.CRASH, num_counted=1) == (True, True)


@pytest.mark.parametrize("failure_class", [FailureClass.RESOURCE, FailureClass.OUTPUT])
def test_a_counted_failure_is_tried_three_times_at_most(failure_class: FailureClass) -> None:
    outcomes = [verdict(failure_class, num_counted=n) for n in range(MAX_COUNTED_ATTEMPTS)]

    assert outcomes == [(True, True), (True, True), (True, False)]


def test_a_request_that_can_never_work_fails_at_once() -> None:
    assert verdict(FailureClass.CONTENT) == (True, False)


def test_a_lost_node_does_not_count_but_is_bounded() -> None:
    assert verdict(FailureClass.INFRA, num_uncounted=5) == (False, True)
    assert verdict(FailureClass.INFRA, num_uncounted=MAX_UNCOUNTED_ATTEMPTS - 2) == (False, True)
    assert verdict(FailureClass.INFRA, num_uncounted=MAX_UNCOUNTED_ATTEMPTS - 1) == (False, False)


def test_losses_that_go_on_for_hours_end_by_time() -> None:
    assert verdict(FailureClass.INFRA, num_uncounted=1, troubled_for_s=MAX_TROUBLED_S - 1) == (False, True)
    assert verdict(FailureClass.INFRA, num_uncounted=1, troubled_for_s=MAX_TROUBLED_S) == (False, False)


def test_the_time_of_losses_does_not_end_what_counts() -> None:
    assert verdict(FailureClass.OUTPUT, troubled_for_s=MAX_TROUBLED_S) == (True, True)


@pytest.mark.slow
@given(st.integers(1, 200), st.integers())
def test_back_off_grows_and_stays_bounded(num_failures: int, seed: int) -> None:
    assert 0 < back_off_s(num_failures, Random(seed)) <= LONGEST_BACK_OFF_S
    assert back_off_s(num_failures + 2, Random(seed)) >= back_off_s(num_failures, Random(seed))
