"""A call that is named has its effect once, however often and late it is repeated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest

from episodes.episode_store import EpisodeStore
from episodes.errors import IllegalMove, NotFound
from episodes.lifecycle import EpisodeState
from episodes.model import EpisodeView
from tests.builders import a_plan
from tests.contract.at_once import at_once
from tests.contract.benches import Bench
from tests.contract.leading import Leader

Prepare = Callable[[Leader], str]
Move = Callable[[EpisodeStore, str, str | None], object]
Undo = Callable[[EpisodeStore, str], object]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A move, and what somebody else does after it that a late duplicate must not take back."""

    name: str
    prepare: Prepare
    move: Move
    then: Undo


def _paused(leader: Leader) -> str:
    episode_id = leader.executing(2)
    leader.store.pause(episode_id)
    return episode_id


def _with_a_cancelled_beat(leader: Leader) -> str:
    episode_id = leader.executing(2)
    leader.store.cancel_beat(episode_id, "b1")
    return episode_id


def _replan(store: EpisodeStore, episode_id: str) -> None:
    store.save_plan(episode_id, a_plan(1), 9)


CASES = [
    Case(
        name="save_plan",
        prepare=lambda leader: leader.planned(2),
        move=lambda store, e, once: store.save_plan(e, a_plan(3), 1, once=once),
        then=lambda store, e: store.execute(e),
    ),
    Case(
        name="execute", prepare=lambda leader: leader.planned(2), move=lambda s, e, once: s.execute(e, once=once), then=_replan
    ),
    Case(
        name="pause",
        prepare=lambda leader: leader.executing(2),
        move=lambda s, e, once: s.pause(e, once=once),
        then=lambda s, e: s.resume(e),
    ),
    Case(name="resume", prepare=_paused, move=lambda s, e, once: s.resume(e, once=once), then=lambda s, e: s.pause(e)),
    Case(
        name="cancel",
        prepare=lambda leader: leader.executing(2),
        move=lambda s, e, once: s.cancel(e, once=once),
        then=lambda s, e: s.retry_failed(e),
    ),
    Case(
        name="cancel_beat",
        prepare=lambda leader: leader.executing(2),
        move=lambda s, e, once: s.cancel_beat(e, "b1", once=once),
        then=lambda s, e: s.retry_beat(e, "b1"),
    ),
    Case(
        name="retry_beat",
        prepare=_with_a_cancelled_beat,
        move=lambda s, e, once: s.retry_beat(e, "b1", once=once),
        then=lambda s, e: s.cancel_beat(e, "b1"),
    ),
    Case(
        name="retry_failed",
        prepare=_with_a_cancelled_beat,
        move=lambda s, e, once: s.retry_failed(e, once=once),
        then=lambda s, e: s.cancel_beat(e, "b1"),
    ),
]
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@each_case
def test_a_late_duplicate_takes_back_nothing(case: Case, bench: Bench, leader: Leader) -> None:
    episode_id = case.prepare(leader)
    before = leader.store.episode(episode_id)
    case.move(leader.store, episode_id, "one call")
    assert leader.store.episode(episode_id) != before
    case.then(leader.store, episode_id)
    since = leader.store.episode(episode_id)

    answer = case.move(bench.another(), episode_id, "one call")

    assert leader.store.episode(episode_id) == since
    assert (answer.state if isinstance(answer, EpisodeView) else answer) is since.state


@each_case
def test_another_call_has_its_own_effect(case: Case, leader: Leader) -> None:
    episode_id = case.prepare(leader)
    case.move(leader.store, episode_id, "one call")
    case.then(leader.store, episode_id)
    since = leader.store.episode(episode_id)

    case.move(leader.store, episode_id, "another call")

    assert leader.store.episode(episode_id) != since


@each_case
def test_equal_calls_at_once_have_one_effect(case: Case, leader: Leader) -> None:
    episode_id = case.prepare(leader)
    told = len(leader.told(episode_id))
    case.move(leader.store, (alone := case.prepare(leader)), None)
    effect = len(leader.told(alone)) - told

    outcomes = at_once([partial(case.move, leader.store, episode_id, "one call") for _ in range(8)])

    assert not [o for o in outcomes if isinstance(o, Exception)]
    assert len(leader.told(episode_id)) - told == effect


def test_a_refused_call_leaves_its_name_free(leader: Leader) -> None:
    store, episode_id = leader.store, leader.completed(1)
    with pytest.raises(IllegalMove):
        store.execute(episode_id, once="one call")
    with pytest.raises(NotFound):
        store.cancel_beat(episode_id, "b99", once="another call")

    _replan(store, episode_id)

    assert store.execute(episode_id, once="one call") is EpisodeState.EXECUTING
    store.cancel_beat(episode_id, "b1", once="another call")
    assert store.episode(episode_id).beats[0].state.is_ended


def test_the_queue_is_held_and_let_go_once(bench: Bench) -> None:
    store = bench.store
    store.pause_queue(once="hold")
    store.resume_queue(once="go on")
    store.pause_queue(once="hold")
    assert not store.queue_is_paused()

    store.pause_queue(once="hold again")
    bench.another().resume_queue(once="go on")
    assert store.queue_is_paused()
