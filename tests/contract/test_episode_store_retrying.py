"""The contract of EpisodeStore: retrying what failed or was cancelled."""

from __future__ import annotations

import pytest

from episodes.errors import IllegalMove, NotFound
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from tests.builders import a_beat, a_plan
from tests.contract.leading import Leader


def test_a_retried_beat_opens_the_episode_again_with_its_failures_forgiven(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(2)
    leader.lose(leader.start_one(episode_id, "b1"), retry_in_s=0.0)
    leader.lose(leader.start_one(episode_id, "b1", renderer="r2"))
    leader.render(episode_id, "b2")
    leader.settle(episode_id)
    leader.win(leader.start_one(episode_id, None))
    assert leader.state(episode_id) is EpisodeState.PARTIALLY_COMPLETED
    num_events = len(store.events(episode_id))

    assert store.retry_beat(episode_id, "b1") is EpisodeState.EXECUTING

    assert leader.told(episode_id, num_events) == [("beat.retried", {"beat_id": "b1"}), ("episode.executing", {})]
    assert store.episode(episode_id).reason == ""
    beat = leader.beat(episode_id, "b1")
    assert (beat.state, beat.reason) == (BeatState.PENDING, "")
    ready = store.ready_beats(leader.lease, episode_id, limit=5)[0]
    assert (ready.num_attempts, ready.num_counted, ready.avoid_renderers) == (2, 0, ("r1", "r2"))
    again = leader.start_one(episode_id, "b1")
    assert (again.number, again.num_counted) == (3, 0)


def test_a_second_film_takes_the_first_ones_place(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(2)
    leader.lose(leader.start_one(episode_id, "b1"))
    leader.render(episode_id, "b2")
    leader.settle(episode_id)
    first = leader.start_one(episode_id, None)
    leader.win(first)
    store.retry_beat(episode_id, "b1")
    assert store.episode(episode_id).progress == 1.0  # the first film is still there
    leader.render(episode_id, "b1")
    leader.settle(episode_id)
    assert store.episode(episode_id).progress == 1.0

    second = leader.start_one(episode_id, None)
    assert leader.win(second) == [True]

    view = store.episode(episode_id)
    assert view.state is EpisodeState.COMPLETED
    assert view.reason == ""
    assert [(a.attempt_id, a.number, a.state) for a in view.film_attempts] == [
        (first.attempt_id, 1, AttemptState.SUPERSEDED),
        (second.attempt_id, 2, AttemptState.SELECTED),
    ]
    assert [(a.artifact_type, a.version, a.file.key) for a in view.artifacts] == [
        ("film", 2, f"film/{second.attempt_id}"),
        ("subtitles_srt", 2, f"subtitles_srt/{second.attempt_id}"),
    ]


def test_a_retry_forgives_the_films_failures_too(leader: Leader) -> None:
    episode_id = leader.executing(2)
    leader.lose(leader.start_one(episode_id, "b1"))
    leader.render(episode_id, "b2")
    leader.settle(episode_id)
    leader.lose(leader.start_one(episode_id, None), retry_in_s=0.0)
    leader.lose(leader.start_one(episode_id, None))

    leader.store.retry_beat(episode_id, "b1")

    leader.render(episode_id, "b1")
    leader.settle(episode_id)
    film = leader.start_one(episode_id, None)
    assert (film.number, film.num_counted) == (3, 0)


def test_a_retry_opens_what_the_beat_builds_on_and_what_fell_with_it(leader: Leader) -> None:
    beats = (
        a_beat(0),
        a_beat(1, depends_on=("b1",)),
        a_beat(2, depends_on=("b2",)),
        a_beat(3),
        a_beat(4, depends_on=("b3", "b4")),
    )
    episode_id = leader.executing(a_plan(1).model_copy(update={"beats": beats}))
    leader.lose(leader.start_one(episode_id, "b4"))
    leader.lose(leader.start_one(episode_id, "b1"))
    assert [b.state for b in leader.store.episode(episode_id).beats] == [BeatState.FAILED] * 5

    leader.store.retry_beat(episode_id, "b2")

    states = {b.beat.beat_id: b.state for b in leader.store.episode(episode_id).beats}
    assert states == {
        "b1": BeatState.PENDING,  # what it builds on
        "b2": BeatState.PENDING,
        "b3": BeatState.PENDING,  # fell only because of b1
        "b4": BeatState.FAILED,
        "b5": BeatState.FAILED,  # b4 is still in its way
    }
    assert leader.told(episode_id)[-3:] == [("beat.retried", {"beat_id": b}) for b in ("b1", "b2", "b3")]
    leader.render_all(episode_id)
    assert leader.settle(episode_id) is EpisodeState.CUTTING


def test_a_retry_of_one_cancelled_beat_leaves_the_others_cancelled(leader: Leader) -> None:
    episode_id = leader.executing(3)
    leader.store.cancel(episode_id)

    leader.store.retry_beat(episode_id, "b2")

    assert [b.state for b in leader.store.episode(episode_id).beats] == [
        BeatState.CANCELLED,
        BeatState.PENDING,
        BeatState.CANCELLED,
    ]
    leader.render_all(episode_id)
    assert leader.settle(episode_id) is EpisodeState.CUTTING


def test_a_repeated_retry_changes_nothing(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(2)
    leader.lose(leader.start_one(episode_id, "b1"))
    store.retry_beat(episode_id, "b1")
    for when in ("while it waits", "while it renders"):
        before = store.episode(episode_id)
        assert store.retry_beat(episode_id, "b1") is EpisodeState.EXECUTING, when
        assert store.episode(episode_id) == before, when
        if when == "while it waits":
            leader.start_one(episode_id, "b1")


def test_what_cannot_be_retried_is_refused(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(2)
    leader.render(episode_id, "b1")
    with pytest.raises(IllegalMove, match="beat b1"):
        store.retry_beat(episode_id, "b1")
    with pytest.raises(NotFound) as unknown:
        store.retry_beat(episode_id, "b99")
    assert (unknown.value.what, unknown.value.name) == ("beat", "b99")
    done = leader.completed()
    with pytest.raises(IllegalMove, match="episode"):
        store.retry_beat(done, "b1")
    stopping = leader.executing(2)
    leader.start_one(stopping, "b1")
    store.cancel(stopping)
    with pytest.raises(IllegalMove, match="CANCELLING"):
        store.retry_beat(stopping, "b2")
