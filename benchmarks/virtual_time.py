"""An event loop whose time passes only when nobody has anything to do: an hour of waiting costs what its work costs."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class VirtualClock:
    """Implements Clock on the running loop's time."""

    def now_s(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


def run_virtually(work: Coroutine[Any, Any, T]) -> T:
    """Run to its end, from second 0. Nothing in it may wait for threads, files or sockets: for those no time passes.

    Raises RuntimeError when everybody waits for something that will never happen.
    """
    loop = _VirtualLoop()  # not asyncio.Runner: it has every result described in words when it restores the handler of Ctrl-C
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()


class _Skipping(selectors.SelectSelector):
    """Where a loop would wait for the next timer, it is that much later at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("Everybody waits, and no timer runs: nothing can happen any more.")
        self.now_s += max(0.0, timeout)
        return []


class _VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._skipping = _Skipping()
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.now_s
