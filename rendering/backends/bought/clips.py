"""Clips: the frames of a bought video file, cropped to the beat's aspect and scaled to its size while they are decoded."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import numpy as np

from episodes.errors import FailureClass, RenderFailed
from episodes.job import RenderJob
from rendering.backend import Frames
from rendering.backends.bought.placing import Placing, placed
from rendering.ffmpeg import Said, local_input, run
from rendering.progress import Unwatched


def frames_of(clip: bytes, job: RenderJob, *, whole_s: float | None = None) -> tuple[Frames, Placing]:
    """The frames that are kept. Raises RenderFailed (output) for bytes that are no sound video.

    `whole_s`: the clip is so long, and its last frame is the beat's.
    """
    film_format = job.input.format
    # a frame more than the beat has: the last one of it may be nearest to the one after its end
    longest_s = (whole_s or job.num_frames / film_format.fps) + 1
    cover = f"scale={film_format.width}:{film_format.height}:force_original_aspect_ratio=increase:flags=bicubic"
    with tempfile.TemporaryDirectory(prefix="bought-") as name:
        folder = Path(name)
        (folder / "clip").write_bytes(clip)
        said = run(
            [
                *local_input("clip"),
                *("-map", "0:v:0", "-t", f"{longest_s:.3f}", "-fps_mode", "passthrough"),
                *("-vf", f"{cover},crop={film_format.width}:{film_format.height}"),
                *("-f", "rawvideo", "-pix_fmt", "rgb24", "frames"),
            ],
            folder=folder,
            control=Unwatched(),
        )
        shape = (-1, film_format.height, film_format.width, 3)
        bought = np.memmap(folder / "frames", np.uint8, "r").reshape(shape)
        to_its_end = whole_s is not None
        placing = placed(len(bought), _fps(said), job.num_frames, film_format.fps, to_its_end=to_its_end)
        return np.ascontiguousarray(bought[list(placing.picks)]), placing


def _fps(said: Said) -> float:
    match = re.search(r"Stream #0:\d+.*: Video: .*?([\d.]+) fps", said.log)
    if match is None or float(match[1]) <= 0:
        raise RenderFailed("The clip has no frame rate.", FailureClass.OUTPUT)
    return float(match[1])
