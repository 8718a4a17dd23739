"""Nothing is bought twice: whoever dies where, and whoever comes after."""

from __future__ import annotations

import hashlib

import pytest

from episodes.errors import ArtifactConflict, FailureClass, RenderCancelled, RenderFailed, Unavailable
from episodes.job import RenderJob
from episodes.keys import attempt_key
from rendering.backends.bought.ledger import Ledger, sha256_of
from rendering.backends.bought.shop import Refused, Unclear
from storage.artifacts.memory import MemoryArtifacts
from tests.clips import FakeControl, Outage, TroubledStore
from tests.unit.rendering.buying import REQUEST, FakeShop, Killed, an_attempt, buy, fails_as


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


def test_another_take_is_bought_even_where_the_server_is_asked_the_very_same() -> None:
    """And its own second attempt goes on with what the first one ordered."""
    store, shop = MemoryArtifacts(), FakeShop()
    buy(store, shop, an_attempt(1))

    orders = [buy(store, shop, of_take(an_attempt(number), take)) for number, take in ((2, 2), (3, 3), (4, 2))]

    assert [order.operation for order in orders] == ["operation 2", "operation 3", "operation 2"]
    assert len(shop.sold) == 3


def of_take(job: RenderJob, take: int) -> RenderJob:
    return job.model_copy(update={"meta": job.meta.model_copy(update={"take": take})})
