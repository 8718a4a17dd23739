"""The contract of EpisodeStore: single beats are cancelled, and what ended is opened again."""

from __future__ import annotations

import pytest

from episodes.errors import IllegalMove, NotFound
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from tests.builders import a_request
from tests.contract.leading import Leader, a_chain


def _states(leader: Leader, episode_id: str) -> list[str]:
    return [b.state.value for b in leader.store.episode(episode_id).beats]


# --- cancelling one ---


def test_a_cancelled_beat_ends_alone(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(3)
    told = len(store.events(episode_id))

    assert store.cancel_beat(episode_id, "b2") is EpisodeState.EXECUTING

    assert _states(leader, episode_id) == ["PENDING", "CANCELLED", "PENDING"]
    assert leader.ready(episode_id) == ["b1", "b3"]
    assert leader.told(episode_id, after=told) == [("beat.cancelled", {"beat_id": "b2"})]
    leader.render_all(episode_id)
    assert leader.settle(episode_id) is EpisodeState.CUTTING


def test_the_attempt_of_a_cancelled_beat_is_never_selected(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(2)
    attempt, other = leader.start(episode_id, "b1", "b2")

    store.cancel_beat(episode_id, "b1")

    assert store.unwanted_attempts(leader.lease) == [attempt.attempt_id]
    assert leader.win(other) == [True]
    assert leader.settle(episode_id) is EpisodeState.CUTTING  # whatever is still in the air
    assert leader.win(attempt) == [False]
    assert [a.state for a in leader.beat(episode_id, "b1").attempts] == [AttemptState.CANCELLED]
    assert leader.beat(episode_id, "b1").state is BeatState.CANCELLED


def test_an_attempt_stays_unwanted_when_its_beat_is_retried(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(1)
    old = leader.start_one(episode_id, "b1")
    store.cancel_beat(episode_id, "b1")
    store.retry_beat(episode_id, "b1")

    new = leader.start_one(episode_id, "b1")  # while the old one is still in the air

    assert store.unwanted_attempts(leader.lease) == [old.attempt_id]
    store.record_progress(leader.lease, {old.attempt_id: 0.9})
    assert leader.beat(episode_id, "b1").progress == 0.0
    leader.lose(old)
    assert leader.beat(episode_id, "b1").state is BeatState.RENDERING
    assert leader.win(old, new) == [False, True]
    assert [a.state for a in leader.beat(episode_id, "b1").attempts] == [AttemptState.FAILED, AttemptState.SELECTED]


def test_what_builds_on_a_cancelled_beat_is_cancelled_with_it(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(a_chain(3))
    told = len(store.events(episode_id))

    store.cancel_beat(episode_id, "b1")

    assert _states(leader, episode_id) == ["CANCELLED"] * 3
    why = leader.beat(episode_id, "b3").reason
    assert "b1" in why
    assert leader.told(episode_id, after=told) == [
        ("beat.cancelled", {"beat_id": "b1"}),
        ("beat.cancelled", {"beat_id": "b2", "reason": why}),
        ("beat.cancelled", {"beat_id": "b3", "reason": why}),
    ]
    assert leader.settle(episode_id) is EpisodeState.FAILED
    assert store.retry_beat(episode_id, "b1") is EpisodeState.EXECUTING
    assert _states(leader, episode_id) == ["PENDING"] * 3


def test_a_beat_that_backs_off_can_be_cancelled(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(1)
    leader.lose(leader.start_one(episode_id, "b1"), retry_in_s=30.0)

    store.cancel_beat(episode_id, "b1")

    assert store.next_ready_in_s(leader.lease) is None
    assert leader.beat(episode_id, "b1").reason == ""


def test_beats_are_cancelled_where_they_wait(leader: Leader) -> None:
    store, planned, paused = leader.store, leader.planned(2), leader.executing(2)
    store.pause(paused)

    assert store.cancel_beat(planned, "b1") is EpisodeState.PLANNED
    assert store.cancel_beat(paused, "b1") is EpisodeState.PAUSED

    assert _states(leader, planned) == _states(leader, paused) == ["CANCELLED", "PENDING"]
    assert store.retry_beat(planned, "b1") is EpisodeState.PLANNED
    assert _states(leader, planned) == ["PENDING", "PENDING"]


def test_what_cannot_be_cancelled_is_refused(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(2)
    leader.render(episode_id, "b1")
    leader.lose(leader.start_one(episode_id, "b2"))
    before = store.episode(episode_id)
    for beat_id in ("b1", "b2"):
        with pytest.raises(IllegalMove, match=beat_id):
            store.cancel_beat(episode_id, beat_id)
    with pytest.raises(NotFound):
        store.cancel_beat(episode_id, "b99")
    assert store.episode(episode_id) == before
    with pytest.raises(IllegalMove, match="CREATED"):
        store.cancel_beat(store.create(a_request()).episode_id, "b1")


def test_a_repeated_cancel_of_a_beat_changes_nothing(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(a_chain(2))
    store.cancel_beat(episode_id, "b1")
    before = store.episode(episode_id)

    assert store.cancel_beat(episode_id, "b1") is EpisodeState.EXECUTING
    assert store.episode(episode_id) == before

    assert leader.settle(episode_id) is EpisodeState.FAILED
    assert store.cancel_beat(episode_id, "b1") is EpisodeState.FAILED  # the answer was lost for long


def test_a_beat_that_fell_with_another_can_be_cancelled_for_itself(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(a_chain(3))
    store.cancel_beat(episode_id, "b1")
    told = len(store.events(episode_id))

    assert store.cancel_beat(episode_id, "b2") is EpisodeState.EXECUTING

    assert leader.told(episode_id, after=told) == [("beat.cancelled", {"beat_id": "b2"})]
    assert leader.beat(episode_id, "b2").reason == ""
    store.retry_beat(episode_id, "b1")
    assert _states(leader, episode_id) == ["PENDING", "CANCELLED", "CANCELLED"]


# --- opening all that ended ---


def test_all_that_failed_is_retried_at_once(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(4)
    leader.render(episode_id, "b1")
    leader.lose(leader.start_one(episode_id, "b2"))
    leader.lose(leader.start_one(episode_id, "b3"))
    store.cancel_beat(episode_id, "b4")
    leader.settle(episode_id)
    leader.win(leader.start_one(episode_id, None))
    assert leader.state(episode_id) is EpisodeState.PARTIALLY_COMPLETED
    told = len(store.events(episode_id))

    assert store.retry_failed(episode_id) is EpisodeState.EXECUTING

    assert leader.ready(episode_id) == ["b2", "b3", "b4"]
    assert leader.start_one(episode_id, "b2").num_counted == 0
    assert leader.told(episode_id, after=told)[:-1] == [
        *(("beat.retried", {"beat_id": one}) for one in ("b2", "b3", "b4")),
        ("episode.executing", {}),
    ]


def test_a_cancelled_episode_is_retried_as_a_whole(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(a_chain(3))
    leader.render(episode_id, "b1")
    store.cancel(episode_id)

    assert store.retry_failed(episode_id) is EpisodeState.EXECUTING

    assert _states(leader, episode_id) == ["ACCEPTED", "PENDING", "PENDING"]
    leader.render_all(episode_id)
    assert leader.settle(episode_id) is EpisodeState.CUTTING


def test_a_paused_episode_retries_when_it_is_resumed(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(1)
    store.cancel_beat(episode_id, "b1")
    store.pause(episode_id)

    assert store.retry_failed(episode_id) is EpisodeState.PAUSED
    assert leader.ready(episode_id) == []


def test_a_repeated_retry_of_all_changes_nothing(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(3)
    leader.lose(leader.start_one(episode_id, "b1"))
    store.cancel_beat(episode_id, "b2")
    store.retry_failed(episode_id)
    leader.start_one(episode_id, "b1")
    before = store.episode(episode_id)

    assert store.retry_failed(episode_id) is EpisodeState.EXECUTING
    assert store.episode(episode_id) == before


def test_nothing_to_retry_is_refused(leader: Leader) -> None:
    store = leader.store
    for episode_id in (leader.cutting(1), leader.completed(1), store.create(a_request()).episode_id):
        before = store.episode(episode_id)
        with pytest.raises(IllegalMove):
            store.retry_failed(episode_id)
        assert store.episode(episode_id) == before


def test_a_refused_retry_of_all_names_the_state_that_the_episode_is_in(leader: Leader) -> None:
    store, episode_id = leader.store, leader.store.create(a_request()).episode_id
    store.cancel(episode_id)

    with pytest.raises(IllegalMove) as refused:  # it was never planned: there is nothing to retry
        store.retry_failed(episode_id)

    assert refused.value.state == EpisodeState.CANCELLED
