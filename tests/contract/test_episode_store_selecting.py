"""The contract of EpisodeStore: one of a beat's takes is selected, and what follows from that."""

from __future__ import annotations

from functools import partial

import pytest

from episodes.editing import PlanDifference, without_beat
from episodes.errors import Conflict, NotFound
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from tests.builders import a_beat
from tests.contract.at_once import at_once
from tests.contract.benches import Bench
from tests.contract.leading import a_chain
from tests.contract.taking import TakeLeader, revise

PENDING, ACCEPTED, CANCELLED = BeatState.PENDING, BeatState.ACCEPTED, BeatState.CANCELLED


@pytest.fixture
def leader(bench: Bench) -> TakeLeader:
    return TakeLeader(bench.store)


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
