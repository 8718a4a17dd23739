"""Previewing: how a beat will look, for whoever waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable

from episodes.ports import Control
from rendering.backend import Frames
from rendering.posters import jpeg

MAX_SIDE = 320
MAX_BYTES = 24_000
LEAST_S = 1.0
"""Between two: nobody asks a renderer more often."""


def is_shown(num_done: int, num_steps: int) -> bool:
    """After which of its steps a backend makes a preview: each of a few, and every fifth of 25."""
    return num_done % max(1, num_steps // 5) == 0


class Previews:
    """Of one beat: its first frame at once, and then one a second at most, however many there are."""

    def __init__(self, control: Control, now_s: Callable[[], float] = time.monotonic) -> None:
        self._control = control
        self._now_s = now_s
        self._due_s = now_s()

    def show(self, frame_HWC: Frames) -> None:
        """Encoded, in a millisecond or two, and handed to the control where it is time for one."""
        if self._now_s() >= self._due_s:
            self._control.show(jpeg(frame_HWC, max_side=MAX_SIDE, max_bytes=MAX_BYTES))
            self._due_s = self._now_s() + LEAST_S
