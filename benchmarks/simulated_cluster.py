"""The real coordinator on a simulated fleet, in virtual time."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from random import Random

from benchmarks.billed_store import BilledStore, Cost, PaidInThread
from benchmarks.fleet_record import Record
from benchmarks.fleet_workload import Wish, Workload
from benchmarks.simulated_fleet import SimulatedFleet
from benchmarks.virtual_time import VirtualClock, run_virtually
from episodes.coordinator import Coordinator
from episodes.parts import Parts
from episodes.plan import EpisodeRequest
from storage.artifacts.memory import MemoryArtifacts


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """What became of a workload, and what leading cost."""

    record: Record
    num_lost_renderers: int
    cpu_s: float
    """Of the coordinator's own Python: without the store's, the fleet's and the users'."""
    store_s: float
    """For which a database would have worked."""
    num_store_calls: int
    num_dispatches: int


class Thinking:
    """Implements Meter. Told of every dispatch and of every attempt's end, it lets the time pass that these take the coordinator."""

    def __init__(self, store: BilledStore, cost: Cost, num_renderers: int) -> None:
        self._store = store
        self._dispatch_s = cost.glance_s * num_renderers
        self._beat_s = cost.beat_s
        self.num_dispatches = 0

    def attempt_ended(self, backend: str, outcome: str) -> None:
        self._store.think(self._beat_s)

    def queue(self, *, num_rendering: int, num_ready: int, num_episodes: int) -> None:
        self._store.think(self._dispatch_s)
        self.num_dispatches += 1

    def waited(self, backend: str, seconds: float) -> None: ...

    def worked(self, backend: str, *, render_s: float, publish_s: float) -> None: ...

    def first_beat(self, backend: str, *, ready_s: float, render_s: float) -> None: ...


def run_cluster(workload: Workload, cost: Cost) -> Run:
    return run_virtually(_lead(workload, cost))


async def _lead(workload: Workload, cost: Cost) -> Run:
    clock, record = VirtualClock(), Record(workload=workload)
    store = BilledStore(cost, clock.now_s)
    users = _Users(store, workload)
    fleet = SimulatedFleet(workload, record, users.of.__getitem__)
    in_thread = PaidInThread(store)
    meter = Thinking(store, cost, workload.num_renderers)
    parts = Parts(
        store=store,
        fleet=fleet,
        artifacts=MemoryArtifacts(),
        clock=clock,
        meter=meter,
        random=Random(workload.seed),
        in_thread=in_thread,
    )
    coordinator = Coordinator(parts, "simulated")
    began_s, cpu_began_s = time.perf_counter(), time.process_time()
    leading = asyncio.create_task(coordinator.run())
    others = [asyncio.create_task(work) for work in (users.ask(coordinator), fleet.lose_renderers(), fleet.lose_nodes())]
    await asyncio.sleep(workload.span_s)
    cpu_s, took_s = time.process_time() - cpu_began_s, time.perf_counter() - began_s
    # asking for the process's own time costs a call of the system each time, so it is shared out as real time was
    own_share = 1.0 - (users.took_s + fleet.took_s + in_thread.took_s) / took_s
    fleet.close()
    coordinator.stop()
    await leading
    for other in others:
        other.cancel()
    for ended in await asyncio.gather(*others, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended
    return Run(
        record=record,
        num_lost_renderers=fleet.num_lost_renderers,
        cpu_s=cpu_s * own_share,
        store_s=store.billed_s,
        num_store_calls=store.num_calls,
        num_dispatches=meter.num_dispatches,
    )


class _Users:
    """Everybody who asks for episodes, through the store, as the API does."""

    def __init__(self, store: BilledStore, workload: Workload) -> None:
        self._store = store
        self._workload = workload
        self.of: dict[str, str] = {}
        """Episode → user."""
        self.took_s = 0.0

    async def ask(self, coordinator: Coordinator) -> None:
        for wish in self._workload.wishes:
            await asyncio.sleep(max(0.0, wish.at_s - asyncio.get_running_loop().time()))
            began_s = time.perf_counter()
            self._execute(wish)
            self.took_s += time.perf_counter() - began_s
            coordinator.wake()

    def _execute(self, wish: Wish) -> None:
        episode_id = self._store.create(EpisodeRequest(world_id="empty", intent="Somebody waits.")).episode_id
        self.of[episode_id] = wish.user
        self._store.save_plan(episode_id, wish.plan(), 0)
        self._store.execute(episode_id)
