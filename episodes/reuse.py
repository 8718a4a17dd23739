"""A clip that was made once is not made again: whoever needs the same takes a copy of it, under keys of his own."""

from __future__ import annotations

import hashlib
import logging
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from episodes.content import content_key
from episodes.episode_store import EpisodeStore
from episodes.errors import FailureClass, RendererLost, Unavailable
from episodes.flight import Flight
from episodes.job import JobResult, RenderJob, StoredFile, result_key
from episodes.model import ActiveEpisode, ClipSource, Lease, ReadyBeat
from episodes.notebook import Notebook
from episodes.parts import Pace, Parts
from episodes.ports import ArtifactStore
from episodes.results import result_under

log = logging.getLogger("storyworld.coordinator")

COPIER = "copier"
"""Stands for the renderer in the attempt of a beat that takes a copy."""

MAX_COPIES = 2
"""At once: half of the threads that the lease, too, is renewed in."""


class Reuse:
    """Finds clips for beats, and copies them. It begins and ends no attempt: that is the term's to do."""

    def __init__(self, *, parts: Parts, lease: Lease, pace: Pace, notebook: Notebook) -> None:
        self._parts = parts
        self._lease = lease
        self._pace = pace
        self._spoiled = notebook.spoiled
        self._num_copying = 0
        self._recipes = {kind.name: kind.recipe for kind in parts.fleet.kinds() if kind.recipe}

    @property
    def room(self) -> int:
        """So many more may be copied now."""
        return MAX_COPIES - self._num_copying

    def key(self, episode: ActiveEpisode, ready: ReadyBeat) -> str:
        """Of the clip that the beat will have; empty where nobody knows what it depends on."""
        recipe = self._recipes.get(ready.beat.backend)
        if recipe is None:
            return ""
        return content_key(ready.beat, recipe, episode.format, episode.motion, ready.start_frame)

    def sources(self, store: EpisodeStore, beats: Sequence[ReadyBeat]) -> dict[tuple[str, int | None], ClipSource]:
        """Beat id and take → whose clip it may take a copy of; the others are to be rendered. Blocks."""
        keys = {(ready.beat.beat_id, ready.take): ready.content_key for ready in beats if not ready.is_fresh}
        wanted = {key for key in keys.values() if key}
        found = store.clips_of(self._lease, wanted) if wanted else {}
        sources = {one: found[key] for one, key in keys.items() if key in found}
        return {one: source for one, source in sources.items() if source.attempt_id not in self._spoiled}

    async def copied(self, flight: Flight, job: RenderJob, source: ClipSource) -> JobResult:
        """The result of the copy, stored. While the artifact store does not answer it waits, until it is told to stop.

        Raises RendererLost where there is nothing whole to be copied: the beat is rendered then.
        """
        self._num_copying += 1
        try:
            return await self._copied_patiently(flight, job, source)
        except RendererLost:
            self._spoiled.add(source.attempt_id)
            raise
        finally:
            self._num_copying -= 1

    async def _copied_patiently(self, flight: Flight, job: RenderJob, source: ClipSource) -> JobResult:
        while flight.stopping_since_s is None:
            try:
                return await self._parts.in_thread(lambda: take_over(self._parts.artifacts, job, source))
            except Unavailable as error:
                log.warning("copy.waits", extra={**flight.ids, "reason": str(error)})
            await self._parts.clock.sleep(self._pace.retry_copy_s)
        raise RendererLost("It was told to stop before its copy was stored.", FailureClass.INFRA)


def take_over(artifacts: ArtifactStore, job: RenderJob, source: ClipSource) -> JobResult:
    """Store another attempt's files under the keys of this one, its result last of all. Repeatable. Blocks.

    Raises RendererLost where these are not whole any more, and Unavailable.
    """
    began_s = time.monotonic()
    made = result_under(artifacts, result_key(source.episode_id, source.beat_id, source.attempt_id))
    if made is None or made.status != "succeeded" or "video" not in made.files:
        raise _not_whole(source)
    keys = {"video": job.video_key, "poster": job.poster_key}
    with tempfile.TemporaryDirectory(prefix="storyworld-copy-") as folder:
        files = {
            kind: _copied(artifacts, made.files[kind], key, Path(folder) / kind, source)
            for kind, key in keys.items()
            if kind in made.files
        }
    result = _told(made, job, source, files, time.monotonic() - began_s)
    artifacts.put_bytes(job.result_key, result.model_dump_json(indent=1).encode(), "application/json")
    return result


def _copied(artifacts: ArtifactStore, file: StoredFile, key: str, path: Path, source: ClipSource) -> StoredFile:
    artifacts.get_file(file.key, path)
    with path.open("rb") as copy:
        if hashlib.file_digest(copy, "sha256").hexdigest() != file.sha256:
            raise _not_whole(source)
    there = artifacts.put_file(key, path, file.media_type)
    return file.model_copy(update={"key": there.key, "uri": there.uri})


def _told(
    made: JobResult, job: RenderJob, source: ClipSource, files: Mapping[str, StoredFile], latency_sec: float
) -> JobResult:
    """As the source tells it, but for whose it is, and what it took."""
    recipe = {**made.runtime.recipe, "reused_from": source.attempt_id}
    cost = {"latency_sec": latency_sec, "render_s": 0.0, "publish_s": latency_sec, "gpu": None}
    return JobResult(
        job_id=job.job_id,
        status="succeeded",
        artifacts={kind: file.uri for kind, file in files.items()},
        runtime=made.runtime.model_copy(update={**cost, "renderer": COPIER, "node": "", "recipe": recipe}),
        files=dict(files),
        fence=job.meta.fence,
        episode_id=job.meta.episode_id,
        beat_id=job.meta.beat_id,
    )


def _not_whole(source: ClipSource) -> RendererLost:
    return RendererLost(f"The clip of attempt {source.attempt_id} is not whole any more.", FailureClass.INFRA)
