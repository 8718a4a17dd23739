"""Clips as episodes have them, from keyframes to a folder of artifacts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from episodes.plan import Format
from rendering.publishing import Publisher
from rendering.spool import Spool
from storage.artifacts import FolderRecipe, open_artifact_store
from tests.builders import a_beat, a_job
from tests.clips import RUNTIME, SLATE, FakeControl, decoded, keyframes_for


@pytest.mark.parametrize(
    ("width", "height", "fps", "duration_s", "num_frames"),
    [(512, 512, 24, 1.0, 24), (1280, 720, 24, 0.5, 12), (512, 512, 25, 0.7, 18), (320, 240, 30, 0.517, 16)],
)
def test_a_stored_clip_has_the_exact_shape_of_its_job(
    tmp_path: Path, width: int, height: int, fps: int, duration_s: float, num_frames: int
) -> None:
    film_format = Format(width=width, height=height, fps=fps)
    job = a_job(a_beat(duration_s=duration_s), film_format=film_format)
    store = open_artifact_store(FolderRecipe(root=tmp_path / "store"))
    keyframes = replace(keyframes_for(job, num_keyframes=3), burn_in=SLATE)

    with Spool(tmp_path / "spool", max_bytes=10**9) as spool:
        result = Publisher(store, spool, node="n1").publish(job, keyframes, RUNTIME, FakeControl())

    assert result.status == "succeeded", result.error
    video = result.files["video"]
    assert (video.width, video.height, video.fps, video.num_frames) == (width, height, fps, num_frames)
    assert video.duration_s == num_frames / fps
    store.get_file(job.video_key, tmp_path / "clip.mp4")
    frames = decoded(tmp_path / "clip.mp4", film_format)
    middle = slice(height // 3, height // 2)  # above the subtitle, below the slate
    assert len(frames) == num_frames
    assert abs(frames[0, middle].mean() - 40) < 1.5
    assert abs(frames[-1, middle].mean() - 200) < 1.5


def test_the_same_keyframes_give_the_same_clip_and_poster_everywhere(tmp_path: Path) -> None:
    hashes = []
    for name in ("one", "two"):
        store = open_artifact_store(FolderRecipe(root=tmp_path / name / "store"))
        job = a_job(a_beat(duration_s=0.5), film_format=Format(width=256, height=256, fps=24))
        frames = np.random.default_rng(3).integers(0, 255, (2, 256, 256, 3), np.uint8)
        keyframes = replace(keyframes_for(job), frames_THWC=frames, burn_in=SLATE)
        with Spool(tmp_path / name / "spool", max_bytes=10**9) as spool:
            result = Publisher(store, spool, node=name).publish(job, keyframes, RUNTIME, FakeControl())
        hashes.append([result.files[kind].sha256 for kind in ("video", "poster")])

    assert hashes[0] == hashes[1]
