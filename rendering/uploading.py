"""Patience with a store that does not answer: what was made once is not made again because the network was down."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import structlog
from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_random_exponential

from episodes.errors import FailureClass, RenderFailed, Unavailable
from episodes.job import StoredFile
from episodes.ports import ArtifactStore, Control

PATIENCE_S = 24 * 3600.0
"""A key that was revoked in the evening is mended in the morning, and nothing has to be rendered again for it."""
LONGEST_WAIT_S = 30.0
LOOK_AROUND_S = 0.25  # how late a cancel may be noticed while waiting
NUM_LANES = 4
"""Calls to the store at once. With a dozen of them, small files above all, the threads wait for Python's lock more than for the store."""

T = TypeVar("T")

log = structlog.get_logger(__name__)


class Uploader:
    """Puts files into a store, again and again while it is Unavailable; every put is repeatable.

    Looks at the control before each try and while it waits; says each time why it waits. Raises RenderFailed (infra) when patience
    ends, of which `patience_s` is the most.
    """

    def __init__(
        self,
        store: ArtifactStore,
        *,
        patience_s: float = PATIENCE_S,
        sleep: Callable[[float], None] = time.sleep,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.store = store
        self._patience_s = patience_s
        self._sleep = sleep
        self._now_s = now_s
        self._lanes = threading.BoundedSemaphore(NUM_LANES)

    def put_file(self, key: str, path: Path, media_type: str, control: Control) -> StoredFile:
        return self.patiently(lambda: self.store.put_file(key, path, media_type), control)

    def put_bytes(self, key: str, data: bytes, media_type: str, control: Control) -> StoredFile:
        return self.patiently(lambda: self.store.put_bytes(key, data, media_type), control)

    def patiently(self, call: Callable[[], T], control: Control, *, at_most_s: float = PATIENCE_S) -> T:
        """Make a repeatable call until the store answers."""
        patience_s = min(self._patience_s, at_most_s)
        deadline_s = self._now_s() + patience_s

        def attempt() -> T:
            control.check()
            with self._lane(control):
                return call()

        retrying = Retrying(
            retry=retry_if_exception_type(Unavailable),
            wait=wait_random_exponential(multiplier=0.5, max=LONGEST_WAIT_S),
            stop=lambda state: self._now_s() + state.upcoming_sleep > deadline_s,
            sleep=lambda seconds: self._wait(seconds, control),
            before_sleep=_tell,
            reraise=True,
        )
        try:
            return retrying(attempt)
        except Unavailable as error:
            raise RenderFailed(f"The store did not answer for {patience_s:.0f} s: {error}", FailureClass.INFRA) from error

    @contextmanager
    def _lane(self, control: Control) -> Iterator[None]:
        while not self._lanes.acquire(timeout=LOOK_AROUND_S):
            control.check()
        try:
            yield
        finally:
            self._lanes.release()

    def _wait(self, seconds: float, control: Control) -> None:
        while seconds > 0:
            control.check()
            self._sleep(min(seconds, LOOK_AROUND_S))
            seconds -= LOOK_AROUND_S


def _tell(state: RetryCallState) -> None:
    reason = str(state.outcome.exception()) if state.outcome is not None else ""
    log.warning("store.unavailable", reason=reason, num_tries=state.attempt_number, next_in_s=round(state.upcoming_sleep, 2))
