"""Figures: what stands out from a plain or transparent ground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from episodes.world import Box
from planning.extraction.colours import to_lab
from planning.extraction.decode import Pixels

Mask = NDArray[np.bool_]

_LOOK_AT: Final = 360  # pixels of the longer side are enough to tell a figure from its ground
_PLAIN: Final = 9.0  # ΔE within which a ground counts as one colour; paper and JPEG vary that much
_MIN_BORDER: Final = 0.88
_MIN_GROUND: Final = 0.3
_MIN_HEIGHT: Final = 0.3


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """The ground's opposite: one or several figures."""

    mask_HW: Mask
    """At the picture's own size."""
    boxes: tuple[Box, ...]
    """Largest first."""


def figures_in(rgba: Pixels) -> Figures | None:
    """None when there is no plain ground, or nothing on it that is as tall as a figure."""
    import cv2

    height, width = rgba.shape[:2]
    scale = min(1.0, _LOOK_AT / max(height, width))
    small = cv2.resize(rgba, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA)
    mask = _standing_out(np.asarray(small, dtype=np.uint8))
    if mask is None:
        return None
    boxes = _boxes(mask)
    if not boxes:
        return None
    full = cv2.resize(mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0
    return Figures(mask_HW=full, boxes=boxes)


def _standing_out(rgba: Pixels) -> Mask | None:
    import cv2

    transparent = rgba[..., 3] < 128
    if transparent.mean() > 0.15:
        return ~transparent
    lab = to_lab(rgba[..., :3])
    border = np.concatenate([lab[0], lab[-1], lab[:, 0], lab[:, -1]])
    ground = np.median(border, axis=0)
    if float((np.linalg.norm(border - ground, axis=1) < _PLAIN).mean()) < _MIN_BORDER:
        return None
    near = (np.linalg.norm(lab - ground, axis=2) < _PLAIN).astype(np.uint8)
    # only what hangs together with the border is ground: a white shirt on white paper is not
    _, labels = cv2.connectedComponents(near)
    at_border = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    is_ground = np.isin(labels, at_border[at_border > 0]) & (near > 0)
    if not _MIN_GROUND <= is_ground.mean() < 0.995:
        return None
    return np.asarray(~is_ground, dtype=np.bool_)


def _boxes(mask: Mask) -> tuple[Box, ...]:
    import cv2

    closed = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(closed)
    height, width = mask.shape
    tall = [s for s in stats[1:] if s[cv2.CC_STAT_HEIGHT] >= _MIN_HEIGHT * height]
    tall.sort(key=lambda s: (-int(s[cv2.CC_STAT_AREA]), int(s[cv2.CC_STAT_LEFT])))
    return tuple(
        Box(
            x=s[cv2.CC_STAT_LEFT] / width,
            y=s[cv2.CC_STAT_TOP] / height,
            width=s[cv2.CC_STAT_WIDTH] / width,
            height=s[cv2.CC_STAT_HEIGHT] / height,
        )
        for s in tall[:32]
    )
