"""Named places at which a test has this process killed: before and after every commit, and every call to the artifact store.

In production nothing is armed: a commit's place costs one comparison, and artifact stores are as they are.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterable
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


def arm(points: Iterable[str], folder: Path) -> None:
    """Die as by kill -9 where one of them is reached: `after commit accept`, or `after commit accept:3` for the third time here.

    Whoever dies leaves a note in the folder first, named as `note_of` says, and where it lies already nobody dies: of all processes
    with the same setting, restarted ones too, one dies once at each. Raises BadInput for what is no point.
    """
    watch(_Trap(dict(_parsed(point) for point in points), folder))


def note_of(point: str, folder: Path) -> Path:
    """Whose lines are the point and the process that died there."""
    return folder / point.partition(":")[0].replace(" ", "-")


def _parsed(point: str) -> tuple[str, int]:
    name, colon, nth = point.strip().partition(":")
    if not name.startswith(("before ", "after ")) or (colon and not nth.isdigit()):
        raise BadInput(f"{point!r} is no crash point.", "One looks like `before commit accept` or `after put_file video:2`.")
    return name, int(nth or 1)


class _Trap:
    def __init__(self, num_to_come: dict[str, int], folder: Path) -> None:
        self._num_to_come = num_to_come
        self._folder = folder
        self._lock = threading.Lock()

    def __call__(self, name: str) -> None:
        if name not in self._num_to_come:
            return
        with self._lock:
            self._num_to_come[name] -= 1
            if self._num_to_come[name] == 0:
                self._die(name)

    def _die(self, name: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            with note_of(name, self._folder).open("x") as note:
                note.write(f"{name}\n{os.getpid()}\n")
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGKILL)
