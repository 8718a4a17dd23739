from __future__ import annotations

from pathlib import Path

import pytest

from episodes.errors import FailureClass, RenderFailed
from episodes.plan import Format
from rendering.encoding import encode
from rendering.probe import VideoFacts, probe
from tests.builders import TINY
from tests.clips import FakeControl, a_ramp, foreign_clip


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    encode(a_ramp(8, TINY), tmp_path / "clip.mp4", film_format=TINY, num_frames=8, control=FakeControl())
    return tmp_path / "clip.mp4"


def probed(clip: Path, *, num_frames: int = 8, film_format: Format = TINY) -> VideoFacts:
    return probe(clip, film_format=film_format, num_frames=num_frames, control=FakeControl())


def test_a_sound_clip_is_described_as_it_is(clip: Path) -> None:
    assert probed(clip) == VideoFacts(width=64, height=64, fps=8, num_frames=8, duration_s=1.0)


@pytest.mark.parametrize(
    ("num_frames", "film_format", "words"),
    [
        (9, TINY, "frames 8 instead of 9"),
        (8, Format(width=64, height=66, fps=8), "size 64x64 instead of 64x66"),
        (8, Format(width=64, height=64, fps=9), "frames a second 8 instead of 9"),
    ],
)
def test_what_differs_is_said(clip: Path, num_frames: int, film_format: Format, words: str) -> None:
    with pytest.raises(RenderFailed, match=words) as caught:
        probed(clip, num_frames=num_frames, film_format=film_format)

    assert caught.value.failure_class is FailureClass.OUTPUT


def test_a_file_that_was_cut_off_is_caught(clip: Path) -> None:
    clip.write_bytes(clip.read_bytes()[:-60])

    with pytest.raises(RenderFailed):
        probed(clip)


def test_a_file_whose_pictures_were_overwritten_is_caught(clip: Path) -> None:
    data = bytearray(clip.read_bytes())
    start = data.index(b"mdat") + 8
    data[start : start + 40] = b"\xff" * 40
    clip.write_bytes(data)

    with pytest.raises(RenderFailed):
        probed(clip)


def test_a_complaint_counts_even_where_every_frame_decodes(clip: Path) -> None:
    data = bytearray(clip.read_bytes())
    time_scale = data.index(b"mvhd") + 16
    data[time_scale : time_scale + 4] = b"\xff" * 4
    clip.write_bytes(data)

    with pytest.raises(RenderFailed, match="does not decode cleanly: Invalid mvhd time scale"):
        probed(clip)


def test_a_file_that_is_no_video_is_caught(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_text("no video")

    with pytest.raises(RenderFailed, match="moov atom not found"):
        probed(tmp_path / "clip.mp4")


def test_other_colours_than_ours_are_caught(tmp_path: Path) -> None:
    foreign_clip(tmp_path / "clip.mp4", size="64x64", fps=8, seconds=1)

    with pytest.raises(RenderFailed, match=r"yuv420p\(progressive\).* instead of h264 yuv420p tv bt709"):
        probed(tmp_path / "clip.mp4")


def test_a_list_of_addresses_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n")

    with pytest.raises(RenderFailed):
        probed(tmp_path / "clip.mp4")
