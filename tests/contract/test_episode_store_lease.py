"""The contract of EpisodeStore: the lease."""

from __future__ import annotations

import pytest

from episodes.episode_store import EpisodeStore
from episodes.errors import LeaseLost
from episodes.model import Acceptance, Lease
from tests.contract.benches import Bench
from tests.contract.leading import Leader, a_result, an_opening


def test_nobody_held_a_fresh_lease(store: EpisodeStore) -> None:
    assert store.lease_holder() is None


def test_one_leads_at_a_time(bench: Bench) -> None:
    first = bench.store.acquire_lease("a", 10.0)

    assert first == Lease(holder="a", fence=1)
    assert bench.another().acquire_lease("b", 10.0) is None
    held = bench.another().lease_holder()
    assert held is not None
    assert held[0] == "a"
    assert 5.0 < held[1] <= 10.0


def test_a_stale_lease_is_taken_over_with_a_higher_fence(bench: Bench) -> None:
    store = bench.store
    first = store.acquire_lease("a", 10.0)
    bench.let_pass(10.1)
    held = store.lease_holder()
    assert held is not None
    assert held[1] < 0

    second = bench.another().acquire_lease("b", 10.0)

    assert first is not None
    assert second == Lease(holder="b", fence=first.fence + 1)


def test_the_holder_itself_may_begin_again(store: EpisodeStore) -> None:
    first = store.acquire_lease("a", 10.0)

    second = store.acquire_lease("a", 10.0)

    assert first is not None
    assert second == Lease(holder="a", fence=first.fence + 1)
    with pytest.raises(LeaseLost):
        store.renew_lease(first, 10.0)


def test_a_renewed_lease_lasts(bench: Bench) -> None:
    store = bench.store
    lease = store.acquire_lease("a", 10.0)
    assert lease is not None
    bench.let_pass(8.0)

    store.renew_lease(lease, 10.0)

    bench.let_pass(8.0)
    assert store.acquire_lease("b", 10.0) is None


def test_a_released_lease_is_free_at_once(store: EpisodeStore) -> None:
    lease = store.acquire_lease("a", 10.0)
    assert lease is not None

    store.release_lease(lease)

    held = store.lease_holder()
    assert held is not None
    assert held[1] <= 0
    taken = store.acquire_lease("b", 10.0)
    assert taken is not None
    store.release_lease(lease)  # of no effect on the one who took over
    store.renew_lease(taken, 10.0)
    assert store.acquire_lease("c", 10.0) is None


def test_who_is_late_but_not_replaced_still_leads(bench: Bench) -> None:
    leader = Leader(bench.store)
    episode_id = leader.executing(1)
    bench.let_pass(1000.0)

    leader.render(episode_id, "b1")
    bench.store.renew_lease(leader.lease, 10.0)

    assert bench.store.acquire_lease("b", 10.0) is None


def test_the_old_leader_can_change_nothing(bench: Bench) -> None:
    old = Leader(bench.store, "old")
    episode_id = old.executing(2)
    attempt = old.start_one(episode_id, "b1")
    bench.let_pass(1000.0)
    new = Leader(bench.another(), "new")
    store, lease, before = bench.store, old.lease, new.store.episode(episode_id)
    acceptance = Acceptance(attempt_id=attempt.attempt_id, result=a_result(attempt))

    for call in (
        lambda: store.renew_lease(lease, 10.0),
        lambda: store.active_episodes(lease),
        lambda: store.ready_beats(lease, episode_id, limit=9),
        lambda: store.next_ready_in_s(lease),
        lambda: store.open_attempts(lease, [an_opening(episode_id, "b2")]),
        lambda: store.unclosed_attempts(lease),
        lambda: store.record_progress(lease, {attempt.attempt_id: 0.5}),
        lambda: store.accept(lease, [acceptance]),
        lambda: old.lose(attempt),
        lambda: store.give_up(lease, episode_id, "b2", "nobody can"),
        lambda: store.close_cancelled(lease, [attempt.attempt_id]),
        lambda: store.settle(lease, episode_id),
    ):
        with pytest.raises(LeaseLost):
            call()

    assert new.store.episode(episode_id) == before
    assert new.win(attempt) == [True]


def test_a_made_up_lease_leads_nobody(leader: Leader) -> None:
    for lease in (Lease(holder="leader", fence=99), Lease(holder="other", fence=leader.lease.fence)):
        with pytest.raises(LeaseLost):
            leader.store.active_episodes(lease)
