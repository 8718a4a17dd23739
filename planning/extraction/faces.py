"""Faces: where skin-coloured, face-shaped areas with a pair of eyes are.

OpenCV 5 ships no face cascades any more, and its face network needs a model file that has to be downloaded, so this is measured:
areas in the colours that human skin has in YCrCb (Chai and Ngan, 1999), about as high as wide, filled like an ellipse, with
two dark spots side by side in their upper half. It finds frontal faces in colour, drawn ones too; it misses profiles, grey
pictures, sunglasses and faces under coloured light. A miss makes a portrait a place, which its owner can correct with PUT.
"""

from __future__ import annotations

from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from episodes.world import Box
from planning.extraction.decode import Pixels

_LOOK_AT: Final = 400
_MIN_SIDE: Final = 0.07
"""Of the picture's longer side; smaller areas cannot be told from lit windows and hands."""
_EYE_DARKNESS: Final = 0.84
_MAX_FACES: Final = 32


def faces_in(rgba: Pixels) -> tuple[Box, ...]:
    """Largest first."""
    import cv2

    height, width = rgba.shape[:2]
    scale = min(1.0, _LOOK_AT / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    rgb = np.asarray(cv2.resize(np.ascontiguousarray(rgba[..., :3]), size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    opaque = np.asarray(cv2.resize(np.ascontiguousarray(rgba[..., 3]), size, interpolation=cv2.INTER_AREA)) > 127
    skin = _skin(rgb) & opaque
    luma = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.float32)
    found = [box for box in _areas(skin) if _has_eyes(luma[box[1] : box[1] + box[3], box[0] : box[0] + box[2]])]
    found.sort(key=lambda b: (-b[2] * b[3], b[0], b[1]))
    return tuple(Box(x=x / size[0], y=y / size[1], width=w / size[0], height=h / size[1]) for x, y, w, h in found[:_MAX_FACES])


def _skin(rgb: Pixels) -> NDArray[np.bool_]:
    import cv2

    _, cr, cb = cv2.split(cv2.cvtColor(rgb, cv2.COLOR_RGB2YCrCb))
    red, green, blue = (rgb[..., i].astype(np.int16) for i in range(3))
    in_range = (cr >= 136) & (cr <= 175) & (cb >= 90) & (cb <= 128)
    return np.asarray(in_range & (red > 70) & (red > green) & (green >= blue - 12) & (red - blue > 12), dtype=np.bool_)


def _areas(skin: NDArray[np.bool_]) -> list[tuple[int, int, int, int]]:
    """x, y, width, height of areas shaped like a face; a neck below it is cut off."""
    import cv2

    height, width = skin.shape
    least = max(6, round(_MIN_SIDE * max(height, width)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    closed = cv2.morphologyEx(skin.astype(np.uint8), cv2.MORPH_CLOSE, kernel)
    opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, kernel)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(opened)
    areas: list[tuple[int, int, int, int]] = []
    for label, (x, y, w, h, _area) in enumerate(stats):
        if label == 0 or w < least or h < least or h < 0.75 * w or h > 2.6 * w:
            continue
        face_height = min(int(h), round(1.4 * w))
        filled = float((labels[y : y + face_height, x : x + w] == label).mean())
        if filled >= 0.5:
            areas.append((int(x), int(y), int(w), face_height))
    return areas


def _has_eyes(luma: NDArray[np.float32]) -> bool:
    """Two small spots, darker than what is around them, side by side in the upper part and about the middle."""
    import cv2

    height, width = luma.shape
    around = cv2.GaussianBlur(luma, (0, 0), 0.12 * width)
    spots = (luma < _EYE_DARKNESS * around).astype(np.uint8)
    spots[: round(0.12 * height)] = 0
    spots[round(0.68 * height) :] = 0
    _, _, stats, centres = cv2.connectedComponentsWithStats(spots)
    eyes = [
        (float(x), float(y))
        for (_, _, w, h, area), (x, y) in list(zip(stats, centres, strict=True))[1:]
        if area >= max(2.0, 0.0008 * height * width) and w <= 0.36 * width and h <= 0.3 * height
    ]
    return any(_are_a_pair(one, other, width, height) for one, other in combinations(eyes, 2))


def _are_a_pair(one: tuple[float, float], other: tuple[float, float], width: int, height: int) -> bool:
    apart, middle = abs(one[0] - other[0]), (one[0] + other[0]) / 2
    return (
        0.2 * width <= apart <= 0.62 * width
        and abs(one[1] - other[1]) <= 0.07 * height
        and 0.36 * width <= middle <= 0.64 * width
    )
