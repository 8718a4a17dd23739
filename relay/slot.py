"""Slot: one place in the queue. For the fleet it is a renderer; who renders is somebody out there."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import assert_never

import structlog

from episodes.errors import BadInput, RenderFailed, Unavailable
from episodes.job import JobResult, RenderJob
from episodes.ports import Control
from relay.ports import JobQueue, Offer, Sighting
from relay.vigil import Answered, Limits, Lost, Restore, Verdict, Vigil, Wait
from relay.wire import Delivery, job_of, offer_of, read_answer

LOOK_S = 1.0
"""Between two looks at a job that nobody answers; and how late a cancel may be noticed."""

log = structlog.get_logger(__name__)


class Slot:
    """Offers one job at a time, and waits for what comes of it. What it offered survives it: the next one of its name goes on."""

    def __init__(
        self,
        queue: JobQueue,
        name: str,
        *,
        backend: str,
        limits: Limits,
        now_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`backend`: what workers are told to open."""
        self._queue = queue
        self._name = name
        self._backend = backend
        self._limits = limits
        self._now_s = now_s
        self._sleep = sleep
        self._found: Offer | None = None
        """What an earlier slot offered, as it wrote it."""

    def held(self) -> RenderJob | None:
        """What an earlier slot of this name offered and nobody has closed. Raises Unavailable.

        What another version wrote, in words that this one does not know, is closed.
        """
        offer = self._queue.offered_by(self._name)
        if offer is None:
            return None
        try:
            job = job_of(offer)
        except BadInput as error:
            log.warning("job.unreadable", slot=self._name, attempt_id=offer.job_id, reason=str(error))
            self._queue.withdraw(self._name, offer)
            return None
        self._found = offer
        return job

    def render(self, job: RenderJob, control: Control) -> JobResult | Delivery:
        """Have somebody render it. The job stays in the queue's memory until it is closed, so that an answer is never lost.

        Raises RenderFailed with the class of what went wrong, RenderCancelled when told to stop.
        """
        offer = self._offer_of(job)
        vigil = Vigil(self._limits, self._now_s())
        is_offered = False
        while True:
            control.check()
            try:
                if not is_offered:
                    self._queue.offer(self._name, offer)
                    is_offered = True
                    log.info("job.offered", slot=self._name, attempt_id=job.job_id, backend=self._backend)
                verdict = vigil.saw(self._look(offer), self._now_s())
                if isinstance(verdict, Restore):
                    self._queue.restore(offer)
            except Unavailable as error:
                verdict = self._outage(vigil, error, job)
            answer = self._judged(verdict, control)
            if answer is not None:
                return read_answer(answer, job)

    def close(self, job: RenderJob) -> None:
        """Nobody need render it any more. While the queue does not answer it is left there: workers find out, or its time runs out."""
        with suppress(Unavailable):
            self._queue.withdraw(self._name, self._offer_of(job))

    def _offer_of(self, job: RenderJob) -> Offer:
        if self._found is not None and self._found.job_id == job.job_id:
            return self._found
        return offer_of(job, self._backend)

    def _look(self, offer: Offer) -> Sighting | None:
        self._queue.listen(LOOK_S)
        return self._queue.look(offer)

    def _outage(self, vigil: Vigil, error: Unavailable, job: RenderJob) -> Verdict:
        log.warning("queue.unavailable", slot=self._name, attempt_id=job.job_id, reason=str(error))
        self._sleep(LOOK_S)
        return vigil.missed(self._now_s())

    def _judged(self, verdict: Verdict, control: Control) -> bytes | None:
        """The answer, when there is one."""
        match verdict:
            case Wait():
                control.report(verdict.share)
                return None
            case Restore():
                return None
            case Answered():
                return verdict.answer
            case Lost():
                raise RenderFailed(verdict.reason, verdict.failure_class)
            case _:
                assert_never(verdict)
