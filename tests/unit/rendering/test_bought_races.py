"""Two attempts at once buy once, in whatever order they take their steps and wherever one of them dies."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest

from episodes.errors import RenderFailed
from rendering.backends.bought.ledger import Order
from rendering.backends.bought.shop import Placed, Refused, Request, Unclear
from storage.artifacts.memory import MemoryArtifacts
from tests.unit.rendering.buying import FakeShop, Killed, an_attempt, buy


class Stepping:
    """Threads that take turns at the calls to the store and the shop, as a schedule says."""

    def __init__(self, schedule: list[int]) -> None:
        self._schedule = schedule
        self._turn = threading.Condition()
        self._running = {0, 1}

    def step(self, who: int) -> None:
        with self._turn:
            self._turn.wait_for(lambda: self._is_next(who), timeout=10)
            if self._schedule:
                self._schedule.pop(0)
            self._turn.notify_all()

    def ends(self, who: int) -> None:
        with self._turn:
            self._running.discard(who)
            self._turn.notify_all()

    def _is_next(self, who: int) -> bool:
        while self._schedule and self._schedule[0] not in self._running:
            self._schedule.pop(0)
        return not self._schedule or self._schedule[0] == who


class SteppingStore:
    def __init__(self, store: MemoryArtifacts, before: Callable[[], None]) -> None:
        self._store = store
        self._before = before

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any) -> Any:
            self._before()
            return getattr(self._store, name)(*arguments)

        return call


class SteppingShop(FakeShop):
    before: Callable[[], None] = staticmethod(lambda: None)

    def order(self, request: Request, first_frame: bytes | None, last_frame: bytes | None) -> Placed | Refused | Unclear:
        self.before()
        return super().order(request, first_frame, last_frame)


def schedules() -> Iterator[list[int]]:
    """All ways in which two attempts can take their first eight steps."""
    return (list(one) for one in product((0, 1), repeat=8))


def raced(schedule: list[int], numbers: tuple[int, int]) -> tuple[list[Order | BaseException], FakeShop]:
    store, turns, sold = MemoryArtifacts(), Stepping(schedule), FakeShop()
    outcomes: list[Order | BaseException] = [Killed(), Killed()]

    def run(who: int) -> None:
        shop = SteppingShop(sold=sold.sold)
        shop.before = lambda: turns.step(who)
        try:
            outcomes[who] = buy(SteppingStore(store, lambda: turns.step(who)), shop, an_attempt(numbers[who]))
        except BaseException as error:
            outcomes[who] = error
        finally:
            turns.ends(who)

    threads = [threading.Thread(target=run, args=(who,)) for who in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes, sold


@pytest.mark.slow
def test_a_renderer_that_thaws_and_the_one_in_its_place_buy_once_in_whatever_order_they_step() -> None:
    num_bought = set()
    for schedule in schedules():
        outcomes, shop = raced(schedule, (1, 2))

        assert len(shop.sold) <= 1
        assert all(isinstance(one, Order | RenderFailed) for one in outcomes), outcomes
        if shop.sold:
            assert "operation 1" in [one.operation for one in outcomes if isinstance(one, Order)]
        num_bought.add(len(shop.sold))
    assert num_bought == {0, 1}


@pytest.mark.parametrize("dies_at", range(1, 9))
def test_whoever_dies_at_whatever_step_and_whoever_comes_after_buy_once_together(dies_at: int) -> None:
    store, shop, num_steps = MemoryArtifacts(), SteppingShop(), 0

    def die_in_time() -> None:
        nonlocal num_steps
        num_steps += 1
        if num_steps == dies_at:
            raise Killed

    shop.before = die_in_time
    try:
        buy(SteppingStore(store, die_in_time), shop, an_attempt(1))
        assert num_steps < dies_at, "it has fewer steps than that"
    except Killed:
        pass
    shop.before = lambda: None

    outcomes = []
    for number in (2, 3):
        try:
            outcomes.append(buy(store, shop, an_attempt(number)).operation)
        except RenderFailed as error:
            outcomes.append(str(error.failure_class))

    assert len(shop.sold) <= 1
    assert outcomes in (["operation 1"] * 2, ["content"] * 2)
