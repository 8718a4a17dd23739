"""The audit and the sweep read the same from every episode store."""

from __future__ import annotations

import threading
from random import Random

import pytest
from sqlalchemy import Engine, text

from episodes.audit import audit
from episodes.errors import FailureClass, NotFound
from episodes.lifecycle import EpisodeState
from episodes.sweep import sweep
from storage.artifacts.memory import MemoryArtifacts
from tests.contract.at_once import at_once
from tests.contract.benches import Bench, SqlBench
from tests.contract.storing import StoringLeader, live

NUM_BUSY = 6
"""Episodes, one after the other; enough for dozens of sweeps between their moves."""


@pytest.fixture
def leader(bench: Bench) -> StoringLeader:
    return StoringLeader(bench.store, MemoryArtifacts())


def test_a_store_with_a_past_is_clean(bench: Bench, leader: StoringLeader) -> None:
    episodes = live(leader, bench)

    report = audit(bench.audited, leader.artifacts)

    assert str(report.violations) == "()"
    assert all(check.num_looked_at for check in report.checks), str(report)
    assert {name: leader.state(one) for name, one in episodes.items()} == {
        "completed": EpisodeState.COMPLETED,
        "partial": EpisodeState.PARTIALLY_COMPLETED,
        "revised": EpisodeState.COMPLETED,
        "cancelled": EpisodeState.CANCELLED,
        "retried": EpisodeState.COMPLETED,
        "fell back": EpisodeState.COMPLETED,
        "planned anew": EpisodeState.COMPLETED,
        "retaken": EpisodeState.COMPLETED,
        "running": EpisodeState.EXECUTING,
    }


def test_the_audit_and_the_sweep_know_one_episode_or_none(bench: Bench, leader: StoringLeader) -> None:
    episodes = live(leader, bench)

    alone = audit(bench.audited, leader.artifacts, episode_id=episodes["retried"])

    assert alone.violations == ()
    assert next(check.num_looked_at for check in alone.checks if check.name == "events") == 1
    for look in (audit, sweep):
        with pytest.raises(NotFound):
            look(bench.audited, leader.artifacts, episode_id="e99")


def test_a_sweep_of_a_past_leaves_it_clean(bench: Bench, leader: StoringLeader) -> None:
    live(leader, bench)

    report = sweep(bench.audited, leader.artifacts)

    assert len(report.orphans) == 10
    assert audit(bench.audited, leader.artifacts).violations == ()
    assert sweep(bench.audited, leader.artifacts).orphans == ()


def test_nothing_that_was_claimed_is_ever_swept_and_no_audit_of_a_moving_system_raises_a_false_alarm(
    bench: Bench, leader: StoringLeader
) -> None:
    """Beats are rendered, lost, revised and cancelled in one thread, while another sweeps and a third one audits."""
    artifacts, store = leader.artifacts, bench.audited
    has_ended = threading.Event()

    def work() -> int:
        try:
            return sum(_a_busy_episode(leader, Random(seed)) for seed in range(NUM_BUSY))
        finally:
            has_ended.set()

    def sweeping() -> int:
        num_swept = 0
        while not has_ended.is_set():
            num_swept += len(sweep(store, artifacts).orphans)
        return num_swept

    def auditing() -> int:
        num_audits = 0
        while not has_ended.is_set():
            assert str(audit(store, artifacts).violations) == "()"
            num_audits += 1
        return num_audits

    num_accepted, num_swept, num_audits = at_once([work, sweeping, auditing])

    assert str(audit(store, artifacts).violations) == "()"
    for outcome in (num_accepted, num_swept, num_audits):
        assert isinstance(outcome, int), repr(outcome)
        assert outcome > 0


def _a_busy_episode(leader: StoringLeader, random: Random) -> int:
    """How many attempts were accepted."""
    episode_id, num_accepted = leader.executing(3), 0
    for _ in range(12):
        for beat_id in leader.ready(episode_id):
            attempt = leader.start_one(episode_id, beat_id)
            match random.choice(("win", "win", "lose what is stored", "cancel", "revise")):
                case "win":
                    num_accepted += sum(leader.win(attempt))
                case "lose what is stored":
                    leader.publish(attempt)
                    leader.lose(attempt, retry_in_s=0.0, failure_class=FailureClass.INFRA, counted=False)
                case "cancel":
                    leader.store.cancel_beat(episode_id, beat_id)
                    assert leader.win(attempt) == [False]
                    leader.store.retry_beat(episode_id, beat_id)
                case "revise":
                    beat = leader.beat(episode_id, beat_id).beat
                    leader.revise(episode_id, beat.model_copy(update={"seed": beat.seed + 1}))
                    assert leader.win(attempt) == [False]
    if leader.settle(episode_id) is EpisodeState.CUTTING:
        num_accepted += sum(leader.win(leader.start_one(episode_id, None)))
        leader.store.select_take(episode_id, "b1", leader.take_is_made(episode_id, "b1").number)
        num_accepted += 1
    return num_accepted


@pytest.mark.parametrize(
    ("check", "damage"),
    [
        ("fences", "UPDATE attempts SET fence = 0 WHERE number = 2 AND beat_id = 'b1' AND episode_id = :completed"),
        ("events", "UPDATE episodes SET num_events = num_events + 1 WHERE episode_id = :completed"),
        ("accepted-beats", "UPDATE beats SET state = 'CANCELLED' WHERE beat_id = 'b1' AND episode_id = :completed"),
        ("artifacts", "UPDATE artifacts SET size_bytes = 1 WHERE artifact_type = 'poster' AND key LIKE :completed_b1"),
        ("rendering-beats", "UPDATE attempts SET unwanted = true WHERE state = 'OPEN' AND take IS NULL"),
        ("live-takes", "UPDATE takes SET state = 'RENDERING' WHERE state = 'CANCELLED'"),
        ("counted-failures", "UPDATE attempts SET num_counted_before = 3 WHERE beat_id = 'b2' AND episode_id = :completed"),
        ("crashes", "UPDATE attempts SET num_crashes_before = 2 WHERE beat_id = 'b2' AND episode_id = :completed"),
        ("attempt-numbers", "UPDATE attempts SET number = 7 WHERE beat_id = 'b2' AND episode_id = :completed"),
    ],
)
def test_damage_to_the_rows_themselves_is_found(engine: Engine, check: str, damage: str) -> None:
    bench = SqlBench(engine)
    leader = StoringLeader(bench.store, MemoryArtifacts())
    completed = live(leader, bench)["completed"]
    with engine.begin() as connection:
        given = {"completed": completed, "completed_b1": f"%{completed}/beats/b1/%"}
        statement = text(damage)
        connection.execute(statement, {name: given[name] for name in statement.compile().params})

    found = {violation.check for violation in audit(bench.audited, leader.artifacts).violations}

    assert found == {check}
