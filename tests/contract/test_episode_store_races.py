"""The contract of EpisodeStore: many at once, from many threads and several stores on one database."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count

import pytest

from episodes.episode_store import EpisodeStore, StoredAnswer
from episodes.errors import LeaseLost
from episodes.lifecycle import BeatState, EpisodeState
from episodes.model import Acceptance, Lease, OpenAttempt
from tests.builders import a_plan
from tests.contract.at_once import at_once
from tests.contract.benches import Bench
from tests.contract.leading import Leader, a_result, an_opening


def test_of_many_openings_of_a_beat_one_wins(bench: Bench, leader: Leader) -> None:
    episode_id = leader.executing(3)
    stores = [bench.store, bench.another()]
    openings = [[an_opening(episode_id, f"b{b}") for b in (1, 2, 3)] for _ in range(20)]

    outcomes = at_once([partial(stores[i % 2].open_attempts, leader.lease, batch) for i, batch in enumerate(openings)])

    opened = [attempt for outcome in outcomes if isinstance(outcome, list) for attempt in outcome if attempt is not None]
    assert [type(o) for o in outcomes] == [list] * 20
    assert sorted(str(a.beat_id) for a in opened) == ["b1", "b2", "b3"]
    assert {a.attempt_id for a in leader.store.unclosed_attempts(leader.lease)} == {a.attempt_id for a in opened}


def test_of_many_executions_one_is_told(bench: Bench, leader: Leader) -> None:
    episode_id = leader.planned(2)
    stores = [bench.store, bench.another()]

    outcomes = at_once([partial(stores[i % 2].execute, episode_id) for i in range(200)])

    assert outcomes == [EpisodeState.EXECUTING] * 200
    assert [kind for kind, _ in leader.told(episode_id)].count("episode.executing") == 1


def test_of_many_that_want_a_stale_lease_one_gets_it(bench: Bench, leader: Leader) -> None:
    bench.let_pass(1000.0)
    stores = [bench.store, bench.another()]

    outcomes = at_once([partial(stores[i % 2].acquire_lease, f"candidate {i}", 10.0) for i in range(20)])

    won = [lease for lease in outcomes if isinstance(lease, Lease)]
    assert [lease.fence for lease in won] == [leader.lease.fence + 1]
    assert outcomes.count(None) == 19


def test_nothing_of_the_old_leader_gets_in_after_a_takeover(bench: Bench, leader: Leader) -> None:
    store, episode_id = bench.store, leader.executing(300)
    bench.let_pass(1000.0)

    def lead_on() -> int:
        num_opened = 0
        for number in count(1):
            try:
                num_opened += store.open_attempts(leader.lease, [an_opening(episode_id, f"b{number}")]) != [None]
            except LeaseLost:
                break
        return num_opened

    def take_over() -> list[OpenAttempt]:
        while (lease := other.acquire_lease("next", 60.0)) is None:
            continue
        return other.unclosed_attempts(lease)

    other = bench.another()
    num_opened, seen = at_once([lead_on, take_over])

    now = other.lease_holder()
    assert now is not None
    final = other.unclosed_attempts(Lease(holder=now[0], fence=leader.lease.fence + 1))
    assert final == seen
    assert num_opened == len(final)


def test_an_attempt_that_is_accepted_by_many_is_selected_once(bench: Bench, leader: Leader) -> None:
    episode_id = leader.executing(1)
    attempt = leader.start_one(episode_id, "b1")
    stores = [bench.store, bench.another()]
    acceptance = Acceptance(attempt_id=attempt.attempt_id, result=a_result(attempt))

    outcomes = at_once([partial(stores[i % 2].accept, leader.lease, [acceptance]) for i in range(20)])

    assert sorted(str(o) for o in outcomes) == ["[False]"] * 19 + ["[True]"]
    assert len(leader.beat(episode_id, "b1").artifacts) == 2


@pytest.mark.parametrize("turn", range(5))
def test_a_result_and_a_cancellation_agree(bench: Bench, leader: Leader, turn: int) -> None:
    episode_id = leader.executing(8)
    attempts = leader.start(episode_id, *(f"b{i}" for i in range(1, 9)))
    calls: list[Callable[[], object]] = [partial(leader.win, attempt) for attempt in attempts]
    calls.append(partial(bench.another().cancel, episode_id))

    *accepted, cancelled = at_once(calls)

    beats = leader.store.episode(episode_id).beats
    assert cancelled in (EpisodeState.CANCELLING, EpisodeState.CANCELLED)
    assert {b.state for b in beats} <= {BeatState.ACCEPTED, BeatState.CANCELLED}
    assert [b.state is BeatState.ACCEPTED for b in beats] == [a == [True] for a in accepted]
    assert [bool(b.artifacts) for b in beats] == [a == [True] for a in accepted]
    assert leader.settle(episode_id) is EpisodeState.CANCELLED


def test_events_have_no_holes_under_many_writers(bench: Bench, leader: Leader) -> None:
    store, episode_id = bench.store, leader.executing(24)
    attempts = leader.start(episode_id, *(f"b{i}" for i in range(1, 25)))
    finished: list[OpenAttempt] = []
    seen: list[list[int]] = []

    def win(attempt: OpenAttempt) -> None:
        try:
            leader.win(attempt)
        finally:
            finished.append(attempt)

    def follow(reader: EpisodeStore) -> None:
        while len(finished) < len(attempts):
            seen.append([e.number for e in reader.events(episode_id)])

    at_once([*(partial(win, attempt) for attempt in attempts), partial(follow, bench.another())])

    assert seen
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in seen)
    events = store.events(episode_id)
    assert sum(e.event_type == "beat.accepted" for e in events) == 24
    assert [e.at for e in events] == sorted(e.at for e in events)


def test_a_beat_with_many_dependencies_is_freed_by_the_last(bench: Bench, leader: Leader) -> None:
    plan = a_plan(9)
    last = plan.beats[-1].model_copy(update={"depends_on": tuple(f"b{i}" for i in range(1, 9))})
    episode_id = leader.executing(plan.model_copy(update={"beats": (*plan.beats[:-1], last)}))
    attempts = leader.start(episode_id, *(f"b{i}" for i in range(1, 9)))

    at_once([partial(leader.win, attempt) for attempt in attempts])

    assert leader.ready(episode_id) == ["b9"]


def test_plans_that_arrive_together_do_not_mix(bench: Bench, leader: Leader) -> None:
    episode_id = leader.planned(1)
    stores = [bench.store, bench.another()]

    at_once([partial(stores[i % 2].save_plan, episode_id, a_plan(i + 1), i) for i in range(10)])

    view = leader.store.episode(episode_id)
    assert {b.revision for b in view.beats} == {11}
    assert view.num_beats == len(view.beats) == (view.world_revision or 0) + 1


def test_progress_that_arrives_together_adds_up(bench: Bench, leader: Leader) -> None:
    episode_id = leader.executing(10)
    attempts = leader.start(episode_id, *(f"b{i}" for i in range(1, 11)))

    at_once([partial(leader.store.record_progress, leader.lease, {a.attempt_id: 0.5}) for a in attempts])

    assert leader.store.progress(episode_id).progress == pytest.approx(0.5 * 0.98)


def test_of_many_retries_one_opens_the_beat(bench: Bench, leader: Leader) -> None:
    episode_id = leader.executing(1)
    leader.lose(leader.start_one(episode_id, "b1"))
    leader.settle(episode_id)
    stores = [bench.store, bench.another()]

    outcomes = at_once([partial(stores[i % 2].retry_beat, episode_id, "b1") for i in range(10)])

    assert outcomes == [EpisodeState.EXECUTING] * 10
    told = [kind for kind, _ in leader.told(episode_id)]
    assert (told.count("beat.retried"), told.count("episode.executing")) == (1, 2)


def test_of_many_answers_one_is_kept(bench: Bench) -> None:
    stores = [bench.store, bench.another()]
    answers = [StoredAnswer(body_sha256=f"{i:064x}", status=200, body=bytes([i])) for i in range(20)]

    kept = at_once([partial(stores[i % 2].remember_answer, "key", answers[i]) for i in range(20)])

    assert len({a.body for a in kept if isinstance(a, StoredAnswer)}) == 1
    assert kept[0] == stores[0].answer("key")
