"""The contract of EpisodeStore: why a beat waits, and ids that the caller brings."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from episodes.episode_store import EpisodeStore
from episodes.errors import BadInput, Conflict, LeaseLost
from episodes.model import FleetSnapshot, Lease, RendererNote
from tests.builders import a_request
from tests.contract.at_once import at_once
from tests.contract.benches import Bench
from tests.contract.leading import Leader, a_chain

# --- why a beat waits ---


def test_a_beat_tells_how_long_it_backs_off(bench: Bench, leader: Leader) -> None:
    episode_id = leader.executing(1)
    assert leader.beat(episode_id, "b1").not_before is None

    leader.lose(leader.start_one(episode_id, "b1"), retry_in_s=30.0)

    ended = leader.beat(episode_id, "b1").attempts[0].ended_at
    waits_until = leader.beat(episode_id, "b1").not_before
    assert ended is not None
    assert waits_until is not None
    assert abs(waits_until - ended - timedelta(seconds=30)) < timedelta(seconds=1)
    bench.let_pass(31.0)
    assert leader.beat(episode_id, "b1").not_before is None


def test_a_beat_that_ended_backs_off_no_more(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(2)
    for beat_id in ("b1", "b2"):
        leader.lose(leader.start_one(episode_id, beat_id), retry_in_s=30.0)

    store.cancel_beat(episode_id, "b1")
    store.give_up(leader.lease, episode_id, "b2", "nobody can")

    assert [b.not_before for b in store.episode(episode_id).beats] == [None, None]


def test_a_beat_names_the_beats_that_it_waits_for(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(a_chain(3))
    assert [b.unmet for b in store.episode(episode_id).beats] == [(), ("b1",), ("b2",)]

    leader.render(episode_id, "b1")
    leader.start_one(episode_id, "b2")

    assert [b.unmet for b in store.episode(episode_id).beats] == [(), (), ("b2",)]
    store.cancel(episode_id)
    assert [b.unmet for b in store.episode(episode_id).beats] == [(), (), ()]


def test_the_fleet_is_shown_as_it_was_last_recorded(bench: Bench, leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(1)
    assert store.fleet() is None
    assert store.episode(episode_id).fleet is None
    blocked = RendererNote(name="renderer:veo:0", backend="veo", state="idle", blocked_reason="It crashed 3 times.")
    busy = RendererNote(name="renderer:svd:0", backend="svd", state="busy", node="n1", attempt_id="a1")
    first = FleetSnapshot(at=datetime(2030, 1, 1, 12, 0, 0, 250_000, tzinfo=UTC), renderers=(blocked, busy))
    second = FleetSnapshot(at=datetime(2030, 1, 2, tzinfo=UTC))

    for snapshot in (first, second, first):
        store.record_fleet(leader.lease, snapshot)
        assert bench.another().fleet() == snapshot
        assert store.episode(episode_id).fleet == snapshot


def test_only_the_leader_records_the_fleet(leader: Leader) -> None:
    with pytest.raises(LeaseLost):
        leader.store.record_fleet(Lease(holder="nobody", fence=9), FleetSnapshot(at=datetime(2030, 1, 1, tzinfo=UTC)))
    assert leader.store.fleet() is None


# --- ids that the caller brings ---


def test_creating_under_the_same_id_again_finds_the_first(leader: Leader) -> None:
    store, episode_id = leader.store, str(uuid.uuid4())

    made = store.create(a_request(), episode_id)
    again = store.create(a_request(), episode_id)

    assert made == again == store.episode(episode_id)
    assert made.episode_id == episode_id
    assert [e.event_type for e in store.events(episode_id)] == ["episode.created"]
    store.save_plan(episode_id, a_chain(2), 1)
    store.execute(episode_id)
    assert store.create(a_request(), episode_id) == store.episode(episode_id)


def test_another_request_under_the_same_id_is_a_conflict(store: EpisodeStore) -> None:
    episode_id = str(uuid.uuid4())
    made = store.create(a_request(), episode_id)

    with pytest.raises(Conflict, match=episode_id):
        store.create(a_request(intent="Mika sleeps"), episode_id)

    assert store.episode(episode_id) == made


def test_of_many_that_create_under_one_id_one_does(bench: Bench) -> None:
    episode_id, stores = str(uuid.uuid4()), [bench.store, bench.another()]

    made = at_once([partial(stores[i % 2].create, a_request(), episode_id) for i in range(8)])

    assert made == [bench.store.episode(episode_id)] * 8
    assert [e.number for e in bench.store.events(episode_id)] == [1]


def test_episodes_with_such_ids_stand_in_pages(store: EpisodeStore) -> None:
    ids = sorted((store.create(a_request(), str(uuid.uuid4())).episode_id for _ in range(3)), reverse=True)

    first = store.episodes(limit=2)
    second = store.episodes(limit=2, cursor=first.next_cursor)

    assert [e.episode_id for e in (*first.episodes, *second.episodes)] == ids


@pytest.mark.parametrize("wrong", ["", "e1", "0190A5B6-0000-7000-8000-00000000000F", "0190a5b6000070008000000000000000"])
def test_an_id_that_no_cursor_could_hold_is_bad_input(store: EpisodeStore, wrong: str) -> None:
    with pytest.raises(BadInput):
        store.create(a_request(), wrong)
