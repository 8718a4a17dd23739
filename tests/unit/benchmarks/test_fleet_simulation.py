"""The simulation at a size that a test has time for: the real coordinator on it, and its rivals."""

from __future__ import annotations

import pytest

from benchmarks.billed_store import Cost
from benchmarks.fleet_record import Figures, Record, jain
from benchmarks.fleet_rivals import FirstInFirstOut, RoundRobin, run_rival
from benchmarks.fleet_simulation import compare, told
from benchmarks.fleet_workload import Workload, workload
from benchmarks.simulated_cluster import run_cluster

COST = Cost(read_s=0.001, write_s=0.003, open_s=0.0005, accept_s=0.0005, progress_s=0.0001, note_s=0.00002)
SLOW = Cost(read_s=0.1, write_s=2.0, open_s=1.0, accept_s=1.0, progress_s=0.1, note_s=0.01)


def small_workload(num_renderers: int, span_s: float) -> Workload:
    return workload(num_renderers=num_renderers, span_s=span_s, large_beats=300)


@pytest.mark.slow
def test_the_real_coordinator_keeps_a_simulated_fleet_busy_and_shares_it_fairly() -> None:
    run = run_cluster(small_workload(20, 200.0), COST)

    figures = run.record.figures()
    assert run.record.num_done > 20 * 200 / 45 / 2
    assert 0.7 < figures.utilisation <= 1.0
    assert figures.fairness > 0.9


@pytest.mark.slow
def test_the_same_workload_ends_the_same_way() -> None:
    def ended() -> Figures:
        return run_cluster(small_workload(10, 100.0), COST).record.figures()

    assert ended() == ended()


@pytest.mark.slow
def test_what_is_lost_is_rendered_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.simulated_fleet.CRASHES_AN_HOUR", 20.0)
    monkeypatch.setattr("benchmarks.simulated_fleet.NODE_LOSSES_AN_HOUR", 20.0)

    run = run_cluster(small_workload(10, 200.0), COST)

    assert run.num_lost_renderers > 3
    assert run.record.num_lost > 0
    assert run.record.num_done > 20


@pytest.mark.slow
def test_a_slow_database_costs_renderers_their_time() -> None:
    work = small_workload(10, 100.0)

    quick, slow = (run_cluster(work, cost).record.figures() for cost in (COST, SLOW))

    assert slow.utilisation < 0.8 * quick.utilisation


def test_one_queue_lets_the_first_large_user_have_everything() -> None:
    figures = run_rival(small_workload(20, 200.0), FirstInFirstOut(), is_tied=True).figures()

    assert figures.fairness == pytest.approx(0.25)
    assert figures.small_median_s > 50.0


def test_users_in_turn_are_served_alike_and_pay_in_loads() -> None:
    work = small_workload(20, 400.0)

    turns = run_rival(work, RoundRobin(), is_tied=False).figures()
    queue = run_rival(work, FirstInFirstOut(), is_tied=True).figures()

    assert turns.fairness > 0.9
    assert turns.loads_per_beat > 2 * queue.loads_per_beat


def test_who_never_began_waited_until_the_end() -> None:
    work = small_workload(10, 100.0)
    small = [wish for wish in work.wishes if not wish.is_large]

    figures = Record(workload=work).figures()

    assert min(100.0 - w.at_s for w in small) <= figures.small_median_s <= max(100.0 - w.at_s for w in small)
    assert figures.utilisation == 0.0


@pytest.mark.parametrize(("shares", "index"), [([1.0, 1.0], 1.0), ([5.0, 0.0], 0.5), ([0.0, 0.0], 1.0), ([3.0, 1.0], 0.8)])
def test_fairness_is_jains_index(shares: list[float], index: float) -> None:
    assert jain(shares) == pytest.approx(index)


@pytest.mark.slow
def test_the_report_has_a_row_for_each_size_and_each_rival() -> None:
    lines = list(told([compare(small_workload(10, 30.0), COST)], COST, "SQLite"))

    rows = [line for line in lines if line.startswith("| 10 |")]
    assert [row.split("|")[2].strip() for row in rows[:3]] == ["**StoryWorld**", "one queue", "users in turn, cold"]
    assert len(rows) == 5
    assert "SQLite" in lines[-1]
