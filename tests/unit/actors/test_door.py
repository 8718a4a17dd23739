from __future__ import annotations

import threading

from ray.exceptions import GetTimeoutError

from actors.door import RayDoor
from actors.names import Handle
from actors.plan import FleetPlan, PublisherPlan
from storage.memory import MemoryEpisodeStore
from tests.fakes import FakeClock

PLAN = FleetPlan(
    kinds=(),
    publisher=PublisherPlan(version="v1", num_slots=1, spool_max_bytes=1),
    is_for_one_node=True,
    version="v1",
)


def test_the_api_opens_though_the_coordinator_cannot_be_reached() -> None:
    asked = threading.Event()

    def start(plan: FleetPlan) -> Handle:
        asked.set()
        raise GetTimeoutError("Get timed out: some object(s) not ready.")

    door = RayDoor(PLAN, MemoryEpisodeStore(now_s=FakeClock().now_s), start)
    door.open()
    door.wake()

    assert asked.wait(10)
    door.close()
