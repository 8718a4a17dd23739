"""The last frame of an earlier clip, for whatever goes on from it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from episodes.errors import FailureClass, RenderFailed
from episodes.plan import Format
from rendering.backend import Frames
from rendering.backends.fitting import fitted

_SUBTITLE = 0.28
"""Share at the bottom in which the clip's subtitle is looked for."""


def last_frame(path: Path, key: str, film_format: Format) -> Frames:
    """The last picture of a clip, at this size and without its subtitle. Raises RenderFailed (content) when there is none."""
    video = cv2.VideoCapture(str(path))
    try:
        frame = _last(video)
    finally:
        video.release()
    if frame is None:
        raise RenderFailed(f"{key!r} holds no frame to start from.", FailureClass.CONTENT, "Render the beat before it again.")
    [rgb] = fitted([np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8)], film_format)
    return _without_subtitle(rgb)


def _without_subtitle(frame: Frames) -> Frames:
    """Paints over bright letters at the bottom from what is around them: the next subtitle will stand in the same place."""
    height = frame.shape[0]
    top = int((1 - _SUBTITLE) * height)
    band = np.ascontiguousarray(frame[top:])
    letters = np.where(band.min(2) > 205, 255, 0).astype(np.uint8)
    if float((letters > 0).mean()) > 0.3:  # snow, sand, a white wall: letters cannot be told from it
        return frame
    reach = 2 * max(1, round(height * 0.008)) + 1
    mask = cv2.dilate(letters, np.ones((reach, reach), np.uint8))
    frame[top:] = cv2.inpaint(band, mask, 3, cv2.INPAINT_TELEA)
    return frame


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
