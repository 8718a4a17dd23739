"""Clips and films that cost nothing and say which attempt made them: whoever finds bytes knows whose they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from episodes.job import FilmJob, RenderJob
from episodes.plan import Format
from episodes.ports import Control
from rendering.backend import Keyframes, PictureSource
from rendering.film import Film
from rendering.pictures import fetch
from rendering.probe import VideoFacts
from rendering.spool import Entry
from rendering.subtitles import cues_of
from rendering.uploading import Uploader

Act = Callable[[RenderJob, Control], None]
"""What happens while a beat is being rendered; returns, raises, or does not come back before the control says so."""


class StampedBackend:
    """A VideoBackend that draws nothing. `acts`: beat id → what happens meanwhile."""

    def __init__(self, acts: Mapping[str, Act]) -> None:
        self._acts = acts

    def keyframes(self, job: RenderJob, pictures: PictureSource, control: Control) -> Keyframes:
        control.check()
        control.show(f"preview by {job.job_id}\n".encode())
        act = self._acts.get(job.meta.beat_id)
        if act is not None:
            act(job, control)
        control.report(1.0)
        size, indices = job.input.format, tuple(sorted({0, job.num_frames - 1}))
        black_THWC = np.zeros((len(indices), size.height, size.width, 3), np.uint8)
        return Keyframes(frames_THWC=black_THWC, indices=indices, num_frames=job.num_frames)


def write_stamped_clip(entry: Entry, keyframes: Keyframes, control: Control) -> VideoFacts:
    """A ClipMaker."""
    control.check()
    entry.clip.write_bytes(f"clip by {entry.job.job_id}\n".encode())
    entry.poster.write_bytes(f"poster by {entry.job.job_id}\n".encode())
    return _facts(entry.job.input.format, keyframes.num_frames)


def write_stamped_film(job: FilmJob, folder: Path, uploader: Uploader, control: Control) -> Film:
    """A FilmMaker: all clips, fetched and checked, one after the other."""
    path, part = folder / "film.mp4", folder / "part"
    with path.open("wb") as film:
        film.write(f"film by {job.job_id}\n".encode())
        for one in job.parts:
            uploader.patiently(partial(fetch, uploader.store, one.video.key, one.video.sha256, part), control)
            film.write(part.read_bytes())
    num_frames = [one.video.num_frames or 1 for one in job.parts]
    subtitles = [one.subtitle for one in job.parts]
    return Film(
        path=path,
        video=_facts(job.format, sum(num_frames)),
        poster=f"film poster by {job.job_id}\n".encode(),
        cues=cues_of(list(zip(subtitles, num_frames, strict=True)), job.format.fps),
    )


def stamps_in(data: bytes) -> list[str]:
    """The attempts that made these bytes, in the order in which they stand there; a film's own comes before its clips'."""
    return re.findall(r"(?:clip|poster|film) by (\S+)", data.decode())


def _facts(film_format: Format, num_frames: int) -> VideoFacts:
    return VideoFacts(
        width=film_format.width,
        height=film_format.height,
        fps=film_format.fps,
        num_frames=num_frames,
        duration_s=num_frames / film_format.fps,
    )
