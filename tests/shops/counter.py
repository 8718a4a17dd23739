"""What every shop of the tests has: orders that it counts, and troubles that it can be given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from threading import Lock
from typing import Any

from tests.loopback import LOST, Answer, Asked


class Fate(Enum):
    """What becomes of an order."""

    DONE = auto()
    NEVER_DONE = auto()
    BLOCKED = auto()
    FAILED = auto()
    FORGOTTEN = auto()
    """The server does not know it any more."""


@dataclass
class Counter:
    """Sells; `bought` is what has to be paid for."""

    bought: list[dict[str, Any]] = field(default_factory=list)
    """Every order that was taken, as it was asked for."""
    asked: list[Asked] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    fate: Fate = Fate.DONE
    refusals: list[Answer] = field(default_factory=list)
    """Given to the next ones who order, who buy nothing."""
    troubles: list[Answer] = field(default_factory=list)
    """Given to the next ones who look."""
    spoilt: list[bytes] = field(default_factory=list)
    """Delivered to the next ones who fetch a clip, in its place."""
    loses_its_answer: bool = False
    """The next order is taken, and its answer lost."""
    _lock: Lock = field(default_factory=Lock)

    def sell(self, wishes: dict[str, Any], answer: Callable[[str], Answer]) -> Answer:
        with self._lock:
            if self.refusals:
                return self.refusals.pop(0)
            self.bought.append(wishes)
            if self.loses_its_answer:
                self.loses_its_answer = False
                return LOST
            return answer(str(len(self.bought)))

    def trouble(self) -> Answer | None:
        with self._lock:
            return self.troubles.pop(0) if self.troubles else None

    def delivered(self, film: bytes) -> bytes:
        with self._lock:
            return self.spoilt.pop(0) if self.spoilt else film

    def order(self, operation: str) -> dict[str, Any] | None:
        known = operation.isdigit() and 0 < int(operation) <= len(self.bought) and self.fate is not Fate.FORGOTTEN
        return self.bought[int(operation) - 1] if known else None
