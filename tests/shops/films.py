"""Films that a shop of the tests sells: real MP4s, the same for the same wishes."""

from __future__ import annotations

import hashlib
import subprocess
from functools import cache

import cv2
import imageio_ffmpeg
import numpy as np

FPS = 24
MOST_PIXELS = 96 * 96
"""Of a frame: what is made is like what was ordered, and quick."""


@cache
def a_film(
    prompt: str, seconds: int, width: int, height: int, first_frame: bytes | None, last_frame: bytes | None = None
) -> bytes:
    """A square crosses the picture from left to right; behind it is the first frame, or stripes that the prompt decides.

    The first frame turns into the last one, which is there when the film ends, and without the square.
    """
    scale = min(1.0, (MOST_PIXELS / (width * height)) ** 0.5)
    size = round(width * scale / 2) * 2, round(height * scale / 2) * 2
    ground = _read(first_frame, size) if first_frame is not None else _striped(prompt, size)
    num_frames = seconds * FPS
    if last_frame is not None:
        shares = np.linspace(0, 1, num_frames)
        end = _read(last_frame, size).astype(np.float32)
        return _encoded([(ground + share * (end - ground)).round().astype(np.uint8) for share in shares], size)
    return _encoded(
        [_with_square(ground, index / (num_frames - 1), is_small=first_frame is not None) for index in range(num_frames)], size
    )


def place_of_square(frame_HWC: np.ndarray) -> float:
    """How far it has come, 0 to 1."""
    height, width = frame_HWC.shape[:2]
    side = height // 4
    is_bright = frame_HWC[height - side :].astype(int).min(2).mean(0) > 150
    share: float = (np.flatnonzero(is_bright).mean() - side / 2) / (width - side)
    return share


def _with_square(ground: np.ndarray, share: float, *, is_small: bool) -> np.ndarray:
    height, width = ground.shape[:2]
    side = height // 16 if is_small else height // 4
    left = round(share * (width - side))
    frame = ground.copy()
    frame[height - side :, left : left + side] = 250
    return frame


def _striped(prompt: str, size: tuple[int, int]) -> np.ndarray:
    colours = np.frombuffer(hashlib.sha256(prompt.encode()).digest()[:24], np.uint8).reshape(8, 3) // 3
    return np.repeat(colours[np.arange(size[0]) * 8 // size[0]][None], size[1], axis=0)


def _read(png: bytes, size: tuple[int, int]) -> np.ndarray:
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None, "a shop was sent something that is no picture"
    return cv2.resize(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), size, interpolation=cv2.INTER_AREA)


def _encoded(frames: list[np.ndarray], size: tuple[int, int]) -> bytes:
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-v",
        "error",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-s",
        f"{size[0]}x{size[1]}",
    ]
    command += ["-r", str(FPS), "-i", "-", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
    command += ["-movflags", "frag_keyframe+empty_moov", "-f", "mp4", "-"]
    return subprocess.run(command, input=b"".join(f.tobytes() for f in frames), check=True, capture_output=True).stdout
