"""One picture between two keyframes: both are bent to the moment and blended by what each of them can see."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from rendering.backend import Frames
from rendering.motion.flow import Field, Flows, Key, sample, squares

INVERSION_STEPS = 2
"""Of the fixed point `place = x − moved(place)`: one leaves edges doubled, three are no better than two."""
MISS_PX2 = 2.0
"""A pixel whose fixed point misses by this much, squared, is hidden in that keyframe."""
FLOOR = np.float32(0.05)
"""Sight below this is no reason to prefer one keyframe: they share the pixel by time."""
GATE = np.float32(0.12)
"""Where neither keyframe sees a pixel better than this, nobody knows: there the picture turns into a crossfade …"""
GATE_SHARE = 12
"""… softly, over a twelfth of its height: torn edges look worse than a double picture."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """What the pixels of one of the two keyframes do on the way to the other."""

    key: Key
    flow: Field
    trust: Field
    bend: Field | None
    """Acceleration; None where no keyframe lies behind."""

    def moved(self, share: float, strength: float) -> Field:
        """Displacement after a share of the way."""
        moved = self.flow * np.float32(share * strength)
        if self.bend is not None:
            moved += self.bend * np.float32((share * share - share) * strength)
        return moved

    def arrive(self, share: float, strength: float) -> tuple[Field, Field]:
        """Where each pixel of the new picture comes from (as an offset), and how far this keyframe shows it, 0 to 1."""
        moved = self.moved(share, strength)
        offset = -moved
        for _ in range(INVERSION_STEPS):
            offset = -sample(moved, offset)
        miss = squares(offset + sample(moved, offset))
        sight = sample(self.trust, offset, cv2.BORDER_CONSTANT) * np.exp(miss / np.float32(-MISS_PX2))
        return offset, 1 - np.float32(strength) * (1 - sight)


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
        first_offset, first_sight = self.first.arrive(share, strength)
        second_offset, second_sight = self.second.arrive(1 - share, strength)
        first_weight = (first_sight + FLOOR) * np.float32(1 - share)
        second_weight = (second_sight + FLOOR) * np.float32(share)
        bent = _blend(
            _bend(self.first.key, first_offset),
            _bend(self.second.key, second_offset),
            first_weight / (first_weight + second_weight),
        )
        known = np.minimum(np.maximum(first_sight, second_sight) / GATE, 1)
        if known.min() == 1:
            return bent
        width = max(3, len(known) // GATE_SHARE)
        return _blend(
            bent, crossfade(self.first.key.frame_HWC, self.second.key.frame_HWC, share), cv2.blur(known, (width, width))
        )


def crossfade(first: Frames, second: Frames, share: float) -> Frames:
    return np.asarray(cv2.addWeighted(first, 1 - share, second, share, 0), np.uint8)


def _bend(key: Key, offset: Field) -> Frames:
    height, width = key.frame_HWC.shape[:2]
    small_height, small_width = key.grey_HW.shape
    scale = np.array([width / small_width, height / small_height], np.float32)
    full = cv2.resize(offset * scale, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(sample(key.frame_HWC, np.asarray(full, np.float32)), np.uint8)


def _blend(first: Frames, second: Frames, first_weight: Field | cv2.typing.MatLike) -> Frames:
    height, width = first.shape[:2]
    weight = cv2.resize(first_weight, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.blendLinear(first, second, weight, 1 - weight), np.uint8)
