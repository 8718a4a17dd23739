"""Beats that go on from another's last frame, with real clips."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from episodes.errors import FailureClass, RenderFailed
from episodes.job import RenderJob, StartFrame
from episodes.plan import Format
from rendering.backend import Keyframes
from rendering.backends.animatic.backend import AnimaticBackend
from rendering.encoding import encode
from tests.builders import a_beat, a_job
from tests.clips import FakeControl, grey

FORMAT = Format(width=128, height=128, fps=24)


class OneClip:
    """A PictureSource that has a single file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def path(self, key: str, sha256: str) -> Path:
        return self._path


def a_job_that_goes_on(key: str = "earlier.mp4") -> RenderJob:
    job = a_job(a_beat(), film_format=FORMAT)
    start = StartFrame(video_key=key, sha256="0" * 64)
    return job.model_copy(update={"input": job.input.model_copy(update={"start_frame": start})})


def drawn(job: RenderJob, clip: Path) -> Keyframes:
    return AnimaticBackend().keyframes(job, OneClip(clip), FakeControl())


def test_a_beat_begins_with_the_last_frame_of_the_clip_that_it_goes_on_from(tmp_path: Path) -> None:
    clip = tmp_path / "earlier.mp4"
    levels = [40, 40, 40, 40, 40, 180]
    encode((grey(level, FORMAT) for level in levels), clip, film_format=FORMAT, num_frames=6, control=FakeControl())

    keys = drawn(a_job_that_goes_on(), clip)

    assert np.abs(keys.frames_THWC[0][32:].astype(int) - 180).max() <= 4
    assert keys.frames_THWC[-1][32:].std() > 20  # its own picture


def test_the_dissolve_is_over_after_half_a_second(tmp_path: Path) -> None:
    clip = tmp_path / "earlier.mp4"
    encode((grey(255, FORMAT) for _ in range(4)), clip, film_format=FORMAT, num_frames=4, control=FakeControl())

    with_it = drawn(a_job_that_goes_on(), clip)
    alone = AnimaticBackend().keyframes(a_job(a_beat(), film_format=FORMAT), OneClip(clip), FakeControl())

    assert np.array_equal(with_it.frames_THWC[-1], alone.frames_THWC[-1])


def test_a_clip_that_cannot_be_read_fails_the_beat_with_its_key(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")

    with pytest.raises(RenderFailed, match="beat-1") as failed:
        drawn(a_job_that_goes_on("beat-1.mp4"), broken)

    assert failed.value.failure_class is FailureClass.CONTENT
