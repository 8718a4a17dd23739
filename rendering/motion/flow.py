"""Where the pixels of one keyframe lie in the next, and how far that can be believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from rendering.backend import Frames

Field = NDArray[np.float32]
"""Per pixel of the small picture: a vector in small pixels (height, width, 2), or a weight from 0 to 1 (height, width)."""

MIN_SMALL_PX = 32
"""DIS searches patches of 8 pixels on a pyramid: a smaller picture has nothing left to search."""
FINEST_SCALE = {"fast": 1, "quality": 0}
"""Where the search ends, as a power of two of the small picture: the last step costs as much as all before it, for 0.1 dB."""
SLACK_PX2 = 0.5
"""How far, squared, forth and back may miss each other before it counts; grows by `SLACK_SHARE` of the way's square."""
SLACK_SHARE = 0.05
LEAVING_TRUST = np.float32(0.5)
"""Of a pixel that leaves the picture: it cannot be checked, but only its own keyframe shows it, so it must not count for nothing."""
COLOUR_LEVELS = 20.0
"""Difference in R + G + B, of 3 · 255, that makes a match e times less likely to be of one shot."""
CONTRASTS = 2.0
"""The same after both pictures were brought to one brightness and contrast: a fade or a flash is no cut."""
FLAT_LEVELS = 8.0
"""A contrast below this is not raised: it is noise."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """A keyframe and its small copies, on which motion is measured: a quarter of the work for 0.1 dB."""

    frame_HWC: Frames
    small_HWC: Frames
    grey_HW: Frames

    @classmethod
    def of(cls, frame_HWC: Frames) -> Key:
        height, width = frame_HWC.shape[:2]
        if min(height, width) >= 2 * MIN_SMALL_PX:
            height, width = (height + 1) // 2, (width + 1) // 2
        small = np.asarray(cv2.resize(frame_HWC, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
        return cls(frame_HWC=frame_HWC, small_HWC=small, grey_HW=np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8))


@dataclass(frozen=True, kw_only=True, slots=True)
class Flows:
    """The motion between two neighbouring keyframes, both ways."""

    forward: Field
    """From each pixel of the first to its place in the second."""
    backward: Field
    forward_trust: Field
    """Near 1 where the way forth and back ends where it began, near 0 where it does not."""
    backward_trust: Field
    likeness: float
    """How much of the one picture is found in the other, 0 to 1. What remains of it across a cut is chance."""
    span: int
    """Frames from the first to the second."""


def measure(first: Key, second: Key, span: int, quality: Literal["fast", "quality"]) -> Flows:
    """Dense inverse search (Kroeger et al., ECCV 2016) both ways, checked against each other."""
    search = _search(quality)
    forward = np.asarray(search.calc(first.grey_HW, second.grey_HW, None), np.float32)  # type: ignore[call-overload]
    backward = np.asarray(search.calc(second.grey_HW, first.grey_HW, None), np.float32)  # type: ignore[call-overload]
    trusts = _trust(forward, backward), _trust(backward, forward)
    likeness = (_likeness(first, second, forward, trusts[0]) + _likeness(second, first, backward, trusts[1])) / 2
    return Flows(
        forward=forward, backward=backward, forward_trust=trusts[0], backward_trust=trusts[1], likeness=likeness, span=span
    )


def _search(quality: Literal["fast", "quality"]) -> cv2.DISOpticalFlow:
    """A new one for each pair: after a small picture DIS keeps a finer scale for all that follow."""
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
    search.setFinestScale(FINEST_SCALE[quality])
    # the fastest preset with denser patches and some refinement: 0.15 dB for 2 ms a pair
    search.setPatchStride(3)
    search.setGradientDescentIterations(25)
    search.setVariationalRefinementIterations(5)
    return search


def _trust(there: Field, back: Field) -> Field:
    returning = sample(back, there)
    slack = np.float32(SLACK_PX2) + np.float32(SLACK_SHARE) * (squares(there) + squares(returning))
    inside = _inside(there)
    return np.asarray(np.exp(squares(there + returning) / -slack) * inside + LEAVING_TRUST * (1 - inside), np.float32)


def _inside(there: Field) -> Field:
    """1 where the way ends in the picture, 0 where it leaves it."""
    return sample(np.ones(there.shape[:2], np.float32), there, cv2.BORDER_CONSTANT)


def _likeness(here: Key, other: Key, there: Field, trust: Field) -> float:
    """By colour or, where brightness changes as a whole, by structure; every second small pixel will do."""
    found = sample(other.small_HWC, there)[::2, ::2].astype(np.float32)
    own = here.small_HWC[::2, ::2].astype(np.float32)
    by_colour = cv2.blur(np.abs(own - found).sum(axis=-1), (3, 3)) / COLOUR_LEVELS
    by_structure = cv2.blur(np.abs(_even(own, here) - _even(found, other)).sum(axis=-1), (3, 3)) / CONTRASTS
    trust = (trust * _inside(there))[::2, ::2]
    return max(float((trust * np.exp(-by_colour)).mean()), float((trust * np.exp(-by_structure)).mean()))


def _even(colours: NDArray[np.float32], key: Key) -> NDArray[np.float32]:
    mean, contrast = (part.reshape(3).astype(np.float32) for part in cv2.meanStdDev(key.small_HWC))
    return np.asarray((colours - mean) / np.maximum(contrast, FLAT_LEVELS), np.float32)


def acceleration(ahead: Field, ahead_trust: Field, span: int, behind: Field, behind_trust: Field, behind_span: int) -> Field:
    """What bends the way between two keyframes, seen from one of them, given where its pixels were at the key behind it.

    Of the displacement `s·ahead + acceleration·(s² − s)` at the share `s` of the way: the parabola through three keys
    (Xu et al., "Quadratic video interpolation", NeurIPS 2019). At most half of the displacement, less where trust is low.
    """
    ratio = behind_span / span
    bend: Field = np.asarray((behind + np.float32(ratio) * ahead) / np.float32(ratio * (ratio + 1)), np.float32)
    limit = np.sqrt(squares(ahead)) / (np.float32(2) * np.sqrt(squares(bend)) + np.float32(1e-6))
    bend *= (np.minimum(limit, np.float32(1)) * ahead_trust * behind_trust)[..., None]
    return bend


def sample(values: NDArray[np.float32] | Frames, offsets: Field, beyond: int = cv2.BORDER_REPLICATE) -> NDArray[np.float32]:
    """`values` at each pixel's place plus its offset (x, y); beyond the border its nearest pixel, or 0 with BORDER_CONSTANT."""
    return np.asarray(cv2.remap(values, offsets, None, cv2.INTER_LINEAR | cv2.WARP_RELATIVE_MAP, borderMode=beyond))  # type: ignore[call-overload]


def squares(vectors: Field) -> Field:
    """Their squared lengths."""
    return np.asarray(np.einsum("hwc,hwc->hw", vectors, vectors), np.float32)
