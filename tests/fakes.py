"""In-memory implementations of the ports that have no place in the package: a clock that is moved by hand, and a fleet without Ray."""

from __future__ import annotations

import asyncio
import hashlib
import heapq
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from episodes.errors import FailureClass, RendererLost
from episodes.fleet import FleetReport, Kind, Preview, PublisherReport, RendererReport, RendererState
from episodes.health import Checkup
from episodes.job import FilmJob, JobError, JobResult, RenderJob, RuntimeFacts, StoredFile
from episodes.ports import ArtifactStore


class FakeClock:
    """Time that moves only when a test says so."""

    def __init__(self) -> None:
        self._now_s = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def now_s(self) -> float:
        return self._now_s

    async def sleep(self, seconds: float) -> None:
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._sleepers, (self._now_s + seconds, self._count, wake))
        await wake

    async def advance(self, seconds: float) -> None:
        """Move on, waking sleepers in order and letting everybody run in between."""
        end_s = self._now_s + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end_s:
            self._now_s, _, wake = heapq.heappop(self._sleepers)
            if not wake.done():
                wake.set_result(None)
                await settle()
        self._now_s = end_s
        await settle()


async def settle() -> None:
    """Let every task run until it waits. The store's threads answer within a few turns of the loop."""
    for _ in range(40):
        await asyncio.sleep(0)


class NullMeter:
    """Keeps what tests look at."""

    def __init__(self) -> None:
        self.outcomes: list[str] = []
        self.first_beats: list[tuple[str, float, float]] = []
        """Backend, seconds until it was ready, seconds of the beat."""

    def attempt_ended(self, backend: str, outcome: str) -> None:
        self.outcomes.append(outcome)

    def queue(self, *, num_rendering: int, num_ready: int, num_episodes: int) -> None: ...

    def waited(self, backend: str, seconds: float) -> None: ...

    def worked(self, backend: str, *, render_s: float, publish_s: float) -> None: ...

    def first_beat(self, backend: str, *, ready_s: float, render_s: float) -> None:
        self.first_beats.append((backend, ready_s, render_s))


@dataclass(kw_only=True)
class _Render:
    job: RenderJob
    handed_over: Callable[[], None]
    share: float = 0.4
    preview: Preview | None = None
    answer: asyncio.Future[JobResult] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class FakeFleet:
    """Implements Fleet. Renders last until the test ends them; publishing stores real bytes that name their attempt."""

    def __init__(self, artifacts: ArtifactStore, *kinds: Kind) -> None:
        self._artifacts = artifacts
        self._kinds = kinds
        self._kind_of = {name: kind.name for kind in kinds for name in kind.renderers}
        self._there: set[str] = set()
        self._lives: Counter[str] = Counter()
        """Renderer → how many processes it has had."""
        self._failed: dict[str, RendererReport] = {}
        """Renderer → how its last start failed."""
        self.rendering: dict[str, _Render] = {}
        """Renderer → what it has in hand."""
        self.publishing: dict[str, _Render] = {}
        """Attempt → what was handed over and is not stored yet."""
        self.started: list[RenderJob] = []
        self.films: list[FilmJob] = []
        self.cancelled: list[str] = []
        self.replaced: list[str] = []
        self.retired: list[str] = []
        self.parked: set[str] = set()
        self.num_starts = 0
        """Of renderers; failed ones included."""
        self.is_deaf = False
        self.silent: set[str] = set()
        """Frozen: they answer nothing, and what they have in hand comes no further."""
        self.found: set[str] = set()
        """Frozen before this leader looked: it never heard them."""
        self.not_ready: dict[str, str] = {}
        """Those that do not get ready when they are started, with what they fail at; empty: they go on starting."""
        self.impossible: dict[str, str] = {}
        """Kinds of which nobody can ever start, with why."""
        self.is_stuck = False
        """They answer, but come no further."""
        self.holds_films = False
        self._cuts: list[tuple[FilmJob, asyncio.Future[JobResult]]] = []

    # --- Fleet ---

    def kinds(self) -> tuple[Kind, ...]:
        return self._kinds

    async def survey(self, wanted: Collection[str]) -> FleetReport:
        for name in [name for name in self._kind_of if name in wanted and name not in self._there]:
            self._start(name)
        renderers = tuple(self._report(name) for name in self._kind_of if name in self._there or name in self._failed)
        publisher = PublisherReport(name="publisher:head", node="head", shares=dict.fromkeys(self.publishing, 0.8))
        return FleetReport(renderers=renderers, publishers=(publisher,), impossible=self.impossible)

    def _start(self, name: str) -> None:
        self.num_starts += 1
        failed = self._failed.pop(name, None)
        if not (why := self.not_ready.get(name)):
            self._there.add(name)
            self._lives[name] += 1
            return
        self._failed[name] = RendererReport(
            name=name,
            backend=self._kind_of[name],
            state=RendererState.ABSENT,
            start_failure=why,
            num_failed_starts=failed.num_failed_starts + 1 if failed else 1,
        )

    def _report(self, name: str) -> RendererReport:
        if name not in self._there:
            return self._failed[name]
        backend = self._kind_of[name]
        if name in self.silent:
            return RendererReport(name=name, backend=backend, state=RendererState.SILENT)
        if name in self.found:
            return RendererReport(name=name, backend=backend, state=RendererState.STARTING, was_found=True)
        if name in self.not_ready:
            return RendererReport(name=name, backend=backend, state=RendererState.STARTING)
        render = self.rendering.get(name)
        if render is not None and not self.is_stuck:
            render.share = min(0.5, render.share + 0.001)
        return RendererReport(
            name=name,
            backend=backend,
            state=RendererState.IDLE if render is None else RendererState.BUSY,
            node="head",
            incarnation=f"{name}#{self._lives[name]}",
            attempt_id=render.job.job_id if render else None,
            share=render.share if render else 0.0,
            is_parked=name in self.parked,
            preview=render.preview if render else None,
        )

    async def render(self, renderer: str, job: RenderJob, handed_over: Callable[[], None]) -> JobResult:
        if renderer not in self._there:
            raise RendererLost(f"{renderer} is gone.")
        assert renderer not in self.rendering, f"{renderer} was given a second beat"
        self.started.append(job)
        self.parked.discard(renderer)
        self.rendering[renderer] = _Render(job=job, handed_over=handed_over)
        return await self.rendering[renderer].answer

    async def cut(self, job: FilmJob) -> JobResult:
        self.films.append(job)
        if self.holds_films:
            answer: asyncio.Future[JobResult] = asyncio.get_running_loop().create_future()
            self._cuts.append((job, answer))
            return await answer
        return self._store_film(job)

    async def cancel(self, attempt_id: str) -> None:
        self.cancelled.append(attempt_id)
        if self.is_deaf:
            return
        for name, render in list(self.rendering.items()):
            if render.job.job_id == attempt_id:
                self._end(name, _result(render.job, "cancelled"))

    async def retire(self, renderer: str) -> None:
        if renderer in self._there and renderer not in self.rendering:
            self._there.discard(renderer)
            self.parked.discard(renderer)
            self.retired.append(renderer)

    async def park(self, renderer: str) -> None:
        if renderer in self._there and renderer not in self.rendering:
            self.parked.add(renderer)

    async def replace(self, name: str) -> None:
        self.replaced.append(name)
        self.silent.discard(name)
        self.found.discard(name)
        self.lose(name)

    # --- what a test makes happen ---

    @property
    def names(self) -> list[str]:
        """Of those that are there."""
        return [name for name in self._kind_of if name in self._there]

    def show(self, renderer: str, jpeg: bytes) -> None:
        """A picture of how what it renders looks so far."""
        render = self.rendering[renderer]
        render.preview = Preview(number=render.preview.number + 1 if render.preview else 1, jpeg=jpeg)

    def hand_over(self, renderer: str) -> str:
        render = self.rendering.pop(renderer)
        self.publishing[render.job.job_id] = render
        render.handed_over()
        return render.job.job_id

    def publish(self, attempt_id: str, *, reply: bool = True) -> JobResult:
        """Store the clip and its result; without `reply` nobody hears of it."""
        render = self.publishing.pop(attempt_id)
        result = self._store(render.job)
        if reply:
            render.answer.set_result(result)
        return result

    def finish(self, renderer: str | None = None) -> str:
        """Render and publish what a renderer (the first busy one) has in hand."""
        attempt_id = self.hand_over(renderer or next(iter(self.rendering)))
        self.publish(attempt_id)
        return attempt_id

    def succeed_without_a_clip(self) -> None:
        name = next(iter(self.rendering))
        self._end(name, _result(self.rendering[name].job, "succeeded"))

    def succeed_with_a_file_of(self, other: str) -> None:
        """A result that names the clip of another attempt as its own."""
        name = next(iter(self.rendering))
        job = self.rendering[name].job
        theirs = self._artifacts.head(job.video_key.replace(job.job_id, other))
        assert theirs is not None
        self._end(name, _result(job, "succeeded", files={"video": theirs}))

    def fail(self, failure_class: FailureClass, renderer: str | None = None) -> None:
        name = renderer or next(iter(self.rendering))
        self._end(name, _result(self.rendering[name].job, "failed", failure_class))

    def lose(self, renderer: str) -> None:
        """Kill -9: what it had in hand is gone, and the caller gets an error."""
        render = self.rendering.pop(renderer, None)
        self._there.discard(renderer)
        if render is not None:
            render.answer.set_exception(RendererLost(f"{renderer} died.", FailureClass.CRASH))

    def forget_callers(self) -> None:
        """The coordinator died: renders go on, their answers go nowhere."""
        for render in (*self.rendering.values(), *self.publishing.values()):
            render.answer.cancel()
            render.answer = asyncio.get_running_loop().create_future()
            render.handed_over = lambda: None

    def _end(self, name: str, result: JobResult) -> None:
        render = self.rendering.pop(name)
        render.handed_over()
        render.answer.set_result(result)

    def _store(self, job: RenderJob) -> JobResult:
        video = self._artifacts.put_bytes(job.video_key, f"clip {job.job_id}".encode(), "video/mp4")
        result = _result(job, "succeeded", files={"video": video})
        self._artifacts.put_bytes(job.result_key, result.model_dump_json().encode(), "application/json")
        return result

    def _store_film(self, job: FilmJob) -> JobResult:
        film = self._artifacts.put_bytes(job.key(".mp4"), f"film {job.job_id}".encode(), "video/mp4")
        result = JobResult(
            job_id=job.job_id,
            status="succeeded",
            runtime=RuntimeFacts(backend="film", latency_sec=0.1),
            files={"film": film},
            fence=job.fence,
            episode_id=job.episode_id,
        )
        self._artifacts.put_bytes(job.result_key, result.model_dump_json().encode(), "application/json")
        return result


def _result(
    job: RenderJob,
    status: str,
    failure_class: FailureClass | None = None,
    files: dict[str, StoredFile] | None = None,
) -> JobResult:
    return JobResult(
        job_id=job.job_id,
        status=status,
        runtime=RuntimeFacts(backend=job.backend, latency_sec=0.1),
        error=JobError(failure_class=failure_class, reason=f"made to fail: {failure_class}") if failure_class else None,
        files=files or {},
        artifacts={kind: file.uri for kind, file in (files or {}).items()},
        fence=job.meta.fence,
        episode_id=job.meta.episode_id,
        beat_id=job.meta.beat_id,
    )


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def nobody_examined() -> Checkup:
    """In place of a doctor, where nobody asks for one."""
    return Checkup(code_version="a test", findings=())
