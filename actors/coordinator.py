"""CoordinatorActor: one per cluster, pinned to the head. All thinking is in episodes/coordinator.py."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
import uuid
from collections.abc import Callable
from random import Random

import ray

from actors.crash import arm_crash_points
from actors.fleet import RayFleet
from actors.heap import Heap
from actors.logs import log_as_json
from actors.loop import Threads, WallClock, patiently, run_or_die
from actors.meter import RayMeter
from actors.names import COORDINATOR, HEAD_RESOURCE, NAMESPACE, Handle
from actors.parts import open_artifacts, open_stores
from actors.plan import FleetPlan
from actors.status import CoordinatorStatus
from episodes.coordinator import Coordinator
from episodes.parts import Parts
from episodes.ports import Fleet
from episodes.takeover import end_lease_of_the_dead
from settings import load_settings

SWITCH_S = 0.0005
"""The loop, the store's threads and Ray's callbacks hand work to each other all the time, each for less than Python's default of 5 ms."""


class CoordinatorShell:
    """Runs a Coordinator on an event loop of its own, so that the actor's calls never wait for it.

    The constructor touches no database: an actor whose constructor fails is dead for good.
    """

    def __init__(self, plan: FleetPlan) -> None:
        log_as_json(COORDINATOR)
        arm_crash_points()
        sys.setswitchinterval(SWITCH_S)
        Heap().keep_small()
        self._plan = plan
        self._line = f"{COORDINATOR}:{ray.get_runtime_context().get_actor_id()}"
        """All of the actor's processes; Ray starts one when the one before is dead."""
        self._holder = f"{self._line}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._loop = asyncio.new_event_loop()
        self._coordinator: Coordinator | None = None
        self._thread = threading.Thread(target=self._run, name="coordinator", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        self._tell(Coordinator.wake)

    def status(self) -> CoordinatorStatus:
        return CoordinatorStatus(version=self._plan.fingerprint, pid=os.getpid(), holder=self._holder)

    def retire(self, patience_s: float) -> None:
        """Give the lease back; renders go on, and the next coordinator adopts them."""
        self._tell(Coordinator.stop)
        self._thread.join(timeout=patience_s)

    def _tell(self, message: Callable[[Coordinator], None]) -> None:
        def deliver() -> None:
            if self._coordinator is not None:
                message(self._coordinator)

        self._loop.call_soon_threadsafe(deliver)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        run_or_die(lambda: self._loop.run_until_complete(self._lead()))

    async def _lead(self) -> None:
        self._coordinator = await patiently(self._open, Threads(), WallClock())
        await self._coordinator.run()

    def _open(self) -> Coordinator:
        settings = load_settings()
        store, _ = open_stores(settings)
        end_lease_of_the_dead(store, self._line)
        parts = Parts(
            store=store,
            fleet=self._open_fleet(self._plan),
            artifacts=open_artifacts(settings),
            clock=WallClock(),
            meter=RayMeter(),
            random=Random(),
            in_thread=Threads(),
        )
        return Coordinator(parts, self._holder)

    def _open_fleet(self, plan: FleetPlan) -> Fleet:
        return RayFleet(plan)


CoordinatorActor = ray.remote(max_concurrency=4)(CoordinatorShell)


def start_coordinator(plan: FleetPlan, actor: Handle = CoordinatorActor) -> Handle:
    """The coordinator by its name, made if it is not there. Ray restarts it when it dies; `CoordinatorDoor` when it hangs."""
    return actor.options(
        name=COORDINATOR,
        namespace=NAMESPACE,
        lifetime="detached",
        get_if_exists=True,
        num_cpus=0.1,
        resources={HEAD_RESOURCE: 0.001},
        max_restarts=-1,
        max_task_retries=0,
    ).remote(plan)


def wait_until_gone(handle: Handle, patience_s: float) -> None:
    """Kill an actor and wait until its name is free."""
    ray.kill(handle, no_restart=True)
    deadline_s = time.monotonic() + patience_s
    while time.monotonic() < deadline_s:
        try:
            ray.get_actor(COORDINATOR, namespace=NAMESPACE)
        except ValueError:
            return
        time.sleep(0.05)
