from __future__ import annotations

import numpy as np

from episodes.plan import Motion, MotionParams
from rendering.backend import Frames, Keyframes
from rendering.motion import fill


class FreeControl:
    """Never cancels."""

    def check(self) -> None: ...
    def report(self, share: float) -> None: ...


def noise(seed: int, height: int = 64, width: int = 64) -> Frames:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def filled(frames: list[Frames], indices: tuple[int, ...], num_frames: int, motion: Motion | None = None) -> list[Frames]:
    keyframes = Keyframes(frames_THWC=np.stack(frames), indices=indices, num_frames=num_frames)
    return list(fill(keyframes, motion or Motion(), FreeControl()))


def test_keyframes_come_through_bit_for_bit_at_their_uneven_places() -> None:
    keys = [noise(i) for i in range(4)]

    for params in (MotionParams(), MotionParams(temporal_smoothing=1)):
        frames = filled(keys, (0, 1, 4, 11), 12, Motion(params=params))

        assert len(frames) == 12
        for key, index in zip(keys, (0, 1, 4, 11), strict=True):
            assert np.array_equal(frames[index], key)


def test_a_single_keyframe_is_held() -> None:
    frames = filled([noise(0)], (0,), 5)

    assert len(frames) == 5
    assert all(np.array_equal(frame, noise(0)) for frame in frames)
