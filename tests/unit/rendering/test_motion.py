from __future__ import annotations

import tracemalloc

import cv2
import numpy as np
import pytest

from episodes.errors import FailureClass, RenderCancelled, RenderFailed
from episodes.plan import Motion, MotionParams
from rendering.backend import Frames, Keyframes
from rendering.motion import fill


class FakeControl:
    """Cancels at the given check, if any."""

    def __init__(self, cancelled_at: int | None = None) -> None:
        self.num_checks = 0
        self._cancelled_at = cancelled_at

    def check(self) -> None:
        self.num_checks += 1
        if self.num_checks == self._cancelled_at:
            raise RenderCancelled

    def report(self, share: float) -> None: ...

    def show(self, jpeg: bytes) -> None: ...


LINEAR = Motion(engine="linear")


def a_motion(**params: object) -> Motion:
    return Motion(params=MotionParams.model_validate(params))


def noise(seed: int, height: int = 64, width: int = 64) -> Frames:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def plain(level: int) -> Frames:
    return np.full((64, 64, 3), level, np.uint8)


def scenery(seed: int, height: int = 96, width: int = 96) -> Frames:
    """Soft blobs of every size: something that flow can hold on to."""
    layers = [cv2.resize(noise(seed + px, height // px + 1, width // px + 1), (width, height)) for px in (4, 8, 16)]
    return np.asarray(sum(layer.astype(np.float32) for layer in layers) / 3, np.uint8)


def pan(num_frames: int, px_a_frame: float, height: int = 96, width: int = 96) -> list[Frames]:
    wide = scenery(1, height, width + 64)
    shifts = [np.array([[1, 0, -index * px_a_frame], [0, 1, 0]], np.float32) for index in range(num_frames)]
    return [np.asarray(cv2.warpAffine(wide, shift, (width, height), flags=cv2.INTER_CUBIC), np.uint8) for shift in shifts]


def filled(frames: list[Frames], indices: tuple[int, ...], motion: Motion | None = None, num_frames: int = 0) -> list[Frames]:
    keyframes = Keyframes(frames_THWC=np.stack(frames), indices=indices, num_frames=num_frames or indices[-1] + 1)
    return list(fill(keyframes, motion or Motion(), FakeControl()))


def refilled(truth: list[Frames], indices: tuple[int, ...], motion: Motion | None = None) -> float:
    """PSNR in dB of a clip made again from some of its frames, over the frames that were made."""
    made = filled([truth[index] for index in indices], indices, motion)
    return float(np.mean([cv2.PSNR(made[i], truth[i]) for i in range(len(truth)) if i not in indices]))


@pytest.mark.parametrize(
    "motion", [Motion(), LINEAR, a_motion(temporal_smoothing=1), a_motion(strength=0.3), a_motion(quality="quality")]
)
def test_keyframes_come_through_bit_for_bit_at_their_uneven_places(motion: Motion) -> None:
    keys, indices = [scenery(0), scenery(0)[::-1], *pan(2, 3)], (0, 1, 4, 11)

    frames = filled(keys, indices, motion)

    assert len(frames) == 12
    for key, index in zip(keys, indices, strict=True):
        assert np.array_equal(frames[index], key)


def test_a_single_keyframe_is_held() -> None:
    for motion in (Motion(), LINEAR, a_motion(temporal_smoothing=1)):
        frames = filled([noise(0)], (0,), motion, num_frames=5)

        assert len(frames) == 5
        assert all(np.array_equal(frame, noise(0)) for frame in frames)


def test_before_the_first_and_after_the_last_keyframe_the_nearest_is_held() -> None:
    frames = filled([plain(10), plain(20)], (1, 3), LINEAR, num_frames=6)

    assert [int(frame[0, 0, 0]) for frame in frames] == [10, 10, 15, 20, 20, 20]


def test_nothing_is_left_to_fill_when_every_frame_is_a_keyframe() -> None:
    keys = [noise(i) for i in range(3)]

    assert all(np.array_equal(a, b) for a, b in zip(filled(keys, (0, 1, 2)), keys, strict=True))


def test_linear_blends_by_time() -> None:
    frames = filled([plain(0), plain(100), plain(40)], (0, 4, 6), LINEAR)

    assert [int(frame[5, 5, 1]) for frame in frames] == [0, 25, 50, 75, 100, 70, 40]


def test_sparse_follows_a_pan_that_linear_blurs() -> None:
    truth = pan(9, px_a_frame=1.5)

    assert refilled(truth, (0, 8)) > refilled(truth, (0, 8), LINEAR) + 6
    assert refilled(truth, (0, 3, 4, 8)) > refilled(truth, (0, 3, 4, 8), LINEAR) + 6


@pytest.mark.parametrize(("height", "width"), [(64, 64), (65, 97), (64, 130), (131, 66)])
def test_any_size_is_filled_in_its_own_size(height: int, width: int) -> None:
    truth = pan(5, 2, height, width)

    frames = filled([truth[0], truth[4]], (0, 4))

    assert all(frame.shape == (height, width, 3) and frame.dtype == np.uint8 for frame in frames)
    assert refilled(truth, (0, 4)) > refilled(truth, (0, 4), LINEAR) + 3


def test_across_a_cut_both_shots_are_held_and_nothing_is_mixed() -> None:
    before, after = scenery(10), 255 - scenery(40)

    frames = filled([before, after], (0, 6))

    assert all(np.array_equal(frame, before) for frame in frames[:3])
    assert all(np.array_equal(frame, after) for frame in frames[3:])


def test_motion_before_a_cut_does_not_bend_the_motion_after_it() -> None:
    before, after = [255 - frame[::-1] for frame in pan(9, 1.5)], pan(5, 2)
    alone = filled([after[0], after[4]], (0, 4))

    behind_a_cut = filled([before[8], before[0], after[0], after[4]], (0, 4, 5, 9))

    assert all(np.array_equal(a, b) for a, b in zip(alone, behind_a_cut[5:], strict=True))


def test_motion_before_a_held_pose_does_not_bend_the_motion_after_it() -> None:
    truth = pan(9, 2)
    alone = filled([truth[0], truth[4]], (0, 4))

    behind_a_hold = filled([truth[8], truth[0], truth[0], truth[4]], (0, 4, 5, 9))

    assert all(np.array_equal(a, b) for a, b in zip(alone, behind_a_hold[5:], strict=True))


def test_a_fade_is_no_cut() -> None:
    bright = scenery(10)
    dark = np.asarray(bright * 0.3, np.uint8)

    frames = filled([bright, dark], (0, 4))

    levels = [float(frame.mean()) for frame in frames]
    assert np.allclose(np.diff(levels), (levels[4] - levels[0]) / 4, atol=1)


@pytest.mark.slow
def test_the_same_keyframes_give_the_same_bytes_whatever_the_number_of_threads() -> None:
    truth = pan(9, 2, 128, 160)
    before = cv2.getNumThreads()
    results = []
    try:
        for num_threads in (1, 2, 4):
            cv2.setNumThreads(num_threads)
            results.append(np.stack(filled([truth[0], truth[3], truth[8]], (0, 3, 8))))
            assert cv2.getNumThreads() == num_threads  # as it was found
    finally:
        cv2.setNumThreads(before)

    assert np.array_equal(results[0], results[1])
    assert np.array_equal(results[0], results[2])


def test_keyframes_may_be_read_only() -> None:
    frames = np.stack(pan(2, 4))
    frames.setflags(write=False)  # as they come out of a shared object store

    assert len(list(fill(Keyframes(frames_THWC=frames, indices=(0, 4), num_frames=5), Motion(), FakeControl()))) == 5


@pytest.mark.slow
def test_a_long_clip_is_never_in_memory_as_a_whole() -> None:
    keys = np.stack(pan(10, 2, 64, 64))
    keyframes = Keyframes(frames_THWC=keys, indices=tuple(range(0, 10 * 20, 20)), num_frames=10 * 20)
    tracemalloc.start()
    try:
        clip_bytes = sum(frame.nbytes for frame in fill(keyframes, Motion(), FakeControl()))
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak_bytes < clip_bytes / 5


def test_a_cancelled_attempt_stops_between_two_frames() -> None:
    control = FakeControl(cancelled_at=3)
    frames = fill(Keyframes(frames_THWC=np.stack(pan(2, 4)), indices=(0, 4), num_frames=5), Motion(), control)

    assert [next(frames).shape for _ in range(2)] == [(96, 96, 3)] * 2
    with pytest.raises(RenderCancelled):
        next(frames)


@pytest.mark.parametrize("indices", [(), (0,), (0, 0), (1, 0), (0, 5), (-1, 4)])
def test_keyframes_that_do_not_fit_their_clip_are_refused(indices: tuple[int, ...]) -> None:
    keyframes = Keyframes(frames_THWC=np.stack([plain(0), plain(1)]), indices=indices, num_frames=5)

    with pytest.raises(RenderFailed, match="do not fit") as caught:
        list(fill(keyframes, Motion(), FakeControl()))

    assert caught.value.failure_class is FailureClass.OUTPUT


def test_reuse_poses_holds_a_pose_that_was_drawn_twice() -> None:
    pose, again = scenery(0), scenery(0)
    again[10:20, 10:20] += 2  # an eighth of a grey level on the average, as encoding and antialiasing leave it
    again[11:20:2, 10:20] -= 2

    for engine in ("sparse", "linear"):
        held = filled([pose, again], (0, 4), Motion.model_validate({"engine": engine}))
        moved = filled([pose, again], (0, 4), Motion.model_validate({"engine": engine, "params": {"reuse_poses": False}}))

        assert all(np.array_equal(frame, pose) for frame in held[1:4])
        assert not any(np.array_equal(frame, pose) for frame in moved[2:4])


def test_reuse_poses_leaves_poses_that_differ_alone() -> None:
    truth = pan(5, 2)
    keys = [truth[0], truth[4]]

    assert np.array_equal(filled(keys, (0, 4)), filled(keys, (0, 4), a_motion(reuse_poses=False)))


@pytest.mark.parametrize(("smoothing", "part"), [(0, 0), (0.5, 0.125), (1, 0.25)])
def test_temporal_smoothing_mixes_an_in_between_with_its_neighbours(smoothing: float, part: float) -> None:
    before, after = scenery(10), 255 - scenery(40)

    frames = filled([before, after], (0, 4), a_motion(temporal_smoothing=smoothing))

    expected = before * (1 - part) + after * part  # the frame before it is `before` too, the one after it already `after`
    assert np.abs(frames[1] - expected).max() <= 1


@pytest.mark.slow
def test_strength_says_how_far_pixels_travel() -> None:
    truth = pan(5, 3)
    indices = (0, 4)
    keys = [truth[0], truth[4]]

    crossfade = filled(keys, indices, LINEAR)
    none = filled(keys, indices, a_motion(strength=0))
    assert np.abs(np.stack(none).astype(int) - np.stack(crossfade)).max() <= 1

    psnr_db = [refilled(truth, indices, a_motion(strength=strength)) for strength in (0, 0.5, 0.8, 1)]
    assert psnr_db == sorted(psnr_db)
    assert psnr_db[3] > psnr_db[2] + 1


@pytest.mark.slow
def test_quality_is_closer_to_small_things_that_move_fast() -> None:
    truth = _turning_spokes(9)

    assert refilled(truth, (0, 4, 8), a_motion(quality="quality")) > refilled(truth, (0, 4, 8)) + 0.2


def _turning_spokes(num_frames: int) -> list[Frames]:
    """Thin lines that turn before a background that stands still: half resolution hardly sees them."""
    frames = []
    for index in range(num_frames):
        frame = scenery(3, 128, 128)
        for spoke in range(9):
            angle = spoke * 0.7 + index * 0.03
            tip = (round(16 * (64 + 50 * np.cos(angle))), round(16 * (64 + 50 * np.sin(angle))))
            cv2.line(frame, (64 * 16, 64 * 16), tip, (250, 28 * spoke, 20), 2, cv2.LINE_AA, 4)
        frames.append(frame)
    return frames
