"""Frames, keyframes, clips and the controls and stores around them, for the tests of rendering."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import imageio_ffmpeg
import numpy as np

from episodes.errors import RenderCancelled, Unavailable
from episodes.job import RenderJob, RuntimeFacts, StoredFile
from episodes.plan import Format
from episodes.ports import ArtifactStore, Download
from rendering.backend import BurnIn, Frames, Keyframes
from rendering.encoding import encode
from storage.artifacts.memory import MemoryArtifacts
from tests.builders import TINY

RUNTIME = RuntimeFacts(backend="animatic", latency_sec=2.0, render_s=2.0, renderer="renderer:animatic:0")
SLATE = BurnIn(label="BEAT 1  MEDIUM", subtitle="Mika: Où est-il ?")

CARD = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 128, 128), (255, 255, 255), (0, 0, 0), (255, 255, 0), (200, 120, 60))


@dataclass
class FakeControl:
    """A Control that stops when told to and remembers what was reported."""

    stop_at_check: int | None = None
    """Told to stop just before this check, counting from 1."""
    stop_at_share: float | None = None
    """Told to stop when this much was reported."""
    shares: list[float] = field(default_factory=list)
    shown: list[bytes] = field(default_factory=list)
    _num_checks: int = 0
    _is_stopped: bool = False

    def stop(self) -> None:
        self._is_stopped = True

    def check(self) -> None:
        self._num_checks += 1
        if self._is_stopped or self._num_checks == self.stop_at_check:
            raise RenderCancelled

    def report(self, share: float) -> None:
        self.shares.append(share)
        if self.stop_at_share is not None and share >= self.stop_at_share:
            self.stop()

    def show(self, jpeg: bytes) -> None:
        self.shown.append(jpeg)


def grey(level: int, film_format: Format) -> Frames:
    return np.full((film_format.height, film_format.width, 3), level, np.uint8)


def a_test_card(film_format: Format) -> Frames:
    """Eight columns of plain colours."""
    columns = np.repeat(np.array(CARD, np.uint8), film_format.width // len(CARD), axis=0)
    return np.ascontiguousarray(np.broadcast_to(columns, (film_format.height, *columns.shape)))


def a_ramp(num_frames: int, film_format: Format) -> list[Frames]:
    """Every frame has its own grey, 4 levels from the next: whoever sees one knows which it is."""
    return [grey(4 + 4 * (i % 60), film_format) for i in range(num_frames)]


def noise(num_frames: int, film_format: Format, seed: int = 0) -> list[Frames]:
    """Pictures that no encoder reproduces exactly: encoding twice shows."""
    random = np.random.default_rng(seed)
    return list(random.integers(0, 256, (num_frames, film_format.height, film_format.width, 3), np.uint8))


def keyframes_for(job: RenderJob, *, num_keyframes: int = 2, burn_in: BurnIn | None = None) -> Keyframes:
    """Greys from dark to light, evenly placed."""
    indices = tuple(np.linspace(0, job.num_frames - 1, num_keyframes).round().astype(int).tolist())
    levels = np.linspace(40, 200, num_keyframes).astype(int).tolist()
    return Keyframes(
        frames_THWC=np.stack([grey(level, job.input.format) for level in levels]),
        indices=indices,
        num_frames=job.num_frames,
        burn_in=burn_in,
        recipe={"seed": "7"},
    )


def a_stored_clip(store: ArtifactStore, key: str, folder: Path, *, num_frames: int, film_format: Format = TINY) -> StoredFile:
    """A ramp of greys as our own encoder makes it."""
    path = folder / "a-clip.mp4"
    frames = a_ramp(num_frames, film_format)
    encode(frames, path, film_format=film_format, num_frames=num_frames, control=FakeControl())
    return store.put_file(key, path, "video/mp4")


def decoded(path: Path, film_format: Format) -> Frames:
    """All frames (time, height, width, 3), by ffmpeg as a player would."""
    raw = _ffmpeg("-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-fps_mode", "passthrough", "-")
    return np.frombuffer(raw, np.uint8).reshape(-1, film_format.height, film_format.width, 3)


def luma(path: Path, film_format: Format) -> Frames:
    """The first frame's brightness (height, width), as it was stored."""
    raw = _ffmpeg("-i", str(path), "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-")
    return np.frombuffer(raw, np.uint8)[: film_format.width * film_format.height].reshape(film_format.height, film_format.width)


def foreign_clip(path: Path, *, size: str, fps: int, seconds: float, options: Sequence[str] = ()) -> None:
    """What another encoder might deliver."""
    source = f"color=c=red:size={size}:rate={fps}:duration={seconds}"
    _ffmpeg("-f", "lavfi", "-i", source, *options, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-y", str(path))


def _ffmpeg(*arguments: str) -> bytes:
    return subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *arguments], check=True, capture_output=True).stdout


class TroubledStore:
    """An ArtifactStore whose writes go through `trouble` first, and which counts them."""

    def __init__(
        self, before: Callable[[str], None] = lambda key: None, after: Callable[[str], None] = lambda key: None
    ) -> None:
        self.inner: ArtifactStore = MemoryArtifacts()
        self.before = before
        self.after = after
        self.puts: list[str] = []

    def put_file(self, key: str, path: Path, media_type: str) -> StoredFile:
        return self.put_bytes(key, path.read_bytes(), media_type)

    def put_bytes(self, key: str, data: bytes, media_type: str) -> StoredFile:
        self.before(key)
        stored = self.inner.put_bytes(key, data, media_type)
        self.puts.append(key)
        self.after(key)
        return stored

    def get_bytes(self, key: str) -> bytes:
        return self.inner.get_bytes(key)

    def get_file(self, key: str, path: Path) -> None:
        self.inner.get_file(key, path)

    def head(self, key: str) -> StoredFile | None:
        return self.inner.head(key)

    def keys(self, prefix: str = "") -> list[str]:
        return self.inner.keys(prefix)

    def delete(self, key: str) -> None:
        self.inner.delete(key)

    def download(self, key: str, file_name: str) -> Download:
        return self.inner.download(key, file_name)


@dataclass
class Outage:
    """Trouble for so many calls, then none."""

    num_failures: int

    def __call__(self, key: str) -> None:
        if self.num_failures > 0:
            self.num_failures -= 1
            raise Unavailable(f"the store is down ({key})")


@dataclass
class FakeSleep:
    """Time that passes only by sleeping."""

    now: float = 0.0

    def __call__(self, seconds: float) -> None:
        self.now += seconds

    def now_s(self) -> float:
        return self.now
