"""Intent → film: holds the lease, and leads while it holds. All I/O goes through ports."""

from __future__ import annotations

import asyncio
import logging

from episodes.errors import LeaseLost, Unavailable
from episodes.notebook import Notebook
from episodes.parts import Pace, Parts
from episodes.patience import Patience
from episodes.term import Term
from episodes.watch import Watch

log = logging.getLogger("storyworld.coordinator")


class Coordinator:
    """Leads the fleet while it holds the lease; waits for the lease otherwise. `holder` names this very process."""

    def __init__(self, parts: Parts, holder: str, pace: Pace | None = None) -> None:
        self._parts = parts
        self._holder = holder
        self._pace = pace or Pace()
        limits = self._pace
        self._notebook = Notebook(
            watch=Watch(silence_s=limits.silence_s, stall_s=limits.stall_s, start_s=limits.start_s),
            patience=Patience(failing_s=limits.failing_s, starting_s=limits.start_s),
        )
        self._term: Term | None = None
        self._stopping = asyncio.Event()

    def wake(self) -> None:
        """Something changed in the store. Call it on the coordinator's own event loop."""
        if self._term is not None:
            self._term.wake()

    def stop(self) -> None:
        """Give the lease back and return from `run`; renders go on and are adopted by the next one."""
        self._stopping.set()

    async def run(self) -> None:
        """Lead until stopped. Outlives lost leases and databases that do not answer."""
        while not self._stopping.is_set():
            try:
                await self._lead_once()
            except* LeaseLost:
                log.warning("lease.lost", extra={"holder": self._holder})
            except* Unavailable as group:
                log.warning("store.unavailable", extra={"holder": self._holder, "reason": str(group.exceptions[0])})
                await self._parts.clock.sleep(self._pace.retry_store_s)

    async def _lead_once(self) -> None:
        lease = await self._parts.in_thread(lambda: self._parts.store.acquire_lease(self._holder, self._pace.lease_ttl_s))
        if lease is None:
            await self._parts.clock.sleep(self._pace.retry_lease_s)
            return
        log.info("lease.acquired", extra={"holder": self._holder, "fence": lease.fence})
        self._term = Term(parts=self._parts, lease=lease, pace=self._pace, notebook=self._notebook)
        leading = asyncio.create_task(self._term.lead())
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({leading, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not leading.done():
                leading.cancel()
                await asyncio.gather(leading, return_exceptions=True)
                await self._parts.in_thread(lambda: self._parts.store.release_lease(lease))
                return
            await leading
        finally:
            leading.cancel()
            stopping.cancel()
            self._term = None
