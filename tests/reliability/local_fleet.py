"""The fleet without Ray: renderers and a publisher in threads of this process, around the parts that the real actors have.

What an actor's process dies of is `Killed` here: no part catches it, so that a thread ends where it stands, at the next look at its
control, and leaves the spool as a kill -9 would.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, InvalidStateError, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Event, Lock
from typing import TypeVar

from actors.desk import Desk, Work
from episodes.errors import FailureClass, RendererLost, RenderFailed
from episodes.fleet import FleetReport, Kind, PublisherReport, RendererReport, RendererState
from episodes.job import FilmJob, JobResult, RenderJob, RuntimeFacts
from episodes.ports import ArtifactStore
from rendering.backend import Keyframes
from rendering.film import Cutter, FilmMaker
from rendering.progress import attempt_share
from rendering.publishing import ClipMaker, Publisher
from rendering.renderer import Renderer
from rendering.results import failed
from rendering.spool import Spool
from rendering.uploading import Uploader
from tests.reliability.stamped import Act, StampedBackend

BACKEND = "animatic"
NODE = "head"
PUBLISHER = f"publisher:{NODE}"
STEP_S = 0.002
"""Between two looks at the control."""

_RENDERED = attempt_share(rendered=1.0, published=0.0)

T = TypeVar("T")


class Killed(BaseException):
    """The process of this thread was killed, as far as its thread can tell."""


class Hand:
    """The Control of work that can be killed."""

    def __init__(self, work: Work, is_dead: Event, share: Callable[[float], float]) -> None:
        self._work = work
        self._is_dead = is_dead
        self._share = share

    def check(self) -> None:
        self._live()
        self._work.check()

    def report(self, share: float) -> None:
        self._live()
        self._work.report(self._share(share))

    def show(self, jpeg: bytes) -> None:
        self._live()
        self._work.show(jpeg)

    def _live(self) -> None:
        if self._is_dead.is_set():
            raise Killed


class LocalRenderer:
    """One incarnation of a renderer: what RendererShell is, in a thread."""

    def __init__(self, name: str, renderer: Renderer, publisher: LocalPublisher) -> None:
        self.name = name
        self.incarnation = uuid.uuid4().hex
        self.desk = Desk()
        self.is_dead = Event()
        self._renderer = renderer
        self._publisher = publisher
        self._busy = Lock()
        self._answer: Future[JobResult | Future[JobResult]] = Future()

    def render(self, job: RenderJob, answer: Future[JobResult | Future[JobResult]]) -> None:
        """Answers with a result, or when the keyframes are handed over with the publisher's promise of one."""
        if not self._busy.acquire(blocking=False):
            error = RenderFailed(f"{self.name} has a beat in hand and takes no second one.", FailureClass.INFRA)
            _keep(answer, failed(job, error, self._facts(0.0)))
            return
        self._answer, began_s = answer, time.monotonic()
        work = self.desk.begin(job.job_id)
        hand = Hand(work, self.is_dead, lambda share: attempt_share(rendered=share, published=0.0))
        try:
            _keep(answer, self._rendered(job, hand, began_s))
        except Killed:
            self.kill()
        finally:
            self.desk.end(work)
            self._busy.release()

    def kill(self) -> None:
        """As kill -9: what it has in hand is lost, and its caller hears of it."""
        self.is_dead.set()
        _break(self._answer, RendererLost(f"{self.name} died while it rendered.", FailureClass.CRASH))

    def report(self) -> RendererReport:
        attempt_id, share = next(iter(self.desk.shares().items()), (None, 0.0))
        return RendererReport(
            name=self.name,
            backend=BACKEND,
            state=RendererState.IDLE if attempt_id is None else RendererState.BUSY,
            node=NODE,
            incarnation=self.incarnation,
            attempt_id=attempt_id,
            share=share,
            preview=self.desk.preview(attempt_id, after=0) if attempt_id is not None else None,
        )

    def _rendered(self, job: RenderJob, hand: Hand, began_s: float) -> JobResult | Future[JobResult]:
        try:
            keyframes = self._renderer.render(job, hand)
            hand.report(1.0)  # who was killed hands nothing over
            return self._publisher.publish(job, keyframes, self._facts(time.monotonic() - began_s))
        except RenderFailed as error:
            return failed(job, error, self._facts(time.monotonic() - began_s))

    def _facts(self, render_s: float) -> RuntimeFacts:
        return RuntimeFacts(backend=BACKEND, latency_sec=render_s, render_s=render_s, renderer=self.name, node=NODE)


class LocalPublisher:
    """What PublisherShell is, with threads of its own. Takes up at once what an earlier one left in the spool."""

    def __init__(
        self, artifacts: ArtifactStore, spool: Spool, uploader: Uploader, make_clip: ClipMaker, make_film: FilmMaker
    ) -> None:
        self.desk = Desk()
        self._is_dead = Event()
        self._threads = ThreadPoolExecutor(max_workers=32, thread_name_prefix="publisher")
        self._publisher = Publisher(artifacts, spool, node=NODE, make_clip=make_clip, uploader=uploader)
        self._cutter = Cutter(artifacts, spool, node=NODE, make_film=make_film, uploader=uploader)
        self._promises: dict[str, Future[JobResult]] = {}
        for entry in self._publisher.leftovers():
            self._begin(entry.job.job_id, partial(self._publisher.finish, entry), begun=_RENDERED)

    def publish(self, job: RenderJob, keyframes: Keyframes, facts: RuntimeFacts) -> Future[JobResult]:
        return self._begin(job.job_id, lambda hand: self._publisher.publish(job, keyframes, facts, hand), begun=_RENDERED)

    def cut(self, job: FilmJob) -> Future[JobResult]:
        return self._begin(job.job_id, lambda hand: self._cutter.cut(job, hand), begun=0.0)

    def report(self) -> PublisherReport:
        has_room = self._publisher.has_room()
        return PublisherReport(name=PUBLISHER, node=NODE, shares=self.desk.shares(), has_room=has_room)

    def kill(self) -> None:
        """Returns when its threads have ended."""
        self._is_dead.set()
        for promise in list(self._promises.values()):
            _break(promise, RendererLost("The publisher died with it in its hands."))
        self._threads.shutdown()

    def _begin(self, attempt_id: str, work: Callable[[Hand], JobResult], *, begun: float) -> Future[JobResult]:
        """Listed from this very moment on: there must be no survey in which nobody has it."""
        promise = self._promises[attempt_id] = Future[JobResult]()
        on_desk = self.desk.begin(attempt_id)
        on_desk.report(begun)
        hand = Hand(on_desk, self._is_dead, lambda share: begun + (1.0 - begun) * share)

        def do() -> None:
            try:
                _keep(promise, work(hand))
            except Killed:
                _break(promise, RendererLost("The publisher died with it in its hands."))
            except Exception as error:
                _break(promise, RendererLost(f"The publisher could not do it: {error}"))
                raise
            finally:
                self.desk.end(on_desk)
                del self._promises[attempt_id]

        self._threads.submit(do)
        return promise


class LocalFleet:
    """Implements Fleet. Outlives the coordinators that use it, as the real one does; `acts` as in StampedBackend."""

    def __init__(
        self,
        artifacts: ArtifactStore,
        spool: Spool,
        *,
        num_renderers: int,
        recipe: str = "",
        acts: Mapping[str, Act],
        uploader: Uploader,
        make_clip: ClipMaker,
        make_film: FilmMaker,
    ) -> None:
        self.cancelled: list[str] = []
        """Attempts that were told to stop."""
        self._acts = acts
        self._recipe = recipe
        self._publisher = LocalPublisher(artifacts, spool, uploader, make_clip, make_film)
        self._threads = ThreadPoolExecutor(max_workers=2 * num_renderers + 8, thread_name_prefix="renderer")
        self._names = tuple(f"renderer:{BACKEND}:{i}" for i in range(num_renderers))
        self._renderers: dict[str, LocalRenderer] = {}
        """Those that are there."""

    # --- Fleet ---

    def kinds(self) -> tuple[Kind, ...]:
        return (Kind(name=BACKEND, renderers=self._names, min_count=len(self._names), recipe=self._recipe),)

    async def survey(self, wanted: Collection[str]) -> FleetReport:
        alive = {name: r for name, r in self._renderers.items() if not r.is_dead.is_set()}
        self._renderers = {n: alive.get(n) or self._hire(n) for n in self._names if n in alive or n in wanted}
        reports = tuple(renderer.report() for renderer in self._renderers.values())
        return FleetReport(renderers=reports, publishers=(self._publisher.report(),))

    async def render(self, renderer: str, job: RenderJob, handed_over: Callable[[], None]) -> JobResult:
        member = self._renderers.get(renderer)
        if member is None or member.is_dead.is_set():
            raise RendererLost(f"{renderer} is gone.")
        promise: Future[JobResult | Future[JobResult]] = Future()
        self._threads.submit(member.render, job, promise)
        answer = await asyncio.wrap_future(promise)
        handed_over()
        return answer if isinstance(answer, JobResult) else await asyncio.wrap_future(answer)

    async def cut(self, job: FilmJob) -> JobResult:
        return await asyncio.wrap_future(self._publisher.cut(job))

    async def cancel(self, attempt_id: str) -> None:
        for desk in (*(r.desk for r in self._renderers.values()), self._publisher.desk):
            desk.cancel(attempt_id)
        self.cancelled.append(attempt_id)

    async def retire(self, renderer: str) -> None:
        if renderer in self._renderers and not self._renderers[renderer].desk.shares():
            self.kill(renderer)

    async def park(self, renderer: str) -> None:
        """Stamps hold no memory that could be given back."""

    async def replace(self, name: str) -> None:
        self.kill(name)

    # --- what a test makes happen ---

    @property
    def names(self) -> list[str]:
        """Of the renderers."""
        return list(self._names)

    def who_has(self, attempt_id: str) -> str | None:
        """The renderer that has it in hand."""
        return next((name for name, r in self._renderers.items() if attempt_id in r.desk.shares()), None)

    def kill(self, name: str) -> None:
        """kill -9 of a renderer; the next survey finds a fresh one in its place."""
        if name in self._renderers:
            self._renderers[name].kill()

    def close(self) -> None:
        """kill -9 of everybody. Returns when the last thread has ended."""
        for renderer in self._renderers.values():
            renderer.kill()
        self._threads.shutdown()
        self._publisher.kill()

    def _hire(self, name: str) -> LocalRenderer:
        return LocalRenderer(name, Renderer(StampedBackend(self._acts), _NoPictures()), self._publisher)


class _NoPictures:
    def path(self, key: str, sha256: str) -> Path:
        raise AssertionError("stamped frames need no pictures")


def _keep(promise: Future[T], answer: T) -> None:
    with suppress(InvalidStateError):  # whoever waited for it is gone, or was told that it is lost
        promise.set_result(answer)


def _break(promise: Future[T], error: RendererLost) -> None:
    with suppress(InvalidStateError):
        promise.set_exception(error)
