"""The contract of EpisodeStore: a plan is changed beat by beat, and what shows the same stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from episodes.editing import PlanDifference, with_beat, with_beat_changed, with_beat_moved, without_beat
from episodes.errors import BadInput, IllegalMove, NotFound, RevisionConflict
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from episodes.plan import Beat, Plan, Scene
from tests.builders import a_beat, a_place, a_plan, a_request
from tests.contract.at_once import at_once
from tests.contract.benches import Bench
from tests.contract.leading import Leader, a_chain, an_opening


@pytest.fixture
def leader(bench: Bench) -> Leader:
    return Leader(bench.store)


def beats_of(leader: Leader, episode_id: str) -> tuple[Beat, ...]:
    return tuple(view.beat for view in leader.store.episode(episode_id).beats)


def states(leader: Leader, episode_id: str) -> dict[str, str]:
    return {b.beat.beat_id: f"{b.state.value.lower()} {b.revision}" for b in leader.store.episode(episode_id).beats}


def a_new_beat(**fields: object) -> Beat:
    return a_beat(7, beat_id="new", **fields)


def test_a_beat_is_put_into_a_finished_episode_and_only_it_is_rendered(leader: Leader) -> None:
    store, episode_id = leader.store, leader.completed(3)
    beats = with_beat(beats_of(leader, episode_id), a_new_beat(), "b1")

    change, view = store.edit_plan(episode_id, beats)

    assert change == PlanDifference(kept=("b1", "b2", "b3"), to_render=("new",), film_to_recut=True)
    assert states(leader, episode_id) == {"b1": "accepted 1", "new": "pending 2", "b2": "accepted 1", "b3": "accepted 1"}
    assert [b.beat.index for b in view.beats] == [0, 1, 2, 3]
    assert (view.state, view.num_beats, view.plan_version) == (EpisodeState.EXECUTING, 4, 2)
    assert leader.ready(episode_id) == ["new"]
    [attempt] = leader.store.open_attempts(leader.lease, [an_opening(episode_id, "new", revision=2)])
    assert attempt is not None
    leader.win(attempt)
    assert leader.settle(episode_id) is EpisodeState.CUTTING
    assert [part.beat_id for part in store.film_parts(episode_id)] == ["b1", "new", "b2", "b3"]
    assert leader.win(leader.start_one(episode_id, None)) == [True]
    assert leader.state(episode_id) is EpisodeState.COMPLETED


def test_beats_change_places_and_none_is_rendered(leader: Leader) -> None:
    store, episode_id = leader.store, leader.completed(3)

    change, view = store.edit_plan(episode_id, with_beat_moved(beats_of(leader, episode_id), "b3", None))

    assert change == PlanDifference(kept=("b3", "b1", "b2"), film_to_recut=True)
    assert (view.state, set(states(leader, episode_id).values())) == (EpisodeState.EXECUTING, {"accepted 1"})
    assert leader.settle(episode_id) is EpisodeState.CUTTING
    assert [part.beat_id for part in store.film_parts(episode_id)] == ["b3", "b1", "b2"]


def test_a_beat_is_taken_out_while_it_renders(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(3)
    doomed, goes_on = leader.start(episode_id, "b1", "b2")

    change, view = store.edit_plan(episode_id, without_beat(beats_of(leader, episode_id), "b1"))

    assert change == PlanDifference(kept=("b2", "b3"), cancelled=("b1",), removed=("b1",))
    assert (view.num_beats, view.state) == (2, EpisodeState.EXECUTING)
    assert store.unwanted_attempts(leader.lease) == [doomed.attempt_id]
    assert leader.win(doomed, goes_on) == [False, True]
    assert leader.ready(episode_id) == ["b3"]


def test_a_changed_beat_begins_anew_and_with_it_those_that_start_from_it(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(a_chain(3))
    leader.render(episode_id, "b1")
    running = leader.start_one(episode_id, "b2")
    beats = with_beat_changed(beats_of(leader, episode_id), a_beat(0, description="Mika dances."))

    change, _ = store.edit_plan(episode_id, beats)

    assert change == PlanDifference(cancelled=("b2",), to_render=("b1", "b2", "b3"))
    assert states(leader, episode_id) == {"b1": "pending 2", "b2": "pending 2", "b3": "pending 2"}
    assert store.unwanted_attempts(leader.lease) == [running.attempt_id]
    assert leader.ready(episode_id) == ["b1"]
    told = [data for name, data in leader.told(episode_id) if name == "plan.edited"]
    assert told == [{"version": 2, "cause": "edited", "to_render": ["b1", "b2", "b3"], "removed": []}]


def test_what_only_waits_for_a_changed_beat_keeps_its_clip(leader: Leader) -> None:
    plan = Plan(beats=(a_beat(0), a_beat(1, depends_on=("b1",)), a_beat(2, depends_on=("b1",))))
    store, episode_id = leader.store, leader.executing(plan)
    leader.render(episode_id, "b1")
    leader.render(episode_id, "b2")

    store.edit_plan(episode_id, with_beat_changed(beats_of(leader, episode_id), a_beat(0, caption="Later")))

    assert states(leader, episode_id) == {"b1": "pending 2", "b2": "accepted 1", "b3": "pending 1"}
    assert leader.ready(episode_id) == ["b1"]


def test_the_same_beats_change_nothing_but_what_is_wanted_anew(leader: Leader) -> None:
    store, episode_id = leader.store, leader.completed(2)
    before, beats = store.episode(episode_id), beats_of(leader, episode_id)

    change, view = store.edit_plan(episode_id, beats)
    assert (change.is_empty, change.kept, view) == (True, ("b1", "b2"), before)
    assert store.episode(episode_id) == before

    change, _ = store.edit_plan(episode_id, beats, anew=("b2",))
    assert (change.to_render, states(leader, episode_id)) == (("b2",), {"b1": "accepted 1", "b2": "pending 2"})


def test_a_look_at_a_change_changes_nothing(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(3)
    leader.render(episode_id, "b1")
    running = leader.start_one(episode_id, "b2")
    before, told = store.episode(episode_id), leader.told(episode_id)
    beats = without_beat(beats_of(leader, episode_id), "b2")

    looked, seen = store.edit_plan(episode_id, beats, dry_run=True)

    assert (store.episode(episode_id), leader.told(episode_id)) == (before, told)
    assert store.unwanted_attempts(leader.lease) == []
    change, view = store.edit_plan(episode_id, beats)
    assert looked == change
    assert [b.beat for b in seen.beats] == [b.beat for b in view.beats]
    assert store.unwanted_attempts(leader.lease) == [running.attempt_id]


def test_a_plan_that_somebody_changed_meanwhile_is_not_overwritten(leader: Leader) -> None:
    store, episode_id = leader.store, leader.planned(2)
    beats = beats_of(leader, episode_id)
    seen = store.episode(episode_id).plan_version
    store.edit_plan(episode_id, without_beat(beats, "b1"), expected=seen)

    with pytest.raises(RevisionConflict, match=f"version {seen + 1}, not {seen}"):
        store.edit_plan(episode_id, without_beat(beats, "b2"), expected=seen)

    assert [b.beat_id for b in beats_of(leader, episode_id)] == ["b2"]
    leader.revise(episode_id, a_beat(0, beat_id="b2", caption="Later"))
    store.save_plan(episode_id, a_plan(2), 1)
    assert store.episode(episode_id).plan_version == seen + 3


@pytest.mark.parametrize("turn", range(3))
def test_of_two_who_change_a_plan_at_once_one_is_told(bench: Bench, leader: Leader, turn: int) -> None:
    episode_id = leader.planned(3)
    beats, seen = beats_of(leader, episode_id), leader.store.episode(episode_id).plan_version

    def edit(beat_id: str) -> str:
        try:
            bench.another().edit_plan(episode_id, without_beat(beats, beat_id), expected=seen)
        except RevisionConflict:
            return "told"
        return "done"

    calls: list[Callable[[], object]] = [partial(edit, "b1"), partial(edit, "b2")]
    assert sorted(map(str, at_once(calls))) == ["done", "told"]
    assert len(beats_of(leader, episode_id)) == 2


def test_a_call_that_is_repeated_has_its_effect_once(leader: Leader) -> None:
    store, episode_id = leader.store, leader.planned(2)
    beats = beats_of(leader, episode_id)
    for _ in range(2):
        store.edit_plan(episode_id, without_beat(beats, "b1"), expected=1, once="call 1")

    assert store.episode(episode_id).plan_version == 2


def test_what_had_ended_only_because_of_a_beat_that_is_gone_opens(leader: Leader) -> None:
    plan = Plan(beats=(a_beat(0), a_beat(1, depends_on=("b1",)), a_beat(2)))
    store, episode_id = leader.store, leader.executing(plan)
    leader.lose(leader.start_one(episode_id, "b1"))
    leader.render(episode_id, "b3")
    assert leader.beat(episode_id, "b2").state is BeatState.FAILED

    change, _ = store.edit_plan(episode_id, without_beat(beats_of(leader, episode_id), "b1"))

    assert change == PlanDifference(kept=("b3",), removed=("b1",), to_render=("b2",))
    assert leader.ready(episode_id) == ["b2"]


def test_a_new_beat_opens_what_it_needs(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(2)
    store.cancel_beat(episode_id, "b1")

    change, _ = store.edit_plan(
        episode_id, with_beat(beats_of(leader, episode_id), a_new_beat(depends_on=("b1",), starts_from="b1"), "b2")
    )

    assert change.to_render == ("b1", "new")
    assert leader.ready(episode_id) == ["b1", "b2"]


def test_an_id_that_comes_back_is_at_a_revision_of_its_own(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(2)
    leader.render(episode_id, "b2")
    beats = beats_of(leader, episode_id)
    store.edit_plan(episode_id, without_beat(beats, "b2"))

    store.edit_plan(episode_id, beats)

    view = leader.beat(episode_id, "b2")
    assert (view.state, view.revision, view.artifacts) == (BeatState.PENDING, 2, ())
    [attempt] = store.open_attempts(leader.lease, [an_opening(episode_id, "b2", revision=2)])
    assert attempt is not None
    assert attempt.number == 2
    assert leader.win(attempt) == [True]
    assert [a.state for a in leader.beat(episode_id, "b2").attempts] == [AttemptState.SUPERSEDED, AttemptState.SELECTED]


def test_what_does_not_hold_together_is_refused_and_changes_nothing(leader: Leader) -> None:
    scenes = (Scene(scene_id="s1", place=a_place()),)
    store, episode_id = leader.store, leader.planned(Plan(scenes=scenes, beats=(a_beat(0, scene_id="s1"), a_beat(1))))
    before = store.episode(episode_id)
    one, two = beats_of(leader, episode_id)
    for wrong in ((), (two, one), (one, one), (one, a_beat(1, depends_on=("b9",))), (one, a_beat(1, scene_id="s9"))):
        with pytest.raises(BadInput):
            store.edit_plan(episode_id, wrong)
    assert store.episode(episode_id) == before
    with pytest.raises(NotFound):
        store.edit_plan("nobody", (one, two))
    with pytest.raises(IllegalMove):
        store.edit_plan(store.create(a_request()).episode_id, (one, two))


def test_a_paused_or_planned_episode_stays_so(leader: Leader) -> None:
    store, planned, paused = leader.store, leader.planned(2), leader.executing(2)
    store.pause(paused)

    for episode_id in (planned, paused):
        state = leader.state(episode_id)
        change, view = store.edit_plan(episode_id, without_beat(beats_of(leader, episode_id), "b1"))
        assert (view.state, change.film_to_recut) == (state, False)
