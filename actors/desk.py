"""What an actor has in hand: which attempts, how far they are, and whether they were told to stop. Safe from all its threads."""

from __future__ import annotations

import threading
from collections import OrderedDict

from episodes.errors import RenderCancelled
from episodes.fleet import Preview

_MAX_REMEMBERED_CANCELS = 10_000
"""A cancel may come before its attempt does; so many are remembered."""


class Work:
    """The Control of one attempt at one actor."""

    def __init__(self, attempt_id: str, cancelled: bool) -> None:
        self.attempt_id = attempt_id
        self.share = 0.0
        self.shown: Preview | None = None
        """The newest; None: nothing yet."""
        self._cancelled = threading.Event()
        if cancelled:
            self._cancelled.set()

    def check(self) -> None:
        if self._cancelled.is_set():
            raise RenderCancelled

    def report(self, share: float) -> None:
        self.share = max(self.share, share)

    def show(self, jpeg: bytes) -> None:
        self.shown = Preview(number=self.shown.number + 1 if self.shown is not None else 1, jpeg=jpeg)

    def cancel(self) -> None:
        self._cancelled.set()


class Desk:
    """The attempts in an actor's hands."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._works: dict[str, Work] = {}
        self._cancelled: OrderedDict[str, None] = OrderedDict()

    def begin(self, attempt_id: str) -> Work:
        with self._lock:
            work = Work(attempt_id, cancelled=attempt_id in self._cancelled)
            self._works[attempt_id] = work
            return work

    def end(self, work: Work) -> None:
        with self._lock:
            self._works.pop(work.attempt_id, None)

    def cancel(self, attempt_id: str) -> None:
        """Stop it, now or when it comes."""
        with self._lock:
            self._cancelled[attempt_id] = None
            while len(self._cancelled) > _MAX_REMEMBERED_CANCELS:
                self._cancelled.popitem(last=False)
            if attempt_id in self._works:
                self._works[attempt_id].cancel()

    def preview(self, attempt_id: str, *, after: int) -> Preview | None:
        """The newest of the attempt, if its number is above `after`."""
        with self._lock:
            work = self._works.get(attempt_id)
        shown = work.shown if work is not None else None
        return shown if shown is not None and shown.number > after else None

    def shares(self) -> dict[str, float]:
        with self._lock:
            return {attempt_id: work.share for attempt_id, work in self._works.items()}
