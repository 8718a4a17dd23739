"""Sparse motion against what a user could take instead: hold, linear blending and ffmpeg's minterpolate (mci).

`python -m benchmarks.motion`: 33 frames of real video each; every 2nd, 4th or 8th is kept and the rest made again. PSNR is taken on RGB
over the frames that were made, in the mean over the clips' means; CPU is milliseconds per frame of the finished clip, of one thread.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from benchmarks import minterpolate
from benchmarks.videos import OTHER_SHOTS, REFERENCE_SHOTS, drawn_moves, shot_frames
from episodes.plan import Motion, MotionParams
from rendering.backend import Frames, Keyframes
from rendering.motion import fill

OUT = Path(__file__).parent.parent / "outputs" / "benchmarks"
FACTORS = (2, 4, 8)
ROUNDS = {
    2: 1,
    4: 3,
    8: 1,
}  # at 4× CPU time is compared: each method in turn, so that what else the machine does falls on all alike

Method = Callable[[Frames, int], tuple[Frames, float]]
"""(keyframes, factor) → all frames, CPU seconds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """One method on one clip."""

    clips: str
    clip: str
    factor: int
    method: str
    psnr_db: float
    cpu_ms: float
    """Per frame of the finished clip; the median of the rounds."""


class FreeControl:
    """Never cancels."""

    def check(self) -> None: ...
    def report(self, share: float) -> None: ...
    def show(self, jpeg: bytes) -> None: ...


def main() -> None:
    cv2.setNumThreads(1)
    videos = OUT / "videos"
    reference = {shot.name: shot_frames(shot, videos) for shot in REFERENCE_SHOTS}
    others = {shot.name: shot_frames(shot, videos) for shot in OTHER_SHOTS} | drawn_moves(videos)
    scores: list[Score] = []
    for clips, named in (("reference", reference), ("others", others)):
        for factor in FACTORS:
            scores += [score for clip, frames in named.items() for score in _scores(clips, clip, frames, factor)]
        _print_table(clips, [score for score in scores if score.clips == clips])
    summary = _summary(scores)
    for name, value in summary.items():
        print(f"{name}: {value:.2f}")
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "motion.json").write_text(json.dumps({"summary": summary, "scores": [asdict(score) for score in scores]}, indent=1))


def _ours(engine: Literal["sparse", "linear"], quality: Literal["fast", "quality"]) -> Method:
    motion = Motion(engine=engine, params=MotionParams(quality=quality))

    def interpolate(keys_THWC: Frames, factor: int) -> tuple[Frames, float]:
        num_frames = (len(keys_THWC) - 1) * factor + 1
        keyframes = Keyframes(frames_THWC=keys_THWC, indices=tuple(range(0, num_frames, factor)), num_frames=num_frames)
        before = time.process_time()
        frames = list(fill(keyframes, motion, FreeControl()))
        return np.stack(frames), time.process_time() - before

    return interpolate


def _hold(keys_THWC: Frames, factor: int) -> tuple[Frames, float]:
    """The nearest keyframe: what one sees without any motion."""
    nearest = [(index + factor // 2) // factor for index in range((len(keys_THWC) - 1) * factor + 1)]
    return keys_THWC[nearest], 0.0


METHODS: dict[str, Method] = {
    "hold": _hold,
    "linear": _ours("linear", "fast"),
    "minterpolate": minterpolate.interpolate,
    "fast": _ours("sparse", "fast"),
    "quality": _ours("sparse", "quality"),
}


def _scores(clips: str, clip: str, truth_THWC: Frames, factor: int) -> list[Score]:
    keys = np.ascontiguousarray(truth_THWC[::factor])
    cpu_s: dict[str, list[float]] = {name: [] for name in METHODS}
    psnr_db: dict[str, float] = {}
    for _ in range(ROUNDS[factor]):
        for name, method in METHODS.items():
            frames, seconds = method(keys, factor)
            cpu_s[name].append(seconds)
            psnr_db[name] = statistics.mean(_psnr_db(frames[i], truth_THWC[i]) for i in range(len(truth_THWC)) if i % factor)
    return [
        Score(
            clips=clips,
            clip=clip,
            factor=factor,
            method=name,
            psnr_db=psnr_db[name],
            cpu_ms=1000 * statistics.median(cpu_s[name]) / len(truth_THWC),
        )
        for name in METHODS
    ]


def _psnr_db(made: Frames, truth: Frames) -> float:
    return float(cv2.PSNR(np.ascontiguousarray(made), truth))


def _mean(scores: list[Score], factor: int, method: str, value: Literal["psnr_db", "cpu_ms"]) -> float:
    return statistics.mean(float(getattr(s, value)) for s in scores if (s.factor, s.method) == (factor, method))


def _summary(scores: list[Score]) -> dict[str, float]:
    reference = [score for score in scores if score.clips == "reference"]
    others = [score for score in scores if score.clips == "others"]
    lines: dict[str, float] = {}
    for suffix, some in (("", reference), ("_other_clips", others)):
        for name, method in (("", "fast"), ("_quality", "quality"), ("_minterpolate", "minterpolate"), ("_linear", "linear")):
            lines[f"psnr_4x{name}{suffix}"] = _mean(some, 4, method, "psnr_db")
        for name, method in (("", "fast"), ("_quality", "quality")):
            shares = _mean(some, 4, method, "cpu_ms") / _mean(some, 4, "minterpolate", "cpu_ms")
            lines[f"cpu_share_of_minterpolate{name}{suffix}"] = shares
    return lines


def _print_table(clips: str, scores: list[Score]) -> None:
    names = list(dict.fromkeys(score.clip for score in scores))
    print(f"\n{clips} clips, PSNR in dB".ljust(34) + " ".join(f"{name[:8]:>8}" for name in ("mean", *names, "CPU ms")))
    for factor in FACTORS:
        for method in METHODS:
            of_clip = {s.clip: s.psnr_db for s in scores if (s.factor, s.method) == (factor, method)}
            cells = [
                _mean(scores, factor, method, "psnr_db"),
                *(of_clip[name] for name in names),
                _mean(scores, factor, method, "cpu_ms"),
            ]
            print(f"{factor}×  {method:<29}" + " ".join(f"{cell:8.2f}" for cell in cells))


if __name__ == "__main__":
    main()
