"""The contract of EpisodeStore: what an attempt is when it begins."""

from __future__ import annotations

from dataclasses import replace

from episodes.errors import FailureClass
from tests.contract.leading import Leader, an_opening


def test_an_attempt_that_is_named_twice_in_one_call_begins_once(leader: Leader) -> None:
    episode_id = leader.executing(2)
    first = an_opening(episode_id, "b1")
    another_beat = replace(an_opening(episode_id, "b2"), attempt_id=first.attempt_id)

    opened = leader.store.open_attempts(leader.lease, [first, first, another_beat])

    assert opened[0] is not None
    assert opened == [opened[0]] * 3
    assert leader.store.unclosed_attempts(leader.lease) == [opened[0]]
    assert leader.ready(episode_id) == ["b2"]


def test_crashes_of_a_film_are_counted_as_failures_only(leader: Leader) -> None:
    episode_id = leader.cutting(1)
    leader.lose(leader.start_one(episode_id, None), retry_in_s=0.0, failure_class=FailureClass.CRASH)

    again = leader.start_one(episode_id, None)

    assert (again.num_counted, again.num_crashes) == (1, 0)
