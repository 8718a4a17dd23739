"""The real actors around a backend that costs nothing, and around a publisher that need not encode.

Only making pictures is left out. Jobs, hand-over, spool, storing with its syncs, results, SQL and events are the system's own.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import ray

from actors.coordinator import CoordinatorShell
from actors.fleet import RayFleet
from actors.names import Handle
from actors.parts import PICTURE_CACHE_BYTES, PublishingParts, open_artifacts
from actors.plan import FleetPlan, PublisherPlan, RendererPlan
from actors.publisher import PublisherActor, PublisherShell
from actors.renderer import RendererShell
from episodes.job import FilmJob
from episodes.job import RenderJob as Job
from episodes.plan import Format
from episodes.ports import Control, Fleet
from rendering.backend import Frames, Keyframes, PictureSource
from rendering.encoding import encode
from rendering.film import Cutter, Film
from rendering.pictures import StoredPictures
from rendering.posters import jpeg
from rendering.probe import VideoFacts, probe
from rendering.publishing import Publisher
from rendering.renderer import Renderer
from rendering.spool import Entry, Spool
from rendering.uploading import Uploader
from settings import load_settings

BACKEND = "prepared"
PACE = "pace_s"


@lru_cache(maxsize=4)
def prepared_frames(film_format: Format, num_frames: int) -> Frames:
    """A bright square that crosses a gradient: real work for an encoder, drawn once."""
    height, width = film_format.height, film_format.width
    frames_THWC = np.empty((num_frames, height, width, 3), np.uint8)
    frames_THWC[..., 0] = np.linspace(0, 255, width, dtype=np.uint8)
    frames_THWC[..., 1] = np.linspace(0, 255, height, dtype=np.uint8)[:, None]
    frames_THWC[..., 2] = 96
    side = height // 4
    for index, frame_HWC in enumerate(frames_THWC):
        left = (width - side) * index // num_frames
        frame_HWC[side : 2 * side, left : left + side] = (250, 240, 200)
    return frames_THWC


class PreparedFrames:
    """A VideoBackend whose frames were drawn before anybody asked. `pace_s` makes beats come at a steady rate instead."""

    def __init__(self, pace_s: float) -> None:
        self._pace_s = pace_s

    def keyframes(self, job: Job, pictures: PictureSource, control: Control) -> Keyframes:
        if self._pace_s:
            time.sleep(self._pace_s)
        return Keyframes(
            frames_THWC=prepared_frames(job.input.format, job.num_frames),
            indices=tuple(range(job.num_frames)),
            num_frames=job.num_frames,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class PreparedClip:
    video: bytes
    poster: bytes
    facts: VideoFacts


class Uncancelled:
    """A Control that nobody uses."""

    def check(self) -> None: ...

    def report(self, share: float) -> None: ...

    def show(self, jpeg: bytes) -> None: ...


@lru_cache(maxsize=4)
def prepared_clip(film_format: Format, num_frames: int) -> PreparedClip:
    """What the real encoder makes of the prepared frames, made once."""
    frames_THWC = prepared_frames(film_format, num_frames)
    control = Uncancelled()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        encode(frames_THWC, path, film_format=film_format, num_frames=num_frames, control=control)
        facts = probe(path, film_format=film_format, num_frames=num_frames, control=control)
        return PreparedClip(video=path.read_bytes(), poster=jpeg(frames_THWC[num_frames // 2]), facts=facts)


def write_prepared_clip(entry: Entry, keyframes: Keyframes, control: Control) -> VideoFacts:
    """A ClipMaker: the frames have arrived, and the clip that they would make lies ready."""
    clip = prepared_clip(entry.job.input.format, len(keyframes.frames_THWC))
    entry.clip.write_bytes(clip.video)
    entry.poster.write_bytes(clip.poster)
    return clip.facts


def write_prepared_film(job: FilmJob, folder: Path, uploader: Uploader, control: Control) -> Film:
    """A FilmMaker: a clip stands in for the film, and no clips are asked for."""
    clip = prepared_clip(job.format, job.parts[0].video.num_frames or 1)
    path = folder / "film.mp4"
    path.write_bytes(clip.video)
    return Film(path=path, video=clip.facts, poster=clip.poster, cues=[])


class PreparedRendererShell(RendererShell):
    def _open(self, plan: RendererPlan) -> Renderer:
        settings = load_settings()
        pictures = StoredPictures(open_artifacts(settings), settings.spool / "pictures", max_bytes=PICTURE_CACHE_BYTES)
        return Renderer(PreparedFrames(pace_s=float(dict(plan.options)[PACE])), pictures)


class PreparedPublisherShell(PublisherShell):
    def _open(self, plan: PublisherPlan) -> PublishingParts:
        settings = load_settings()
        artifacts = open_artifacts(settings)
        spool = Spool(settings.spool / "prepared", max_bytes=plan.spool_max_bytes)
        return PublishingParts(
            publisher=Publisher(artifacts, spool, node=self._node, make_clip=write_prepared_clip),
            cutter=Cutter(artifacts, spool, node=self._node, make_film=write_prepared_film),
        )


class BenchmarkCoordinatorShell(CoordinatorShell):
    """The real coordinator over renderers that cost nothing."""

    def __init__(self, plan: FleetPlan, *, encodes: bool) -> None:
        self._encodes = encodes
        super().__init__(plan)

    def _open_fleet(self, plan: FleetPlan) -> Fleet:
        publisher: Handle = PublisherActor if self._encodes else PreparedPublisherActor
        return RayFleet(plan, renderer_actor=PreparedRendererActor, publisher_actor=publisher)


PreparedRendererActor = ray.remote(concurrency_groups={"work": 2, "control": 2})(PreparedRendererShell)
PreparedPublisherActor = ray.remote(concurrency_groups={"work": 64, "control": 2})(PreparedPublisherShell)
BenchmarkCoordinatorActor = ray.remote(max_concurrency=4)(BenchmarkCoordinatorShell)
