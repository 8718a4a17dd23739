"""Named places at which a test has this process killed: before and after every commit, and every call to the artifact store.

In production nothing is armed: a commit's place costs one comparison, and artifact stores are as they are.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from episodes.errors import BadInput

Moment = Literal["before", "after"]

_told: Callable[[str], None] | None = None
"""Who is told of every place that is reached; a global, because whoever commits must not have to know of tests."""


def reach(moment: Moment, what: str) -> None:
    """`what` is "commit", or the call to the artifact store, and its subject: `commit accept`, `put_file video`."""
    if _told is not None:
        _told(f"{moment} {what}")


def is_watched() -> bool:
    return _told is not None


def watch(told: Callable[[str], None] | None) -> None:
    """Have a function told of every place, in the thread that reaches it; None: nobody."""
    global _told
    _told = told


def arm(point: str, note: Path) -> None:
    """Die as by kill -9 where `point` is reached: `after commit accept`, or `after commit accept:3` for the third time here.

    `note` is written first, and where it lies already nobody dies: of all processes with the same setting, restarted ones too, one
    dies once. Raises BadInput for what is no point.
    """
    name, colon, nth = point.partition(":")
    if not name.startswith(("before ", "after ")) or (colon and not nth.isdigit()):
        raise BadInput(f"{point!r} is no crash point.", "One looks like `before commit accept` or `after put_file video:2`.")
    watch(_Trap(name, int(nth or 1), note))


class _Trap:
    def __init__(self, name: str, nth: int, note: Path) -> None:
        self._name = name
        self._num_to_come = nth
        self._note = note
        self._lock = threading.Lock()

    def __call__(self, name: str) -> None:
        if name != self._name:
            return
        with self._lock:
            self._num_to_come -= 1
            if self._num_to_come == 0:
                self._die()

    def _die(self) -> None:
        self._note.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self._note.open("x") as note:
                note.write(f"{self._name}\n{os.getpid()}\n")
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGKILL)
