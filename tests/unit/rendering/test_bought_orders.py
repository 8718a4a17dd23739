"""Nothing is bought twice: whoever dies where, in whatever order two attempts take their steps."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest

from episodes.errors import ArtifactConflict, FailureClass, RenderCancelled, RenderFailed, Unavailable
from episodes.job import RenderJob
from episodes.keys import attempt_key
from rendering.backends.bought.buying import Buying
from rendering.backends.bought.ledger import Ledger, Order, sha256_of
from rendering.backends.bought.shop import Finished, Over, Placed, Refused, Request, Trouble, Unclear, Unknown, Working
from rendering.backends.bought.till import Patience, Till
from storage.artifacts.memory import MemoryArtifacts
from tests.builders import a_job
from tests.clips import FakeControl, FakeSleep, Outage, TroubledStore

REQUEST = Request(
    server="shop", model="m", prompt="p", negative_prompt="", seed=7, seconds=4, size="16x16", first_frame_sha256=None
)


class Killed(BaseException):
    """The process ends here."""


@dataclass
class FakeShop:
    """A Shop that counts what it sold. `answers` come before what it usually says to an order."""

    sold: list[Request] = field(default_factory=list)
    answers: list[Refused | Unclear] = field(default_factory=list)
    dies: bool = False
    """Whoever orders next is killed when he has bought."""

    def order(self, request: Request, first_frame: bytes | None, last_frame: bytes | None) -> Placed | Refused | Unclear:
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Refused):
            return answer
        self.sold.append(request)
        if self.dies:
            self.dies = False
            raise Killed
        return answer or Placed(operation=f"operation {len(self.sold)}")

    def look(self, operation: str) -> Working | Finished | Over | Trouble | Unknown:
        return Finished(clip=b"clip")

    def cancel(self, operation: str) -> bool:
        return True


def an_attempt(number: int, *, num_failures: int | None = None) -> RenderJob:
    """After as many failures as there were attempts, unless it is said otherwise."""
    job = a_job(job_id=f"attempt-{number}")
    failures = number - 1 if num_failures is None else num_failures
    return job.model_copy(update={"meta": job.meta.model_copy(update={"attempt": number, "num_failures": failures})})


def buy(
    store: Any, shop: FakeShop, job: RenderJob, *, request: Request = REQUEST, is_free: bool = False, control: Any = None
) -> Order:
    clock = FakeSleep()
    patience = Patience(poll_s=1.0, sleep=clock, now_s=clock.now_s)
    till = Till(shop, request, None, patience, control or FakeControl())
    return Buying(job, Ledger(store, job, request), is_free=is_free).order(till)


def fails_as(failure_class: FailureClass, buying: Callable[[], Order]) -> RenderFailed:
    with pytest.raises(RenderFailed) as caught:
        buying()
    assert caught.value.failure_class is failure_class
    return caught.value


def test_a_later_attempt_goes_on_with_the_order_of_an_earlier_one() -> None:
    store, shop = MemoryArtifacts(), FakeShop()

    first = buy(store, shop, an_attempt(1))
    second = buy(store, shop, an_attempt(2))

    assert (first.operation, second.operation) == ("operation 1", "operation 1")
    assert len(shop.sold) == 1


def test_another_request_is_another_order() -> None:
    store, shop = MemoryArtifacts(), FakeShop()
    buy(store, shop, an_attempt(1))

    buy(store, shop, an_attempt(2), request=REQUEST.model_copy(update={"seed": 8}))

    assert [one.seed for one in shop.sold] == [7, 8]


def test_an_order_that_was_placed_before_there_were_last_frames_is_known_again() -> None:
    stored = (
        '{"server":"shop","model":"m","prompt":"p","negative_prompt":"","seed":7,"seconds":4,"size":"16x16",'
        '"first_frame_sha256":null}'
    )

    assert sha256_of(REQUEST) == hashlib.sha256(stored.encode()).hexdigest()
    assert sha256_of(REQUEST.model_copy(update={"last_frame_sha256": "0" * 64})) != sha256_of(REQUEST)


def test_every_key_of_an_order_says_whose_it_is() -> None:
    store, shop = MemoryArtifacts(), FakeShop()
    job = an_attempt(1)
    Ledger(store, job, REQUEST).close(buy(store, shop, job), "for this test")
    fails_in_doubt = an_attempt(2)
    shop.answers.append(Unclear(reason="It hung up."))
    fails_as(FailureClass.CONTENT, lambda: buy(store, shop, fails_in_doubt))

    said = [attempt_key(key) for key in store.keys("episodes/")]

    assert [one.attempt_id for one in said if one is not None and one.is_order] == ["attempt-1"] * 3 + ["attempt-2"] * 2


def test_an_order_that_is_closed_is_placed_anew_even_by_the_same_attempt() -> None:
    store, shop, job = MemoryArtifacts(), FakeShop(), an_attempt(1)
    first = buy(store, shop, job)
    Ledger(store, job, REQUEST).close(first, "It was cancelled.")

    assert buy(store, shop, job).operation == "operation 2"


def test_whoever_died_between_buying_and_writing_it_down_is_not_followed_silently() -> None:
    store, shop = MemoryArtifacts(), FakeShop(dies=True)
    with pytest.raises(Killed):
        buy(store, shop, an_attempt(1))

    failure = fails_as(FailureClass.CONTENT, lambda: buy(store, shop, an_attempt(2)))

    assert len(shop.sold) == 1
    assert "Nobody knows whether this clip was bought" in str(failure)
    assert "perhaps for the second time" in failure.hint


def test_a_person_who_was_told_of_the_doubt_and_retries_buys() -> None:
    store, shop = MemoryArtifacts(), FakeShop(dies=True)
    with pytest.raises(Killed):
        buy(store, shop, an_attempt(1))
    fails_as(FailureClass.CONTENT, lambda: buy(store, shop, an_attempt(2)))

    order = buy(store, shop, an_attempt(3, num_failures=0))

    assert (order.operation, len(shop.sold)) == ("operation 2", 2)
    assert buy(store, shop, an_attempt(4, num_failures=1)).operation == "operation 2", "and the doubt is over"


def test_a_doubt_that_was_written_down_and_heard_by_nobody_is_told_again() -> None:
    store, shop = MemoryArtifacts(), FakeShop(dies=True)
    with pytest.raises(Killed):
        buy(store, shop, an_attempt(1))
    fails_as(FailureClass.CONTENT, lambda: buy(store, shop, an_attempt(2)))

    fails_as(FailureClass.CONTENT, lambda: buy(store, shop, an_attempt(3, num_failures=2)))

    assert len(shop.sold) == 1


def test_a_person_who_retries_for_another_reason_is_told_of_the_doubt_first() -> None:
    store, shop = MemoryArtifacts(), FakeShop(dies=True)
    with pytest.raises(Killed):
        buy(store, shop, an_attempt(1))

    fails_as(FailureClass.CONTENT, lambda: buy(store, shop, an_attempt(2, num_failures=0)))

    assert len(shop.sold) == 1


def test_a_lost_answer_is_a_doubt_at_once() -> None:
    store, shop = MemoryArtifacts(), FakeShop(answers=[Unclear(reason="It hung up.")])

    failure = fails_as(FailureClass.CONTENT, lambda: buy(store, shop, an_attempt(1)))

    assert "It hung up" in str(failure)
    assert buy(store, shop, an_attempt(2, num_failures=0)).operation == "operation 2", "whoever retries was told"


def test_what_costs_nothing_is_ordered_again_where_it_is_in_doubt() -> None:
    store, shop = MemoryArtifacts(), FakeShop(dies=True)
    with pytest.raises(Killed):
        buy(store, shop, an_attempt(1), is_free=True)
    shop.answers.append(Unclear(reason="It hung up."))

    fails_as(FailureClass.INFRA, lambda: buy(store, shop, an_attempt(2), is_free=True))

    assert buy(store, shop, an_attempt(3), is_free=True).operation == "operation 3"


def test_what_was_refused_for_certain_may_be_ordered_by_the_next_attempt() -> None:
    refused = Refused(failure=RenderFailed("No such model.", FailureClass.CONTENT))
    store, shop = MemoryArtifacts(), FakeShop(answers=[refused])

    failure = fails_as(FailureClass.CONTENT, lambda: buy(store, shop, an_attempt(1)))
    assert (failure.message, failure.bought_nothing) == ("No such model.", True)
    assert buy(store, shop, an_attempt(2)).operation == "operation 1"


def test_a_busy_server_is_asked_again_by_the_same_attempt() -> None:
    busy = Refused(failure=RenderFailed("Busy.", FailureClass.INFRA), retry_after_s=30.0)
    store, shop = MemoryArtifacts(), FakeShop(answers=[busy, busy])

    assert buy(store, shop, an_attempt(1)).operation == "operation 1"


def test_whoever_is_told_to_stop_while_a_server_is_busy_leaves_no_doubt() -> None:
    busy = Refused(failure=RenderFailed("Busy.", FailureClass.INFRA))
    store, shop = MemoryArtifacts(), FakeShop(answers=[busy])
    with pytest.raises(RenderCancelled):
        buy(store, shop, an_attempt(1), control=FakeControl(stop_at_check=1))

    assert buy(store, shop, an_attempt(2)).operation == "operation 1"


@pytest.mark.slow
def test_a_store_that_is_away_for_a_moment_learns_what_was_bought() -> None:
    store, shop = TroubledStore(), FakeShop()
    outage = Outage(1)
    store.before = lambda key: outage(key) if key.endswith(".operation.json") else None

    buy(store, shop, an_attempt(1))

    assert buy(store, shop, an_attempt(2)).operation == "operation 1"
    assert len(shop.sold) == 1


def test_nothing_is_bought_that_cannot_be_written_down_before() -> None:
    store, shop = TroubledStore(before=Outage(1)), FakeShop()

    with pytest.raises(Unavailable):
        buy(store, shop, an_attempt(1))

    assert not shop.sold


def test_of_two_processes_with_the_same_attempt_one_buys() -> None:
    job, shop, store = an_attempt(1), FakeShop(), TroubledStore()

    def another_is_first(key: str) -> None:
        store.before = lambda key: None
        Ledger(store.inner, job, REQUEST).intend()

    store.before = another_is_first

    with pytest.raises(ArtifactConflict):
        buy(store, shop, job)
    assert not shop.sold


def test_an_attempt_that_is_late_tells_nobody_of_a_doubt_about_a_later_one() -> None:
    """The later one may be ordering in this very moment; whoever comes after it has to hear of it."""
    store, shop = MemoryArtifacts(), FakeShop()
    Ledger(store, an_attempt(2), REQUEST).intend()

    fails_as(FailureClass.INFRA, lambda: buy(store, shop, an_attempt(1)))

    assert not Ledger(store, an_attempt(3), REQUEST).told()
    assert not shop.sold


# --- two attempts at once, step by step ---


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


def test_another_take_is_bought_even_where_the_server_is_asked_the_very_same() -> None:
    """And its own second attempt goes on with what the first one ordered."""
    store, shop = MemoryArtifacts(), FakeShop()
    buy(store, shop, an_attempt(1))

    orders = [buy(store, shop, of_take(an_attempt(number), take)) for number, take in ((2, 2), (3, 3), (4, 2))]

    assert [order.operation for order in orders] == ["operation 2", "operation 3", "operation 2"]
    assert len(shop.sold) == 3


def of_take(job: RenderJob, take: int) -> RenderJob:
    return job.model_copy(update={"meta": job.meta.model_copy(update={"take": take})})
