"""An audit's decoder on real files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from episodes.audited import ArtifactAudit
from episodes.errors import RenderFailed
from rendering.decoding import decode
from rendering.encoding import encode
from tests.builders import TINY
from tests.clips import FakeControl

NUM_FRAMES = 8


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Without the ending that would say what it is: an audit's copy has none."""
    frames = [np.full((TINY.height, TINY.width, 3), 30 * i, np.uint8) for i in range(NUM_FRAMES)]
    encode(frames, tmp_path / "clip.mp4", film_format=TINY, num_frames=NUM_FRAMES, control=FakeControl())
    return (tmp_path / "clip.mp4").rename(tmp_path / "object")


def recorded(num_frames: int | None) -> ArtifactAudit:
    return ArtifactAudit(
        key="episodes/e1/beats/b1/video/a1.mp4",
        artifact_type="video",
        sha256="0" * 64,
        size_bytes=1,
        num_frames=num_frames,
        attempt_id="a1",
        is_selected=True,
    )


@pytest.mark.parametrize("num_frames", [NUM_FRAMES, None])
def test_a_whole_clip_decodes(clip: Path, num_frames: int | None) -> None:
    decode(clip, recorded(num_frames))


def test_a_clip_with_other_frames_than_recorded_does_not_pass(clip: Path) -> None:
    with pytest.raises(RenderFailed, match="8 frames instead of 9"):
        decode(clip, recorded(NUM_FRAMES + 1))


def test_a_torn_clip_does_not_pass(clip: Path) -> None:
    data = clip.read_bytes()
    middle = data.index(b"mdat") + (len(data) - data.index(b"mdat")) // 2
    clip.write_bytes(data[:middle] + bytes(60) + data[middle + 60 :])

    with pytest.raises(RenderFailed):
        decode(clip, recorded(NUM_FRAMES))


def test_what_is_no_video_does_not_pass(clip: Path) -> None:
    clip.write_bytes(b"not a film at all")

    with pytest.raises(RenderFailed):
        decode(clip, recorded(None))
