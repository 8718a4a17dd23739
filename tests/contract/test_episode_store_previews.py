"""The contract of EpisodeStore: how a beat looks while it renders."""

from __future__ import annotations

from dataclasses import replace

import pytest

from episodes.errors import BadInput, LeaseLost, NotFound
from episodes.fleet import MAX_PREVIEW_BYTES, Preview
from episodes.model import OpenAttempt
from tests.builders import a_beat
from tests.contract.benches import Bench
from tests.contract.leading import Leader


def show(leader: Leader, attempt: OpenAttempt, jpeg: bytes = b"a picture", number: int = 1) -> None:
    leader.store.record_previews(leader.lease, {attempt.attempt_id: Preview(number=number, jpeg=jpeg)})


def test_the_newest_picture_of_a_beat_that_renders_is_kept_and_told_nowhere(leader: Leader) -> None:
    episode_id = leader.executing(2)
    attempt = leader.start_one(episode_id, "b1")
    told = len(leader.told(episode_id))
    assert leader.store.preview(episode_id, "b1") is None
    assert not leader.beat(episode_id, "b1").attempts[0].has_preview

    show(leader, attempt, b"first")
    show(leader, attempt, b"second", number=2)

    assert leader.store.preview(episode_id, "b1") == b"second"
    assert leader.beat(episode_id, "b1").attempts[0].has_preview
    assert leader.store.preview(episode_id, "b2") is None
    assert len(leader.told(episode_id)) == told


@pytest.mark.parametrize("end", ["accepted", "failed", "cancelled"])
def test_it_is_gone_when_its_attempt_ends(bench: Bench, leader: Leader, end: str) -> None:
    episode_id = leader.executing(2)
    attempt = leader.start_one(episode_id, "b1")
    show(leader, attempt)
    match end:
        case "accepted":
            leader.win(attempt)
        case "failed":
            leader.lose(attempt, retry_in_s=0.0)
        case _:
            leader.store.cancel_beat(episode_id, "b1")
            leader.store.close_cancelled(leader.lease, [attempt.attempt_id])
    show(leader, attempt, b"too late")

    assert leader.store.preview(episode_id, "b1") is None
    assert not leader.beat(episode_id, "b1").attempts[0].has_preview


def test_what_nobody_wants_any_more_is_not_shown(leader: Leader) -> None:
    episode_id = leader.executing(2)
    old = leader.start_one(episode_id, "b1")
    show(leader, old)
    leader.revise(episode_id, a_beat(0, seed=99))
    show(leader, old, b"of the old content", number=2)

    assert leader.store.preview(episode_id, "b1") is None


def test_what_was_cancelled_is_not_shown_in_the_place_of_what_renders_now(leader: Leader) -> None:
    episode_id = leader.executing(2)
    old = leader.start_one(episode_id, "b1")
    show(leader, old)
    leader.store.cancel_beat(episode_id, "b1")
    leader.store.retry_beat(episode_id, "b1")
    new = leader.start_one(episode_id, "b1")

    assert leader.store.preview(episode_id, "b1") is None
    show(leader, new, b"new")
    assert leader.store.preview(episode_id, "b1") == b"new"


def test_the_next_attempt_begins_without_one(leader: Leader) -> None:
    episode_id = leader.executing(1)
    first = leader.start_one(episode_id, "b1")
    show(leader, first)
    leader.lose(first, retry_in_s=0.0)
    leader.start_one(episode_id, "b1")

    assert leader.store.preview(episode_id, "b1") is None


def test_a_film_and_a_stranger_are_left_alone(leader: Leader) -> None:
    episode_id = leader.cutting()
    film = leader.start_one(episode_id, None)

    show(leader, film)
    leader.store.record_previews(leader.lease, {"nobody": Preview(number=1, jpeg=b"a picture")})

    assert not leader.store.episode(episode_id).film_attempts[0].has_preview


def test_one_that_is_too_large_is_refused_and_none_is_kept(leader: Leader) -> None:
    episode_id = leader.executing(2)
    first, second = leader.start(episode_id, "b1", "b2")
    largest, larger = (Preview(number=1, jpeg=b"x" * size) for size in (MAX_PREVIEW_BYTES, MAX_PREVIEW_BYTES + 1))

    with pytest.raises(BadInput, match=second.attempt_id):
        leader.store.record_previews(leader.lease, {first.attempt_id: largest, second.attempt_id: larger})
    assert leader.store.preview(episode_id, "b1") is None

    leader.store.record_previews(leader.lease, {first.attempt_id: largest})
    assert leader.store.preview(episode_id, "b1") == largest.jpeg


def test_only_who_leads_shows_anything(leader: Leader) -> None:
    episode_id = leader.executing(1)
    attempt = leader.start_one(episode_id, "b1")
    late = replace(leader.lease, fence=leader.lease.fence - 1)

    with pytest.raises(LeaseLost):
        leader.store.record_previews(late, {attempt.attempt_id: Preview(number=1, jpeg=b"a picture")})

    assert leader.store.preview(episode_id, "b1") is None


def test_unknown_beats_and_episodes_have_none(leader: Leader) -> None:
    episode_id = leader.executing(1)

    for unknown in ((episode_id, "b9"), ("nobody", "b1")):
        with pytest.raises(NotFound):
            leader.store.preview(*unknown)
