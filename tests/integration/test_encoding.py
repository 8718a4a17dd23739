from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from episodes.errors import FailureClass, RenderCancelled, RenderFailed
from episodes.plan import Format
from rendering.encoding import encode
from rendering.probe import probe, read_stream
from tests.builders import TINY
from tests.clips import CARD, FakeControl, a_ramp, a_test_card, decoded, grey, luma


def an_encoded(path: Path, num_frames: int = 4, film_format: Format = TINY) -> Path:
    encode(a_ramp(num_frames, film_format), path, film_format=film_format, num_frames=num_frames, control=FakeControl())
    return path


@pytest.mark.parametrize(
    ("width", "height", "fps", "num_frames"),
    [(64, 64, 8, 4), (130, 66, 24, 12), (64, 98, 1, 2), (64, 64, 60, 31), (64, 64, 25, 1)],
)
def test_a_clip_has_the_size_rate_and_number_of_frames_that_were_asked_for(
    tmp_path: Path, width: int, height: int, fps: int, num_frames: int
) -> None:
    film_format = Format(width=width, height=height, fps=fps)
    clip = an_encoded(tmp_path / "clip.mp4", num_frames, film_format)

    facts = probe(clip, film_format=film_format, num_frames=num_frames, control=FakeControl())

    assert facts.duration_s == num_frames / fps
    assert len(decoded(clip, film_format)) == num_frames


def test_every_frame_comes_back_in_its_place(tmp_path: Path) -> None:
    frames = decoded(an_encoded(tmp_path / "clip.mp4", 20), TINY)

    levels = frames.mean(axis=(1, 2, 3))

    assert np.abs(levels - [4 + 4 * i for i in range(20)]).max() < 1.5


def test_plain_colours_come_back_as_they_were_drawn(tmp_path: Path) -> None:
    film_format = Format(width=256, height=64, fps=8)
    encode([a_test_card(film_format)], tmp_path / "c.mp4", film_format=film_format, num_frames=1, control=FakeControl())

    seen = decoded(tmp_path / "c.mp4", film_format)[0, 32, 16::32].astype(int)

    assert np.abs(seen - np.array(CARD)).max() <= 3


def test_the_colours_are_stored_as_the_bt709_that_the_tags_promise(tmp_path: Path) -> None:
    green = np.zeros((64, 64, 3), np.uint8)
    green[:, :, 1] = 255
    encode([green], tmp_path / "c.mp4", film_format=TINY, num_frames=1, control=FakeControl())

    # ITU-R BT.709: 16 + 219 · 0.7152; BT.601 would give 145
    assert abs(int(luma(tmp_path / "c.mp4", TINY).mean()) - 173) <= 1


def test_the_index_stands_before_the_pictures(tmp_path: Path) -> None:
    data = an_encoded(tmp_path / "clip.mp4").read_bytes()

    assert 0 < data.index(b"moov") < data.index(b"mdat")


def test_the_same_frames_give_the_same_bytes_without_a_visiting_card(tmp_path: Path) -> None:
    first, second = (an_encoded(tmp_path / name).read_bytes() for name in ("a.mp4", "b.mp4"))

    assert first == second
    assert b"x264 - core" not in first


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux can be told to use one core")
def test_the_bytes_do_not_depend_on_how_many_cores_there_are(tmp_path: Path) -> None:
    """A fall that grows faster than the encoder can follow with several threads that it chose itself."""
    film_format = Format(width=64, height=256, fps=24)
    blurred = cv2.GaussianBlur(np.random.default_rng(1).integers(0, 255, (1400, 64, 3), np.uint8), (0, 0), 6)
    wall = np.interp(blurred, (blurred.min(), blurred.max()), (0, 255)).astype(np.uint8)
    fall = [wall[2 * i * i : 2 * i * i + 256] for i in range(24)]
    cores = os.sched_getaffinity(0)
    encoded = []
    try:
        for of_these in ({min(cores)}, cores):
            os.sched_setaffinity(0, of_these)
            encode(fall, tmp_path / "c.mp4", film_format=film_format, num_frames=24, control=FakeControl())
            encoded.append((tmp_path / "c.mp4").read_bytes())
    finally:
        os.sched_setaffinity(0, cores)

    assert encoded[0] == encoded[1]


def test_clips_of_one_format_have_the_same_parameters_whatever_they_show(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (9, 64, 64, 3), np.uint8)
    encode(list(noise), tmp_path / "noise.mp4", film_format=TINY, num_frames=9, control=FakeControl())
    plain = an_encoded(tmp_path / "plain.mp4", 1)

    streams = [read_stream(path, control=FakeControl()) for path in (tmp_path / "noise.mp4", plain)]

    assert streams[0].parameters == streams[1].parameters
    assert [s.num_frames for s in streams] == [9, 1]


def test_the_share_is_that_of_frames_written(tmp_path: Path) -> None:
    control = FakeControl()

    encode(a_ramp(4, TINY), tmp_path / "c.mp4", film_format=TINY, num_frames=4, control=control)

    assert control.shares == [0.25, 0.5, 0.75, 1.0]


def test_a_cancelled_encoding_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(RenderCancelled):
        encode(a_ramp(8, TINY), tmp_path / "c.mp4", film_format=TINY, num_frames=8, control=FakeControl(stop_at_check=4))

    assert list(tmp_path.iterdir()) == []


def test_a_frame_of_another_size_fails_the_clip(tmp_path: Path) -> None:
    frames = [grey(9, TINY), grey(9, Format(width=64, height=66))]

    with pytest.raises(RenderFailed, match=r"Frame 1 has the shape \(66, 64, 3\)") as caught:
        encode(frames, tmp_path / "c.mp4", film_format=TINY, num_frames=2, control=FakeControl())

    assert caught.value.failure_class is FailureClass.OUTPUT
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_the_nodes_fault_and_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "c.part").symlink_to("/dev/full")

    with pytest.raises(RenderFailed, match=r"ffmpeg ended with status \d+: .*No space left on device") as caught:
        encode(a_ramp(2, TINY), tmp_path / "c.mp4", film_format=TINY, num_frames=2, control=FakeControl())

    assert caught.value.failure_class is FailureClass.INFRA
    assert list(tmp_path.iterdir()) == []


def test_what_ffmpeg_complained_about_first_is_the_reason(tmp_path: Path) -> None:
    with pytest.raises(RenderFailed, match=r"ffmpeg ended with status \d+: .*No such file") as caught:
        read_stream(tmp_path / "nowhere.mp4", control=FakeControl())

    assert caught.value.failure_class is FailureClass.OUTPUT
    assert str(tmp_path) not in str(caught.value)
