"""Fitting: pictures of any size become frames of a clip's size."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from episodes.plan import Format
from rendering.backend import Frames


def fitted(pictures: Sequence[Frames], film_format: Format) -> Frames:
    """Each (height, width, 3), cropped around the middle to the clip's aspect and scaled to its size: (time, height, width, 3)."""
    size = film_format.width, film_format.height
    if all((picture.shape[1], picture.shape[0]) == size for picture in pictures):
        return np.stack(pictures)
    fitted = np.empty((len(pictures), film_format.height, film_format.width, 3), np.uint8)
    for place, picture in enumerate(pictures):
        _fit(picture, fitted[place])
    return fitted


def _fit(picture: Frames, frame: Frames) -> None:
    """Fills the frame."""
    (made_height, made_width), (frame_height, frame_width) = picture.shape[:2], frame.shape[:2]
    scale = max(frame_width / made_width, frame_height / made_height)
    width, height = min(made_width, round(frame_width / scale)), min(made_height, round(frame_height / scale))
    left, top = (made_width - width) // 2, (made_height - height) // 2
    part = np.ascontiguousarray(picture[top : top + height, left : left + width])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    cv2.resize(part, (frame_width, frame_height), dst=frame, interpolation=method)
