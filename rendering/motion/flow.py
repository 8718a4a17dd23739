"""Where the pixels of one keyframe lie in the next, and how far that can be believed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rendering.backend import Frames

Field = NDArray[np.float32]
"""Per pixel of the small picture: a vector in small pixels (height, width, 2), or a weight from 0 to 1 (height, width)."""

MIN_SMALL_PX = 32
"""DIS searches patches of 8 pixels on a pyramid: below this the half-size picture has nothing left to search."""
GEOMETRIC_SLACK_PX2 = 0.5
"""How far, squared, forth and back may miss each other before it counts; grows with the way (`GEOMETRIC_SHARE`)."""
GEOMETRIC_SHARE = 0.05
PHOTOMETRIC_LEVELS = 50.0
"""A difference in grey that makes a match e times less believable."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """A keyframe and its small grey copy, on which motion is measured: half the flow's cost is a quarter, its loss 0.1 dB."""

    frame_HWC: Frames
    grey_HW: Frames
    grid: Field
    """Coordinates of the small pixels."""

    @classmethod
    def of(cls, frame_HWC: Frames) -> Key:
        height, width = frame_HWC.shape[:2]
        if min(height, width) >= 2 * MIN_SMALL_PX:
            height, width = (height + 1) // 2, (width + 1) // 2
        small = cv2.resize(frame_HWC, (width, height), interpolation=cv2.INTER_AREA)
        grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)
        return cls(frame_HWC=frame_HWC, grey_HW=grey, grid=grid(height, width))


@dataclass(frozen=True, kw_only=True, slots=True)
class Flows:
    """The motion between two neighbouring keyframes, both ways."""

    forward: Field
    """From each pixel of the first to its place in the second."""
    backward: Field
    forward_trust: Field
    """Near 1 where the way forth and back ends where it began and looks alike; 0 where it leaves the picture."""
    backward_trust: Field
    span: int
    """Frames from the first to the second."""

    @property
    def trust(self) -> float:
        """Of the whole pair: what remains of it across a cut is chance."""
        return float((self.forward_trust.mean() + self.backward_trust.mean()) / 2)


def measure(first: Key, second: Key, span: int) -> Flows:
    """Dense inverse search (Kroeger et al., ECCV 2016) both ways, checked against each other."""
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
    search.setFinestScale(1)
    forward = np.asarray(search.calc(first.grey_HW, second.grey_HW, None), np.float32)  # type: ignore[call-overload]
    backward = np.asarray(search.calc(second.grey_HW, first.grey_HW, None), np.float32)  # type: ignore[call-overload]
    return Flows(
        forward=forward,
        backward=backward,
        forward_trust=_trust(forward, backward, first, second),
        backward_trust=_trust(backward, forward, second, first),
        span=span,
    )


def _trust(there: Field, back: Field, here: Key, other: Key) -> Field:
    places = here.grid + there
    returning = sample(back, places)
    miss = _squares(there + returning)
    slack = GEOMETRIC_SLACK_PX2 + GEOMETRIC_SHARE * (_squares(there) + _squares(returning))
    difference = cv2.absdiff(here.grey_HW, sample(other.grey_HW, places)).astype(np.float32)
    trust = np.exp(-miss / slack - cv2.blur(difference, (5, 5)) / np.float32(PHOTOMETRIC_LEVELS))
    height, width = here.grey_HW.shape
    x, y = places[..., 0], places[..., 1]
    trust *= (x >= -1) & (x <= width) & (y >= -1) & (y <= height)
    return np.asarray(trust, np.float32)


def acceleration(ahead: Field, ahead_trust: Field, span: int, behind: Field, behind_trust: Field, behind_span: int) -> Field:
    """What bends the way between two keyframes, seen from one of them, given where its pixels were at the key behind it.

    Of the displacement `s·ahead + acceleration·(s² − s)` at the share `s` of the way: the parabola through three keys
    (Xu et al., "Quadratic video interpolation", NeurIPS 2019). At most half of the displacement, less where trust is low.
    """
    ratio = np.float32(behind_span / span)
    bend = np.asarray((behind + ratio * ahead) / (ratio * (ratio + 1)), np.float32)
    limit = np.sqrt(_squares(ahead)) / (np.float32(2) * np.sqrt(_squares(bend)) + np.float32(1e-6))
    bend *= (np.minimum(limit, 1) * ahead_trust * behind_trust)[..., None]
    return bend


def grid(height: int, width: int) -> Field:
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return np.stack([x, y], axis=-1)


def sample(values: NDArray[np.float32] | Frames, places: Field, beyond: int = cv2.BORDER_REPLICATE) -> NDArray[np.float32]:
    """`values` at fractional places (x, y); beyond the border its nearest pixel, or 0 with BORDER_CONSTANT."""
    return np.asarray(cv2.remap(values, places, None, cv2.INTER_LINEAR, borderMode=beyond))  # type: ignore[call-overload]


def _squares(vectors: Field) -> Field:
    return np.asarray(np.einsum("hwc,hwc->hw", vectors, vectors), np.float32)


_running = threading.Lock()
_num_running = 0
_num_threads_before = 0


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep OpenCV on the calling thread: DIS cuts the picture into one stripe per thread, so that its result depends on their number.

    OpenCV has one such number per process. Whoever enters first keeps it, whoever leaves last puts it back.
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
