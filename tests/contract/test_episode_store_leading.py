"""The contract of EpisodeStore: what there is to do for whoever leads, and how attempts begin."""

from __future__ import annotations

from dataclasses import replace

import pytest

from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from episodes.plan import Plan
from tests.builders import TINY, a_beat
from tests.contract.benches import Bench
from tests.contract.leading import Leader, a_chain, a_result, an_opening

# --- what there is to do ---


def test_active_episodes_come_in_the_order_of_their_execution(bench: Bench) -> None:
    leader = Leader(bench.store)
    store = leader.store
    first, second, third = leader.planned(1), leader.planned(1), leader.planned(1)
    for episode_id in (second, third, first):
        store.execute(episode_id)
        bench.let_pass(0.1)
    leader.start(second, "b1")
    store.cancel(second)
    leader.render(third, "b1")
    leader.settle(third)
    leader.completed()

    active = store.active_episodes(leader.lease)

    assert [(a.episode_id, a.state) for a in active] == [
        (second, EpisodeState.CANCELLING),
        (third, EpisodeState.CUTTING),
        (first, EpisodeState.EXECUTING),
    ]
    assert {a.format for a in active} == {TINY}
    assert active[2].created_at_s == pytest.approx(store.episode(first).created_at.timestamp())


def test_ready_beats_come_in_story_order(leader: Leader) -> None:
    episode_id = leader.executing(12)

    assert leader.ready(episode_id) == [f"b{i}" for i in range(1, 13)]
    assert leader.ready(episode_id, limit=2) == ["b1", "b2"]
    assert leader.ready(episode_id, limit=2, exclude=["b1", "b3", "b99"]) == ["b2", "b4"]
    leader.start(episode_id, "b2")
    assert leader.ready(episode_id, limit=2) == ["b1", "b3"]


def test_only_an_executing_episode_has_ready_beats(leader: Leader) -> None:
    planned, cancelled = leader.planned(1), leader.executing(1)
    leader.store.cancel(cancelled)

    assert leader.ready(planned) == leader.ready(cancelled) == leader.ready(leader.cutting(1)) == []


def test_a_beat_waits_for_all_that_it_depends_on(leader: Leader) -> None:
    beats = (a_beat(0), a_beat(1), a_beat(2, depends_on=("b1", "b2", "b1"), starts_from="b2"))
    store, episode_id = leader.store, leader.executing(Plan(beats=beats))
    assert leader.ready(episode_id) == ["b1", "b2"]
    assert store.open_attempts(leader.lease, [an_opening(episode_id, "b3")]) == [None]

    leader.render(episode_id, "b1")
    assert leader.ready(episode_id) == ["b2"]
    attempt = leader.start_one(episode_id, "b2")
    leader.win(attempt)

    ready = store.ready_beats(leader.lease, episode_id, limit=9)
    assert [r.beat for r in ready] == [beats[2]]
    assert ready[0].start_frame is not None
    assert ready[0].start_frame.video_key == f"video/{attempt.attempt_id}"
    assert ready[0].start_frame.sha256 == a_result(attempt).files["video"].sha256


def test_a_ready_beat_brings_its_history(leader: Leader) -> None:
    episode_id = leader.executing(2)
    for renderer, counted in (("r1", True), ("r2", False), ("r1", True)):
        leader.lose(leader.start_one(episode_id, "b1", renderer), retry_in_s=0.0, counted=counted)

    first, second = leader.store.ready_beats(leader.lease, episode_id, limit=9)

    assert (first.num_attempts, first.num_counted, first.avoid_renderers) == (3, 2, ("r2", "r1"))
    assert (second.num_attempts, second.num_counted, second.avoid_renderers) == (0, 0, ())
    assert (first.episode_id, first.revision, first.start_frame) == (episode_id, 1, None)


def test_a_beat_that_backs_off_is_ready_when_its_time_has_come(bench: Bench) -> None:
    leader = Leader(bench.store)
    store, episode_id = leader.store, leader.executing(2)
    assert store.next_ready_in_s(leader.lease) is None

    leader.lose(leader.start_one(episode_id, "b1"), retry_in_s=30.0)
    leader.lose(leader.start_one(episode_id, "b2"), retry_in_s=50.0)

    assert leader.ready(episode_id) == []
    assert leader.beat(episode_id, "b1").reason == "the renderer died"
    due_s = store.next_ready_in_s(leader.lease)
    assert due_s is not None
    assert 25.0 < due_s <= 30.0
    bench.let_pass(31.0)
    overdue_s = store.next_ready_in_s(leader.lease)
    assert overdue_s is not None
    assert overdue_s <= 0
    assert leader.ready(episode_id) == ["b1"]
    leader.start(episode_id, "b1")
    later_s = store.next_ready_in_s(leader.lease)
    assert later_s is not None
    assert 10.0 < later_s <= 19.0


def test_a_film_that_backs_off_is_cut_when_its_time_has_come(bench: Bench) -> None:
    leader = Leader(bench.store)
    store, episode_id = leader.store, leader.cutting(1)
    leader.lose(leader.start_one(episode_id, None), retry_in_s=30.0)

    assert store.open_attempts(leader.lease, [an_opening(episode_id, None)]) == [None]
    due_s = store.next_ready_in_s(leader.lease)
    assert due_s is not None
    assert 25.0 < due_s <= 30.0

    bench.let_pass(31.0)
    again = leader.start_one(episode_id, None)
    assert (again.number, again.num_counted) == (2, 1)
    assert store.next_ready_in_s(leader.lease) is None


# --- beginning ---


def test_an_opened_attempt_is_what_was_asked_for(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(2)
    opening = an_opening(episode_id, "b2", renderer="renderer:animatic:0")

    attempt = store.open_attempts(leader.lease, [opening])[0]

    assert attempt is not None
    assert (attempt.attempt_id, attempt.episode_id, attempt.beat_id) == (opening.attempt_id, episode_id, "b2")
    assert (attempt.number, attempt.num_counted, attempt.revision, attempt.backend) == (1, 0, 1, "animatic")
    beat = leader.beat(episode_id, "b2")
    assert (beat.state, beat.reason) == (BeatState.RENDERING, "")
    shown = beat.attempts[0]
    assert (shown.attempt_id, shown.state, shown.renderer, shown.node) == (
        opening.attempt_id,
        AttemptState.OPEN,
        "renderer:animatic:0",
        "n1",
    )
    assert shown.opened_at.timestamp() == pytest.approx(attempt.opened_at_s)
    assert (shown.ended_at, shown.failure_class) == (None, None)


def test_what_cannot_begin_is_none_and_the_rest_begins(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(3)
    taken = leader.start_one(episode_id, "b1")
    cancelled = leader.executing(1)
    store.cancel(cancelled)
    twice = [an_opening(episode_id, "b2"), an_opening(episode_id, "b2")]
    refused = [
        an_opening(episode_id, "b1"),
        an_opening(episode_id, "b99"),
        an_opening("nobody", "b1"),
        an_opening("nobody", None),
        an_opening(cancelled, "b1"),
        an_opening(leader.planned(1), "b1"),
        an_opening(episode_id, None),
        an_opening(episode_id, "b3", revision=2),
    ]

    opened = store.open_attempts(leader.lease, [*twice, *refused, an_opening(episode_id, "b3")])

    assert [attempt is not None for attempt in opened] == [True, False, *[False] * len(refused), True]
    assert len(leader.beat(episode_id, "b2").attempts) == 1
    assert [a.attempt_id for a in leader.beat(episode_id, "b1").attempts] == [taken.attempt_id]
    assert store.open_attempts(leader.lease, []) == []


def test_opening_again_finds_what_is_open(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(2)
    openings = [an_opening(episode_id, "b1"), an_opening(episode_id, "b2")]
    first = store.open_attempts(leader.lease, openings)
    num_events = len(store.events(episode_id))

    assert store.open_attempts(leader.lease, openings) == first

    assert len(store.events(episode_id)) == num_events
    assert first[0] is not None
    leader.lose(first[0], retry_in_s=0.0)
    assert store.open_attempts(leader.lease, openings[:1]) == [None]  # that attempt is over; a new one has a new id


def test_the_beats_of_an_older_plan_do_not_begin(leader: Leader) -> None:
    store, episode_id = leader.store, leader.planned(1)
    store.save_plan(episode_id, a_chain(1), 1)
    store.execute(episode_id)

    assert store.open_attempts(leader.lease, [an_opening(episode_id, "b1", revision=1)]) == [None]
    assert store.open_attempts(leader.lease, [an_opening(episode_id, "b1", revision=2)]) != [None]


def test_one_film_is_cut_at_a_time(leader: Leader) -> None:
    episode_id = leader.cutting(1)

    opened = leader.store.open_attempts(leader.lease, [an_opening(episode_id, None), an_opening(episode_id, None)])

    assert [attempt is not None for attempt in opened] == [True, False]
    assert opened[0] is not None
    assert (opened[0].beat_id, opened[0].backend, opened[0].number) == (None, "", 1)
    assert leader.store.open_attempts(leader.lease, [an_opening(episode_id, None)]) == [None]


def test_unclosed_attempts_are_all_that_are_open_oldest_first(bench: Bench) -> None:
    leader = Leader(bench.store)
    first, second = leader.executing(2), leader.executing(1)
    cut = leader.cutting(1)
    opened = []
    for episode_id, beat_id in ((second, "b1"), (cut, None), (first, "b1"), (first, "b2")):
        opened.append(leader.start_one(episode_id, beat_id))
        bench.let_pass(0.1)
    leader.lose(opened[2], retry_in_s=0.0)
    leader.store.cancel(second)
    bench.let_pass(1000.0)

    adopted = Leader(bench.another(), "the next one")

    found = adopted.store.unclosed_attempts(adopted.lease)
    assert [replace(a, opened_at_s=0.0) for a in found] == [replace(opened[i], opened_at_s=0.0) for i in (0, 1, 3)]
    assert [a.opened_at_s for a in found] == sorted(a.opened_at_s for a in found)


# --- how far ---


def test_progress_of_an_attempt_is_its_beats_and_weighs_by_length(leader: Leader) -> None:
    beats = (a_beat(0, duration_s=3.0), a_beat(1, duration_s=1.0))
    store, episode_id = leader.store, leader.executing(Plan(beats=beats))
    long, short = leader.start(episode_id, "b1", "b2")
    num_events = len(store.events(episode_id))

    store.record_progress(leader.lease, {long.attempt_id: 0.5, short.attempt_id: 0.1, "nobody": 0.9})

    assert store.progress(episode_id).beats == {"b1": 0.5, "b2": 0.1}
    assert store.progress(episode_id).progress == pytest.approx((3 * 0.5 + 0.1) / 4 * 0.98)
    assert len(store.events(episode_id)) == num_events


def test_an_episode_is_updated_by_progress_that_is_new_and_by_no_other(bench: Bench) -> None:
    leader = Leader(bench.store)
    episode_id = leader.executing(1)
    attempt = leader.start_one(episode_id, "b1")
    started = bench.store.episode(episode_id).updated_at
    bench.let_pass(1)

    bench.store.record_progress(leader.lease, {attempt.attempt_id: 0.5})
    new = bench.store.episode(episode_id).updated_at
    bench.let_pass(1)
    bench.store.record_progress(leader.lease, {attempt.attempt_id: 0.5})

    assert new > started
    assert bench.store.episode(episode_id).updated_at == new


def test_progress_never_falls(bench: Bench) -> None:
    leader = Leader(bench.store)
    store, episode_id = leader.store, leader.executing(2)
    attempt = leader.start_one(episode_id, "b1")
    store.record_progress(leader.lease, {attempt.attempt_id: 0.8})
    high = store.progress(episode_id).progress

    store.record_progress(leader.lease, {attempt.attempt_id: 0.3})
    leader.lose(attempt, retry_in_s=0.0)
    again = leader.start_one(episode_id, "b1")
    store.record_progress(leader.lease, {again.attempt_id: 0.1})

    assert store.progress(episode_id).beats["b1"] == 0.8
    assert store.progress(episode_id).progress == high
    store.record_progress(leader.lease, {again.attempt_id: 0.9})
    assert store.progress(episode_id).progress == pytest.approx(0.9 / 2 * 0.98)
    leader.lose(again)
    leader.render(episode_id, "b2")
    assert store.progress(episode_id).progress == pytest.approx((0.9 + 1.0) / 2 * 0.98)


@pytest.mark.parametrize("share", [1.0, 7.0])
def test_nothing_is_done_before_it_is_stored(leader: Leader, share: float) -> None:
    store, episode_id = leader.store, leader.executing(1)
    attempt = leader.start_one(episode_id, "b1")

    store.record_progress(leader.lease, {attempt.attempt_id: share})
    assert store.progress(episode_id).beats == {"b1": 0.99}
    leader.win(attempt)
    assert store.progress(episode_id).beats == {"b1": 1.0}
    assert store.progress(episode_id).progress == pytest.approx(0.98)
    leader.settle(episode_id)
    film = leader.start_one(episode_id, None)
    store.record_progress(leader.lease, {film.attempt_id: 1.0})
    assert store.progress(episode_id).progress == pytest.approx(0.98)
    leader.win(film)
    assert store.progress(episode_id).progress == 1.0


def test_a_negative_share_is_nothing(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(1)
    attempt = leader.start_one(episode_id, "b1")

    store.record_progress(leader.lease, {attempt.attempt_id: -1.0})

    assert store.progress(episode_id).progress == 0.0


def test_attempts_that_nobody_wants_move_no_progress(bench: Bench) -> None:
    leader = Leader(bench.store)
    store, cancelled, planned_anew = leader.store, leader.executing(1), leader.executing(1)
    late, old = leader.start_one(cancelled, "b1"), leader.start_one(planned_anew, "b1")
    store.cancel(cancelled)
    bench.plan_anew(planned_anew, "b1")

    store.record_progress(leader.lease, {late.attempt_id: 0.5, old.attempt_id: 0.5})

    assert store.progress(cancelled).progress == store.progress(planned_anew).progress == 0.0
