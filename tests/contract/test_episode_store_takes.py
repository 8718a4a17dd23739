"""The contract of EpisodeStore: takes, further clips of a beat to choose from, beside the clip that it has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from episodes.editing import PlanDifference, with_beat_changed, without_beat
from episodes.errors import BadInput, Conflict, FailureClass, IllegalMove, NotFound
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from tests.builders import a_beat, a_plan, a_request
from tests.contract.at_once import at_once
from tests.contract.benches import Bench
from tests.contract.leading import a_chain, an_opening
from tests.contract.taking import TakeLeader

PENDING, RENDERING, ACCEPTED = BeatState.PENDING, BeatState.RENDERING, BeatState.ACCEPTED
FAILED, CANCELLED = BeatState.FAILED, BeatState.CANCELLED


@pytest.fixture
def leader(bench: Bench) -> TakeLeader:
    return TakeLeader(bench.store)


def revise(leader: TakeLeader, episode_id: str, beat_id: str) -> None:
    beats = [view.beat for view in leader.store.episode(episode_id).beats]
    old = next(beat for beat in beats if beat.beat_id == beat_id)
    leader.store.edit_plan(episode_id, with_beat_changed(beats, old.model_copy(update={"caption": "Something else."})))


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


def test_another_take_becomes_the_beats_clip_and_the_film_is_cut_anew(leader: TakeLeader) -> None:
    store, episode_id = leader.store, leader.completed(2)
    film = store.episode(episode_id).artifacts
    take = leader.take_is_made(episode_id, "b1", 77)

    change, view = store.select_take(episode_id, "b1", take.number)

    assert change == PlanDifference(kept=("b2",), film_to_recut=True)
    assert (view.state, view.plan_version, view.artifacts) == (EpisodeState.EXECUTING, 2, film)
    beat = view.beats[0]
    assert (beat.state, beat.revision, beat.beat.seed, beat.progress) == (ACCEPTED, 1, 77, 1.0)
    assert beat.artifacts == take.artifacts
    assert [a.state for a in beat.attempts] == [AttemptState.SUPERSEDED, AttemptState.SELECTED]
    assert leader.selected_take(episode_id, "b1") == [2]
    assert leader.settle(episode_id) is EpisodeState.CUTTING
    assert store.film_parts(episode_id)[0].video == next(a.file for a in take.artifacts if a.artifact_type == "video")
    assert leader.win(leader.start_one(episode_id, None)) == [True]
    assert leader.state(episode_id) is EpisodeState.COMPLETED
    told = dict(leader.told(episode_id))
    assert told["take.selected"] == {"beat_id": "b1", "take": 2, "attempt_id": beat.attempts[1].attempt_id}
    assert store.select_take(episode_id, "b1", 1)[1].beats[0].beat.seed == a_beat(0).seed
    assert leader.selected_take(episode_id, "b1") == [1]


def test_what_starts_from_the_beat_is_rendered_anew_with_another_take(leader: TakeLeader) -> None:
    store, episode_id = leader.store, leader.completed(a_chain(3))
    leader.take_is_made(episode_id, "b2")
    later = leader.asked(episode_id, "b3")[0]

    change, view = store.select_take(episode_id, "b2", 2)

    assert change == PlanDifference(kept=("b1",), to_render=("b3",), film_to_recut=True)
    assert [(b.state, b.revision) for b in view.beats] == [(ACCEPTED, 1), (ACCEPTED, 1), (PENDING, 2)]
    assert leader.states_of_takes(episode_id, "b3") == {1: ACCEPTED, later.number: CANCELLED}
    assert leader.settle(episode_id) is EpisodeState.EXECUTING
    [ready] = store.ready_beats(leader.lease, episode_id, limit=9)
    video = next(a.file for a in view.beats[1].artifacts if a.artifact_type == "video")
    assert ready.start_frame is not None
    assert (ready.beat.beat_id, ready.start_frame.video_key) == ("b3", video.key)


def test_a_take_is_selected_while_others_are_rendered(leader: TakeLeader) -> None:
    store, episode_id = leader.store, leader.executing(a_chain(3))
    leader.render(episode_id, "b1")
    leader.take_is_made(episode_id, "b1")
    doomed = leader.start_one(episode_id, "b2")

    change, view = store.select_take(episode_id, "b1", 2)

    assert change == PlanDifference(cancelled=("b2",), to_render=("b2", "b3"))
    assert view.state is EpisodeState.EXECUTING
    assert store.unwanted_attempts(leader.lease) == [doomed.attempt_id]


def test_a_selection_is_a_version_of_the_plan_and_the_one_before_brings_its_seed_back(leader: TakeLeader) -> None:
    store, episode_id = leader.store, leader.completed(2)
    first = store.episode(episode_id).plan
    leader.take_is_made(episode_id, "b1", 99)
    _, view = store.select_take(episode_id, "b1", 2)

    assert [(note.version, note.cause) for note in store.plan_versions(episode_id)] == [
        (2, "take 2 of beat b1 selected"),
        (1, "planned"),
    ]
    assert store.plan_version(episode_id, 2).plan == view.plan != first
    change, view = store.restore_plan(episode_id, 1)
    assert (view.plan, change.to_render, change.kept) == (first, ("b1",), ("b2",))


def test_looking_at_a_selection_changes_nothing(leader: TakeLeader) -> None:
    store, episode_id = leader.store, leader.completed(a_chain(2))
    leader.take_is_made(episode_id, "b1")
    before, told = store.episode(episode_id), leader.told(episode_id)

    change, view = store.select_take(episode_id, "b1", 2, dry_run=True)

    assert change == PlanDifference(to_render=("b2",), film_to_recut=True)
    assert view.beats[1].state is PENDING
    assert store.episode(episode_id) == before
    assert leader.told(episode_id) == told
    assert leader.selected_take(episode_id, "b1") == [1]


def test_selecting_what_is_selected_changes_nothing(leader: TakeLeader) -> None:
    episode_id = leader.completed(2)
    before = leader.store.episode(episode_id)

    change, view = leader.store.select_take(episode_id, "b1", 1)

    assert change.is_empty
    assert view == before == leader.store.episode(episode_id)


def test_of_two_who_select_at_once_one_is_last_and_one_take_is_selected(leader: TakeLeader, bench: Bench) -> None:
    episode_id = leader.completed(1)
    leader.take_is_made(episode_id, "b1")
    leader.take_is_made(episode_id, "b1")

    at_once([partial(bench.another().select_take, episode_id, "b1", number) for number in (2, 3)])

    attempts = leader.beat(episode_id, "b1").attempts
    assert [a.state for a in attempts].count(AttemptState.SELECTED) == 1
    assert len(leader.selected_take(episode_id, "b1")) == 1


def test_takes_of_an_older_revision_are_listed_and_never_selected(leader: TakeLeader) -> None:
    store, episode_id = leader.store, leader.completed(2)
    leader.take_is_made(episode_id, "b1")
    waiting = leader.asked(episode_id, "b1")[0]

    revise(leader, episode_id, "b1")

    assert leader.states_of_takes(episode_id, "b1") == {1: ACCEPTED, 2: ACCEPTED, waiting.number: CANCELLED}
    assert leader.selected_take(episode_id, "b1") == []
    for number in (1, 2):
        with pytest.raises(Conflict, match="revision 1"):
            store.select_take(episode_id, "b1", number)
    leader.render_all(episode_id)
    assert [(one.number, one.revision, one.is_selected) for one in store.takes(episode_id, "b1")] == [
        (1, 1, False),
        (2, 1, False),
        (3, 1, False),
        (4, 2, True),
    ]
    assert leader.asked(episode_id, "b1")[0].number == 5
    assert leader.take(episode_id, "b1", 4).is_selected


def test_takes_of_a_beat_that_is_taken_out_are_listed_and_never_selected(leader: TakeLeader) -> None:
    store, episode_id = leader.store, leader.completed(2)
    leader.take_is_made(episode_id, "b1")

    store.edit_plan(episode_id, without_beat([view.beat for view in store.episode(episode_id).beats], "b1"))

    assert leader.states_of_takes(episode_id, "b1") == {1: ACCEPTED, 2: ACCEPTED}
    with pytest.raises(Conflict, match="not planned any more"):
        store.select_take(episode_id, "b1", 2)
    with pytest.raises(NotFound):
        store.ask_for_takes(episode_id, "b1", [None])


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
