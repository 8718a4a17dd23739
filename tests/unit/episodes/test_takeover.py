from __future__ import annotations

import pytest

from episodes.errors import LeaseLost
from episodes.takeover import end_lease_of_the_dead
from storage.memory import MemoryEpisodeStore
from tests.fakes import FakeClock

LINE = "coordinator:a1"


def a_store() -> MemoryEpisodeStore:
    return MemoryEpisodeStore(now_s=FakeClock().now_s)


def test_who_is_restarted_need_not_wait_for_the_lease_of_the_one_before() -> None:
    store = a_store()
    dead = store.acquire_lease(f"{LINE}:first", 10.0)
    end_lease_of_the_dead(store, LINE)
    lease = store.acquire_lease(f"{LINE}:second", 10.0)

    assert dead is not None
    assert lease is not None
    assert lease.fence > dead.fence


def test_the_dead_write_nothing_should_they_live_all_the_same() -> None:
    store = a_store()
    dead = store.acquire_lease(f"{LINE}:first", 10.0)
    end_lease_of_the_dead(store, LINE)

    assert dead is not None
    with pytest.raises(LeaseLost):
        store.renew_lease(dead, 10.0)
    with pytest.raises(LeaseLost):
        store.active_episodes(dead)


@pytest.mark.parametrize("holder", ["coordinator:a11:first", "coordinator:b2:first"])
def test_nobody_elses_lease_is_ended(holder: str) -> None:
    store = a_store()
    lease = store.acquire_lease(holder, 10.0)
    end_lease_of_the_dead(store, LINE)

    assert lease is not None
    store.renew_lease(lease, 10.0)
    assert store.acquire_lease(f"{LINE}:second", 10.0) is None


def test_where_nobody_led_there_is_nothing_to_end() -> None:
    store = a_store()
    end_lease_of_the_dead(store, LINE)

    assert store.lease_holder() is None
