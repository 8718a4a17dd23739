"""VideoBackend: the seam between a renderer and whatever makes the frames."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from episodes.job import RenderJob
from episodes.ports import Control

Frames = NDArray[np.uint8]
"""RGB, shape (time, height, width, 3) or (height, width, 3)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BurnIn:
    """What is drawn over every finished frame, after motion, so that the flow never bends letters."""

    label: str
    """Top left: "BEAT 2  MEDIUM  PUSH IN"."""
    subtitle: str
    """Bottom centre; empty: none."""
    show_timecode: bool = True
    """Top right, counting from the beat's start: 00:00:01:12."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Keyframes:
    """What a backend hands to motion: some or all frames of a clip, and where they stand in it."""

    frames_THWC: Frames
    """uint8 RGB, one per index, contiguous, at the job's exact size."""
    indices: tuple[int, ...]
    """Ascending places in the finished clip, from 0; the first is 0 and the last is `num_frames - 1`."""
    num_frames: int
    """Of the finished clip, at the job's fps. Equal to `len(indices)`: nothing is left to fill."""
    burn_in: BurnIn | None = None
    recipe: dict[str, str] = field(default_factory=dict)
    """What it takes to make the same frames again."""
    bought_nothing: bool = False
    """They are of a clip that an earlier attempt bought."""


class PictureSource(Protocol):
    """Where a backend gets reference pictures and earlier clips, by key and hash."""

    def path(self, key: str, sha256: str) -> Path:
        """A local file with these very bytes. Raises RenderFailed (infra) when it cannot be had."""


class VideoBackend(Protocol):
    """Makes the keyframes of one beat. One call at a time; called again and again on the same warm instance.

    Calls `control.check()` before each drawn frame or denoising step, `control.report()` after it; where it can, it
    shows how the beat will look, as `rendering/previewing.py` does.
    Deterministic per job on CPU backends. Raises RenderFailed with the class of what went wrong.
    """

    def keyframes(self, job: RenderJob, pictures: PictureSource, control: Control) -> Keyframes: ...


@runtime_checkable
class Parkable(Protocol):
    """A VideoBackend that can let go of its device between two beats, and is back sooner than it could be opened. Never called during one."""

    def park(self) -> None:
        """Weights to the host's memory; what was made of them, such as recorded graphs, is let go. Repeatable."""

    def unpark(self) -> None:
        """Back on the device, to make the very same frames as before. Repeatable, after a failure too; without a `park` before it, nothing changes."""
