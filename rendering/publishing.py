"""Keyframes → stored clip: in-between frames, burn-in, encoding, checking by decoding, storing, and last of all the result."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import structlog

from episodes.errors import RenderCancelled, RenderFailed, StoryWorldError
from episodes.job import JobError, JobResult, RenderJob, RuntimeFacts
from episodes.plan import Transition
from episodes.ports import ArtifactStore, Control
from rendering.backend import Frames, Keyframes
from rendering.burn_in import Overlay
from rendering.encoding import encode
from rendering.failures import failure_of
from rendering.motion import fill
from rendering.posters import described, jpeg
from rendering.probe import probe
from rendering.spool import ClipFacts, Entry, Spool
from rendering.uploading import Uploader

FADE_S = 0.5

log = structlog.get_logger(__name__)


class Publisher:
    """Makes the clip in the spool, then stores it. Safe from many threads, each with an attempt of its own.

    An attempt that was told to stop stores nothing from then on. While the store does not answer, the finished clip waits in
    the spool; should the process die meanwhile, `leftovers` and `finish` of the next one store it.
    """

    def __init__(
        self,
        store: ArtifactStore,
        spool: Spool,
        *,
        node: str,
        uploader: Uploader | None = None,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._spool = spool
        self._node = node
        self._uploader = uploader or Uploader(store)
        self._now_s = now_s

    def publish(self, job: RenderJob, keyframes: Keyframes, runtime: RuntimeFacts, control: Control) -> JobResult:
        """Publish one attempt; whatever goes wrong is the result's status. `runtime` is what the renderer knows of it.

        The control gets the share of frames encoded. Raises Conflict when this very attempt is being published already.
        """
        entry = self._spool.begin(job)
        began_at_s = self._now_s()
        is_filled = len(keyframes.indices) < keyframes.num_frames
        engine = job.input.motion.engine if is_filled else ""
        runtime = runtime.model_copy(update={"recipe": {**runtime.recipe, **keyframes.recipe}, "motion_engine": engine})
        try:
            self._make(entry, keyframes, runtime, began_at_s, control)
        except Exception as error:  # noqa: BLE001 - the edge: any surprise becomes a status
            entry.discard()
            return self._ended(job, self._timed(runtime, began_at_s), failure_of(error))
        return self.finish(entry, control)

    def finish(self, entry: Entry, control: Control) -> JobResult:
        """Store a sealed entry's files, the result last, and empty its folder. Repeatable after a crash at any point."""
        facts = entry.facts
        try:
            result = self._adopted(entry.job, control) or self._store_all(entry, facts, control)
        except Exception as error:  # noqa: BLE001 - the edge: any surprise becomes a status
            result = self._ended(entry.job, self._timed(facts.runtime, facts.began_at_s), failure_of(error))
        entry.discard()
        return result

    def leftovers(self) -> list[Entry]:
        """Entries that an earlier publisher sealed and did not store; give each to `finish`. For the start only."""
        return self._spool.resume()

    def has_room(self) -> bool:
        """False: the node's renderers should take no more beats for now."""
        return self._spool.has_room()

    def publish_failure(self, job: RenderJob, error: RenderFailed, runtime: RuntimeFacts) -> JobResult:
        """The result of an attempt that came to nothing before there were keyframes; stored where the store lets it."""
        return self._ended(job, runtime, error)

    def _make(self, entry: Entry, keyframes: Keyframes, runtime: RuntimeFacts, began_at_s: float, control: Control) -> None:
        job, film_format = entry.job, entry.job.input.format
        finished = finished_frames(job, keyframes, control)
        poster_index = keyframes.indices[len(keyframes.indices) // 2]
        with_poster = _setting_aside(finished, poster_index, lambda frame: entry.poster.write_bytes(jpeg(frame)))
        encode(with_poster, entry.clip, film_format=film_format, num_frames=job.num_frames, control=control)
        video = probe(entry.clip, film_format=film_format, num_frames=job.num_frames, control=control)
        entry.seal(ClipFacts(runtime=runtime, video=video, began_at_s=began_at_s))

    def _store_all(self, entry: Entry, facts: ClipFacts, control: Control) -> JobResult:
        job, put = entry.job, self._uploader
        video = facts.video.describe(put.put_file(job.video_key, entry.clip, "video/mp4", control))
        poster = described(put.put_file(job.poster_key, entry.poster, "image/jpeg", control), job.input.format)
        result = JobResult(
            job_id=job.job_id,
            status="succeeded",
            artifacts={"video": video.uri, "poster": poster.uri},
            runtime=self._timed(facts.runtime, facts.began_at_s),
            files={"video": video, "poster": poster},
            fence=job.meta.fence,
            episode_id=job.meta.episode_id,
            beat_id=job.meta.beat_id,
        )
        put.put_bytes(job.result_key, _as_json(result), "application/json", control)
        log.info("clip.published", **_ids(job), num_frames=job.num_frames, publish_s=result.runtime.publish_s)
        return result

    def _adopted(self, job: RenderJob, control: Control) -> JobResult | None:
        """The result that was stored just before an earlier publisher died."""
        if self._uploader.patiently(lambda: self._store.head(job.result_key), control) is None:
            return None
        data = self._uploader.patiently(lambda: self._store.get_bytes(job.result_key), control)
        return JobResult.model_validate_json(data)

    def _ended(self, job: RenderJob, runtime: RuntimeFacts, error: RenderFailed) -> JobResult:
        cancelled = isinstance(error, RenderCancelled)
        result = JobResult(
            job_id=job.job_id,
            status="cancelled" if cancelled else "failed",
            runtime=runtime,
            error=None if cancelled else JobError(failure_class=error.failure_class, reason=str(error)),
            fence=job.meta.fence,
            episode_id=job.meta.episode_id,
            beat_id=job.meta.beat_id,
        )
        log.info(f"clip.{result.status}", **_ids(job), reason=str(error))
        if not cancelled:
            self._store_failure(job, result)
        return result

    def _store_failure(self, job: RenderJob, result: JobResult) -> None:
        """So that a coordinator that was away learns of it. Not worth waiting for: without it, the attempt counts as lost."""
        try:
            self._store.put_bytes(job.result_key, _as_json(result), "application/json")
        except StoryWorldError as error:
            log.warning("clip.failure_not_stored", **_ids(job), reason=str(error))

    def _timed(self, runtime: RuntimeFacts, began_at_s: float) -> RuntimeFacts:
        publish_s = max(0.0, self._now_s() - began_at_s)
        latency_sec = runtime.render_s + publish_s
        return runtime.model_copy(
            update={"publish_s": publish_s, "latency_sec": latency_sec, "node": runtime.node or self._node}
        )


def finished_frames(job: RenderJob, keyframes: Keyframes, control: Control) -> Iterator[Frames]:
    """All frames of the clip, in order: in-betweens, the fade, then what is drawn over them."""
    overlay = Overlay(keyframes.burn_in, job.input.format) if keyframes.burn_in is not None else None
    num_fading = _num_fading(job)
    for index, frame_HWC in enumerate(fill(keyframes, job.input.motion, control)):
        if index < num_fading:
            frame_HWC = _darkened(frame_HWC, index / num_fading)
        yield overlay.over(frame_HWC, index) if overlay is not None else frame_HWC


def _num_fading(job: RenderJob) -> int:
    if job.input.beat.transition is not Transition.FADE:
        return 0
    return min(round(FADE_S * job.input.format.fps), job.num_frames // 2)


def _darkened(frame_HWC: Frames, brightness: float) -> Frames:
    """256ths, so that the result does not depend on how a machine rounds."""
    darkened: Frames = (frame_HWC.astype("uint16") * round(brightness * 256) >> 8).astype("uint8")
    return darkened


def _setting_aside(frames: Iterator[Frames], index: int, keep: Callable[[Frames], object]) -> Iterator[Frames]:
    """Pass frames on; the one at `index` is shown to `keep` as well."""
    for place, frame_HWC in enumerate(frames):
        if place == index:
            keep(frame_HWC)
        yield frame_HWC


def _as_json(result: JobResult) -> bytes:
    return result.model_dump_json(indent=1).encode()


def _ids(job: RenderJob) -> dict[str, str]:
    return {"episode": job.meta.episode_id, "beat": job.meta.beat_id, "attempt": job.job_id}
