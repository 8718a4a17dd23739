"""Keyframes → stored clip: in-between frames, burn-in, encoding, checking by decoding, storing, and last of all the result."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext

import structlog

from episodes.errors import Conflict, RenderFailed
from episodes.job import JobResult, RenderJob, RuntimeFacts
from episodes.plan import Transition
from episodes.ports import ArtifactStore, Control
from rendering.backend import Frames, Keyframes
from rendering.burn_in import Overlay
from rendering.encoding import encode
from rendering.failures import failure_of
from rendering.motion import fill
from rendering.posters import described, jpeg
from rendering.probe import VideoFacts, probe
from rendering.results import as_json, failed, ids_of, store_failure
from rendering.spool import ClipFacts, Entry, Spool
from rendering.uploading import Uploader

FADE_S = 0.5

log = structlog.get_logger(__name__)


ClipMaker = Callable[[Entry, Keyframes, Control], VideoFacts]
"""Writes an entry's clip and poster, and says what is in the clip."""


class Publisher:
    """Makes the clip in the spool, then stores it. Safe from many threads, each with an attempt of its own.

    An attempt that was told to stop stores nothing from then on. While the store does not answer, the finished clip waits in
    the spool; should the process die meanwhile, `leftovers` and `finish` of the next one store it. `slots` is held while a clip
    is being made and not while one waits for the store.
    """

    def __init__(
        self,
        store: ArtifactStore,
        spool: Spool,
        *,
        node: str,
        slots: AbstractContextManager[object] | None = None,
        make_clip: ClipMaker | None = None,
        uploader: Uploader | None = None,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._spool = spool
        self._node = node
        self._slots = slots or nullcontext()
        self._make_clip = make_clip or make_clip_and_poster
        self._uploader = uploader or Uploader(store)
        self._now_s = now_s

    def publish(self, job: RenderJob, keyframes: Keyframes, runtime: RuntimeFacts, control: Control) -> JobResult:
        """Publish one attempt; whatever goes wrong is the result's status. `runtime` is what the renderer knows of it.

        The control gets the share of frames encoded. Raises Conflict when this very attempt is being published already.
        """
        began_at_s = self._now_s()
        is_filled = len(keyframes.indices) < keyframes.num_frames
        engine = job.input.motion.engine if is_filled else ""
        made = {"recipe": {**runtime.recipe, **keyframes.recipe}, "bought_nothing": keyframes.bought_nothing}
        runtime = runtime.model_copy(update={**made, "motion_engine": engine})
        try:
            entry = self._make(job, keyframes, runtime, began_at_s, control)
        except Conflict:
            raise
        except Exception as error:  # noqa: BLE001 - the edge: any surprise becomes a status
            return self._failed(job, error, self._timed(runtime, began_at_s))
        return self._conclude(entry, self._store_all, control)

    def finish(self, entry: Entry, control: Control) -> JobResult:
        """Store what an earlier publisher sealed, from wherever it got to. Repeatable after a crash at any point."""
        return self._conclude(entry, self._store_rest, control)

    def leftovers(self) -> list[Entry]:
        """Entries that an earlier publisher sealed and did not store; give each to `finish`. For the start only."""
        return self._spool.resume()

    def has_room(self) -> bool:
        """False: the node's renderers should take no more beats for now."""
        return self._spool.has_room()

    def publish_failure(self, job: RenderJob, error: RenderFailed, runtime: RuntimeFacts) -> JobResult:
        """The result of an attempt that came to nothing before there were keyframes; stored where the store lets it."""
        return self._failed(job, error, runtime)

    def _make(self, job: RenderJob, keyframes: Keyframes, runtime: RuntimeFacts, began_at_s: float, control: Control) -> Entry:
        """A sealed entry, or none at all."""
        entry = self._spool.begin(job)
        try:
            with self._slots:
                video = self._make_clip(entry, keyframes, control)
            entry.seal(ClipFacts(runtime=runtime, video=video, began_at_s=began_at_s))
        except Exception:
            entry.discard()
            raise
        return entry

    def _conclude(self, entry: Entry, store: Callable[[Entry, ClipFacts, Control], JobResult], control: Control) -> JobResult:
        """Store the entry's files and empty its folder, come what may."""
        facts = entry.facts
        try:
            result = store(entry, facts, control)
        except Exception as error:  # noqa: BLE001 - the edge: any surprise becomes a status
            result = self._failed(entry.job, error, self._timed(facts.runtime, facts.began_at_s))
        entry.discard()
        return result

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
        put.put_bytes(job.result_key, as_json(result), "application/json", control)
        log.info("clip.published", **ids_of(job), num_frames=job.num_frames, publish_s=result.runtime.publish_s)
        return result

    def _store_rest(self, entry: Entry, facts: ClipFacts, control: Control) -> JobResult:
        """Like `_store_all`, unless the earlier publisher died after its very last write: then its result stands."""
        key, patiently = entry.job.result_key, self._uploader.patiently
        if patiently(lambda: self._store.head(key), control) is None:
            return self._store_all(entry, facts, control)
        return JobResult.model_validate_json(patiently(lambda: self._store.get_bytes(key), control))

    def _failed(self, job: RenderJob, error: Exception, runtime: RuntimeFacts) -> JobResult:
        result = failed(job, failure_of(error), runtime)
        store_failure(self._store, job, result)
        return result

    def _timed(self, runtime: RuntimeFacts, began_at_s: float) -> RuntimeFacts:
        publish_s = max(0.0, self._now_s() - began_at_s)
        latency_sec = runtime.render_s + publish_s
        return runtime.model_copy(
            update={"publish_s": publish_s, "latency_sec": latency_sec, "node": runtime.node or self._node}
        )


def make_clip_and_poster(entry: Entry, keyframes: Keyframes, control: Control) -> VideoFacts:
    """The clip and its poster, the middle keyframe as the viewer sees it."""
    job, film_format = entry.job, entry.job.input.format
    frames = finished_frames(job, keyframes, control)
    poster_index = keyframes.indices[len(keyframes.indices) // 2]
    frames = _setting_aside(frames, poster_index, lambda frame_HWC: entry.poster.write_bytes(jpeg(frame_HWC)))
    encode(frames, entry.clip, film_format=film_format, num_frames=job.num_frames, control=control)
    return probe(entry.clip, film_format=film_format, num_frames=job.num_frames, control=control)


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
