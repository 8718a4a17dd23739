"""Who wants to write to a file that takes one writer at a time: in the order in which they came."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from episodes.errors import Unavailable


@dataclass(kw_only=True, slots=True, eq=False)
class _Place:
    is_called: threading.Event = field(default_factory=threading.Event)
    is_in_vain: bool = False


class Turns:
    """One thread of this process at a time, first come, first served. Whoever has the turn must not ask for another."""

    def __init__(self, patience_s: float) -> None:
        """`patience_s`: for all those before."""
        self._patience_s = patience_s
        self._guard = threading.Lock()
        self._line: deque[_Place] = deque()

    @property
    def num_waiting(self) -> int:
        with self._guard:
            return max(0, len(self._line) - 1)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Raises Unavailable when those before take too long, or one of them finds that nobody can write now."""
        mine = _Place()
        with self._guard:
            self._line.append(mine)
            is_first = self._line[0] is mine
        try:
            if not is_first and not mine.is_called.wait(self._patience_s):
                raise Unavailable("The database is busy.", "Nothing is lost by that; try again.")
            if mine.is_in_vain:
                raise Unavailable("The database is locked.", "Nothing is lost by that; try again.")
            with self._dismissing_those_behind():
                yield
        finally:
            self._leave(mine)

    @contextmanager
    def _dismissing_those_behind(self) -> Iterator[None]:
        """One who waited in vain for a lock of another process was patient for all: each would be so again, one after the other."""
        try:
            yield
        except Unavailable:
            with self._guard:
                for place in list(self._line)[1:]:
                    place.is_in_vain = True
                    place.is_called.set()
            raise

    def _leave(self, mine: _Place) -> None:
        with self._guard:
            was_first = self._line[0] is mine
            self._line.remove(mine)
            if was_first and self._line:
                self._line[0].is_called.set()
