"""Collecting: waits for what was ordered and reads its frames, and closes an order of which nothing will ever come."""

from __future__ import annotations

import structlog

from episodes.errors import FailureClass, RenderCancelled, RenderFailed
from episodes.job import RenderJob
from rendering.backend import Frames
from rendering.backends.bought.answers import no_video
from rendering.backends.bought.clips import frames_of
from rendering.backends.bought.ledger import Ledger, Order
from rendering.backends.bought.placing import Placing
from rendering.backends.bought.shop import Finished, Over, Request
from rendering.backends.bought.till import Till

NO_VIDEO_S = 10.0  # so long a proxy's page may stand in a clip's place, until it is looked for again

log = structlog.get_logger(__name__)


class Collecting:
    """One attempt's way from an order to its frames."""

    def __init__(self, job: RenderJob, ledger: Ledger, order: Order, till: Till, request: Request, *, is_free: bool) -> None:
        self._job = job
        self._ledger = ledger
        self._order = order
        self._till = till
        self._request = request
        self._is_free = is_free
        self._is_mine = order.attempt == job.meta.attempt

    def frames(self) -> tuple[Frames, Placing]:
        """Raises RenderFailed: of an earlier attempt's order for nothing, because that one has paid."""
        try:
            return self._frames()
        except RenderCancelled:
            raise
        except RenderFailed as failed:
            if self._is_mine:
                raise
            raise failed.for_nothing() from failed

    def _frames(self) -> tuple[Frames, Placing]:
        """What is no video is fetched once more before the order is given up: a proxy's page may have come in its place."""
        read = self._read(self._delivered())
        if isinstance(read, RenderFailed):
            log.warning("order.no_video", attempt_id=self._job.job_id, operation=self._order.operation, reason=read.message)
            clip = self._delivered(after_s=NO_VIDEO_S)
            read = self._read(clip)
            if isinstance(read, RenderFailed):
                raise self._over(no_video(clip, read.message, server=self._request.server, is_free=self._is_free))
        return read

    def _read(self, clip: bytes) -> tuple[Frames, Placing] | RenderFailed:
        """RenderFailed: it is no video. What is this machine's own trouble is raised, and the order stands."""
        whole_s = self._request.seconds if self._request.last_frame_sha256 is not None else None
        try:
            return frames_of(clip, self._job, whole_s=whole_s)
        except RenderFailed as failed:
            if failed.failure_class is FailureClass.OUTPUT:
                return failed
            raise

    def _delivered(self, after_s: float = 0.0) -> bytes:
        try:
            answer = self._till.collect(self._order.operation, after_s=after_s)
        except RenderCancelled:
            if not self._till.is_made:
                self._cancel()
            raise
        match answer:
            case Finished(clip=clip):
                return clip
            case Over(failure=failure):
                raise self._over(failure)

    def _over(self, failure: RenderFailed) -> RenderFailed:
        self._ledger.close(self._order, f"It came to nothing: {failure}")
        return failure

    def _cancel(self) -> None:
        """An order of an earlier attempt's stays: a still later one may go on with it."""
        if self._is_mine and self._till.cancel(self._order.operation):
            self._ledger.close(self._order, "It was cancelled.")
            log.info("order.cancelled", attempt_id=self._job.job_id, operation=self._order.operation)
