"""Openings: a beat that goes on from another's last frame begins with that very picture."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from episodes.errors import FailureClass, RenderFailed
from rendering.backend import Frames
from rendering.backends.animatic.score import ease

DISSOLVE_S = 0.5
"""How long the earlier picture takes to give way."""
_SLATE, _SUBTITLE = 0.085, 0.235
"""Shares of the height at the top and the bottom in which the earlier clip's slate, timecode and subtitle are burnt in."""


def last_frame(path: Path, key: str, width: int, height: int) -> Frames:
    """The last picture of a clip, at this size. Raises RenderFailed (content) when there is none."""
    video = cv2.VideoCapture(str(path))
    try:
        frame = _last(video)
    finally:
        video.release()
    if frame is None:
        raise RenderFailed(f"{key!r} holds no frame to start from.", FailureClass.CONTENT, "Render the beat before it again.")
    rgb = cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
    if rgb.shape[:2] != (height, width):
        rgb = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(rgb, np.uint8)


def _last(video: cv2.VideoCapture) -> Frames | None:
    """Seeks near the end, then reads on: frame counts in containers may be off by a few."""
    count = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
    video.set(cv2.CAP_PROP_POS_FRAMES, max(0, count - 4))
    last = _read_on(video)
    if last is None:
        video.set(cv2.CAP_PROP_POS_FRAMES, 0)
        last = _read_on(video)
    return last


def _read_on(video: cv2.VideoCapture) -> Frames | None:
    last = None
    while True:
        going, frame = video.read()
        if not going:
            return last
        last = np.asarray(frame, np.uint8)


def dissolve(frame: Frames, before: Frames, time_s: float) -> None:
    """Lets `before` shine through, in place: all of it at the beat's first frame, nothing after DISSOLVE_S.

    Its top and bottom never come back: letters are burnt into them, and would stand under those of this beat.
    """
    share = 1 - ease(time_s / DISSOLVE_S)
    if share > 0:
        part = _without_letters(frame.shape[0]) * np.float32(share)
        frame[:] = (frame + (before.astype(np.float32) - frame) * part[:, None, None] + 0.5).astype(np.uint8)


def _without_letters(height: int) -> NDArray[np.float32]:
    """1 in the middle, 0 where letters may be, with soft steps between."""
    y = (np.arange(height, dtype=np.float32) + 0.5) / height
    rise, fall = (y - _SLATE) / 0.06, (1 - _SUBTITLE - y) / 0.06
    return np.clip(np.minimum(rise, fall), 0, 1).astype(np.float32)
