"""Waiting for whichever comes first."""

from __future__ import annotations

import asyncio

from episodes.ports import Clock


async def first_of(event: asyncio.Event, clock: Clock, seconds: float) -> None:
    """Wait for the event or the time; clears the event."""
    if event.is_set() or seconds <= 0:
        await asyncio.sleep(0)
    else:
        waits = {asyncio.ensure_future(event.wait()), asyncio.ensure_future(clock.sleep(seconds))}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
    event.clear()
