"""Worker: takes jobs from the queue, one at a time, for as long as it is let; a job in its hands is claimed, and never lost with it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import structlog

from episodes.errors import BadInput, FailureClass, RenderCancelled, Unavailable
from episodes.job import JobError, JobResult, RenderJob, RuntimeFacts
from episodes.ports import Control
from relay.ports import Claim, JobQueue
from relay.wire import job_of

TAKE_S = 1.0
"""For a job to come; and how late a stop may be noticed by a worker that has none."""
PULSE_S = 2.0
"""Between two signs of life; a slot waits for many of them before it takes a worker for dead."""
PAUSE_S = 1.0
"""After a job that others must do, and between two tries to reach a queue that does not answer."""
HALF = 0.5
"""Of an attempt's work: from there on some file of it may be stored, and whoever rendered it anew would meet other bytes."""

log = structlog.get_logger(__name__)


class Studio(Protocol):
    """Makes clips, and stores them with their result, in this very process."""

    def can_make(self, backend: str) -> bool:
        """Opens it, where that is still to be done."""

    def make(self, job: RenderJob, control: Control) -> JobResult:
        """Whatever goes wrong is the result's status; `cancelled` when the control said so, and then nothing more is stored.

        At least HALF is reported before anything is stored.
        """


class Hold:
    """A job in hand: the Control of whoever works on it."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.share = 0.0
        self.is_gone = threading.Event()
        """Nobody waits for it any more."""
        self.is_left = threading.Event()
        """The worker is told to stop."""

    def check(self) -> None:
        if self.is_gone.is_set() or self.is_left.is_set():
            raise RenderCancelled

    def report(self, share: float) -> None:
        self.share = max(self.share, share)

    def show(self, jpeg: bytes) -> None: ...


class Worker:
    """Takes, renders, answers. `run` is for one thread; `stop` may be called from any."""

    def __init__(
        self,
        queue: JobQueue,
        studio: Studio,
        name: str,
        *,
        take_s: float = TAKE_S,
        pulse_s: float = PULSE_S,
        pause_s: float = PAUSE_S,
    ) -> None:
        self._queue = queue
        self._studio = studio
        self._name = name
        self._take_s = take_s
        self._pulse_s = pulse_s
        self._pause_s = pause_s
        self._stopping = threading.Event()
        self._hold: Hold | None = None

    def run(self, *, only_one: bool = False) -> bool:
        """Until it is stopped, or after one job. True: no job failed. A queue that does not answer is waited for."""
        all_good = True
        while not self._stopping.is_set():
            try:
                claim = self._queue.take(self._name, self._take_s)
            except Unavailable as error:
                log.warning("queue.unavailable", worker=self._name, reason=str(error))
                self._stopping.wait(self._pause_s)
                continue
            result = self._serve(claim) if claim is not None else None
            if result is not None:
                all_good = all_good and result.status == "succeeded"
                if only_one:
                    break
        return all_good

    def stop(self) -> None:
        """Finish or give back what is in hand, and take no more."""
        self._stopping.set()
        hold = self._hold
        if hold is not None:
            hold.is_left.set()

    def let_go(self) -> None:
        """At once, from another thread, because the work does not listen: the job is given back, or ends where something may be stored."""
        hold = self._hold
        if hold is not None:
            self._leave(hold, job_of(hold.claim.offer))

    def _serve(self, claim: Claim) -> JobResult | None:
        """None: the job is another's to do, or nobody's."""
        try:
            job = job_of(claim.offer)
        except BadInput as error:
            log.warning("job.unreadable", worker=self._name, attempt_id=claim.offer.job_id, reason=str(error))
            self._pass_on(claim)
            return None
        hold = self._hold = Hold(claim)
        try:
            if self._stopping.is_set():
                hold.is_left.set()
            return self._rendered(hold, job)
        finally:
            self._hold = None

    def _rendered(self, hold: Hold, job: RenderJob) -> JobResult | None:
        ids = {"worker": self._name, "attempt_id": job.job_id, "episode_id": job.meta.episode_id, "beat_id": job.meta.beat_id}
        log.info("job.taken", **ids, backend=job.backend)
        began_s = time.monotonic()
        with self._pulsing(hold):
            if not self._studio.can_make(job.backend):
                log.warning("job.passed_on", **ids, backend=job.backend)
                self._pass_on(hold.claim)
                return None
            result = self._studio.make(job, hold)
            if result.status == "cancelled":
                if not hold.is_gone.is_set():
                    self._leave(hold, job)
                log.info("job.left", **ids, is_gone=hold.is_gone.is_set())
                return None
            is_wanted = self._answer(hold, result)
        log.info("job.answered", **ids, status=result.status, is_wanted=is_wanted, seconds=round(time.monotonic() - began_s, 1))
        return result

    @contextmanager
    def _pulsing(self, hold: Hold) -> Iterator[None]:
        is_over = threading.Event()
        thread = threading.Thread(target=self._pulse, args=(hold, is_over), name="pulse", daemon=True)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()

    def _pulse(self, hold: Hold, is_over: threading.Event) -> None:
        while not is_over.wait(self._pulse_s):
            try:
                if not self._queue.pulse(hold.claim, hold.share):
                    hold.is_gone.set()
                    return
            except Unavailable as error:
                log.warning("queue.unavailable", worker=self._name, reason=str(error))

    def _answer(self, hold: Hold, result: JobResult) -> bool:
        """Until the queue has it, or somebody stops us: then its files and its result are stored, and will be found there."""
        while True:
            try:
                return self._queue.answer(hold.claim, result.model_dump_json().encode())
            except Unavailable as error:
                log.warning("queue.unavailable", worker=self._name, reason=str(error))
                if self._stopping.wait(self._pause_s):
                    return False

    def _leave(self, hold: Hold, job: RenderJob) -> None:
        """Back to the front of the queue; a job of which something may be stored ends instead, and its beat gets a new attempt."""
        try:
            if hold.share >= HALF:
                self._queue.answer(hold.claim, _broken_off(job, self._name).model_dump_json().encode())
            else:
                self._queue.give_back(hold.claim)
        except Unavailable as error:
            # its slot misses the signs of life soon
            log.warning("job.not_given_back", worker=self._name, attempt_id=job.job_id, reason=str(error))

    def _pass_on(self, claim: Claim) -> None:
        """To the end of the queue, and a pause, so that another worker comes to it first."""
        try:
            self._queue.give_back(claim, to_the_end=True)
        except Unavailable as error:
            log.warning("job.not_given_back", worker=self._name, attempt_id=claim.offer.job_id, reason=str(error))
        self._stopping.wait(self._pause_s)


def _broken_off(job: RenderJob, worker: str) -> JobResult:
    reason = f"The worker {worker} was stopped while it stored the clip."
    return JobResult(
        job_id=job.job_id,
        status="failed",
        runtime=RuntimeFacts(backend=job.backend, latency_sec=0.0, renderer=worker),
        error=JobError(failure_class=FailureClass.INFRA, reason=reason),
        fence=job.meta.fence,
        episode_id=job.meta.episode_id,
        beat_id=job.meta.beat_id,
    )
