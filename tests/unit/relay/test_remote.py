from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from episodes.errors import FailureClass, RenderCancelled, RenderFailed
from episodes.job import JobResult, RenderJob
from episodes.ports import Control
from relay.remote import RemoteRenderer
from relay.slot import Slot
from relay.vigil import Limits
from tests.builders import a_job
from tests.clips import FakeControl
from tests.unit.relay.stage import FakeTime, TimedQueue, a_result, as_answer

JOB = a_job()


@dataclass
class FakeReception:
    """Believes what it is told to believe; keyframes are the names of their keys."""

    there: JobResult | None = None
    kept: list[JobResult] = field(default_factory=list)

    def checked(self, result: JobResult, job: RenderJob, control: Control) -> JobResult:
        if result.status == "succeeded" and result != self.there:
            raise RenderFailed("no such file", FailureClass.OUTPUT)
        return result

    def stored(self, job: RenderJob, control: Control) -> JobResult | None:
        return self.there

    def keyframes(self, key: str, job: RenderJob, control: Control) -> str:
        return key

    def keep_failure(self, result: JobResult, job: RenderJob) -> None:
        self.kept.append(result)


class Bench:
    def __init__(self) -> None:
        self.queue = TimedQueue(FakeTime())
        self.reception = FakeReception()
        slot = Slot(self.queue, "s", backend="animatic", limits=Limits(deadline_s=9.0), now_s=FakeTime().now_s)
        self.remote = RemoteRenderer(slot, self.reception)

    def answer(self, answer: bytes) -> None:
        """As soon as the slot listens."""
        self.queue.on_listen = lambda: self.queue.results.append(answer)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_result_of_ours_is_looked_at_before_it_counts(bench: Bench) -> None:
    bench.answer(as_answer(a_result(JOB)))
    with pytest.raises(RenderFailed, match="no such file"):
        bench.remote.render(JOB, FakeControl())

    bench.reception.there = a_result(JOB)
    assert bench.remote.render(JOB, FakeControl()) == a_result(JOB)


def test_the_failure_of_a_worker_of_ours_keeps_its_class(bench: Bench) -> None:
    failure = a_result(JOB, "failed", error={"failure_class": "resource", "reason": "out of memory"})
    bench.answer(as_answer(failure))

    assert bench.remote.render(JOB, FakeControl()) == failure


def test_the_clip_of_a_worker_of_another_make_becomes_keyframes(bench: Bench) -> None:
    bench.answer(f'{{"job_id": "{JOB.job_id}", "artifacts": {{"video": "{JOB.delivery_path}/video"}}}}'.encode())

    assert bench.remote.render(JOB, FakeControl()) == f"{JOB.delivery_path}/video"


def test_what_was_stored_before_its_worker_died_counts(bench: Bench) -> None:
    with pytest.raises(RenderFailed, match="No worker took the job"):
        bench.remote.render(JOB, FakeControl())

    bench.reception.there = a_result(JOB)
    assert bench.remote.render(JOB, FakeControl()) == a_result(JOB)


def test_a_cancelled_beat_is_not_looked_for(bench: Bench) -> None:
    bench.reception.there = a_result(JOB)

    with pytest.raises(RenderCancelled):
        bench.remote.render(JOB, FakeControl(stop_at_check=1))


def test_of_a_job_that_was_gone_on_with_only_a_failure_has_to_be_told(bench: Bench) -> None:
    failure = a_result(JOB, "failed")
    for result in (a_result(JOB), a_result(JOB, "cancelled"), failure):
        bench.remote.tell(result, JOB)

    assert bench.reception.kept == [failure]
