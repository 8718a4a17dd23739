"""The contract of EpisodeStore: takes, further clips of a beat to choose from, beside the clip that it has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from episodes.errors import BadInput, Conflict, FailureClass, IllegalMove, NotFound
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from tests.builders import a_beat, a_plan, a_request
from tests.contract.benches import Bench
from tests.contract.leading import an_opening
from tests.contract.taking import TakeLeader, revise

PENDING, ACCEPTED, FAILED, CANCELLED = BeatState.PENDING, BeatState.ACCEPTED, BeatState.FAILED, BeatState.CANCELLED


@pytest.fixture
def leader(bench: Bench) -> TakeLeader:
    return TakeLeader(bench.store)


def test_the_first_clip_of_a_beat_is_take_one(leader: TakeLeader) -> None:
    episode_id = leader.completed(2)

    [take] = leader.store.takes(episode_id, "b1")

    view = leader.beat(episode_id, "b1")
    assert (take.number, take.revision, take.state, take.is_selected, take.progress) == (1, 1, ACCEPTED, True, 1.0)
    assert take.attempt == view.attempts[0]
    assert take.artifacts == view.artifacts


def test_takes_are_rendered_beside_a_film_that_stays_as_it_is(leader: TakeLeader) -> None:
    store, episode_id = leader.store, leader.completed(2)
    before = store.episode(episode_id)

    asked = leader.asked(episode_id, "b1", None, 41)

    assert [(one.number, one.state, one.attempt) for one in asked] == [(2, PENDING, None), (3, PENDING, None)]
    assert len({leader.take(episode_id, "b1", 1).seed, *(one.seed for one in asked)}) == 3
    assert asked[1].seed == 41
    [active] = store.active_episodes(leader.lease)
    assert (active.state, active.has_takes) == (EpisodeState.COMPLETED, True)
    ready = store.ready_takes(leader.lease, episode_id, limit=9)
    assert [(one.take, one.beat.seed, one.num_attempts) for one in ready] == [(2, asked[0].seed, 1), (3, 41, 1)]
    assert leader.ready(episode_id) == []
    assert leader.win(*leader.start_takes(episode_id, "b1", 2, 3)) == [True, True]
    after = store.episode(episode_id)
    assert (after.state, after.progress, after.artifacts) == (EpisodeState.COMPLETED, 1.0, before.artifacts)
    assert [(b.state, b.artifacts, b.progress) for b in after.beats] == [
        (b.state, b.artifacts, b.progress) for b in before.beats
    ]
    assert [a.number for a in after.beats[0].attempts] == [1, 2, 3]
    assert [a.take for a in after.beats[0].attempts] == [None, 2, 3]
    assert [a.state for a in after.beats[0].attempts] == [
        AttemptState.SELECTED,
        AttemptState.SUPERSEDED,
        AttemptState.SUPERSEDED,
    ]
    assert leader.states_of_takes(episode_id, "b1") == {1: ACCEPTED, 2: ACCEPTED, 3: ACCEPTED}
    versions = [take.artifacts[-1].version for take in store.takes(episode_id, "b1")]
    assert versions == [1, 2, 3]
    assert store.active_episodes(leader.lease) == []
    assert [part.video for part in store.film_parts(episode_id)] == [
        next(a.file for a in view.artifacts if a.artifact_type == "video") for view in before.beats
    ]


def test_no_film_waits_for_a_take(leader: TakeLeader) -> None:
    episode_id = leader.executing(2)
    leader.render(episode_id, "b1")
    [attempt] = leader.start_takes(episode_id, "b1", leader.asked(episode_id, "b1")[0].number)

    leader.render(episode_id, "b2")

    assert leader.settle(episode_id) is EpisodeState.CUTTING
    assert leader.win(leader.start_one(episode_id, None)) == [True]
    assert leader.state(episode_id) is EpisodeState.COMPLETED
    assert leader.store.unwanted_attempts(leader.lease) == []
    assert leader.win(attempt) == [True]


@pytest.mark.parametrize(
    "change",
    [
        lambda leader, episode_id: leader.store.cancel(episode_id),
        lambda leader, episode_id: leader.store.save_plan(episode_id, a_plan(2), 1),
        lambda leader, episode_id: revise(leader, episode_id, "b1"),
    ],
    ids=("cancel", "plan", "revise"),
)
def test_whatever_takes_the_beat_away_cancels_its_takes(
    leader: TakeLeader, change: Callable[[TakeLeader, str], object]
) -> None:
    episode_id = leader.executing(2)
    leader.render(episode_id, "b1")
    leader.asked(episode_id, "b1", None, None)
    [running] = leader.start_takes(episode_id, "b1", 2)

    change(leader, episode_id)

    assert leader.states_of_takes(episode_id, "b1") == {1: ACCEPTED, 2: CANCELLED, 3: CANCELLED}
    assert [data["take"] for kind, data in leader.told(episode_id) if kind == "take.cancelled"] == [2, 3]
    assert leader.store.unwanted_attempts(leader.lease) == [running.attempt_id]
    assert leader.win(running) == [False]
    assert leader.states_of_takes(episode_id, "b1")[2] is CANCELLED
    assert leader.settle(episode_id) is not EpisodeState.CANCELLING


def test_one_take_is_cancelled_and_the_others_go_on(leader: TakeLeader) -> None:
    store, episode_id = leader.store, leader.completed(1)
    leader.asked(episode_id, "b1", None, None)
    doomed, goes_on = leader.start_takes(episode_id, "b1", 2, 3)

    assert store.cancel_take(episode_id, "b1", 2).state is CANCELLED
    assert store.cancel_take(episode_id, "b1", 2).state is CANCELLED

    assert store.unwanted_attempts(leader.lease) == [doomed.attempt_id]
    store.close_cancelled(leader.lease, [doomed.attempt_id, goes_on.attempt_id])
    assert leader.win(goes_on) == [True]
    with pytest.raises(IllegalMove):
        store.cancel_take(episode_id, "b1", 3)
    with pytest.raises(Conflict, match="CANCELLED"):
        store.select_take(episode_id, "b1", 2)


def test_a_take_that_failed_is_tried_again_and_then_given_up(leader: TakeLeader, bench: Bench) -> None:
    episode_id = leader.completed(1)
    leader.asked(episode_id, "b1")
    first = leader.start_takes(episode_id, "b1", 2)[0]
    leader.lose(first, retry_in_s=10.0, failure_class=FailureClass.OUTPUT, reason="it is black")
    take = leader.take(episode_id, "b1", 2)
    assert (take.state, take.reason, leader.ready_takes(episode_id)) == (PENDING, "it is black", [])
    due_s = leader.store.next_ready_in_s(leader.lease)
    assert due_s is not None
    assert 9.0 < due_s <= 10.0

    bench.let_pass(10.5)
    assert leader.ready_takes(episode_id) == [("b1", 2)]
    [again] = leader.start_takes(episode_id, "b1", 2)
    assert (again.number, again.num_counted, again.take) == (3, 1, 2)
    leader.lose(again, failure_class=FailureClass.CRASH, reason="it died")

    take = leader.take(episode_id, "b1", 2)
    assert (take.state, take.reason) == (FAILED, "it died")
    assert leader.beat(episode_id, "b1").state is ACCEPTED
    assert leader.state(episode_id) is EpisodeState.COMPLETED
    assert leader.store.active_episodes(leader.lease) == []
    failed = [data for kind, data in leader.told(episode_id) if kind in ("attempt.failed", "take.failed")]
    assert [data["take"] for data in failed] == [2, 2, 2]


def test_a_take_that_nobody_can_render_fails_and_falls_back_to_nobody(leader: TakeLeader) -> None:
    episode_id = leader.executing(1, "stub")
    leader.render_all(episode_id)
    leader.asked(episode_id, "b1")
    assert leader.store.ready_takes(leader.lease, episode_id, limit=1)[0].fallbacks == ()

    leader.store.give_up(leader.lease, episode_id, "b1", "nobody can", take=2)
    leader.store.give_up(leader.lease, episode_id, "b1", "nobody can", take=9)

    assert (leader.take(episode_id, "b1", 2).state, leader.beat(episode_id, "b1").state) == (FAILED, ACCEPTED)


def test_a_paused_episode_or_queue_begins_no_take_and_accepts_what_runs(leader: TakeLeader) -> None:
    store, episode_id = leader.store, leader.executing(2)
    leader.render(episode_id, "b1")
    leader.asked(episode_id, "b1", None, None)
    [running] = leader.start_takes(episode_id, "b1", 2)
    openings = [leader.take_opening(episode_id, "b1", 3)]

    store.pause(episode_id)
    assert leader.ready_takes(episode_id) == []
    assert store.open_attempts(leader.lease, openings) == [None]
    assert leader.win(running) == [True]
    store.resume(episode_id)
    store.pause_queue()
    assert leader.ready_takes(episode_id) == []
    assert store.open_attempts(leader.lease, openings) == [None]
    store.resume_queue()
    assert leader.ready_takes(episode_id) == [("b1", 3)]
    assert leader.ready_takes(episode_id, exclude=[("b1", 3)]) == []


def test_a_take_is_begun_once_and_only_as_it_was_asked_for(leader: TakeLeader) -> None:
    store, episode_id = leader.store, leader.completed(1)
    leader.asked(episode_id, "b1", 5)
    good = leader.take_opening(episode_id, "b1", 2)
    others = [leader.take_opening(episode_id, "b1", 2, **field) for field in ({"backend": "stub"}, {"seed": 6})]

    assert store.open_attempts(leader.lease, others) == [None, None]
    [begun] = store.open_attempts(leader.lease, [good])
    assert begun is not None
    assert store.open_attempts(leader.lease, [good]) == [begun]
    assert store.open_attempts(leader.lease, [leader.take_opening(episode_id, "b1", 2)]) == [None]
    assert store.unclosed_attempts(leader.lease) == [begun]


def test_the_progress_of_a_take_is_its_own(leader: TakeLeader) -> None:
    episode_id = leader.executing(2)
    leader.render(episode_id, "b1")
    leader.asked(episode_id, "b1")
    [attempt] = leader.start_takes(episode_id, "b1", 2)
    before = leader.store.progress(episode_id)

    for share in (0.5, 0.25):
        leader.store.record_progress(leader.lease, {attempt.attempt_id: share})

    assert leader.take(episode_id, "b1", 2).progress == 0.5
    assert leader.store.progress(episode_id) == before


def test_what_a_take_costs_is_reserved_and_spent_of_its_episodes_budget(leader: TakeLeader) -> None:
    store, episode_id = leader.store, leader.completed(1)
    store.set_budget(episode_id, 150)
    leader.asked(episode_id, "b1", None, None)
    openings = [leader.take_opening(episode_id, "b1", number, quote_micros=100) for number in (2, 3)]

    [begun, refused] = store.open_attempts(leader.lease, openings)

    assert (begun is not None, refused) == (True, None)
    assert store.episode(episode_id).funds.reserved_micros == 100
    assert leader.take(episode_id, "b1", 3).needs_micros == 100
    assert leader.ready_takes(episode_id) == []
    assert [data for kind, data in leader.told(episode_id) if kind == "take.unpaid"] == [
        {"beat_id": "b1", "needs": "0.0001", "left": "0.00005", "take": 3}
    ]
    assert begun is not None
    leader.win(begun)
    assert store.episode(episode_id).funds.spent_micros == 100
    store.set_budget(episode_id, 200)
    assert leader.ready_takes(episode_id) == [("b1", 3)]


@pytest.mark.parametrize("seeds", [(7, 7), (a_beat(0).seed,)], ids=("twice", "the beat's own"))
def test_no_two_takes_of_a_revision_have_one_seed(leader: TakeLeader, seeds: tuple[int, ...]) -> None:
    episode_id = leader.executing(1)
    opening = replace(an_opening(episode_id, "b1"), seed=a_beat(0).seed)
    [attempt] = leader.store.open_attempts(leader.lease, [opening])
    assert attempt is not None
    leader.win(attempt)

    with pytest.raises(BadInput, match="seed"):
        leader.store.ask_for_takes(episode_id, "b1", seeds)

    assert len(leader.store.takes(episode_id, "b1")) == 1


def test_takes_are_asked_for_of_accepted_beats_of_episodes_that_go_on_or_have_their_film(leader: TakeLeader) -> None:
    store, created = leader.store, leader.store.create(a_request()).episode_id
    with pytest.raises(NotFound):
        store.takes(created, "b1")
    planned, executing, cancelled = leader.planned(1), leader.executing(2), leader.executing(1)
    leader.render(executing, "b1")
    leader.render_all(cancelled)
    store.cancel(cancelled)

    for episode_id, beat_id in ((planned, "b1"), (executing, "b2"), (cancelled, "b1")):
        with pytest.raises(IllegalMove):
            store.ask_for_takes(episode_id, beat_id, [None])
    for episode_id, beat_id in (("nobody", "b1"), (executing, "b9")):
        with pytest.raises(NotFound):
            store.ask_for_takes(episode_id, beat_id, [None])
        with pytest.raises(NotFound):
            store.select_take(episode_id, beat_id, 1)
    for call in (store.select_take, store.cancel_take):
        with pytest.raises(NotFound):
            call(executing, "b1", 9)


def test_a_call_that_is_repeated_has_its_effect_once(leader: TakeLeader) -> None:
    store, episode_id = leader.store, leader.completed(1)

    for _ in range(2):
        assert len(store.ask_for_takes(episode_id, "b1", [None, None], once="two more")) == 3
    leader.win(*leader.start_takes(episode_id, "b1", 2))
    store.select_take(episode_id, "b1", 2, once="that one")
    store.select_take(episode_id, "b1", 1, once="no, the first")
    change, _ = store.select_take(episode_id, "b1", 2, once="that one")

    assert change.is_empty
    assert leader.selected_take(episode_id, "b1") == [1]
