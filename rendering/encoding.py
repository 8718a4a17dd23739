"""Frames → H.264: one set of parameters for every clip of an episode, so that the film joins without re-encoding."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from episodes.errors import FailureClass, RenderFailed
from episodes.plan import Format
from episodes.ports import Control
from rendering.backend import Frames
from rendering.ffmpeg import Child

TICKS_PER_FRAME = 512
"""Of the track's time scale: every frame begins at a whole tick, at any frame rate."""

TO_BT709 = (
    "scale=out_range=tv:out_color_matrix=bt709:flags=bicubic+accurate_rnd+full_chroma_inp+bitexact,format=yuv420p,"
    "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
)
"""Conversion and tags say the same: a player that believes the tags shows the colours that were drawn."""


def h264(film_format: Format) -> list[str]:
    """Output arguments that give the same bytes for the same frames, and the same headers for all clips of a format.

    `veryfast` at CRF 18 takes half the time of `medium` for files of the same size on drawn pictures, and looks the same.
    No B-frames: decoding order is showing order, so that nothing overlaps at a joint. A key frame every second makes seeking quick.
    Four threads on every machine: their number decides how far motion is looked for, and so the bytes, which must not depend on where a
    clip was encoded. On two cores a clip alone takes three quarters of a single thread's time, and four side by side take as long as with one each.
    """
    return [
        *(
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            "-crf",
            "18",
            "-profile:v",
            "high",
            "-threads",
            "4",
            "-filter_threads",
            "1",
        ),
        *("-bf", "0", "-g", str(film_format.fps), "-x264-params", "stitchable=1"),
        *("-bsf:v", "filter_units=remove_types=6", "-flags:v", "+bitexact"),  # 6: the encoder's visiting card
        *mp4(film_format),
    ]


def mp4(film_format: Format) -> list[str]:
    """Container arguments; fast start puts the index first, so that a browser plays before it has everything."""
    return [
        *("-fflags", "+bitexact", "-map_metadata", "-1", "-video_track_timescale", str(film_format.fps * TICKS_PER_FRAME)),
        *("-movflags", "+faststart", "-f", "mp4"),
    ]


def encode(frames: Iterable[Frames], path: Path, *, film_format: Format, num_frames: int, control: Control) -> None:
    """Write RGB frames (height, width, 3) of the format's size to `path`: all of them or no file.

    Looks at the control and reports before and after each frame. Raises RenderFailed with ffmpeg's complaint.
    """
    part = path.with_suffix(".part")
    source = [
        *("-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", f"{film_format.width}x{film_format.height}"),
        *("-framerate", str(film_format.fps), "-i", "pipe:0"),
    ]
    arguments = [
        *source,
        "-map",
        "0:v",
        "-vf",
        TO_BT709,
        "-fps_mode",
        "passthrough",
        *h264(film_format),
        "-y",
        f"file:{part.name}",
    ]
    try:
        with Child(arguments, folder=path.parent, feed=True) as child:
            _feed(child, frames, film_format, num_frames, control)
            child.wait(control)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _feed(child: Child, frames: Iterable[Frames], film_format: Format, num_frames: int, control: Control) -> None:
    shape = (film_format.height, film_format.width, 3)
    for index, frame_HWC in enumerate(frames):
        control.check()
        if frame_HWC.shape != shape:
            raise RenderFailed(f"Frame {index} has the shape {frame_HWC.shape} instead of {shape}.", FailureClass.OUTPUT)
        if not child.write(np.ascontiguousarray(frame_HWC).data.cast("B")):
            return
        control.report((index + 1) / num_frames)
