"""The contract of EpisodeStore: beats get another content and episodes another plan, and nothing of the old is taken for the new."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest

from episodes.errors import BadInput, IllegalMove
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from episodes.model import OpenAttempt
from episodes.plan import Plan, Scene
from tests.builders import a_beat, a_place, a_plan, a_request
from tests.contract.at_once import at_once
from tests.contract.benches import Bench
from tests.contract.leading import Leader, a_chain, an_opening


def _states(leader: Leader, episode_id: str) -> list[str]:
    return [b.state.value for b in leader.store.episode(episode_id).beats]


def _begin(leader: Leader, episode_id: str, beat_id: str, revision: int) -> OpenAttempt:
    opening = an_opening(episode_id, beat_id, revision=revision, backend=leader.beat(episode_id, beat_id).backend)
    (attempt,) = leader.store.open_attempts(leader.lease, [opening])
    assert attempt is not None
    return attempt


# --- revising a beat ---


def test_a_revised_beat_begins_anew_at_the_next_revision(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(2)
    leader.lose(leader.start_one(episode_id, "b1"), retry_in_s=30.0)
    told = len(store.events(episode_id))
    beat = a_beat(0, description="Mika dances.", duration_s=3.0, backend="veo")

    view = leader.revise(episode_id, beat)

    assert view == store.episode(episode_id)
    revised = view.beats[0]
    assert (revised.beat, revised.revision, revised.state, revised.progress) == (beat, 2, BeatState.PENDING, 0.0)
    assert revised.reason == ""
    assert view.state is EpisodeState.EXECUTING
    assert leader.told(episode_id, after=told) == [
        ("plan.edited", {"version": 2, "cause": "edited", "to_render": ["b1"], "removed": []}),
        ("beat.revised", {"beat_id": "b1", "revision": 2}),
    ]
    assert leader.ready(episode_id) == ["b1", "b2"]
    assert store.next_ready_in_s(leader.lease) is None
    attempt = _begin(leader, episode_id, "b1", 2)
    assert (attempt.number, attempt.num_counted, attempt.num_crashes, attempt.backend) == (2, 0, 0, "veo")


def test_an_attempt_of_the_old_revision_is_never_selected(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(1)
    old = leader.start_one(episode_id, "b1")
    store.record_progress(leader.lease, {old.attempt_id: 0.5})

    leader.revise(episode_id, a_beat(0, description="Mika dances."))
    new = _begin(leader, episode_id, "b1", 2)  # while the old one is in the air

    assert store.unwanted_attempts(leader.lease) == [old.attempt_id]
    assert store.open_attempts(leader.lease, [an_opening(episode_id, "b1", revision=1)]) == [None]
    assert leader.win(new, old) == [True, False]
    assert [a.state for a in leader.beat(episode_id, "b1").attempts] == [AttemptState.CANCELLED, AttemptState.SELECTED]


def test_the_clip_of_the_old_revision_stays_in_history(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(1)
    leader.render(episode_id, "b1")

    leader.revise(episode_id, a_beat(0, description="Mika dances."))

    between = leader.beat(episode_id, "b1")
    assert (between.artifacts, between.attempts[0].state) == ((), AttemptState.SELECTED)
    assert store.film_parts(episode_id) == []
    assert leader.settle(episode_id) is EpisodeState.EXECUTING
    leader.win(_begin(leader, episode_id, "b1", 2))
    after = leader.beat(episode_id, "b1")
    assert [a.state for a in after.attempts] == [AttemptState.SUPERSEDED, AttemptState.SELECTED]
    assert {a.version for a in after.artifacts} == {2}
    assert leader.settle(episode_id) is EpisodeState.CUTTING


def test_what_builds_on_a_revised_beat_waits_for_it_unless_it_has_its_clip(leader: Leader) -> None:
    episode_id = leader.executing(Plan(beats=(a_beat(0), *(a_beat(i, depends_on=("b1",)) for i in (1, 2, 3)))))
    leader.render(episode_id, "b1")
    leader.render(episode_id, "b2")
    rendering = leader.start_one(episode_id, "b3")
    assert leader.ready(episode_id) == ["b4"]

    leader.revise(episode_id, a_beat(0, description="Mika dances."))

    assert _states(leader, episode_id) == ["PENDING", "ACCEPTED", "RENDERING", "PENDING"]
    assert leader.ready(episode_id) == ["b1"]
    leader.lose(rendering, retry_in_s=0.0)
    assert leader.ready(episode_id) == ["b1"]
    leader.win(_begin(leader, episode_id, "b1", 2))
    assert leader.ready(episode_id) == ["b3", "b4"]
    leader.lose(leader.start_one(episode_id, "b4"))
    assert _states(leader, episode_id) == ["ACCEPTED", "ACCEPTED", "PENDING", "FAILED"]


def test_a_revised_beat_takes_nothing_down_that_can_still_start(leader: Leader) -> None:
    one_by_one = Plan(beats=(a_beat(0), a_beat(1, depends_on=("b1",)), a_beat(2, depends_on=("b2",))))
    store, failing, cancelled = leader.store, leader.executing(one_by_one), leader.executing(one_by_one)
    for episode_id in (failing, cancelled):
        leader.render(episode_id, "b1")
        leader.render(episode_id, "b2")
        leader.revise(episode_id, a_beat(0, description="Mika dances."))

    leader.lose(_begin(leader, failing, "b1", 2))
    store.cancel_beat(cancelled, "b1")

    assert _states(leader, failing) == ["FAILED", "ACCEPTED", "PENDING"]
    assert _states(leader, cancelled) == ["CANCELLED", "ACCEPTED", "PENDING"]
    assert leader.ready(failing) == leader.ready(cancelled) == ["b3"]


def test_a_revised_beat_may_depend_on_others(leader: Leader) -> None:
    episode_id = leader.executing(a_chain(3))
    leader.render(episode_id, "b1")

    leader.revise(episode_id, a_beat(2, depends_on=("b1",)))
    assert leader.ready(episode_id) == ["b2", "b3"]
    leader.revise(episode_id, a_beat(2, depends_on=("b1", "b2"), starts_from="b2"))
    assert leader.ready(episode_id) == ["b2"]
    leader.render(episode_id, "b2")
    assert leader.ready(episode_id) == ["b3"]
    leader.revise(episode_id, a_beat(1))
    assert leader.ready(episode_id) == ["b2"]
    assert leader.beat(episode_id, "b3").revision == 4  # it starts from b2


def test_revising_opens_what_a_retry_would_open(leader: Leader) -> None:
    episode_id = leader.executing(a_chain(4))
    leader.lose(leader.start_one(episode_id, "b1"))
    assert _states(leader, episode_id) == ["FAILED"] * 4

    leader.revise(episode_id, a_beat(1, depends_on=("b1",), description="Mika dances."))

    assert _states(leader, episode_id) == ["PENDING"] * 4
    assert leader.ready(episode_id) == ["b1"]


def test_progress_counts_what_is_left_after_a_revision(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(2)
    leader.render(episode_id, "b1")
    high = store.progress(episode_id).progress

    leader.revise(episode_id, a_beat(0, duration_s=3.0))

    assert store.progress(episode_id).beats == {"b1": 0.0, "b2": 0.0}
    assert store.progress(episode_id).progress == high  # it never falls
    leader.win(_begin(leader, episode_id, "b1", 2))
    assert store.progress(episode_id).progress == pytest.approx(3 / 4 * 0.98)


def test_a_revised_beat_leaves_standing_what_stands(leader: Leader) -> None:
    store, planned, paused = leader.store, leader.planned(1), leader.executing(1)
    store.pause(paused)

    assert leader.revise(planned, a_beat(0, description="Mika dances.")).state is EpisodeState.PLANNED
    assert leader.revise(paused, a_beat(0, description="Mika dances.")).state is EpisodeState.PAUSED
    assert leader.ready(paused) == []


def test_a_completed_episode_is_opened_by_a_revision_and_cut_anew(leader: Leader) -> None:
    store, episode_id = leader.store, leader.completed(2)

    view = leader.revise(episode_id, a_beat(1, description="Mika dances."))

    assert view.state is EpisodeState.EXECUTING
    assert [a.version for a in view.artifacts if a.artifact_type == "film"] == [1]
    assert leader.ready(episode_id) == ["b2"]
    leader.win(_begin(leader, episode_id, "b2", 2))
    assert leader.settle(episode_id) is EpisodeState.CUTTING
    leader.win(leader.start_one(episode_id, None))
    after = store.episode(episode_id)
    assert after.state is EpisodeState.COMPLETED
    assert [a.version for a in after.artifacts if a.artifact_type == "film"] == [2]
    assert [a.state for a in after.film_attempts] == [AttemptState.SUPERSEDED, AttemptState.SELECTED]


def test_a_film_of_the_old_revision_is_never_selected(leader: Leader) -> None:
    store, episode_id = leader.store, leader.cutting(1)
    old = leader.start_one(episode_id, None)

    assert leader.revise(episode_id, a_beat(0, description="Mika dances.")).state is EpisodeState.EXECUTING
    assert store.unwanted_attempts(leader.lease) == [old.attempt_id]
    leader.win(_begin(leader, episode_id, "b1", 2))
    assert leader.settle(episode_id) is EpisodeState.CUTTING
    assert store.unwanted_attempts(leader.lease) == [old.attempt_id]  # although films are wanted again
    new = leader.start_one(episode_id, None)

    leader.lose(old)
    assert leader.state(episode_id) is EpisodeState.CUTTING
    assert leader.win(old, new) == [False, True]
    assert leader.state(episode_id) is EpisodeState.COMPLETED


def test_what_cannot_be_revised_is_refused(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(2)
    before = store.episode(episode_id)
    for wrong in (a_beat(1, beat_id="b1"), a_beat(0, depends_on=("b2",)), a_beat(1, starts_from="b1")):
        with pytest.raises(BadInput):
            leader.revise(episode_id, wrong)
    assert store.episode(episode_id) == before
    with pytest.raises(IllegalMove):
        store.edit_plan(store.create(a_request()).episode_id, (a_beat(0),))
    leader.start_one(episode_id, "b1")
    store.cancel(episode_id)
    with pytest.raises(IllegalMove, match="CANCELLING"):
        leader.revise(episode_id, a_beat(0))


def test_a_beat_stays_in_its_scene_when_it_is_revised(leader: Leader) -> None:
    scene = Scene(scene_id="s1", place=a_place())
    plan = Plan(scenes=(scene,), beats=(a_beat(0, scene_id="s1"), a_beat(1, scene_id="s1")))
    episode_id = leader.executing(plan)

    leader.revise(episode_id, a_beat(1, scene_id="s1", description="Mika dances."))

    assert [b.beat.scene_id for b in leader.store.episode(episode_id).beats] == ["s1", "s1"]
    with pytest.raises(BadInput, match="scene 's9'"):
        leader.revise(episode_id, a_beat(1, scene_id="s9"))


# --- another plan ---


def test_a_new_plan_fences_what_the_old_one_began(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(2)
    kept, dropped = leader.start(episode_id, "b1", "b2")

    view = store.save_plan(episode_id, a_plan(1, description="Mika dances."), 9)

    assert (view.state, view.num_beats, [b.revision for b in view.beats]) == (EpisodeState.PLANNED, 1, [2])
    assert set(store.unwanted_attempts(leader.lease)) == {kept.attempt_id, dropped.attempt_id}
    assert leader.ready(episode_id) == []
    store.execute(episode_id)
    new = _begin(leader, episode_id, "b1", 2)
    leader.lose(dropped)
    assert leader.win(kept, new) == [False, True]
    assert leader.beat(episode_id, "b1").state is BeatState.ACCEPTED
    assert leader.settle(episode_id) is EpisodeState.CUTTING


def test_a_film_of_an_old_plan_is_never_selected(leader: Leader) -> None:
    store, episode_id = leader.store, leader.cutting(1)
    old = leader.start_one(episode_id, None)
    store.save_plan(episode_id, a_plan(1, description="Mika dances."), 2)
    store.execute(episode_id)
    leader.win(_begin(leader, episode_id, "b1", 2))
    assert leader.settle(episode_id) is EpisodeState.CUTTING

    new = leader.start_one(episode_id, None)

    assert store.unwanted_attempts(leader.lease) == [old.attempt_id]
    assert leader.win(old, new) == [False, True]


def test_a_new_plan_is_above_every_revision_of_the_old_one(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(1)
    leader.render(episode_id, "b1")
    for turn in range(3):
        leader.revise(episode_id, a_beat(0, description=f"Mika dances {turn}."))

    view = store.save_plan(episode_id, a_plan(1), 1)

    assert view.beats[0].revision == 5
    store.execute(episode_id)
    assert leader.win(_begin(leader, episode_id, "b1", 5)) == [True]


def test_an_episode_is_planned_anew_whenever_it_is_not_stopping(leader: Leader) -> None:
    store = leader.store
    paused, cutting, completed, cancelled = leader.executing(1), leader.cutting(1), leader.completed(1), leader.planned(1)
    store.pause(paused)
    store.cancel(cancelled)
    film = leader.start_one(cutting, None)

    for episode_id in (paused, cutting, completed, cancelled):
        assert store.save_plan(episode_id, a_plan(2), 1).state is EpisodeState.PLANNED
        store.execute(episode_id)
        assert leader.ready(episode_id) == ["b1", "b2"]
        assert store.film_parts(episode_id) == []

    assert store.unwanted_attempts(leader.lease) == [film.attempt_id]
    assert [a.artifact_type for a in store.episode(completed).artifacts if a.artifact_type == "film"] == ["film"]


def test_back_offs_of_an_old_plan_are_forgotten(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(2)
    leader.lose(leader.start_one(episode_id, "b2"), retry_in_s=30.0)

    store.save_plan(episode_id, a_plan(1), 1)
    store.execute(episode_id)

    assert store.next_ready_in_s(leader.lease) is None


# --- many at once ---


@pytest.mark.parametrize("turn", range(5))
def test_a_result_and_a_revision_agree(bench: Bench, leader: Leader, turn: int) -> None:
    episode_id = leader.executing(2)
    attempt = leader.start_one(episode_id, "b1")
    revise = partial(bench.another().edit_plan, episode_id, (a_beat(0, description=f"Mika dances {turn}."), a_beat(1)))
    calls: list[Callable[[], object]] = [partial(leader.win, attempt), revise]

    won, _ = at_once(calls)

    beat = leader.beat(episode_id, "b1")
    assert (beat.revision, beat.state, beat.artifacts) == (2, BeatState.PENDING, ())
    assert [a.state for a in beat.attempts] == [AttemptState.SELECTED if won == [True] else AttemptState.CANCELLED]
    assert leader.ready(episode_id) == ["b1", "b2"]


@pytest.mark.parametrize("turn", range(5))
def test_nothing_begins_once_the_queue_is_paused(bench: Bench, leader: Leader, turn: int) -> None:
    episode_id = leader.executing(20)
    paused = threading.Event()

    def pause() -> None:
        bench.another().pause_queue()
        paused.set()

    def begin() -> list[bool]:
        late = []
        for i in range(20):
            was_paused = paused.is_set()
            (opened,) = leader.store.open_attempts(leader.lease, [an_opening(episode_id, f"b{i + 1}")])
            late.append(was_paused and opened is not None)
        return late

    _, late = at_once([pause, begin])

    assert late == [False] * 20
