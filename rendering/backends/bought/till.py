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

    def __init__(self, shop: Shop, request: Request, first_frame: bytes | None, patience: Patience, control: Control) -> None:
        self._shop = shop
        self._request = request
        self._first_frame = first_frame
        self._patience = patience
        self._control = control

    def order(self) -> Placed | Refused | Unclear:
        """Buy; again while the server says for certain that it did not sell, and that it may be better later."""
        trouble = _Trouble(self._patience)
        while True:
            answer = self._shop.order(self._request, self._first_frame)
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
                    self._control.report(MOST_SHARE * waited_s / (waited_s + USUAL_WAIT_S))
                    self._wait(self._patience.poll_s)

    def cancel(self, operation: str) -> bool:
        return self._shop.cancel(operation)

    def _wait(self, seconds: float, failure: RenderFailed | None = None) -> None:
        if failure is not None:
            log.warning("order.waits", reason=str(failure), seconds=round(seconds, 2))
        end_s = self._patience.now_s() + seconds
        while (left_s := end_s - self._patience.now_s()) > 0:
            self._control.check()
            self._patience.sleep(min(left_s, LOOK_AROUND_S))


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
