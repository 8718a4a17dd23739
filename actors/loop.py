"""Time and threads of a real process, as the coordinator wants them."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from episodes.errors import Unavailable
from episodes.parts import InThread
from episodes.ports import Clock

log = logging.getLogger("storyworld.coordinator")

T = TypeVar("T")

RETRY_S = 0.5
BREATH_S = 2.0
"""Ray restarts an actor at once; what is broken for good must not keep a core busy."""


class WallClock:
    """Implements Clock."""

    def now_s(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Threads:
    """Implements InThread. Four threads, so that the lease is renewed while a large batch is written."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="store")

    async def __call__(self, work: Callable[[], T], /) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)


def run_or_die(
    work: Callable[[], None], die: Callable[[int], object] = os._exit, breathe: Callable[[float], None] = time.sleep
) -> None:
    """Run a thread that its process is there for. Where it breaks, the process ends, so that Ray starts it anew: a process that only looks
    alive would be found out half a minute later, or never."""
    try:
        work()
    except BaseException:
        log.exception("coordinator.broken")
        breathe(BREATH_S)
        die(1)


async def patiently(work: Callable[[], T], in_thread: InThread, clock: Clock) -> T:
    """What `work` returns, once the store that it needs answers."""
    while True:
        try:
            return await in_thread(work)
        except Unavailable as error:
            log.warning("store.unavailable", extra={"reason": str(error)})
            await clock.sleep(RETRY_S)
