from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import pytest

from actors.loop import patiently, run_or_die
from episodes.errors import BadInput, Unavailable
from tests.fakes import FakeClock, settle

T = TypeVar("T")


async def inline(work: Callable[[], T], /) -> T:
    return work()


async def test_what_a_store_needs_to_open_is_waited_for() -> None:
    clock, troubles = FakeClock(), [Unavailable("The database does not answer."), Unavailable("The database does not answer.")]

    def open_it() -> str:
        if troubles:
            raise troubles.pop()
        return "open"

    opening = asyncio.create_task(patiently(open_it, inline, clock))
    await settle()
    assert not opening.done()
    await clock.advance(5.0)

    assert await opening == "open"


async def test_what_will_never_work_is_not_waited_for() -> None:
    def open_it() -> str:
        raise BadInput("The database's URL cannot be read.")

    with pytest.raises(BadInput):
        await patiently(open_it, inline, FakeClock())


def test_a_process_ends_when_what_it_is_there_for_breaks() -> None:
    deaths: list[int] = []

    def break_down() -> None:
        raise AttributeError("an error that nobody foresaw")

    run_or_die(break_down, deaths.append, lambda _: None)
    run_or_die(lambda: None, deaths.append, lambda _: None)

    assert deaths == [1]
