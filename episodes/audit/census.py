"""What is alive or lies about beside SQL and the stored objects, as whoever can see it tells the audit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True, slots=True)
class Thing:
    """An actor, a process, a file: something that should not outlast the work that it is for."""

    where: str
    wrong: str = ""
    """Why it should not be there, in a sentence; empty: it belongs there."""
    is_passing: bool = False
    """It is part of work that goes on, and left over only when nothing works any more."""


class Census(Protocol):
    """Looks at everything of its kind. Changes nothing; raises Unavailable when it cannot look."""

    def things(self) -> Iterable[Thing]: ...
