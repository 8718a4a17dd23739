"""What the tests of slots and workers stand on: a queue in memory, time that tests move, and studios that make nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from episodes.errors import RenderCancelled, Unavailable
from episodes.job import JobResult, RenderJob, RuntimeFacts
from episodes.ports import Control
from relay.memory_queue import MemoryQueue
from relay.ports import Claim, Offer, Sighting
from relay.wire import offer_of


@dataclass
class FakeTime:
    """Stands still but for `pass_on`."""

    now: float = 100.0

    def now_s(self) -> float:
        return self.now

    def pass_on(self, seconds: float) -> None:
        self.now += seconds


class TimedQueue(MemoryQueue):
    """Whoever listens in vain lets a second pass; and while it is told so, nobody answers at all."""

    def __init__(self, time: FakeTime) -> None:
        super().__init__(time.now_s)
        self._time = time
        self.num_refused = 0.0
        """So many calls are still not answered."""
        self.on_listen: Callable[[], None] = lambda: None

    def offer(self, slot: str, offer: Offer) -> None:
        self._answer()
        super().offer(slot, offer)

    def listen(self, timeout_s: float) -> None:
        self.on_listen()
        self._answer()
        self._time.pass_on(0.0 if self.results else timeout_s)
        super().listen(0.0)

    def look(self, offer: Offer) -> Sighting | None:
        self._answer()
        return super().look(offer)

    def take(self, worker: str, timeout_s: float) -> Claim | None:
        self._answer()
        return super().take(worker, timeout_s)

    def answer(self, claim: Claim, answer: bytes) -> bool:
        self._answer()
        return super().answer(claim, answer)

    def give_back(self, claim: Claim, *, to_the_end: bool = False) -> bool:
        self._answer()
        return super().give_back(claim, to_the_end=to_the_end)

    def _answer(self) -> None:
        if self.num_refused > 0:
            self.num_refused -= 1
            raise Unavailable("The queue is down.")


def a_result(job: RenderJob, status: str = "succeeded", **fields: object) -> JobResult:
    given = {
        "job_id": job.job_id,
        "status": status,
        "runtime": RuntimeFacts(backend=job.backend, latency_sec=1.0, renderer="worker-0"),
        "fence": job.meta.fence,
        "episode_id": job.meta.episode_id,
        "beat_id": job.meta.beat_id,
    }
    return JobResult.model_validate({**given, **fields})


def as_answer(result: JobResult) -> bytes:
    return result.model_dump_json().encode()


def offered(queue: MemoryQueue, job: RenderJob, slot: str = "slot-0") -> Offer:
    offer = offer_of(job, job.backend)
    queue.offer(slot, offer)
    return offer


@dataclass
class FakeStudio:
    """Makes nothing; what it does meanwhile is up to the test."""

    act: Callable[[RenderJob, Control], None] = lambda job, control: None
    backends: tuple[str, ...] = ("animatic",)
    made: list[RenderJob] = field(default_factory=list)
    is_at_work: threading.Event = field(default_factory=threading.Event)

    def can_make(self, backend: str) -> bool:
        return backend in self.backends

    def make(self, job: RenderJob, control: Control) -> JobResult:
        self.made.append(job)
        self.is_at_work.set()
        try:
            self.act(job, control)
        except RenderCancelled:
            return a_result(job, "cancelled")
        return a_result(job)
