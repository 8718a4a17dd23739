"""ffmpeg's motion-compensated interpolation, as a user would call it, fed with frames and measured."""

from __future__ import annotations

import resource
import subprocess

import imageio_ffmpeg
import numpy as np

from rendering.backend import Frames

FPS = 24
MCI = f"format=yuv444p,minterpolate=fps={FPS}:mi_mode=mci:mc_mode=aobmc:me_mode=bidir:vsbmc=1"
"""In 4:4:4, so that it loses nothing by halving the colours."""
NOTHING = f"format=yuv444p,fps={FPS}"
"""The same pipes and conversions without interpolation: what ffmpeg costs before it does anything."""


def interpolate(keys_THWC: Frames, factor: int) -> tuple[Frames, float]:
    """All frames from the first to the last key, and the CPU seconds of the filter alone."""
    num_frames = (len(keys_THWC) - 1) * factor + 1
    frames, cpu_s = _run(keys_THWC, factor, MCI)
    _, idle_s = _run(keys_THWC, factor, NOTHING)
    return frames[:num_frames], cpu_s - idle_s


def _run(keys_THWC: Frames, factor: int, filters: str) -> tuple[Frames, float]:
    height, width = keys_THWC.shape[1:3]
    # the filter holds frames back until it has seen what follows, and never gives the last ones: two more to swallow
    fed = np.concatenate([keys_THWC, keys_THWC[-1:], keys_THWC[-1:]])
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24"]
    size = ["-s", f"{width}x{height}", "-r", f"{FPS}/{factor}"]
    quiet = ["-hide_banner", "-loglevel", "error", "-threads", "1", "-filter_threads", "1"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), *quiet, *raw, *size, "-i", "-", "-vf", filters, *raw, "-"]
    before = _children_s()
    done = subprocess.run(command, input=fed.tobytes(), stdout=subprocess.PIPE, check=True)
    return np.frombuffer(done.stdout, np.uint8).reshape(-1, height, width, 3), _children_s() - before


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
