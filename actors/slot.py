"""SlotActor: a place in the queue, on the head. For the fleet it is a renderer; all thinking is in relay/."""

from __future__ import annotations

import threading
from typing import Any

import ray

from actors.desk import Work
from actors.parts import open_slot
from actors.plan import RendererPlan
from actors.renderer import RendererShell
from episodes.job import JobResult, RenderJob
from relay.remote import RemoteRenderer
from rendering.backend import Keyframes


class SlotShell(RendererShell):
    """One beat in the queue at a time. One that is started anew goes on with what the one before it left there, unless that was killed for it."""

    def __init__(self, plan: RendererPlan) -> None:
        super().__init__(plan)
        job = self._remote.held()
        if job is not None and plan.forgets:
            self._remote.close(job)
        elif job is not None:
            self._busy.acquire()
            work = self._desk.begin(job.job_id)
            threading.Thread(target=self._go_on, args=(job, work), name=f"resume {job.job_id}", daemon=True).start()

    def _open(self, plan: RendererPlan) -> RemoteRenderer[Keyframes]:
        self._remote = open_slot(plan)
        return self._remote

    def _rendered(self, job: RenderJob, work: Work) -> Any:
        try:
            return super()._rendered(job, work)
        finally:
            self._remote.close(job)

    def _go_on(self, job: RenderJob, work: Work) -> None:
        answer = self._rendered(job, work)
        if isinstance(answer, JobResult):
            self._remote.tell(answer, job)

    def _share_of_all(self, share: float) -> float:
        """Workers tell of both halves."""
        return share


# two threads for work: the second one is there to refuse; two for control: status must not wait for a cancel
SlotActor = ray.remote(concurrency_groups={"work": 2, "control": 2})(SlotShell)
