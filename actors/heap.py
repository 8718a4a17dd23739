"""Gives freed memory back to the system, so that a process that works for months stays as small as in its first minutes.

glibc keeps what a thread frees for threads of the same arena, of which there are eight a core, and lets each keep twice the largest
block that was ever freed. The coordinator's thirty threads hand work to each other all the time: nothing was held any more, and yet
its process grew by 4 kB a beat. `benchmarks/orchestration.py` watches it.
"""

from __future__ import annotations

import ctypes
import threading
import time

TRIM_S = 10.0
"""A trim takes a millisecond or less; at full speed a thousand beats pass between two."""
THRESHOLD_BYTES = 128 * 1024
"""glibc's own first value, for blocks that are mapped by themselves and for free ends of arenas. Once set, it does not rise."""

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of mallopt(3)


class Heap:
    """This process's memory as the C library manages it. Where that is not glibc, freed memory is its own affair: nothing is done."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None)
        self.is_glibc = hasattr(self._libc, "malloc_trim")

    def keep_small(self) -> None:
        """From now on, and for as long as the process lives."""
        if self.is_glibc:
            self.fix_thresholds()
            threading.Thread(target=self._trim_again_and_again, name="heap", daemon=True).start()

    def fix_thresholds(self) -> None:
        self._libc.mallopt(_MMAP_THRESHOLD, THRESHOLD_BYTES)
        self._libc.mallopt(_TRIM_THRESHOLD, THRESHOLD_BYTES)

    def trim(self) -> None:
        """Give back every whole free page, in the midst of the arenas too."""
        self._libc.malloc_trim(0)

    def _trim_again_and_again(self) -> None:
        while True:
            time.sleep(TRIM_S)
            self.trim()
