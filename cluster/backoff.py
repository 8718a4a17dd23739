"""The temporary blacklist: who was refused rests, and rests twice as long each time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

FIRST_S = 30.0  # stock comes back in minutes; the autoscaler would ask every five seconds
LONGEST_S = 600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rest:
    num_refusals: int
    until_s: float


class Backoff:
    """By any key: a candidate, a node type, the account. Safe from many threads. In memory only: a new process tries afresh."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._lock = threading.Lock()
        self._rests: dict[Hashable, _Rest] = {}

    def refuse(self, key: Hashable) -> None:
        """30 s for the first refusal, doubled for each one more, 10 minutes at most."""
        with self._lock:
            before = self._rests.get(key)
            num_refusals = before.num_refusals if before else 0
            self._rest(key, num_refusals, min(FIRST_S * 2**num_refusals, LONGEST_S))

    def rest(self, key: Hashable, pause_s: float) -> None:
        """For so long, whatever there was before."""
        with self._lock:
            self._rest(key, 0, pause_s)

    def forgive(self, key: Hashable) -> None:
        """It worked: the next refusal counts as the first."""
        with self._lock:
            self._rests.pop(key, None)

    def left_s(self, key: Hashable) -> float:
        """How long it still rests; 0 when it may be tried."""
        with self._lock:
            rest = self._rests.get(key)
            return max(0.0, rest.until_s - self._now_s()) if rest else 0.0

    def _rest(self, key: Hashable, num_refusals: int, pause_s: float) -> None:
        num_refusals = min(num_refusals + 1, 10)
        self._rests[key] = _Rest(num_refusals=num_refusals, until_s=self._now_s() + pause_s)
