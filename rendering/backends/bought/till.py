"""Till: one attempt's dealings with a shop, which takes its time, has bad moments, and may be left at any of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from episodes.errors import FailureClass, RenderFailed
from episodes.ports import Control
from rendering.backends.bought.shop import (
    Finished,
    Over,
    Placed,
    Ready,
    Refused,
    Request,
    Shop,
    Trouble,
    Unclear,
    Unknown,
    Working,
    is_passing,
)

LOOK_AROUND_S = 0.25  # how late a cancel may be noticed while waiting
LONGEST_RETRY_S = 60.0
USUAL_WAIT_S = 60.0  # what a clip of a few seconds takes; only the reported share depends on it
MOST_SHARE = 0.95  # the rest is decoding
MOST_BYTES = 2**30
"""Of a clip: more than half a minute, the longest beat, of 4K at 250 Mbit/s. What is larger is none, and would fill the memory."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    poll_s: float
    """Between two looks at an order."""
    trouble_s: float = 120.0
    """So long a server may be busy or silent, then the attempt ends; the order stands."""
    unknown_s: float = 30.0
    """So long a server may not know an order that it took."""
    order_s: float = 1800.0
    """So long a clip may take, likewise."""
    sleep: Callable[[float], None] = time.sleep
    now_s: Callable[[], float] = time.monotonic


class Till:
    """Raises RenderCancelled within a quarter of a second, but for the one request that is under way."""

    def __init__(
        self,
        shop: Shop,
        request: Request,
        first_frame: bytes | None,
        patience: Patience,
        control: Control,
        last_frame: bytes | None = None,
    ) -> None:
        self._shop = shop
        self._request = request
        self._first_frame = first_frame
        self._last_frame = last_frame
        self._patience = patience
        self._control = control
        self.is_made = False
        """What was waited for last is made: to cancel it would throw away what is paid."""

    def order(self) -> Placed | Refused | Unclear:
        """Buy; again while the server says for certain that it did not sell, and that it may be better later."""
        trouble = _Trouble(self._patience)
        while True:
            answer = self._shop.order(self._request, self._first_frame, self._last_frame)
            if not isinstance(answer, Refused) or not is_passing(answer.failure):
                return answer
            wait_s = trouble.wait_s(answer.retry_after_s)
            if wait_s is None:
                return answer
            self._wait(wait_s, answer.failure)

    def collect(self, operation: str, after_s: float = 0.0) -> Finished | Over:
        """Wait for an order, from `after_s` on. Raises RenderFailed when patience ends before it does: infra, unless no waiting makes it better."""
        self._wait(after_s)
        began_s, trouble = self._patience.now_s(), _Trouble(self._patience)
        while True:
            self._control.check()
            answer = self._shop.look(operation)
            if isinstance(answer, Ready):
                answer = self._fetched(answer, operation, began_s)
            waited_s = self._patience.now_s() - began_s
            match answer:
                case Finished() | Over():
                    return answer
                case Unknown(failure=failure):
                    if waited_s >= self._patience.unknown_s:
                        return Over(failure=failure)
                    self._wait(min(1.0, self._patience.poll_s), failure)
                case Trouble(failure=failure, retry_after_s=retry_after_s):
                    wait_s = trouble.wait_s(retry_after_s) if is_passing(failure) else None
                    if wait_s is None:
                        raise failure
                    self._wait(wait_s, failure)
                case Working():
                    trouble = _Trouble(self._patience)
                    if waited_s > self._patience.order_s:
                        said = f"The order {operation} is not done after {waited_s:.0f} s."
                        raise RenderFailed(said, FailureClass.INFRA, "The next attempt goes on with it.")
                    # rises at every look, so that nobody takes it for stuck
                    self._control.report(_share(waited_s))
                    self._wait(self._patience.poll_s)

    def cancel(self, operation: str) -> bool:
        return self._shop.cancel(operation)

    def _fetched(self, ready: Ready, operation: str, began_s: float) -> Finished | Over | Trouble | Unknown:
        self.is_made = True
        basket = _Basket(operation, self._patience, self._control, began_s)
        try:
            return ready.fetch(basket.take) or Finished(clip=basket.clip())
        except _Overfull:
            said = f"The clip of the order {operation} is larger than {MOST_BYTES / 2**30:g} GiB."
            return Over(failure=RenderFailed(said, FailureClass.CONTENT, "Retrying this beat buys it again."))

    def _wait(self, seconds: float, failure: RenderFailed | None = None) -> None:
        if failure is not None:
            log.warning("order.waits", reason=str(failure), seconds=round(seconds, 2))
        end_s = self._patience.now_s() + seconds
        while (left_s := end_s - self._patience.now_s()) > 0:
            self._control.check()
            self._patience.sleep(min(left_s, LOOK_AROUND_S))


class _Overfull(Exception):
    """A clip is larger than any clip is."""


class _Basket:
    """A clip that comes in pieces. Between two of them it looks whether anybody still waits for it, however slowly they come."""

    def __init__(self, operation: str, patience: Patience, control: Control, began_s: float) -> None:
        self._operation = operation
        self._patience = patience
        self._control = control
        self._began_s = began_s
        self._reported_s = began_s
        self._pieces: list[bytes] = []
        self._num_bytes = 0

    def take(self, piece: bytes) -> None:
        """Raises RenderCancelled, RenderFailed (infra) when patience ends, _Overfull."""
        self._control.check()
        now_s = self._patience.now_s()
        waited_s = now_s - self._began_s
        if waited_s > self._patience.order_s:
            said = f"The order {self._operation} is made, but has not come after {waited_s:.0f} s."
            raise RenderFailed(said, FailureClass.INFRA, "The next attempt goes on with it.")
        if now_s - self._reported_s >= self._patience.poll_s:
            self._reported_s = now_s
            self._control.report(_share(waited_s))
        self._num_bytes += len(piece)
        if self._num_bytes > MOST_BYTES:
            raise _Overfull
        self._pieces.append(piece)

    def clip(self) -> bytes:
        return b"".join(self._pieces)


def _share(waited_s: float) -> float:
    return MOST_SHARE * waited_s / (waited_s + USUAL_WAIT_S)


class _Trouble:
    """One stretch of it."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._began_s = patience.now_s()
        self._next_s = 1.0

    def wait_s(self, retry_after_s: float | None) -> float | None:
        """How long to wait before the next try: as long as the server asks, else doubling; None: there is no patience left."""
        wait_s = max(self._next_s, retry_after_s or 0.0)
        self._next_s = min(2 * self._next_s, LONGEST_RETRY_S)
        left_s = self._began_s + self._patience.trouble_s - self._patience.now_s()
        return wait_s if wait_s <= left_s else None
