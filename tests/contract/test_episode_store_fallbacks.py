"""The contract of EpisodeStore: beats that would fail go on with another backend, where their episode names one."""

from __future__ import annotations

import pytest

from episodes.errors import FailureClass, LeaseLost
from episodes.lifecycle import BeatState, EpisodeState
from episodes.model import Lease, OpenAttempt
from episodes.plan import Plan
from tests.builders import a_beat, a_plan
from tests.contract.benches import Bench
from tests.contract.leading import Leader, a_chain, an_opening


def at(leader: Leader, episode_id: str, beat_id: str = "b1") -> tuple[BeatState, str, str]:
    beat = leader.beat(episode_id, beat_id)
    return beat.state, beat.backend, beat.fallback_reason


def test_a_beat_that_would_fail_waits_for_the_next_backend_with_its_failures_forgiven(leader: Leader) -> None:
    episode_id = leader.executing(1, "svd", "veo")
    for _ in range(2):
        leader.lose(leader.start_one(episode_id, "b1"), retry_in_s=0.0)
    attempt = leader.start_one(episode_id, "b1")
    before = len(leader.told(episode_id))
    leader.lose(attempt, reason="it is black", failure_class=FailureClass.OUTPUT)

    assert at(leader, episode_id) == (BeatState.PENDING, "svd", "animatic could not: it is black")
    assert leader.beat(episode_id, "b1").beat.backend == "animatic"
    assert [kind for kind, _ in leader.told(episode_id, before)] == ["attempt.failed", "beat.fell_back"]
    assert leader.told(episode_id)[-1][1] == {"beat_id": "b1", "from": "animatic", "to": "svd", "reason": "it is black"}
    [ready] = leader.store.ready_beats(leader.lease, episode_id, limit=9)
    assert (ready.beat.backend, ready.fallbacks, ready.num_counted, ready.num_attempts) == ("svd", ("veo",), 0, 3)
    again = leader.start_one(episode_id, "b1")
    assert (again.backend, again.number, again.num_counted, again.num_crashes) == ("svd", 4, 0, 0)


def test_each_step_is_told_and_after_the_last_the_beat_fails(leader: Leader) -> None:
    episode_id = leader.executing(1, "svd", "veo")
    for _ in range(3):
        leader.lose(leader.start_one(episode_id, "b1"), reason="it died.")

    assert at(leader, episode_id) == (BeatState.FAILED, "veo", "animatic could not: it died. svd could not: it died.")
    steps = [(data["from"], data["to"]) for kind, data in leader.told(episode_id) if kind == "beat.fell_back"]
    assert steps == [("animatic", "svd"), ("svd", "veo")]
    assert leader.settle(episode_id) is EpisodeState.FAILED


def test_a_planned_choice_that_is_among_the_fallbacks_is_tried_once(leader: Leader) -> None:
    episode_id = leader.executing(a_plan(1, backend="svd"), "animatic", "svd")
    for _ in range(2):
        leader.lose(leader.start_one(episode_id, "b1"))

    assert at(leader, episode_id)[:2] == (BeatState.FAILED, "animatic")


def test_a_beat_that_nobody_can_render_falls_back_without_an_attempt(leader: Leader) -> None:
    episode_id = leader.executing(1, "svd")

    leader.store.give_up(leader.lease, episode_id, "b1", "nobody can")

    assert at(leader, episode_id) == (BeatState.PENDING, "svd", "animatic could not: nobody can")
    leader.store.give_up(leader.lease, episode_id, "b1", "nobody can")
    assert at(leader, episode_id)[0] is BeatState.FAILED


def test_what_depends_on_a_beat_that_fell_back_waits_on(leader: Leader) -> None:
    episode_id = leader.executing(a_chain(2), "svd")
    leader.lose(leader.start_one(episode_id, "b1"))

    assert at(leader, episode_id, "b2") == (BeatState.PENDING, "animatic", "")
    leader.render_all(episode_id)
    assert leader.settle(episode_id) is EpisodeState.CUTTING


def test_an_attempt_for_a_backend_that_the_beat_is_not_at_is_not_begun(leader: Leader) -> None:
    episode_id = leader.executing(1, "svd")
    leader.store.give_up(leader.lease, episode_id, "b1", "nobody can")

    for backend in ("animatic", "veo"):
        assert leader.store.open_attempts(leader.lease, [an_opening(episode_id, "b1", backend=backend)]) == [None]

    assert leader.store.open_attempts(leader.lease, [an_opening(episode_id, "b1", backend="svd")]) != [None]


def test_a_failure_that_came_too_late_moves_nothing(leader: Leader) -> None:
    episode_id = leader.executing(2, "svd")
    late = leader.start_one(episode_id, "b1")
    leader.store.cancel_beat(episode_id, "b1")
    leader.lose(late)

    assert at(leader, episode_id) == (BeatState.CANCELLED, "animatic", "")


def test_whoever_leads_no_more_moves_nothing(leader: Leader) -> None:
    episode_id = leader.executing(2, "svd")
    attempt = leader.start_one(episode_id, "b1")
    late = Leader(leader.store)
    late.lease = Lease(holder=leader.lease.holder, fence=leader.lease.fence - 1)

    with pytest.raises(LeaseLost):
        late.lose(attempt)
    with pytest.raises(LeaseLost):
        leader.store.give_up(late.lease, episode_id, "b2", "nobody can")

    assert [at(leader, episode_id, one)[1] for one in ("b1", "b2")] == ["animatic", "animatic"]


def test_a_beat_falls_back_in_a_paused_episode_and_is_not_begun(leader: Leader) -> None:
    episode_id = leader.executing(1, "svd")
    attempt = leader.start_one(episode_id, "b1")
    leader.store.pause(episode_id)
    leader.lose(attempt)

    assert at(leader, episode_id)[:2] == (BeatState.PENDING, "svd")
    assert leader.ready(episode_id) == []
    assert leader.store.resume(episode_id) is EpisodeState.EXECUTING
    assert leader.ready(episode_id) == ["b1"]


def test_a_retry_begins_with_the_first_choice_again(leader: Leader) -> None:
    episode_id = leader.executing(1, "svd")
    for _ in range(2):
        leader.lose(leader.start_one(episode_id, "b1"))
    leader.store.retry_beat(episode_id, "b1")

    assert at(leader, episode_id) == (BeatState.PENDING, "animatic", "")
    leader.lose(leader.start_one(episode_id, "b1"))
    assert at(leader, episode_id)[:2] == (BeatState.PENDING, "svd")


def test_a_revision_begins_with_its_own_first_choice(leader: Leader) -> None:
    episode_id = leader.executing(1, "svd", "veo")
    leader.lose(leader.start_one(episode_id, "b1"))
    leader.revise(episode_id, a_beat(0, backend="veo"))

    assert at(leader, episode_id) == (BeatState.PENDING, "veo", "")
    opened = leader.store.open_attempts(leader.lease, [an_opening(episode_id, "b1", revision=2, backend="veo")])[0]
    assert isinstance(opened, OpenAttempt)
    leader.lose(opened)
    assert at(leader, episode_id)[:2] == (BeatState.PENDING, "svd")


def test_a_new_plan_knows_nothing_of_what_fell_back(leader: Leader) -> None:
    episode_id = leader.executing(1, "svd")
    leader.store.give_up(leader.lease, episode_id, "b1", "nobody can")
    leader.store.save_plan(episode_id, Plan(beats=(a_beat(0),)), 1)

    assert at(leader, episode_id) == (BeatState.PENDING, "animatic", "")


def test_a_cancelled_beat_falls_back_no_further(leader: Leader) -> None:
    episode_id = leader.executing(2, "svd")
    leader.store.cancel_beat(episode_id, "b1")
    leader.store.give_up(leader.lease, episode_id, "b1", "nobody can")

    assert at(leader, episode_id) == (BeatState.CANCELLED, "animatic", "")


def test_an_audit_sees_with_which_backend_each_attempt_was_made(bench: Bench, leader: Leader) -> None:
    episode_id = leader.executing(1, "svd")
    leader.lose(leader.start_one(episode_id, "b1"))
    leader.render_all(episode_id)
    leader.settle(episode_id)
    leader.win(leader.start_one(episode_id, None))

    assert sorted(a.backend for a in bench.audited.audit_episode(episode_id).attempts) == ["", "animatic", "svd"]
