"""Writers of one process: each gets its turn, in the order in which they came."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import pytest

from episodes.errors import Unavailable
from storage.turns import Turns

AGES = 60.0


def wait_in_line(threads: ThreadPoolExecutor, turns: Turns, work: Callable[[], object]) -> Future[None]:
    """Returns when whoever works there waits."""
    num_before = turns.num_waiting

    def write() -> None:
        with turns.turn():
            work()

    future = threads.submit(write)
    pause = threading.Event()
    while turns.num_waiting == num_before:
        pause.wait(0.001)
    return future


def test_whoever_came_first_writes_first() -> None:
    turns, written = Turns(AGES), list[int]()
    with ThreadPoolExecutor(8) as threads:
        with turns.turn():
            futures = [wait_in_line(threads, turns, partial(written.append, number)) for number in range(8)]
            assert written == []
        for future in futures:
            future.result()

    assert written == list(range(8))


def test_whoever_waits_too_long_gives_up_and_holds_nobody_up() -> None:
    turns, written = Turns(0.01), list[str]()
    with ThreadPoolExecutor(1) as threads:
        with turns.turn():
            late = wait_in_line(threads, turns, lambda: written.append("late"))
            with pytest.raises(Unavailable, match="busy"):
                late.result()
        with turns.turn():
            written.append("next")

    assert written == ["next"]
    assert turns.num_waiting == 0


def test_one_who_finds_the_file_locked_says_so_to_all_behind() -> None:
    turns, written = Turns(AGES), list[str]()
    with ThreadPoolExecutor(3) as threads:
        with pytest.raises(Unavailable, match="locked by a stranger"), turns.turn():  # noqa: PT012
            behind = [wait_in_line(threads, turns, lambda: written.append("behind")) for _ in range(3)]
            raise Unavailable("locked by a stranger")
        for future in behind:
            with pytest.raises(Unavailable, match="locked"):
                future.result()
        with turns.turn():
            written.append("next")

    assert written == ["next"]


def test_another_error_is_only_ones_own() -> None:
    turns, written = Turns(AGES), list[str]()
    with ThreadPoolExecutor(1) as threads:
        with pytest.raises(KeyError), turns.turn():  # noqa: PT012
            behind = wait_in_line(threads, turns, lambda: written.append("behind"))
            raise KeyError
        behind.result()

    assert written == ["behind"]
