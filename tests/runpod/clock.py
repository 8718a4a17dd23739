"""Time that only tests move, for both sides of the API at once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

_START = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._passed_s = 0.0

    def now_s(self) -> float:
        return self._passed_s

    def today(self) -> datetime:
        return _START + timedelta(seconds=self._passed_s)

    def sleep(self, pause_s: float) -> None:
        with self._lock:
            self._passed_s += pause_s
