"""The contract of EpisodeStore: episodes and the queue stand still, attempts that nobody wants, crashes."""

from __future__ import annotations

import pytest

from episodes.errors import FailureClass, IllegalMove
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from tests.builders import a_beat, a_plan
from tests.contract.benches import Bench
from tests.contract.leading import Leader, an_opening

# --- an episode ---


def test_a_paused_episode_starts_nothing_new(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(2)

    assert store.pause(episode_id) is EpisodeState.PAUSED

    assert leader.ready(episode_id) == []
    assert store.open_attempts(leader.lease, [an_opening(episode_id, "b1")]) == [None]
    assert leader.beat(episode_id, "b1").state is BeatState.PENDING
    assert [a.state for a in store.active_episodes(leader.lease)] == [EpisodeState.PAUSED]


def test_what_runs_in_a_paused_episode_is_finished_and_accepted(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(2)
    won, lost = leader.start(episode_id, "b1", "b2")
    store.pause(episode_id)

    store.record_progress(leader.lease, {won.attempt_id: 0.5})
    assert leader.beat(episode_id, "b1").progress == 0.5
    assert store.unwanted_attempts(leader.lease) == []
    assert leader.win(won) == [True]
    leader.lose(lost, retry_in_s=0.0)

    assert leader.beat(episode_id, "b1").state is BeatState.ACCEPTED
    assert leader.beat(episode_id, "b2").state is BeatState.PENDING
    assert leader.ready(episode_id) == []


def test_a_paused_episode_with_nothing_left_waits_for_its_resumption(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(1)
    attempt = leader.start_one(episode_id, "b1")
    store.pause(episode_id)
    leader.win(attempt)

    assert leader.settle(episode_id) is EpisodeState.PAUSED
    assert store.resume(episode_id) is EpisodeState.EXECUTING
    assert leader.settle(episode_id) is EpisodeState.CUTTING


def test_a_resumed_episode_goes_on_where_it_stood(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(2)
    told = len(store.events(episode_id))
    assert store.pause(episode_id) is EpisodeState.PAUSED
    assert store.pause(episode_id) is EpisodeState.PAUSED

    assert store.resume(episode_id) is EpisodeState.EXECUTING
    assert store.resume(episode_id) is EpisodeState.EXECUTING

    assert leader.ready(episode_id) == ["b1", "b2"]
    assert leader.told(episode_id, after=told) == [("episode.paused", {}), ("episode.resumed", {})]


def test_pausing_does_not_lose_an_episodes_place(bench: Bench, leader: Leader) -> None:
    first = leader.executing(1)
    bench.let_pass(5.0)
    second = leader.executing(1)
    bench.let_pass(5.0)

    leader.store.pause(first)
    leader.store.resume(first)

    assert [a.episode_id for a in leader.store.active_episodes(leader.lease)] == [first, second]


def test_only_an_executing_episode_is_paused(leader: Leader) -> None:
    for episode_id in (leader.planned(1), leader.cutting(1), leader.completed(1)):
        before = leader.store.episode(episode_id)
        with pytest.raises(IllegalMove):
            leader.store.pause(episode_id)
        with pytest.raises(IllegalMove):
            leader.store.resume(episode_id)
        assert leader.store.episode(episode_id) == before


def test_a_paused_episode_can_be_cancelled(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(1)
    attempt = leader.start_one(episode_id, "b1")
    store.pause(episode_id)

    assert store.cancel(episode_id) is EpisodeState.CANCELLING
    assert leader.settle(episode_id) is EpisodeState.CANCELLING
    assert store.unwanted_attempts(leader.lease) == [attempt.attempt_id]
    assert leader.win(attempt) == [False]
    assert store.unwanted_attempts(leader.lease) == []
    assert leader.settle(episode_id) is EpisodeState.CANCELLED


def test_a_retry_in_a_paused_episode_waits_with_it(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(2)
    leader.lose(leader.start_one(episode_id, "b1"))
    store.pause(episode_id)

    assert store.retry_beat(episode_id, "b1") is EpisodeState.PAUSED

    assert leader.beat(episode_id, "b1").state is BeatState.PENDING
    assert leader.state(episode_id) is EpisodeState.PAUSED
    store.resume(episode_id)
    assert leader.ready(episode_id) == ["b1", "b2"]


def test_back_offs_of_what_is_paused_wake_nobody(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(1)
    leader.lose(leader.start_one(episode_id, "b1"), retry_in_s=30.0)
    assert store.next_ready_in_s(leader.lease) is not None

    store.pause(episode_id)
    assert store.next_ready_in_s(leader.lease) is None
    store.resume(episode_id)
    assert store.next_ready_in_s(leader.lease) is not None
    store.pause_queue()
    assert store.next_ready_in_s(leader.lease) is None


# --- the queue ---


def test_a_paused_queue_starts_nothing_anywhere(bench: Bench, leader: Leader) -> None:
    store, rendering, cutting = leader.store, leader.executing(2), leader.cutting(1)
    running = an_opening(rendering, "b1")
    assert store.open_attempts(leader.lease, [running])[0] is not None
    assert not store.queue_is_paused()
    assert not store.episode(rendering).queue_is_paused

    bench.another().pause_queue()
    store.pause_queue()

    assert store.queue_is_paused()
    assert store.episode(rendering).queue_is_paused
    assert leader.ready(rendering) == []
    openings = [running, an_opening(rendering, "b2"), an_opening(cutting, None)]
    again, *new = store.open_attempts(leader.lease, openings)
    assert again is not None
    assert again.attempt_id == running.attempt_id
    assert new == [None, None]
    assert leader.win(again) == [True]

    store.resume_queue()

    assert not bench.another().queue_is_paused()
    assert leader.ready(rendering) == ["b2"]
    assert leader.start_one(cutting, None)


def test_a_paused_queue_stays_so_under_a_new_leader(bench: Bench, leader: Leader) -> None:
    episode_id = leader.executing(1)
    leader.store.pause_queue()
    leader.store.release_lease(leader.lease)

    successor = Leader(bench.another(), "successor")

    assert successor.ready(episode_id) == []
    assert successor.store.queue_is_paused()


# --- attempts that nobody wants, and crashes ---


def test_only_attempts_that_can_never_be_selected_are_unwanted(bench: Bench, leader: Leader) -> None:
    store = leader.store
    wanted, gone = leader.executing(2), leader.executing(2)
    leader.start(wanted, "b1", "b2")
    film = leader.start_one(leader.cutting(1), None)
    of_gone = leader.start_one(gone, "b1")
    assert store.unwanted_attempts(leader.lease) == []

    store.cancel(gone)
    store.cancel(film.episode_id)
    bench.let_pass(1.0)
    bench.plan_anew(wanted, "b2")

    older = next(a.attempt_id for a in leader.beat(wanted, "b2").attempts)
    assert set(store.unwanted_attempts(leader.lease)) == {of_gone.attempt_id, film.attempt_id, older}
    store.close_cancelled(leader.lease, [of_gone.attempt_id, older])
    assert store.unwanted_attempts(leader.lease) == [film.attempt_id]


def test_crashes_are_counted_apart_until_they_are_forgiven(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(a_plan(1))
    leader.lose(leader.start_one(episode_id, "b1"), retry_in_s=0.0)
    leader.lose(leader.start_one(episode_id, "b1"), retry_in_s=0.0, counted=False)
    leader.lose(leader.start_one(episode_id, "b1"), retry_in_s=0.0, failure_class=FailureClass.OUTPUT)
    opening = an_opening(episode_id, "b1")

    (attempt,) = store.open_attempts(leader.lease, [opening])

    assert attempt is not None
    assert (attempt.number, attempt.num_counted, attempt.num_crashes) == (4, 2, 1)
    assert store.unclosed_attempts(leader.lease) == [attempt]
    assert store.open_attempts(leader.lease, [opening]) == [attempt]
    leader.lose(attempt)
    store.retry_beat(episode_id, "b1")
    forgiven = leader.start_one(episode_id, "b1")
    assert (forgiven.num_counted, forgiven.num_crashes, forgiven.num_uncounted) == (0, 0, 0)
    assert forgiven.troubled_since_s is None
    assert [a.state for a in leader.beat(episode_id, "b1").attempts].count(AttemptState.FAILED) == 4


@pytest.mark.parametrize("beat_id", ["b1", None])
def test_uncounted_failures_are_counted_apart_and_since_the_first(leader: Leader, beat_id: str | None) -> None:
    store = leader.store
    episode_id = leader.executing(1) if beat_id is not None else leader.cutting(1)
    first = leader.start_one(episode_id, beat_id)
    leader.lose(first, retry_in_s=0.0, counted=False)
    leader.lose(leader.start_one(episode_id, beat_id), retry_in_s=0.0, failure_class=FailureClass.OUTPUT)
    leader.lose(leader.start_one(episode_id, beat_id), retry_in_s=0.0, counted=False)

    third = leader.start_one(episode_id, beat_id)

    assert first.troubled_since_s is None
    assert (third.num_counted, third.num_uncounted) == (1, 2)
    assert third.troubled_since_s is not None
    assert first.opened_at_s <= third.troubled_since_s <= third.opened_at_s
    assert store.unclosed_attempts(leader.lease) == [third]


def test_a_revised_beat_has_no_troubles(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(a_plan(1))
    leader.lose(leader.start_one(episode_id, "b1"), retry_in_s=0.0, counted=False)

    leader.revise(episode_id, a_beat(0, description="Something else."))

    opening = an_opening(episode_id, "b1", revision=2)
    (attempt,) = store.open_attempts(leader.lease, [opening])
    assert attempt is not None
    assert (attempt.num_uncounted, attempt.troubled_since_s) == (0, None)


def test_a_film_that_could_not_be_cut_is_cut_anew_by_a_retry(leader: Leader) -> None:
    store, episode_id = leader.store, leader.cutting(2)
    leader.lose(leader.start_one(episode_id, None), failure_class=FailureClass.OUTPUT)
    assert leader.state(episode_id) is EpisodeState.PARTIALLY_COMPLETED

    assert store.retry_failed(episode_id) is EpisodeState.EXECUTING

    assert leader.ready(episode_id) == []
    assert leader.settle(episode_id) is EpisodeState.CUTTING
    film = leader.start_one(episode_id, None)
    assert (film.number, film.num_counted) == (2, 0)
    assert leader.win(film) == [True]
    assert leader.state(episode_id) is EpisodeState.COMPLETED
    with pytest.raises(IllegalMove):
        store.retry_failed(episode_id)
