from __future__ import annotations

import threading
from collections.abc import Callable

from episodes.job import JobResult, RenderJob
from episodes.ports import Control
from relay.memory_queue import MemoryQueue
from relay.ports import Offer, Place
from relay.worker import HALF, Worker
from tests.builders import a_job
from tests.unit.relay.stage import FakeStudio, FakeTime, TimedQueue, a_result, as_answer, offered

SOON_S = 10.0


def a_worker(queue: MemoryQueue, studio: FakeStudio, name: str = "w") -> Worker:
    return Worker(queue, studio, name, take_s=0.0, pulse_s=0.001, pause_s=0.0)


def place(queue: MemoryQueue, offer: Offer) -> Place | None:
    sighting = queue.look(offer)
    return sighting.place if sighting is not None else None


def answers(queue: MemoryQueue) -> list[JobResult]:
    return [JobResult.model_validate_json(answer) for answer in queue.results]


def until(control: Control, happened: Callable[[], bool] = lambda: False) -> None:
    """Draw until somebody says stop."""
    while not happened():
        control.check()
        threading.Event().wait(0.001)


def test_a_worker_takes_a_job_makes_it_and_answers() -> None:
    queue, studio, job = MemoryQueue(), FakeStudio(), a_job()
    offered(queue, job)

    assert a_worker(queue, studio).run(only_one=True)

    assert studio.made == [job]
    assert list(queue.results) == [as_answer(a_result(job))]


def test_a_failed_beat_is_told_by_the_worker_that_made_only_it() -> None:
    queue, job = MemoryQueue(), a_job()
    offered(queue, job)

    class Failing(FakeStudio):
        def make(self, job: RenderJob, control: Control) -> JobResult:
            return a_result(job, "failed")

    assert not a_worker(queue, Failing()).run(only_one=True)


def test_its_progress_is_seen_while_it_works() -> None:
    queue, job = MemoryQueue(), a_job()
    offer = offered(queue, job)

    def act(_: RenderJob, control: Control) -> None:
        def is_seen() -> bool:
            sighting = queue.look(offer)
            return sighting is not None and sighting.pulse > 0 and sighting.share == 0.25

        control.report(0.25)
        until(control, is_seen)

    assert a_worker(queue, FakeStudio(act)).run(only_one=True)


def test_a_job_that_is_withdrawn_is_left_and_the_next_one_taken() -> None:
    queue, first, second = MemoryQueue(), a_job(), a_job()
    offer = offered(queue, first)
    offered(queue, second, "slot-1")

    def act(job: RenderJob, control: Control) -> None:
        if job == first:
            queue.withdraw("slot-0", offer)
            until(control)

    assert a_worker(queue, FakeStudio(act)).run(only_one=True)

    assert [answer.job_id for answer in answers(queue)] == [second.job_id]


def stopped_at(share: float) -> tuple[MemoryQueue, Offer, FakeStudio]:
    queue, job = MemoryQueue(), a_job()
    offer = offered(queue, job)

    def act(_: RenderJob, control: Control) -> None:
        control.report(share)
        until(control)

    studio = FakeStudio(act)
    worker = a_worker(queue, studio)
    running = threading.Thread(target=worker.run)
    running.start()
    assert studio.is_at_work.wait(SOON_S)
    worker.stop()
    running.join(SOON_S)
    assert not running.is_alive()
    return queue, offer, studio


def test_a_worker_that_is_stopped_gives_back_what_it_draws() -> None:
    queue, offer, _ = stopped_at(HALF - 0.1)

    assert place(queue, offer) is Place.WAITING
    assert answers(queue) == []


def test_a_worker_that_is_stopped_while_it_stores_ends_the_attempt_instead() -> None:
    queue, offer, _ = stopped_at(HALF)

    [answer] = answers(queue)
    assert (answer.job_id, answer.status) == (offer.job_id, "failed")
    assert answer.error is not None
    assert answer.error.failure_class == "infra"


def test_a_worker_that_does_not_listen_can_be_made_to_let_go() -> None:
    queue, job = MemoryQueue(), a_job()
    offer = offered(queue, job)
    let_go = threading.Event()

    def act(_: RenderJob, __: Control) -> None:
        let_go.wait(SOON_S)

    studio = FakeStudio(act)
    worker = a_worker(queue, studio)
    running = threading.Thread(target=worker.run)
    running.start()
    assert studio.is_at_work.wait(SOON_S)

    worker.stop()
    worker.let_go()

    assert place(queue, offer) is Place.WAITING
    let_go.set()
    running.join(SOON_S)
    assert answers(queue) == [], "what it made afterwards changes nothing"


def test_a_job_for_another_backend_is_left_to_other_workers() -> None:
    queue, job, other = MemoryQueue(), a_job(), a_job(backend="animatediff")
    offer = offered(queue, other, "slot-1")
    offered(queue, job)

    assert a_worker(queue, FakeStudio()).run(only_one=True)

    assert [answer.job_id for answer in answers(queue)] == [job.job_id]
    assert place(queue, offer) is Place.WAITING


def test_a_job_in_words_of_another_version_is_left_to_other_workers() -> None:
    queue, job = MemoryQueue(), a_job()
    strange = Offer(job_id="strange", wire=b'{"job_id": "strange"}')
    queue.offer("slot-1", strange)
    offered(queue, job)

    assert a_worker(queue, FakeStudio()).run(only_one=True)

    assert place(queue, strange) is Place.WAITING


def test_a_queue_that_is_away_is_waited_for_with_what_was_made() -> None:
    queue, job = TimedQueue(FakeTime()), a_job()
    offered(queue, job)
    queue.num_refused = 3

    def act(_: RenderJob, __: Control) -> None:
        queue.num_refused = 3

    assert a_worker(queue, FakeStudio(act)).run(only_one=True)

    assert [answer.job_id for answer in answers(queue)] == [job.job_id]
