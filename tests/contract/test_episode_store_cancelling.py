"""The contract of EpisodeStore: cancelling an episode."""

from __future__ import annotations

import pytest

from episodes.episode_store import EpisodeStore
from episodes.errors import IllegalMove
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from tests.builders import a_plan, a_request
from tests.contract.leading import Leader


@pytest.mark.parametrize("planned", [False, True])
def test_an_episode_that_did_not_begin_is_cancelled_at_once(store: EpisodeStore, planned: bool) -> None:
    episode_id = store.create(a_request()).episode_id
    if planned:
        store.save_plan(episode_id, a_plan(2), 1)

    assert store.cancel(episode_id) is EpisodeState.CANCELLED

    assert {b.state for b in store.episode(episode_id).beats} <= {BeatState.CANCELLED}
    assert store.events(episode_id)[-1].event_type == "episode.cancelled"


def test_cancelling_waits_for_open_attempts(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(3)
    leader.render(episode_id, "b1")
    attempt = leader.start_one(episode_id, "b2")
    num_before = len(store.events(episode_id))

    assert store.cancel(episode_id) is EpisodeState.CANCELLING

    assert [b.state for b in store.episode(episode_id).beats] == [
        BeatState.ACCEPTED,
        BeatState.CANCELLED,
        BeatState.CANCELLED,
    ]
    assert leader.told(episode_id, num_before) == [
        ("episode.cancelling", {}),
        ("beat.cancelled", {"beat_id": "b2"}),
        ("beat.cancelled", {"beat_id": "b3"}),
    ]
    assert leader.settle(episode_id) is EpisodeState.CANCELLING
    store.close_cancelled(leader.lease, [attempt.attempt_id])
    assert leader.settle(episode_id) is EpisodeState.CANCELLED
    assert leader.told(episode_id)[-1] == ("episode.cancelled", {})


def test_cancelling_between_two_attempts_ends_at_once(leader: Leader) -> None:
    episode_id = leader.executing(2)
    leader.lose(leader.start_one(episode_id, "b1"), retry_in_s=30.0)

    assert leader.store.cancel(episode_id) is EpisodeState.CANCELLED
    assert leader.store.next_ready_in_s(leader.lease) is None
    assert leader.beat(episode_id, "b1").reason == ""


def test_cancelling_again_changes_nothing(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(2)
    attempt = leader.start_one(episode_id, "b1")
    store.cancel(episode_id)
    num_events = len(store.events(episode_id))

    assert store.cancel(episode_id) is EpisodeState.CANCELLING
    store.close_cancelled(leader.lease, [attempt.attempt_id])
    leader.settle(episode_id)
    assert store.cancel(episode_id) is EpisodeState.CANCELLED

    assert len(store.events(episode_id)) == num_events + 1


def test_a_film_that_is_being_cut_can_be_cancelled(leader: Leader) -> None:
    store, episode_id = leader.store, leader.cutting(1)
    film = leader.start_one(episode_id, None)

    assert store.cancel(episode_id) is EpisodeState.CANCELLING

    assert leader.win(film) == [False]
    assert leader.settle(episode_id) is EpisodeState.CANCELLED
    view = store.episode(episode_id)
    assert view.artifacts == ()
    assert [a.state for a in view.film_attempts] == [AttemptState.CANCELLED]
    assert view.progress < 1.0


def test_a_completed_episode_is_not_cancelled(leader: Leader) -> None:
    episode_id = leader.completed()

    with pytest.raises(IllegalMove):
        leader.store.cancel(episode_id)

    assert leader.state(episode_id) is EpisodeState.COMPLETED
