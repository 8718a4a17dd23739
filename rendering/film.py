"""Clips → film: joined without re-encoding where they agree with the episode's format, with subtitles and a poster beside it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import structlog

from episodes.errors import FailureClass, NotFound, RenderCancelled, RenderFailed
from episodes.job import FilmJob, FilmPart, JobResult, RuntimeFacts, StoredFile
from episodes.plan import Format
from episodes.ports import ArtifactStore, Control
from rendering.backend import Frames
from rendering.encoding import TICKS_PER_FRAME, TO_BT709, encode, h264, mp4
from rendering.failures import failure_of
from rendering.ffmpeg import local_input, run
from rendering.pictures import fetch
from rendering.posters import described, jpeg
from rendering.probe import Stream, VideoFacts, probe, read_stream
from rendering.results import as_json, failed, ids_of, store_failure
from rendering.spool import Spool
from rendering.subtitles import Cue, cues_of, srt, webvtt
from rendering.uploading import Uploader

CLIP_PATIENCE_S = 1800.0
"""A clip that cannot be read whole for so long is damaged in the store, and not only on its way."""
GATHERED = 0.6
"""Share of the work when every clip is there in the episode's format; the rest is joining, checking and storing."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Film:
    """A cut film, before it is stored."""

    path: Path
    video: VideoFacts
    poster: bytes
    """JPEG."""
    cues: list[Cue]


FilmMaker = Callable[[FilmJob, Path, Uploader, Control], Film]
"""Cuts a film in a folder of its own; the uploader knows the store that has the clips."""


class Cutter:
    """Cuts films, each in a throw-away folder of the spool: whatever happens, a film can be cut again from its clips.

    Safe from many threads. A film that was told to stop stores nothing from then on.
    """

    def __init__(
        self,
        store: ArtifactStore,
        spool: Spool,
        *,
        node: str,
        make_film: FilmMaker | None = None,
        uploader: Uploader | None = None,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._spool = spool
        self._node = node
        self._make_film = make_film or join_clips
        self._uploader = uploader or Uploader(store)
        self._now_s = now_s

    def cut(self, job: FilmJob, control: Control) -> JobResult:
        """Cut and store one film; whatever goes wrong is the result's status."""
        began_at_s = self._now_s()
        try:
            with self._spool.scratch() as folder:
                film = self._make_film(job, folder, self._uploader, control)
                files = self._store_all(job, film, control)
            result = self._result(job, began_at_s, files)
            self._uploader.put_bytes(job.result_key, as_json(result), "application/json", control)
        except Exception as error:  # noqa: BLE001 - the edge: any surprise becomes a status
            result = failed(job, failure_of(error), self._runtime(began_at_s))
            store_failure(self._store, job, result)
            return result
        log.info("film.published", **ids_of(job), num_parts=len(job.parts), publish_s=result.runtime.publish_s)
        return result

    def _store_all(self, job: FilmJob, film: Film, control: Control) -> dict[str, StoredFile]:
        put = self._uploader
        files = {"film": film.video.describe(put.put_file(job.key(".mp4"), film.path, "video/mp4", control))}
        poster = put.put_bytes(job.key(".jpg"), film.poster, "image/jpeg", control)
        files["poster"] = described(poster, job.format)
        for kind, suffix, media_type, text in (
            ("subtitles_srt", ".srt", "application/x-subrip", srt(film.cues)),
            ("subtitles_vtt", ".vtt", "text/vtt", webvtt(film.cues)),
        ):
            if film.cues:  # a film in which nobody says anything has no subtitles
                files[kind] = put.put_bytes(job.key(suffix), text.encode(), media_type, control)
        return files

    def _result(self, job: FilmJob, began_at_s: float, files: dict[str, StoredFile]) -> JobResult:
        return JobResult(
            job_id=job.job_id,
            status="succeeded",
            artifacts={kind: file.uri for kind, file in files.items()},
            runtime=self._runtime(began_at_s),
            files=files,
            fence=job.fence,
            episode_id=job.episode_id,
        )

    def _runtime(self, began_at_s: float) -> RuntimeFacts:
        publish_s = max(0.0, self._now_s() - began_at_s)
        return RuntimeFacts(backend="film", latency_sec=publish_s, publish_s=publish_s, node=self._node)


def join_clips(job: FilmJob, folder: Path, uploader: Uploader, control: Control) -> Film:
    """The clips one after the other, checked by decoding."""
    clips = _gather(job, folder, uploader, control)
    num_frames = [stream.num_frames for _, stream in clips]
    path = _join([clip for clip, _ in clips], folder, job.format, control)
    video = probe(path, film_format=job.format, num_frames=sum(num_frames), control=control)
    subtitles = [part.subtitle for part in job.parts]
    return Film(
        path=path,
        video=video,
        poster=jpeg(frame_at(path, _poster_index(num_frames), film_format=job.format, control=control)),
        cues=cues_of(list(zip(subtitles, num_frames, strict=True)), job.format.fps),
    )


def _poster_index(num_frames: list[int]) -> int:
    """The middle of the middle clip; the film's own middle may be the black from which a clip fades in."""
    middle = len(num_frames) // 2
    return sum(num_frames[:middle]) + num_frames[middle] // 2


def _gather(job: FilmJob, folder: Path, uploader: Uploader, control: Control) -> list[tuple[Path, Stream]]:
    """Every part's clip in the episode's format, in story order, with what its packets say."""
    wanted = _own_parameters(job.format, folder, control)
    clips: list[tuple[Path, Stream]] = []
    for index, part in enumerate(job.parts):
        control.check()
        path = folder / f"{index:06}.mp4"
        try:
            clips.append((path, _gather_one(part, path, wanted, job.format, uploader, control)))
        except RenderCancelled:
            raise
        except NotFound as error:
            raise RenderFailed(f"The clip of beat {part.beat_id!r} is gone: {error}", FailureClass.OUTPUT) from error
        except RenderFailed as error:
            raise RenderFailed(f"The clip of beat {part.beat_id!r}: {error.message}", error.failure_class) from error
        control.report((index + 1) / len(job.parts) * GATHERED)
    return clips


def _gather_one(
    part: FilmPart, path: Path, wanted: tuple[str, ...], film_format: Format, uploader: Uploader, control: Control
) -> Stream:
    uploader.patiently(
        lambda: fetch(uploader.store, part.video.key, part.video.sha256, path), control, at_most_s=CLIP_PATIENCE_S
    )
    stream = read_stream(path, control=control)
    if stream.parameters == wanted:
        return stream
    log.info("film.clip_reencoded", beat=part.beat_id, found=stream.parameters, wanted=wanted)
    converted = _convert(path, film_format, control)
    converted.replace(path)
    return read_stream(path, control=control)


def _own_parameters(film_format: Format, folder: Path, control: Control) -> tuple[str, ...]:
    """What a clip of our own encoder has: asked of the encoder itself, so that it can never be out of date."""
    path = folder / "own.mp4"
    black = np.zeros((film_format.height, film_format.width, 3), np.uint8)
    encode([black], path, film_format=film_format, num_frames=1, control=_Silent(control))
    return read_stream(path, control=control).parameters


def _convert(path: Path, film_format: Format, control: Control) -> Path:
    """Another encoder's clip in the episode's format: the whole picture, with black bars where the shapes differ."""
    converted = path.with_name(f"{path.stem}-converted.mp4")
    size = f"{film_format.width}:{film_format.height}"
    fitted = f"scale={size}:force_original_aspect_ratio=decrease:flags=bicubic,pad={size}:-1:-1,setsar=0"
    arguments = ["-map", "0:v:0", "-an", "-vf", f"{fitted},fps={film_format.fps},{TO_BT709}", *h264(film_format)]
    run([*local_input(path.name), *arguments, "-y", f"file:{converted.name}"], folder=path.parent, control=control)
    return converted


def _join(clips: list[Path], folder: Path, film_format: Format, control: Control) -> Path:
    """Copy the packets one after the other and number them anew, so that the film runs at exactly one rate."""
    (folder / "clips.txt").write_text("".join(f"file '{clip.name}'\n" for clip in clips))
    ticks = TICKS_PER_FRAME
    arguments = ["-map", "0:v", "-c", "copy", "-bsf:v", f"setts=ts=N*{ticks}:duration={ticks}", *mp4(film_format)]
    demuxer = ["-f", "concat", "-safe", "1", *local_input("clips.txt")]
    run([*demuxer, *arguments, "-y", "file:film.mp4"], folder=folder, control=control)
    return folder / "film.mp4"


def frame_at(path: Path, index: int, *, film_format: Format, control: Control) -> Frames:
    """One decoded RGB frame (height, width, 3) of a file in this format."""
    seek_s = max(0.0, (index - 0.5) / film_format.fps)
    said = run(
        ["-ss", f"{seek_s:.6f}", *local_input(path.name), "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"],
        folder=path.parent,
        control=control,
    )
    return np.frombuffer(said.output, np.uint8).reshape(film_format.height, film_format.width, 3)


@dataclass(frozen=True, slots=True)
class _Silent:
    """A control for work that is no part of the share."""

    control: Control

    def check(self) -> None:
        self.control.check()

    def report(self, share: float) -> None: ...

    def show(self, jpeg: bytes) -> None:
        self.control.show(jpeg)
