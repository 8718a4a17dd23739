"""PublisherActor: one per node. All thinking is in rendering/publishing.py and rendering/film.py."""

from __future__ import annotations

import os
import threading

import ray

from actors.crash import arm_crash_points
from actors.desk import Desk, Work
from actors.logs import log_as_json
from actors.names import publisher_name, short_node
from actors.parts import PublishingParts, open_publishing
from actors.plan import PublisherPlan
from actors.status import PublisherStatus
from episodes.job import FilmJob, JobResult, RenderJob, RuntimeFacts
from rendering.backend import Keyframes
from rendering.progress import attempt_share
from rendering.spool import Entry

MAX_CALLS = 64
"""Every call must begin at once, so that `status` lists it; slots are shared out inside."""
MAX_WAITING = 32
"""With so many clips in hand the renderers get nothing new: what they are drawing must still find a free call."""


class PublisherShell:
    """Publishes clips and cuts films, a few at a time; outlives the renderers and the coordinator that asked it to."""

    def __init__(self, plan: PublisherPlan) -> None:
        node_id = ray.get_runtime_context().get_node_id()
        log_as_json(publisher_name(node_id))
        arm_crash_points()
        self._version = plan.version
        self._node = short_node(node_id)
        self._desk = Desk()
        self._slots = threading.BoundedSemaphore(plan.num_slots)
        """Held while something is encoded, not while a clip waits for the store."""
        self._parts = self._open(plan)
        for entry in self._parts.publisher.leftovers():
            work = self._desk.begin(entry.job.job_id)
            work.report(attempt_share(rendered=1.0, published=1.0))
            threading.Thread(target=self._finish, args=(entry, work), name=f"resume {entry.job.job_id}", daemon=True).start()

    def _open(self, plan: PublisherPlan) -> PublishingParts:
        return open_publishing(plan, self._node, self._slots)

    @ray.method(concurrency_group="work")
    def publish(self, job: RenderJob, keyframes: Keyframes, facts: RuntimeFacts) -> JobResult:
        work = self._desk.begin(job.job_id)
        work.report(attempt_share(rendered=1.0, published=0.0))
        try:
            return self._parts.publisher.publish(job, keyframes, facts, _Second(work))
        finally:
            self._desk.end(work)

    @ray.method(concurrency_group="work")
    def cut(self, job: FilmJob) -> JobResult:
        work = self._desk.begin(job.job_id)
        try:
            with self._slots:
                return self._parts.cutter.cut(job, work)
        finally:
            self._desk.end(work)

    @ray.method(concurrency_group="control")
    def status(self) -> PublisherStatus:
        shares = self._desk.shares()
        return PublisherStatus(
            version=self._version,
            node=self._node,
            pid=os.getpid(),
            has_room=self._parts.publisher.has_room() and len(shares) < MAX_WAITING,
            shares=shares,
        )

    @ray.method(concurrency_group="control")
    def cancel(self, attempt_id: str) -> None:
        self._desk.cancel(attempt_id)

    @ray.method(concurrency_group="control")
    def end(self) -> None:
        """At once; its spool is found by the next one. Nobody gets an answer."""
        os._exit(0)

    def _finish(self, entry: Entry, work: Work) -> None:
        try:
            self._parts.publisher.finish(entry, work)
        finally:
            self._desk.end(work)


class _Second:
    """A Control for an attempt's second half: publishing's share is half of the whole."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def check(self) -> None:
        self._work.check()

    def report(self, share: float) -> None:
        self._work.report(attempt_share(rendered=1.0, published=share))

    def show(self, jpeg: bytes) -> None:
        self._work.show(jpeg)


PublisherActor = ray.remote(concurrency_groups={"work": MAX_CALLS, "control": 2})(PublisherShell)
