"""Sparse motion: keyframes → every frame of the clip."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import pairwise

import cv2
import numpy as np

from episodes.errors import FailureClass, RenderFailed
from episodes.plan import Motion, MotionParams
from episodes.ports import Control
from rendering.backend import Frames, Keyframes
from rendering.motion.between import Gap, crossfade
from rendering.motion.flow import Field, Flows, Key, acceleration, measure
from rendering.motion.threads import one_thread

CUT_LIKENESS = 0.15
"""Below it two keyframes show two shots: across 9 real cuts 0.11 was the most that was seen, within shots 0.22 the least."""
SAME_POSE_LEVELS = 1
"""Of 255: two keyframes whose half-size pictures differ nowhere by more are one pose."""

__all__ = ["fill"]

Pair = tuple[Key, Key, Flows | int]
"""Neighbouring keyframes with their motion, or with their span alone where the pose is held."""


def fill(keyframes: Keyframes, motion: Motion, control: Control) -> Iterator[Frames]:
    """Yield every frame (height, width, 3) of the finished clip in order; keyframes as they are, bit for bit.

    Before the first and after the last keyframe the nearest one is held. The same input gives the same bytes on any machine
    size: all work is done on the calling thread, and a few keyframes' motion is all that is kept. Looks at the control before each frame;
    reporting is left to the consumer, who knows when a frame is stored. Raises RenderFailed (output) for impossible indices.
    """
    _check(keyframes)
    frames = _filled(keyframes, motion)
    if motion.params.temporal_smoothing > 0:
        frames = _smoothed(frames, set(keyframes.indices), motion.params.temporal_smoothing)
    for frame_HWC in frames:
        control.check()
        yield frame_HWC


def _check(keyframes: Keyframes) -> None:
    places = (-1, *keyframes.indices, keyframes.num_frames)
    ascending = all(a < b for a, b in pairwise(places))
    if not keyframes.indices or not ascending or len(keyframes.indices) != len(keyframes.frames_THWC):
        raise RenderFailed(
            f"{len(keyframes.frames_THWC)} keyframes at {list(keyframes.indices)} do not fit into {keyframes.num_frames} frames.",
            FailureClass.OUTPUT,
        )


def _filled(keyframes: Keyframes, motion: Motion) -> Iterator[Frames]:
    frames, indices = keyframes.frames_THWC, keyframes.indices
    yield from [frames[0]] * indices[0]
    gaps = _linear(frames, indices, motion.params) if motion.engine == "linear" else _sparse(frames, indices, motion.params)
    for first, between in zip(frames, gaps, strict=False):
        yield first
        yield from between
    yield from [frames[-1]] * (keyframes.num_frames - indices[-1])


def _linear(frames: Frames, indices: tuple[int, ...], params: MotionParams) -> Iterator[Iterable[Frames]]:
    for first, second, span in zip(frames, frames[1:], np.diff(indices), strict=False):
        if params.reuse_poses and _same_pose(Key.of(first), Key.of(second)):
            yield [first] * (span - 1)
        else:
            yield (crossfade(first, second, step / span) for step in range(1, span))


def _sparse(frames: Frames, indices: tuple[int, ...], params: MotionParams) -> Iterator[Iterable[Frames]]:
    before: Flows | None = None
    for (first, second, flows), following in _with_next(_pairs(frames, indices, params)):
        match flows:
            case Flows() if flows.likeness >= CUT_LIKENESS:
                after = following[2] if following else None
                with one_thread():
                    gap = Gap.of(first, second, flows, _bends(before, flows, after))
                yield (_picture(gap, step / flows.span, params.strength) for step in range(1, flows.span))
                before = flows
            case Flows():
                yield [(first if 2 * step < flows.span else second).frame_HWC for step in range(1, flows.span)]
                before = None
            case span:
                yield [first.frame_HWC] * (span - 1)
                before = None


def _pairs(frames: Frames, indices: tuple[int, ...], params: MotionParams) -> Iterator[Pair]:
    first = Key.of(frames[0])
    for frame, span in zip(frames[1:], np.diff(indices).tolist(), strict=True):
        second = Key.of(frame)
        if params.reuse_poses and _same_pose(first, second):
            yield first, second, span
        else:
            with one_thread():
                flows = measure(first, second, span, params.quality)
            yield first, second, flows
        first = second


def _with_next(
    pairs: Iterator[Pair],
) -> Iterator[tuple[Pair, Pair | None]]:
    waiting: deque[Pair] = deque()
    for pair in pairs:
        waiting.append(pair)
        if len(waiting) == 2:
            yield waiting.popleft(), pair
    for pair in waiting:
        yield pair, None


def _bends(before: Flows | None, here: Flows, after: Flows | int | None) -> tuple[Field | None, Field | None]:
    first = second = None
    if before is not None:
        first = acceleration(here.forward, here.forward_trust, here.span, before.backward, before.backward_trust, before.span)
    if isinstance(after, Flows) and after.likeness >= CUT_LIKENESS:
        second = acceleration(here.backward, here.backward_trust, here.span, after.forward, after.forward_trust, after.span)
    return first, second


def _picture(gap: Gap, share: float, strength: float) -> Frames:
    with one_thread():
        return gap.picture(share, strength)


def _same_pose(first: Key, second: Key) -> bool:
    return bool(cv2.absdiff(first.grey_HW, second.grey_HW).max() <= SAME_POSE_LEVELS)


def _smoothed(frames: Iterator[Frames], exact: set[int], smoothing: float) -> Iterator[Frames]:
    """Each frame but the keyframes takes up to a quarter of each of its neighbours in time."""
    window: deque[Frames] = deque(maxlen=3)
    index = -2
    for index, frame_HWC in enumerate(frames, start=-1):
        window.append(frame_HWC)
        if index == 0:
            yield window[0]  # the clip's first frame has no neighbour before it
        elif index > 0:
            yield window[1] if index in exact else _mixed(window, smoothing)
    yield window[-1]


def _mixed(window: deque[Frames], smoothing: float) -> Frames:
    before, here, after = window
    around = cv2.addWeighted(before, 0.5, after, 0.5, 0)
    return np.asarray(cv2.addWeighted(here, 1 - smoothing / 2, around, smoothing / 2, 0), np.uint8)
