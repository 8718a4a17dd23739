from __future__ import annotations

import asyncio

import pytest

from benchmarks.virtual_time import VirtualClock, run_virtually


def test_an_hour_of_sleep_is_an_hour_of_the_loops_time_and_none_of_ours() -> None:
    async def work() -> list[tuple[str, float]]:
        clock, woke = VirtualClock(), []

        async def sleeper(name: str, seconds: float) -> None:
            await clock.sleep(seconds)
            woke.append((name, clock.now_s()))

        await asyncio.gather(sleeper("late", 3600.0), sleeper("early", 1.5))
        return woke

    assert run_virtually(work()) == [("early", 1.5), ("late", 3600.0)]


def test_waiting_for_what_never_happens_is_an_error_and_no_endless_wait() -> None:
    async def work() -> None:
        await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match="nothing can happen"):
        run_virtually(work())
