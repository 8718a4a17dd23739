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


def unfitted(frame: Frames, width: int, height: int) -> Frames:
    """The way back: a picture of this size that `fitted` turns into the frame. What is cropped away mirrors what is beside it."""
    left, top, part_width, part_height = _part((width, height), (frame.shape[1], frame.shape[0]))
    method = cv2.INTER_AREA if part_width < frame.shape[1] else cv2.INTER_CUBIC
    part = cv2.resize(frame, (part_width, part_height), interpolation=method)
    right, bottom = width - part_width - left, height - part_height - top
    picture = np.empty((height, width, 3), np.uint8)
    cv2.copyMakeBorder(part, top, bottom, left, right, cv2.BORDER_REFLECT, dst=picture)
    return picture


def _fit(picture: Frames, frame: Frames) -> None:
    """Fills the frame."""
    size = frame.shape[1], frame.shape[0]
    left, top, width, height = _part((picture.shape[1], picture.shape[0]), size)
    part = np.ascontiguousarray(picture[top : top + height, left : left + width])
    method = cv2.INTER_AREA if size[0] < width else cv2.INTER_CUBIC
    cv2.resize(part, size, dst=frame, interpolation=method)


def _part(made: tuple[int, int], wanted: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, width and height of what a frame of the wanted size shows of a made picture. Sizes are widths and heights."""
    scale = max(wanted[0] / made[0], wanted[1] / made[1])
    width, height = min(made[0], round(wanted[0] / scale)), min(made[1], round(wanted[1] / scale))
    return (made[0] - width) // 2, (made[1] - height) // 2, width, height
