"""A queue of beats through one GPU: rendered one after the other, filled up to 24 frames a second and encoded beside it."""

from __future__ import annotations

import multiprocessing
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pynvml  # type: ignore[import-untyped]
import torch

from episodes.plan import Format, Motion
from rendering.backend import Frames, Keyframes
from rendering.backends.animatediff.loop import Loop, Shot
from rendering.encoding import encode
from rendering.motion import fill
from rendering.progress import Unwatched

NATIVE_FPS = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueResult:
    num_beats: int
    wall_s: float
    """From the first prompt to the last file."""
    beat_ms: float
    """From one beat to the next: all rendering over the number of beats."""
    render_ms: float
    """Median time of a render call."""
    gpu_busy: float
    """Share of the samples in which the driver said that the GPU worked."""
    publisher_cores: float
    """CPU time of the processes that fill up and encode, over the time it took."""
    renderer_cores: float


def publishers(num_workers: int) -> ProcessPoolExecutor:
    """Processes that fill up and encode. Made before the GPU is touched: they are forks of this process."""
    pool = ProcessPoolExecutor(num_workers, mp_context=multiprocessing.get_context("fork"), initializer=_get_ready)
    list(pool.map(time.sleep, [0.01] * num_workers))
    return pool


def run_queue(loop: Loop, shots: list[Shot], folder: Path, pool: ProcessPoolExecutor, times: int) -> QueueResult:
    """Render all shots; each file is made in another process, with `times` as many frames, while the next beat is rendered."""
    loop.render(shots[:1], Unwatched())
    torch.cuda.synchronize()
    spent_s, own_s = _children_s(pool), time.process_time()
    began_s = time.perf_counter()
    beats_s: list[float] = []
    files: list[Future[Future[None]]] = []
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory, ThreadPoolExecutor(32) as hand, _sampled() as samples:
        for number, shot in enumerate(shots):
            beat_s = time.perf_counter()
            [frames] = loop.render([shot], Unwatched())
            beats_s.append(time.perf_counter() - beat_s)
            handed = Path(memory) / f"{number}.npy"
            files.append(hand.submit(_hand_over, frames, handed, pool, folder / f"beat{number}.mp4", times))
        rendered_s = time.perf_counter() - began_s
        own_s = time.process_time() - own_s
        for file in files:
            file.result().result()
        wall_s = time.perf_counter() - began_s
    busy = [share for at, share in samples if at - began_s < rendered_s]
    return QueueResult(
        num_beats=len(shots),
        wall_s=wall_s,
        beat_ms=1000 * rendered_s / len(shots),
        render_ms=1000 * float(np.median(beats_s)),
        gpu_busy=float(np.mean(busy)) if busy else float("nan"),
        publisher_cores=(_children_s(pool) - spent_s) / wall_s,
        renderer_cores=own_s / wall_s,
    )


def _hand_over(frames: Frames, handed: Path, pool: ProcessPoolExecutor, path: Path, times: int) -> Future[None]:
    """Does not wait for the file: the frames lie in pinned memory, which is slow to get and which the next beat but one uses again."""
    np.save(handed, frames)
    return pool.submit(_publish, handed, path, times)


def _publish(handed: Path, path: Path, times: int) -> None:
    frames: Frames = np.load(handed)
    handed.unlink()
    num_frames = (len(frames) - 1) * times + 1
    keys = Keyframes(frames_THWC=frames, indices=tuple(range(0, num_frames, times)), num_frames=num_frames)
    film_format = Format(width=frames.shape[2], height=frames.shape[1], fps=NATIVE_FPS * times)
    filled = fill(keys, Motion(), Unwatched())
    encode(filled, path, film_format=film_format, num_frames=num_frames, control=Unwatched())


def _get_ready() -> None:
    import cv2

    cv2.setNumThreads(1)


def _children_s(pool: ProcessPoolExecutor) -> float:
    """CPU seconds of the workers and of the ffmpegs that they have waited for."""
    total = 0.0
    for process in (pool._processes or {}).values():
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        total += sum(int(field) for field in fields[11:15]) / 100
    return total


@contextmanager
def _sampled() -> Iterator[list[tuple[float, float]]]:
    """The driver's own word on whether the GPU works, twenty times a second."""
    samples: list[tuple[float, float]] = []
    is_over = threading.Event()
    pynvml.nvmlInit()
    device = pynvml.nvmlDeviceGetHandleByIndex(0)

    def watch() -> None:
        while not is_over.wait(0.05):
            samples.append((time.perf_counter(), pynvml.nvmlDeviceGetUtilizationRates(device).gpu / 100))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield samples
    finally:
        is_over.set()
        thread.join()
