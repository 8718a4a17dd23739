"""RendererActor: lives on its share of a node and renders what it is told. All thinking is in rendering/renderer.py."""

from __future__ import annotations

import logging
import os
import threading
import time
import uuid
from typing import Any

import ray

from actors.crash import arm_crash_points
from actors.desk import Desk, Work
from actors.logs import log_as_json
from actors.names import NAMESPACE, CallNames, publisher_name, short_node
from actors.parts import open_renderer
from actors.plan import RendererPlan
from actors.status import RendererStatus
from episodes.errors import FailureClass, RenderCancelled, RenderFailed
from episodes.fleet import Preview
from episodes.job import JobError, JobResult, RenderJob, RuntimeFacts
from relay.remote import RemoteRenderer
from rendering.backend import Keyframes
from rendering.progress import attempt_share
from rendering.renderer import Renderer

log = logging.getLogger("storyworld.renderer")


class RendererShell:
    """One backend, kept warm; one beat at a time; status and cancel answer meanwhile."""

    def __init__(self, plan: RendererPlan) -> None:
        log_as_json(plan.name)
        arm_crash_points()
        self._plan = plan
        self._node_id = ray.get_runtime_context().get_node_id()
        self._incarnation = uuid.uuid4().hex
        self._desk = Desk()
        self._busy = threading.Lock()
        self._is_leaving = False
        self._names = CallNames()
        self._renderer = self._open(plan)
        self._publisher: Any = None

    def _open(self, plan: RendererPlan) -> Renderer | RemoteRenderer[Keyframes]:
        return open_renderer(plan)

    @ray.method(concurrency_group="work")
    def render(self, job: RenderJob) -> Any:
        """Keyframes handed over: a list with the reference of the publisher's JobResult. Nothing handed over: a JobResult."""
        if not self._busy.acquire(blocking=False):
            why = "is being let go and takes no more" if self._is_leaving else "has a beat in hand and takes no second one"
            return self._ended(job, "failed", FailureClass.INFRA, f"{self._plan.name} {why}.", 0.0)
        return self._rendered(job, self._desk.begin(job.job_id))

    def _rendered(self, job: RenderJob, work: Work) -> Any:
        """Ends the work, and is no longer busy afterwards."""
        began_s = time.monotonic()
        try:
            keyframes = self._renderer.render(job, work)
            if isinstance(keyframes, JobResult):
                return keyframes
            facts = self._facts(time.monotonic() - began_s)
            name = self._names.of("publish", job.meta.episode_id, job.meta.beat_id, job.meta.attempt)
            return [self._open_publisher().publish.options(name=name).remote(job, keyframes, facts)]
        except RenderCancelled:
            return self._ended(job, "cancelled", None, "", time.monotonic() - began_s)
        except RenderFailed as error:
            return self._ended(job, "failed", error.failure_class, str(error), time.monotonic() - began_s)
        finally:
            self._desk.end(work)
            self._busy.release()

    @ray.method(concurrency_group="control")
    def status(self) -> RendererStatus:
        attempt_id, share = next(iter(self._desk.shares().items()), (None, 0.0))
        return RendererStatus(
            version=self._plan.version,
            node=short_node(self._node_id),
            pid=os.getpid(),
            incarnation=self._incarnation,
            gpus=os.environ.get("CUDA_VISIBLE_DEVICES", ""),
            attempt_id=attempt_id,
            share=self._share_of_all(share),
            is_parked=self._renderer.is_parked,
            is_leaving=self._is_leaving,
        )

    @ray.method(concurrency_group="control")
    def preview(self, attempt_id: str, after: int) -> Preview | None:
        """Apart from the status, which is asked for every second: only of who is busy, and only what is new."""
        return self._desk.preview(attempt_id, after=after)

    @ray.method(concurrency_group="control")
    def cancel(self, attempt_id: str) -> None:
        self._desk.cancel(attempt_id)

    @ray.method(concurrency_group="control")
    def park(self) -> None:
        """Give the GPU's memory back until the next beat; while one is rendered, nothing happens."""
        try:
            self._renderer.park()
        except RenderFailed as error:  # the next beat brings back what there is
            log.warning("renderer.not_parked", extra={"renderer": self._plan.name, "reason": str(error)})

    @ray.method(concurrency_group="control")
    def leave(self) -> bool:
        """True: nothing is in hand, and no beat is taken any more; whoever asked for it ends this actor. False: it goes on."""
        self._is_leaving = self._is_leaving or self._busy.acquire(blocking=False)
        return self._is_leaving

    @ray.method(concurrency_group="control")
    def end(self) -> None:
        """At once, whatever is in hand. Nobody gets an answer."""
        os._exit(0)

    def _share_of_all(self, share: float) -> float:
        """Of the attempt's whole work, from what was reported: here, of the first half."""
        return attempt_share(rendered=share, published=0.0)

    def _open_publisher(self) -> Any:
        try:
            return ray.get_actor(publisher_name(self._node_id), namespace=NAMESPACE)
        except ValueError as error:
            raise RenderFailed(
                f"The publisher of node {short_node(self._node_id)} is not there.", FailureClass.INFRA
            ) from error

    def _facts(self, render_s: float) -> RuntimeFacts:
        gpus = ",".join(str(g) for g in ray.get_gpu_ids())
        return RuntimeFacts(
            backend=self._plan.backend,
            latency_sec=render_s,
            gpu=gpus or None,
            render_s=render_s,
            renderer=self._plan.name,
            node=short_node(self._node_id),
        )

    def _ended(self, job: RenderJob, status: Any, failure: FailureClass | None, reason: str, render_s: float) -> JobResult:
        return JobResult(
            job_id=job.job_id,
            status=status,
            runtime=self._facts(render_s),
            error=JobError(failure_class=failure, reason=reason) if failure is not None else None,
            fence=job.meta.fence,
            episode_id=job.meta.episode_id,
            beat_id=job.meta.beat_id,
        )


# two threads for work: the second one is there to refuse; two for control: status must not wait for a cancel
RendererActor = ray.remote(concurrency_groups={"work": 2, "control": 2})(RendererShell)
