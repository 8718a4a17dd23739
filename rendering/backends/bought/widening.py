"""Widening: a beat's first picture in the shape of the clip that is ordered, so that cropping that clip gives the picture back."""

from __future__ import annotations

from math import ceil

import cv2
import numpy as np

from rendering.backend import Frames


def widened(picture_HWC: Frames, aspect: float) -> Frames:
    """All of the picture in the middle; what is missing beside or above it mirrors it. `aspect`: width by height."""
    height, width = picture_HWC.shape[:2]
    wide, high = max(width, ceil(height * aspect)), max(height, ceil(width / aspect))
    left, top = (wide - width) // 2, (high - height) // 2
    beside = (top, high - height - top, left, wide - width - left)
    return np.asarray(cv2.copyMakeBorder(picture_HWC, *beside, cv2.BORDER_REFLECT), np.uint8)
