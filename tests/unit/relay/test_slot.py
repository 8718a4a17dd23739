from __future__ import annotations

import math

import pytest

from episodes.errors import FailureClass, RenderCancelled, RenderFailed
from relay.ports import Offer, Place
from relay.slot import Slot
from relay.vigil import Limits
from relay.wire import job_of, offer_of
from tests.builders import a_job
from tests.clips import FakeControl
from tests.unit.relay.stage import FakeTime, TimedQueue, a_result, as_answer

JOB = a_job()
OFFER = offer_of(JOB, "animatic")


class Bench:
    def __init__(self) -> None:
        self.time = FakeTime()
        self.queue = TimedQueue(self.time)
        self.slot = self.another()
        self.control = FakeControl()

    def another(self) -> Slot:
        """Another life of the slot."""
        return Slot(
            self.queue,
            "slot-0",
            backend="animatic",
            limits=Limits(deadline_s=100.0),
            now_s=self.time.now_s,
            sleep=self.time.pass_on,
        )

    def in_turn(self, *steps: object) -> None:
        """At each time that the slot listens the next step happens; None: nothing."""
        left = list(steps)
        self.queue.on_listen = lambda: (step() if callable(step := left.pop(0)) else None) if left else None

    def answer_as(self, worker: str) -> None:
        claim = self.queue.take(worker, 0.0)
        assert claim is not None
        self.queue.answer(claim, as_answer(a_result(job_of(claim.offer))))


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_job_is_offered_and_its_answer_comes_back(bench: Bench) -> None:
    bench.in_turn(None, lambda: bench.answer_as("w"))

    assert bench.slot.render(JOB, bench.control) == a_result(JOB)


def test_an_answered_job_is_kept_until_it_is_closed(bench: Bench) -> None:
    bench.in_turn(lambda: bench.answer_as("w"))
    bench.slot.render(JOB, bench.control)
    assert bench.another().held() == JOB

    bench.slot.close(JOB)

    assert bench.another().held() is None
    assert bench.queue.look(OFFER) is None


def test_a_slot_that_is_started_anew_goes_on_with_what_it_offered(bench: Bench) -> None:
    bench.queue.offer("slot-0", OFFER)
    again = bench.another()
    job = again.held()
    assert job is not None
    bench.in_turn(lambda: bench.answer_as("w"))

    assert again.render(job, bench.control) == a_result(JOB)
    assert list(bench.queue.jobs) == [], "it was not offered twice"


def test_a_held_job_in_words_of_another_version_is_let_go(bench: Bench) -> None:
    bench.queue.offer("slot-0", Offer(job_id="old", wire=b'{"job_id": "old"}'))

    assert bench.slot.held() is None
    assert list(bench.queue.jobs) == []


def test_a_cancel_is_noticed_within_a_second_and_takes_the_job_out_of_the_queue(bench: Bench) -> None:
    bench.in_turn(None, bench.control.stop)
    began_s = bench.time.now

    with pytest.raises(RenderCancelled):
        bench.slot.render(JOB, bench.control)
    bench.slot.close(JOB)

    assert bench.time.now - began_s <= 2.0
    assert list(bench.queue.jobs) == []


def test_progress_of_the_worker_is_passed_on(bench: Bench) -> None:
    def begin() -> None:
        claim = bench.queue.take("w", 0.0)
        assert claim is not None
        bench.queue.pulse(claim, 0.375)

    bench.in_turn(begin, None, bench.control.stop)
    with pytest.raises(RenderCancelled):
        bench.slot.render(JOB, bench.control)

    assert bench.control.shares[:2] == [0.375, 0.375]


def test_a_worker_that_died_fails_the_attempt_as_a_crash(bench: Bench) -> None:
    bench.in_turn(lambda: bench.queue.take("w", 0.0))

    with pytest.raises(RenderFailed, match="The worker w gave no sign of life") as failed:
        bench.slot.render(JOB, bench.control)

    assert failed.value.failure_class is FailureClass.CRASH


def test_a_job_whose_worker_died_before_it_claimed_goes_back_to_the_queue(bench: Bench) -> None:
    def move() -> None:
        bench.queue.taken.append(bench.queue.jobs.popleft())

    bench.in_turn(move, *[None] * 12, lambda: bench.answer_as("v"))

    assert bench.slot.render(JOB, bench.control) == a_result(JOB)


def test_a_queue_that_is_away_for_a_while_costs_nothing(bench: Bench) -> None:
    bench.queue.num_refused = 5
    bench.in_turn(None, lambda: bench.answer_as("w"))

    assert bench.slot.render(JOB, bench.control) == a_result(JOB)


def test_a_queue_that_stays_away_fails_the_attempt_at_its_deadline(bench: Bench) -> None:
    bench.queue.num_refused = math.inf
    began_s = bench.time.now

    with pytest.raises(RenderFailed, match="The queue has not answered") as failed:
        bench.slot.render(JOB, bench.control)
    bench.slot.close(JOB)

    assert failed.value.failure_class is FailureClass.INFRA
    assert 100 <= bench.time.now - began_s <= 102


def test_a_queue_that_forgets_the_job_loses_it_at_once(bench: Bench) -> None:
    bench.in_turn(None, lambda: bench.queue.withdraw("slot-0", OFFER))

    with pytest.raises(RenderFailed, match="forgotten") as failed:
        bench.slot.render(JOB, bench.control)

    assert failed.value.failure_class is FailureClass.INFRA


def test_an_answer_of_an_old_attempt_changes_nothing(bench: Bench) -> None:
    old = a_job()
    bench.in_turn(lambda: bench.queue.results.append(as_answer(a_result(old))), None, bench.control.stop)

    with pytest.raises(RenderCancelled):
        bench.slot.render(JOB, bench.control)

    sighting = bench.queue.look(OFFER)
    assert sighting is not None
    assert sighting.place is Place.WAITING
