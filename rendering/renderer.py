"""Renderer: keeps one backend warm and lets nothing but sound keyframes or a classified failure out."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from episodes.errors import FailureClass, RenderFailed
from episodes.job import RenderJob
from episodes.ports import Control
from rendering.backend import Keyframes, PictureSource, VideoBackend
from rendering.failures import failure_of


class Renderer:
    """One call at a time; the backend stays as it is between calls."""

    def __init__(self, backend: VideoBackend, pictures: PictureSource) -> None:
        self._backend = backend
        self._pictures = pictures

    def render(self, job: RenderJob, control: Control) -> Keyframes:
        """Make the keyframes of one beat. Raises RenderFailed with the class of what went wrong, RenderCancelled when told to stop."""
        try:
            control.check()
            keyframes = self._backend.keyframes(job, self._pictures, control)
        except RenderFailed:
            raise
        except Exception as error:
            raise failure_of(error) from error
        if flaw := _flaw(keyframes, job):
            raise RenderFailed(f"The backend {job.backend!r} {flaw}.", FailureClass.OUTPUT)
        return keyframes


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
