"""A fleet whose renders take virtual time, die and come back. Publishing too; nothing is drawn and nothing is stored."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from random import Random

from benchmarks.fleet_record import Record
from benchmarks.fleet_workload import (
    CRASHES_AN_HOUR,
    MODEL_OF,
    NODE_LOSSES_AN_HOUR,
    PUBLISH_S,
    RENDERERS_A_NODE,
    Workload,
    render_s,
)
from episodes.errors import FailureClass, RendererLost
from episodes.fleet import FleetReport, Kind, PublisherReport, RendererReport, RendererState
from episodes.job import FilmJob, JobResult, RenderJob, RuntimeFacts, StoredFile

ASK_S = 0.0001
"""Assumed: what one renderer more adds to a survey, as Ray gets through some ten thousand calls a second from one caller."""
CUT_S = 5.0


@dataclass(kw_only=True, slots=True)
class _Member:
    """One incarnation of a renderer."""

    name: str
    backend: str
    node: str
    since_s: float
    ready_s: float
    job: RenderJob | None = None
    began_s: float = 0.0
    answer: asyncio.Future[None] | None = None


class SimulatedFleet:
    """Implements Fleet. Who dies is drawn: renderers one by one, and nodes with all of theirs."""

    def __init__(self, workload: Workload, record: Record, user_of: Callable[[str], str]) -> None:
        """`user_of`: whose episode it is."""
        self._kinds = workload.kinds()
        self._record = record
        self._user_of = user_of
        self._random = Random(workload.seed + 1)
        names = [(name, kind.name) for kind in self._kinds for name in kind.renderers]
        self._backend_of = dict(names)
        # every node has some of every kind, as a pod with several GPUs may
        self._node_of = {name: f"n{place % workload.num_nodes}" for place, (name, _) in enumerate(names)}
        always_there = [name for kind in self._kinds for name in kind.renderers[: kind.min_count]]
        self._members = {name: self._member(name, now_s=0.0, load_s=0.0) for name in always_there}
        """Those who are there; at first, warm, all who always are: they outlived an earlier coordinator."""
        self._publishing: dict[str, dict[str, float]] = defaultdict(dict)
        """Node → attempt → when it was handed over."""
        self.num_lost_renderers = 0
        self.took_s = 0.0
        """Real seconds spent here; they are no cost of the coordinator's."""

    # --- Fleet ---

    def kinds(self) -> tuple[Kind, ...]:
        return self._kinds

    async def survey(self, wanted: Collection[str]) -> FleetReport:
        began_s = time.perf_counter()
        for name in self._backend_of:
            if name in wanted and name not in self._members:
                self._members[name] = self._start(name)
        report = self._report()
        self.took_s += time.perf_counter() - began_s
        await asyncio.sleep(ASK_S * len(self._members))
        return report

    async def render(self, renderer: str, job: RenderJob, handed_over: Callable[[], None]) -> JobResult:
        loop = asyncio.get_running_loop()
        member = self._members.get(renderer)
        if member is None or member.ready_s > loop.time():
            raise RendererLost(f"{renderer} is gone.")
        assert member.job is None, f"{renderer} was given a second beat"
        seconds = render_s(job.input.beat)
        self._record.began(self._user_of(job.meta.episode_id), job.meta.beat_id, seconds, loop.time())
        member.job, member.began_s, member.answer = job, loop.time(), loop.create_future()
        timer = loop.call_later(seconds, member.answer.set_result, None)
        try:
            await member.answer
        finally:
            timer.cancel()
            member.job = member.answer = None
        node = self._publishing[member.node]
        node[job.job_id] = loop.time()
        handed_over()
        self._record.finished(seconds)
        await asyncio.sleep(PUBLISH_S)
        del node[job.job_id]
        return _result(job, seconds, member)

    async def cut(self, job: FilmJob) -> JobResult:
        await asyncio.sleep(CUT_S)
        film = _stored(job.key(".mp4"))
        runtime = RuntimeFacts(backend="film", latency_sec=CUT_S)
        return JobResult(
            job_id=job.job_id,
            status="succeeded",
            runtime=runtime,
            files={"film": film},
            fence=job.fence,
            episode_id=job.episode_id,
        )

    async def cancel(self, attempt_id: str) -> None:
        raise AssertionError("nobody cancels anything in this simulation")

    async def retire(self, renderer: str) -> None:
        member = self._members.get(renderer)
        if member is not None and member.job is None:
            self._leave(member)

    async def park(self, renderer: str) -> None:
        """Simulated renderers hold no memory."""

    async def replace(self, name: str) -> None:
        if name in self._members:
            self._kill(self._members[name], FailureClass.CRASH)

    # --- what breaks ---

    async def lose_renderers(self) -> None:
        """Now and then one, until cancelled."""
        while True:
            await asyncio.sleep(self._random.expovariate(len(self._backend_of) * CRASHES_AN_HOUR / 3600))
            name = self._random.choice(list(self._backend_of))
            if name in self._members:
                self._kill(self._members[name], FailureClass.CRASH)

    async def lose_nodes(self) -> None:
        """Now and then one with all who are on it, until cancelled."""
        nodes = sorted(set(self._node_of.values()))
        while True:
            await asyncio.sleep(self._random.expovariate(len(nodes) * NODE_LOSSES_AN_HOUR / 3600))
            node = self._random.choice(nodes)
            for member in [m for m in self._members.values() if m.node == node]:
                self._kill(member, FailureClass.INFRA)

    def close(self) -> None:
        """Count the time of those who are still there, and what they have in hand."""
        for member in list(self._members.values()):
            if member.job is not None:
                self._record.goes_on(asyncio.get_running_loop().time() - member.began_s)
            self._leave(member)

    # --- who is there ---

    def _start(self, name: str) -> _Member:
        self._record.num_loads += 1
        return self._member(name, now_s=asyncio.get_running_loop().time(), load_s=MODEL_OF[self._backend_of[name]].load_s)

    def _member(self, name: str, *, now_s: float, load_s: float) -> _Member:
        return _Member(
            name=name,
            backend=self._backend_of[name],
            node=self._node_of[name],
            since_s=now_s,
            ready_s=now_s + load_s,
        )

    def _kill(self, member: _Member, failure_class: FailureClass) -> None:
        self.num_lost_renderers += 1
        self._leave(member)
        if member.answer is not None and not member.answer.done():
            self._record.num_lost += 1
            member.answer.set_exception(RendererLost(f"{member.name} died.", failure_class))

    def _leave(self, member: _Member) -> None:
        self._record.there_s += asyncio.get_running_loop().time() - member.since_s
        del self._members[member.name]

    def _report(self) -> FleetReport:
        now_s = asyncio.get_running_loop().time()
        nodes = (f"n{place}" for place in range(-(-len(self._backend_of) // RENDERERS_A_NODE)))
        return FleetReport(
            renderers=tuple(_renderer_report(m, now_s) for m in self._members.values()),
            publishers=tuple(
                PublisherReport(name=f"publisher:{n}", node=n, shares=dict.fromkeys(self._publishing[n], 0.8)) for n in nodes
            ),
        )


def _renderer_report(member: _Member, now_s: float) -> RendererReport:
    job = member.job
    if job is not None:
        state, share = RendererState.BUSY, 0.75 * (now_s - member.began_s) / render_s(job.input.beat)
    else:
        state, share = RendererState.STARTING if member.ready_s > now_s else RendererState.IDLE, 0.0
    return RendererReport(
        name=member.name,
        backend=member.backend,
        state=state,
        node=member.node,
        incarnation=f"{member.name}@{member.since_s}",
        attempt_id=job.job_id if job is not None else None,
        share=min(0.75, share),
    )


def _result(job: RenderJob, seconds: float, member: _Member) -> JobResult:
    runtime = RuntimeFacts(
        backend=job.backend, latency_sec=seconds + PUBLISH_S, render_s=seconds, renderer=member.name, node=member.node
    )
    return JobResult(
        job_id=job.job_id,
        status="succeeded",
        runtime=runtime,
        files={"video": _stored(job.video_key), "poster": _stored(job.poster_key)},
        fence=job.meta.fence,
        episode_id=job.meta.episode_id,
        beat_id=job.meta.beat_id,
    )


def _stored(key: str) -> StoredFile:
    return StoredFile(key=key, uri=f"memory:{key}", size_bytes=1, sha256="0" * 64, media_type="video/mp4")
