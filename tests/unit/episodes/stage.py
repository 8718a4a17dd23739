"""The stage that coordinators are tested on: a store and a fleet in memory, and a clock that is moved by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from episodes.audit import audit
from episodes.coordinator import Coordinator
from episodes.fleet import Kind
from episodes.lifecycle import BeatState
from episodes.model import EpisodeView
from episodes.parts import Pace, Parts
from episodes.plan import Plan
from storage.artifacts.memory import MemoryArtifacts
from storage.memory import MemoryEpisodeStore
from tests.builders import a_kind, a_request
from tests.fakes import FakeClock, FakeFleet, NullMeter, settle

T = TypeVar("T")
PACE = Pace()


async def inline(work: Callable[[], T], /) -> T:
    return work()


@dataclass
class Stage:
    """A store, a fleet without Ray, and the coordinators that a test raises on them."""

    num_renderers: int = 1
    clock: FakeClock = field(default_factory=FakeClock)
    artifacts: MemoryArtifacts = field(default_factory=MemoryArtifacts)
    meter: NullMeter = field(default_factory=NullMeter)
    pace: Pace = PACE
    kinds: tuple[Kind, ...] = ()
    """Empty: the usual one, whose renderers are always there."""

    def __post_init__(self) -> None:
        self.store = MemoryEpisodeStore(now_s=self.clock.now_s)
        self.fleet = FakeFleet(self.artifacts, *(self.kinds or (a_kind(num_renderers=self.num_renderers),)))
        self._coordinators: list[Coordinator] = []

    @asynccontextmanager
    async def coordinator(self, holder: str = "one") -> AsyncIterator[Coordinator]:
        parts = Parts(
            store=self.store,
            fleet=self.fleet,
            artifacts=self.artifacts,
            clock=self.clock,
            meter=self.meter,
            random=Random(1),
            in_thread=inline,
        )
        coordinator = Coordinator(parts, holder, self.pace)
        task = asyncio.create_task(coordinator.run())
        await settle()
        self._coordinators.append(coordinator)
        try:
            yield coordinator
        finally:
            self._coordinators.remove(coordinator)
            if task.done():
                task.result()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        assert audit(self.store, self.artifacts).violations == ()

    def submit(self, plan: Plan, *fallbacks: str) -> str:
        episode_id = self.store.create(a_request(fallbacks=fallbacks)).episode_id
        self.store.save_plan(episode_id, plan, world_revision=1)
        self.store.execute(episode_id)
        return episode_id

    async def begin(self, plan: Plan, *fallbacks: str) -> str:
        """Submit it, and let the coordinator get as far with it as it can now."""
        episode_id = self.submit(plan, *fallbacks)
        await self.wake()
        return episode_id

    async def wake(self) -> None:
        """There is something to do; returns when all has been done that can be done now."""
        for coordinator in self._coordinators:
            coordinator.wake()
        await settle()

    def look(self, episode_id: str) -> EpisodeView:
        return self.store.episode(episode_id)

    def beat_states(self, episode_id: str) -> list[BeatState]:
        return [b.state for b in self.look(episode_id).beats]

    async def finish_all(self) -> None:
        """Renderers finish whatever they get, until nothing more comes."""
        for _ in range(100):
            if not self.fleet.rendering:
                return
            self.fleet.finish()
            await settle()
