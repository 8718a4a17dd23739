"""The contract of EpisodeStore: every plan that an episode has had is kept whole, and can be taken up again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from episodes.editing import PlanDifference, with_beat_moved, without_beat
from episodes.errors import IllegalMove, NotFound, RevisionConflict
from episodes.lifecycle import BeatState, EpisodeState
from episodes.plan import Beat, Plan, Scene
from tests.builders import a_beat, a_place, a_plan, a_request
from tests.contract.at_once import at_once
from tests.contract.benches import Bench
from tests.contract.leading import Leader, an_opening


@pytest.fixture
def leader(bench: Bench) -> Leader:
    return Leader(bench.store)


def beats_of(leader: Leader, episode_id: str) -> tuple[Beat, ...]:
    return tuple(view.beat for view in leader.store.episode(episode_id).beats)


def causes(leader: Leader, episode_id: str) -> list[tuple[int, str, int]]:
    return [(note.version, note.cause, note.num_beats) for note in leader.store.plan_versions(episode_id)]


def rendered(leader: Leader, episode_id: str, beat_id: str) -> None:
    beat = leader.beat(episode_id, beat_id)
    [attempt] = leader.store.open_attempts(leader.lease, [an_opening(episode_id, beat_id, revision=beat.revision)])
    assert attempt is not None
    assert leader.win(attempt) == [True]


def test_every_change_of_a_plan_is_kept_whole(bench: Bench, leader: Leader) -> None:
    store, episode_id = leader.store, leader.planned(3)
    bench.let_pass(1.0)
    first = store.episode(episode_id)
    changed = leader.revise(episode_id, a_beat(1, description="Mika dances."))
    store.edit_plan(episode_id, without_beat(beats_of(leader, episode_id), "b1"), cause="beat b1 taken out")
    scene = Scene(scene_id="s1", place=a_place())
    other = Plan(scenes=(scene,), beats=(a_beat(0, scene_id="s1"),), logline="Another story", tone="calm")
    store.save_plan(episode_id, other, 7, cause="put in")

    assert causes(leader, episode_id) == [(4, "put in", 1), (3, "beat b1 taken out", 2), (2, "edited", 3), (1, "planned", 3)]
    assert store.plan_version(episode_id, 1).plan == first.plan
    assert store.plan_version(episode_id, 2).plan == changed.plan
    newest = store.plan_version(episode_id, 4)
    assert (newest.plan, newest.world_revision, newest.version) == (other, 7, store.episode(episode_id).plan_version)
    assert [store.plan_version(episode_id, one).world_revision for one in (1, 2, 3)] == [1, 1, 1]
    notes = store.plan_versions(episode_id)
    assert sorted((note.at for note in notes), reverse=True) == [note.at for note in notes]
    assert notes[0].at == newest.at > notes[-1].at


def test_what_changes_nothing_or_is_only_looked_at_is_no_version(leader: Leader) -> None:
    store, episode_id = leader.store, leader.planned(2)
    beats = beats_of(leader, episode_id)

    store.edit_plan(episode_id, beats)
    store.edit_plan(episode_id, without_beat(beats, "b1"), dry_run=True)
    store.restore_plan(episode_id, 1)
    with pytest.raises(RevisionConflict):
        store.edit_plan(episode_id, without_beat(beats, "b1"), expected=7)

    assert causes(leader, episode_id) == [(1, "planned", 2)]


def test_versions_come_in_pages(leader: Leader) -> None:
    store, episode_id = leader.store, leader.planned(1)
    for seed in range(4):
        leader.revise(episode_id, a_beat(0, seed=seed))

    def page(before: int | None) -> list[int]:
        return [note.version for note in store.plan_versions(episode_id, before=before, limit=2)]

    assert [page(None), page(4), page(2), page(1)] == [[5, 4], [3, 2], [1], []]


def test_a_version_that_comes_back_is_a_new_one_and_renders_only_what_differs(leader: Leader) -> None:
    store, episode_id = leader.store, leader.completed(3)
    before = store.episode(episode_id)
    leader.revise(episode_id, a_beat(1, description="Mika dances."))
    rendered(leader, episode_id, "b2")
    store.edit_plan(episode_id, without_beat(beats_of(leader, episode_id), "b3"))

    looked, seen = store.restore_plan(episode_id, 1, dry_run=True)
    change, view = store.restore_plan(episode_id, 1, expected=3)

    assert change == looked == PlanDifference(kept=("b1",), to_render=("b2", "b3"), film_to_recut=True)
    assert view.plan == seen.plan == before.plan
    assert (view.plan_version, view.state) == (4, EpisodeState.EXECUTING)
    assert [b.revision for b in view.beats] == [1, 3, 3]  # above whatever a beat of that id had
    assert causes(leader, episode_id)[0] == (4, "restored version 1", 3)
    told = [data for name, data in leader.told(episode_id) if name == "plan.edited"]
    assert told[-1] == {"version": 4, "cause": "restored version 1", "to_render": ["b2", "b3"], "removed": []}
    assert leader.ready(episode_id) == ["b2", "b3"]


def test_all_that_a_plan_told_beside_its_beats_comes_back_with_it(leader: Leader) -> None:
    scene = Scene(scene_id="s1", place=a_place())
    first = Plan(scenes=(scene,), beats=(a_beat(0, scene_id="s1"),), logline="One story", tone="calm")
    store, episode_id = leader.store, leader.planned(first)
    store.save_plan(episode_id, a_plan(2), 7)

    _, view = store.restore_plan(episode_id, 1)
    assert (view.plan, view.world_revision, view.state) == (first, 1, EpisodeState.PLANNED)
    _, view = store.restore_plan(episode_id, 2)
    assert (view.plan, view.world_revision, view.plan_version) == (a_plan(2), 7, 4)


def test_a_beat_that_is_left_out_by_what_comes_back_is_stopped(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(2)
    store.edit_plan(episode_id, (*beats_of(leader, episode_id), a_beat(2)))
    doomed = leader.start_one(episode_id, "b1")
    [new] = store.open_attempts(leader.lease, [an_opening(episode_id, "b3", revision=2)])
    assert new is not None

    change, _ = store.restore_plan(episode_id, 1)

    assert change == PlanDifference(kept=("b1", "b2"), cancelled=("b3",), removed=("b3",))
    assert store.unwanted_attempts(leader.lease) == [new.attempt_id]
    assert leader.win(doomed, new) == [True, False]


def test_a_plan_comes_back_once_however_often_the_call_is_repeated(leader: Leader) -> None:
    store, episode_id = leader.store, leader.planned(2)
    store.edit_plan(episode_id, with_beat_moved(beats_of(leader, episode_id), "b2", None))
    for _ in range(2):
        store.restore_plan(episode_id, 1, expected=2, once="call 1")
        assert [beat.beat_id for beat in beats_of(leader, episode_id)] == ["b1", "b2"]
    store.restore_plan(episode_id, 2)

    change, view = store.restore_plan(episode_id, 1, expected=2, once="call 1")

    assert (change.is_empty, view.plan_version) == (True, 4)


@pytest.mark.parametrize("turn", range(3))
def test_versions_that_come_back_at_once_have_numbers_of_their_own(bench: Bench, leader: Leader, turn: int) -> None:
    episode_id = leader.planned(2)
    for seed in range(3):
        leader.revise(episode_id, a_beat(0, seed=100 + seed))
    calls: list[Callable[[], object]] = [partial(bench.another().restore_plan, episode_id, one) for one in (1, 2)]

    at_once(calls)

    notes = causes(leader, episode_id)
    assert [note[0] for note in notes] == [6, 5, 4, 3, 2, 1]
    assert {note[1] for note in notes[:2]} == {"restored version 1", "restored version 2"}
    newest = leader.store.plan_version(episode_id, 6)
    assert newest.plan == leader.store.episode(episode_id).plan
    assert newest.plan == leader.store.plan_version(episode_id, int(newest.cause[-1])).plan


def test_what_there_is_no_version_of_is_refused_and_changes_nothing(leader: Leader) -> None:
    store, episode_id, created = leader.store, leader.planned(2), leader.store.create(a_request()).episode_id
    before = store.episode(episode_id)
    for version in (0, 2, 2**31 - 1):
        with pytest.raises(NotFound, match="plan version"):
            store.restore_plan(episode_id, version)
        with pytest.raises(NotFound, match="plan version"):
            store.plan_version(episode_id, version)
    assert store.episode(episode_id) == before
    assert store.plan_versions(created) == []
    with pytest.raises(IllegalMove, match="CREATED"):
        store.restore_plan(created, 1)
    for ask in (store.plan_versions, partial(store.plan_version, version=1), partial(store.restore_plan, version=1)):
        with pytest.raises(NotFound, match="episode"):
            ask("nobody")
    other = leader.planned(1)
    leader.revise(other, a_beat(0, seed=9))
    with pytest.raises(NotFound):
        store.plan_version(episode_id, 2)  # which is another's


def test_what_is_being_cancelled_keeps_its_plan(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(2)
    leader.revise(episode_id, a_beat(1, seed=9))
    leader.start_one(episode_id, "b1")
    store.cancel(episode_id)

    with pytest.raises(IllegalMove, match="CANCELLING"):
        store.restore_plan(episode_id, 1)

    assert leader.beat(episode_id, "b2").state is BeatState.CANCELLED
    assert len(causes(leader, episode_id)) == 2
