"""Keeps OpenCV on the calling thread while motion is computed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import cv2

_running = threading.Lock()
_num_running = 0
_num_threads_before = 0


@contextmanager
def one_thread() -> Iterator[None]:
    """Inside, OpenCV does not spread over cores that were promised to others, and the machine's size cannot show in the pixels.

    OpenCV has one number of threads per process. Whoever enters first keeps it, whoever leaves last puts it back.
    """
    global _num_running, _num_threads_before
    with _running:
        if _num_running == 0:
            _num_threads_before = cv2.getNumThreads()
            cv2.setNumThreads(1)
        _num_running += 1
    try:
        yield
    finally:
        with _running:
            _num_running -= 1
            if _num_running == 0:
                cv2.setNumThreads(_num_threads_before)
