"""Windows: beats longer than 16 frames, as overlapping windows of 16 over the whole UNet.

Context windows and not FreeNoise's windows inside the motion modules: every window is the very shape that the model was trained
on and that one recorded graph serves, whatever the beat's length; the windows are a batch, so a device with little memory takes
fewer at a time and gets the same frames; a beat of 16 frames is exactly the stock pipeline. It costs 1.20 times the computing at 40
frames, where FreeNoise would cost 1.02. What FreeNoise is right about is kept: all windows start from the same noise, shuffled
(arXiv 2310.15169), or a long beat would wander from one scene to another.
"""

from __future__ import annotations

import random

import numpy as np
from numpy.typing import NDArray

from rendering.backends.animatediff.recipes import FrameRule

FRAMES = FrameRule()


def window_starts(num_frames: int, rule: FrameRule = FRAMES) -> tuple[int, ...]:
    """First frames of the windows, which together cover 16 + 12k frames exactly. Raises ValueError for any other number."""
    if rule.at_least(num_frames) != num_frames:
        raise ValueError(f"{num_frames} frames are not {rule.window} + {rule.stride}k.")
    return tuple(range(0, num_frames - rule.window + 1, rule.stride))


def window_weights(num_frames: int, rule: FrameRule = FRAMES) -> NDArray[np.float32]:
    """How much each window (W, 16) has to say about each of its frames: over all windows every frame's weights sum to 1.

    In an overlap the earlier window fades out as the later one fades in, so that no frame jumps from one to the other.
    """
    starts = window_starts(num_frames, rule)
    overlap = rule.window - rule.stride
    fade_in = (np.arange(overlap, dtype=np.float32) + 1) / (overlap + 1)
    weights = np.ones((len(starts), rule.window), np.float32)
    weights[1:, :overlap] = fade_in
    weights[:-1, rule.window - overlap :] = 1 - fade_in
    return weights


def noise_order(num_frames: int, seed: int, rule: FrameRule = FRAMES) -> tuple[int, ...]:
    """Which of 16 frames of noise each frame starts from: the first 16 in order, then the same again, each stride shuffled."""
    window_starts(num_frames, rule)
    chance = random.Random(seed)
    order = list(range(rule.window))
    while len(order) < num_frames:
        before = order[len(order) - rule.window : len(order) - rule.window + rule.stride]
        order += chance.sample(before, len(before))
    return tuple(order)
