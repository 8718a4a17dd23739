"""One picture between two keyframes: both are bent to the moment and blended by what each of them can see."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from rendering.backend import Frames
from rendering.motion.flow import Field, Flows, Key, grid, sample

INVERSION_STEPS = 2
"""Steps of the fixed point `p = x − flow(p)`: one leaves edges doubled, three are no better than two."""
RESIDUAL_PX2 = 2.0
"""A pixel whose fixed point misses by this much, squared, is hidden in that keyframe."""
FLOOR_TRUST = 0.05
"""Both sides untrusted: they share the pixel by time alone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """What the pixels of one of the two keyframes do on the way to the other."""

    key: Key
    flow: Field
    trust: Field
    bend: Field | None
    """Acceleration; None where no keyframe lies behind."""

    def at(self, share: float, strength: float) -> Field:
        """Displacement after a share of the way."""
        moved = self.flow * np.float32(share * strength)
        if self.bend is not None:
            moved += self.bend * np.float32((share * share - share) * strength)
        return moved


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """All that is known about the time between two keyframes."""

    first: Way
    second: Way

    @classmethod
    def of(cls, first: Key, second: Key, flows: Flows, bends: tuple[Field | None, Field | None]) -> Gap:
        return cls(
            first=Way(key=first, flow=flows.forward, trust=flows.forward_trust, bend=bends[0]),
            second=Way(key=second, flow=flows.backward, trust=flows.backward_trust, bend=bends[1]),
        )

    def picture(self, share: float, strength: float) -> Frames:
        """The frame at a share of the way, strictly between 0 and 1."""
        moved_first, sees_first = _arrive(self.first, share, strength)
        moved_second, sees_second = _arrive(self.second, 1 - share, strength)
        weight_first = (sees_first + np.float32(FLOOR_TRUST)) * np.float32(1 - share)
        weight_second = (sees_second + np.float32(FLOOR_TRUST)) * np.float32(share)
        share_first = weight_first / (weight_first + weight_second)
        height, width = self.first.key.frame_HWC.shape[:2]
        part = cv2.resize(share_first, (width, height), interpolation=cv2.INTER_LINEAR)
        bent = [_bend(way.key, moved) for way, moved in ((self.first, moved_first), (self.second, moved_second))]
        return np.asarray(cv2.blendLinear(bent[0], bent[1], part, 1 - part), np.uint8)


def crossfade(first: Frames, second: Frames, share: float) -> Frames:
    return np.asarray(cv2.addWeighted(first, 1 - share, second, share, 0), np.uint8)


def _arrive(way: Way, share: float, strength: float) -> tuple[Field, Field]:
    """Where each pixel of the new picture comes from in this keyframe (as an offset), and how far the keyframe shows it."""
    moved = way.at(share, strength)
    places = way.key.grid - moved
    for _ in range(INVERSION_STEPS):
        places = way.key.grid - sample(moved, places)
    miss = places + sample(moved, places) - way.key.grid
    sees = sample(way.trust, places, cv2.BORDER_CONSTANT) * np.exp(
        np.einsum("hwc,hwc->hw", miss, miss) / np.float32(-RESIDUAL_PX2)
    )
    return places - way.key.grid, np.asarray(sees, np.float32)


def _bend(key: Key, offset: Field) -> Frames:
    height, width = key.frame_HWC.shape[:2]
    small_height, small_width = key.grey_HW.shape
    scale = np.array([width / small_width, height / small_height], np.float32)
    places = grid(height, width) + cv2.resize(offset * scale, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.remap(key.frame_HWC, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8)  # type: ignore[call-overload]
