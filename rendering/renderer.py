"""Renderer: keeps one backend warm and lets nothing but sound keyframes or a classified failure out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np

from episodes.errors import FailureClass, RenderFailed
from episodes.job import RenderJob
from episodes.ports import Control
from rendering.backend import Keyframes, Parkable, PictureSource, VideoBackend
from rendering.failures import failure_of


class Renderer:
    """One beat at a time; the backend stays as it is between calls, unless it is parked."""

    def __init__(self, backend: VideoBackend, pictures: PictureSource, now_s: Callable[[], float] = time.monotonic) -> None:
        self._backend = backend
        self._pictures = pictures
        self._now_s = now_s
        self._at_work = threading.Lock()
        """Held while the backend renders, is parked or comes back."""
        self._is_parked = False

    @property
    def is_parked(self) -> bool:
        return self._is_parked

    def park(self) -> bool:
        """Have the backend let go of its device until the next beat, which brings it back by itself. True: it is parked now.

        From any thread, at any time, again and again. False: a beat is being rendered, or there is nothing to park.
        Raises RenderFailed when the backend could not let go of everything; the next beat brings it back all the same.
        """
        if not isinstance(self._backend, Parkable) or not self._at_work.acquire(blocking=False):
            return False
        try:
            if not self._is_parked:
                self._is_parked = True
                self._backend.park()
        except Exception as error:
            raise failure_of(error) from error
        finally:
            self._at_work.release()
        return True

    def render(self, job: RenderJob, control: Control) -> Keyframes:
        """Make the keyframes of one beat. Raises RenderFailed with the class of what went wrong, RenderCancelled when told to stop.

        What was parked is brought back first, before anything is reported; how long that took stands in the recipe.
        """
        with self._at_work:
            try:
                control.check()
                cost = self._unpark()
                keyframes = self._backend.keyframes(job, self._pictures, control)
            except RenderFailed:
                raise
            except Exception as error:
                raise failure_of(error) from error
        if flaw := _flaw(keyframes, job):
            raise RenderFailed(f"The backend {job.backend!r} {flaw}.", FailureClass.OUTPUT)
        return replace(keyframes, recipe={**keyframes.recipe, **cost})

    def _unpark(self) -> dict[str, str]:
        """What it cost, for the recipe; empty when there was nothing to bring back."""
        if not isinstance(self._backend, Parkable) or not self._is_parked:
            return {}
        began_s = self._now_s()
        self._backend.unpark()
        self._is_parked = False
        return {"unparked_s": f"{self._now_s() - began_s:.2f}"}


def _flaw(keyframes: Keyframes, job: RenderJob) -> str:
    """How the keyframes break their contract; empty when they keep it."""
    frames, indices, film_format = keyframes.frames_THWC, keyframes.indices, job.input.format
    shape = (len(indices), film_format.height, film_format.width, 3)
    if keyframes.num_frames != job.num_frames:
        return f"counts {keyframes.num_frames} frames where the job has {job.num_frames}"
    if frames.dtype != np.uint8 or frames.shape != shape:
        return f"made {frames.dtype} frames of shape {frames.shape} where the job has uint8 {shape}"
    if not indices or indices[0] != 0 or indices[-1] != job.num_frames - 1 or any(a >= b for a, b in pairwise(indices)):
        return f"placed its keyframes at {indices}, which do not ascend from 0 to {job.num_frames - 1}"
    return ""
