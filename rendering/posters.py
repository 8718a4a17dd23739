"""Pictures that stand for a clip or a film."""

from __future__ import annotations

import cv2

from episodes.job import StoredFile
from episodes.plan import Format
from rendering.backend import Frames

MAX_BYTES = 150_000
MAX_SIDE = 1280  # pixels; a poster is shown small
QUALITIES = (88, 80, 70, 55, 40, 20, 5)  # the last is for pictures that are all noise


def jpeg(frame_HWC: Frames, *, max_side: int = MAX_SIDE, max_bytes: int = MAX_BYTES) -> bytes:
    """No more pixels on the longer side and no more bytes than that, in the best quality that fits. By default a poster."""
    height, width = frame_HWC.shape[:2]
    picture = cv2.cvtColor(frame_HWC, cv2.COLOR_RGB2BGR)
    if (size := _size(width, height, max_side)) != (width, height):
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    data = b""
    for quality in QUALITIES:
        data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1])[1].tobytes()
        if len(data) <= max_bytes:
            break
    return data


def described(stored: StoredFile, film_format: Format) -> StoredFile:
    """With the size that a poster from this format has."""
    width, height = _size(film_format.width, film_format.height, MAX_SIDE)
    return stored.model_copy(update={"width": width, "height": height})


def _size(width: int, height: int, max_side: int) -> tuple[int, int]:
    shrink = min(1.0, max_side / max(width, height))
    return max(1, round(width * shrink)), max(1, round(height * shrink))
