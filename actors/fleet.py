"""The fleet on Ray: keeps the planned actors alive, asks them how they are, and carries jobs to them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import ActorUnavailableError, GetTimeoutError, RayActorError, RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from actors.names import HEAD_RESOURCE, NAMESPACE, CallNames, Handle, publisher_name, short_node
from actors.plan import FleetPlan, RendererPlan
from actors.publisher import PublisherActor
from actors.renderer import RendererActor
from actors.status import PublisherStatus, RendererStatus
from episodes.errors import FailureClass, RendererLost
from episodes.fleet import FleetReport, Kind, PublisherReport, RendererReport, RendererState
from episodes.job import FilmJob, JobResult, RenderJob

log = logging.getLogger("storyworld.fleet")

SURVEY_S = 2.0
"""An actor that does not answer within this is silent."""
STARTING_S = 0.05
"""One that was only just made is not waited for: a later survey finds its answer, and this one tells of all others meanwhile."""


@dataclass(kw_only=True, slots=True)
class _Member:
    handle: Handle
    is_new: bool
    """Made by this fleet, and not found: it has nothing in hand before it answers."""
    version_known: str = ""
    """Empty until it answered once: it is starting, not silent."""
    is_idle: bool = False
    first_answer: asyncio.Future[Any] | None = None
    """Of a new one: asked once, and looked at until it is there."""


class RayFleet:
    """Implements Fleet. Lives in the coordinator's process, on the coordinator's event loop.

    Actors are detached and named, so that they outlive the coordinator; a new one finds them by name. Ray's own retries
    and restarts are off: an error never means that nothing was done, and who is gone is replaced by the next survey.
    """

    def __init__(
        self, plan: FleetPlan, *, renderer_actor: Handle = RendererActor, publisher_actor: Handle = PublisherActor
    ) -> None:
        self._plan = plan
        self._names = CallNames()
        self._renderer_actor = renderer_actor
        self._publisher_actor = publisher_actor
        self._renderers: dict[str, _Member] = {}
        self._publishers: dict[str, _Member] = {}
        self._start_failures: dict[str, str] = {}
        """Renderer → why it could not start the last time; forgotten when it answers."""
        self._head = short_node(ray.get_runtime_context().get_node_id())
        self._head_id = ray.get_runtime_context().get_node_id()
        self._told_about_nodes = False

    def kinds(self) -> tuple[Kind, ...]:
        return self._plan.all_kinds()

    async def survey(self) -> FleetReport:
        await self._staff()
        renderers, publishers = await asyncio.gather(
            asyncio.gather(*(self._ask_renderer(plan) for plan in self._plan.all_renderers())),
            asyncio.gather(*(self._ask_publisher(name) for name in list(self._publishers))),
        )
        await self._retire_publishers({r.node for r in renderers if r.attempt_id is not None})
        answered = tuple(p for p in publishers if isinstance(p, PublisherReport))
        silent = tuple(p for p in publishers if isinstance(p, str))
        return FleetReport(renderers=tuple(renderers), publishers=answered, silent_publishers=silent)

    async def render(self, renderer: str, job: RenderJob, handed_over: Callable[[], None]) -> JobResult:
        member = self._renderers.get(renderer)
        if member is None:
            raise RendererLost(f"{renderer} is gone.")
        name = self._names.of("render", job.meta.episode_id, job.meta.beat_id, job.meta.attempt)
        try:
            answer = await _answer(member.handle.render.options(name=name).remote(job))
        except ActorUnavailableError as error:
            raise RendererLost(f"{renderer} cannot be reached: {error}.") from error
        except RayActorError as error:
            raise RendererLost(f"{renderer} died while it rendered.", FailureClass.CRASH) from error
        except RayError as error:
            raise RendererLost(f"{renderer} gave no answer: {type(error).__name__}.") from error
        handed_over()
        if isinstance(answer, JobResult):
            return answer
        try:
            result: JobResult = await _answer(answer[0])
        except RayError as error:
            raise RendererLost(f"The publisher of {renderer}'s node died with the clip in its hands.") from error
        return result

    async def cut(self, job: FilmJob) -> JobResult:
        member = self._publishers.get(self._head_id)
        if member is None:
            raise RendererLost("The head's publisher is gone.")
        try:
            name = self._names.of("cut", job.episode_id, "film", job.attempt)
            result: JobResult = await _answer(member.handle.cut.options(name=name).remote(job))
        except RayError as error:
            raise RendererLost("The head's publisher died while it cut the film.") from error
        return result

    async def cancel(self, attempt_id: str) -> None:
        for member in (*self._renderers.values(), *self._publishers.values()):
            member.handle.cancel.remote(attempt_id)

    async def replace(self, name: str) -> None:
        member = self._renderers.pop(name, None)
        for node_id in [n for n in self._publishers if publisher_name(n) == name]:
            member = self._publishers.pop(node_id)
        if member is not None:
            await asyncio.to_thread(ray.kill, member.handle, no_restart=True)

    # --- who is there ---

    async def _staff(self) -> None:
        """Find or start everybody who is planned and not known."""
        nodes = await asyncio.to_thread(self._nodes)
        for node_id in [n for n in self._publishers if n not in nodes]:
            del self._publishers[node_id]
        for node_id in [n for n in nodes if n not in self._publishers]:
            self._publishers[node_id] = await asyncio.to_thread(self._open_publisher, node_id)
        for plan in [p for p in self._plan.all_renderers() if p.name not in self._renderers]:
            self._renderers[plan.name] = await asyncio.to_thread(self._open_renderer, plan)

    def _nodes(self) -> list[str]:
        alive = [node["NodeID"] for node in ray.nodes() if node["Alive"]]
        if self._plan.is_for_one_node:
            if len(alive) > 1 and not self._told_about_nodes:
                self._told_about_nodes = True
                log.error("fleet.one_node_only", extra={"num_nodes": len(alive), "reason": ONE_NODE_ONLY})
            return [self._head_id]
        return alive

    def _open_renderer(self, plan: RendererPlan) -> _Member:
        is_new = not _is_there(plan.name)
        placement = {"resources": {HEAD_RESOURCE: 0.001}} if self._plan.is_for_one_node else {}
        handle = self._renderer_actor.options(
            name=plan.name,
            namespace=NAMESPACE,
            lifetime="detached",
            get_if_exists=True,
            num_cpus=plan.num_cpus,
            num_gpus=plan.num_gpus,
            max_restarts=0,
            max_task_retries=0,
            **placement,
        ).remote(plan)
        return _Member(handle=handle, is_new=is_new)

    def _open_publisher(self, node_id: str) -> _Member:
        plan = self._plan.publisher
        is_new = not _is_there(publisher_name(node_id))
        handle = self._publisher_actor.options(
            name=publisher_name(node_id),
            namespace=NAMESPACE,
            lifetime="detached",
            get_if_exists=True,
            num_cpus=plan.num_cpus,
            max_restarts=0,
            max_task_retries=0,
            scheduling_strategy=NodeAffinitySchedulingStrategy(node_id, soft=False),
        ).remote(plan)
        return _Member(handle=handle, is_new=is_new)

    # --- how they are ---

    async def _ask_renderer(self, plan: RendererPlan) -> RendererReport:
        member = self._renderers[plan.name]
        try:
            status: RendererStatus = await _status_of(member)
        except (TimeoutError, GetTimeoutError, ActorUnavailableError):
            if not member.version_known:
                return self._starting(plan, was_found=not member.is_new)
            return RendererReport(name=plan.name, backend=plan.kind, state=RendererState.SILENT)
        except RayActorError as error:
            if error.actor_init_failed:
                self._start_failures[plan.name] = _what_it_said(error)
            log.warning("renderer.gone", extra={"renderer": plan.name, "reason": _what_it_said(error)})
            self._renderers.pop(plan.name, None)
            return self._starting(plan)
        member.version_known = status.version
        self._start_failures.pop(plan.name, None)
        return RendererReport(
            name=plan.name,
            backend=plan.kind,
            state=await self._state_of(plan, status),
            node=status.node,
            incarnation=status.incarnation,
            attempt_id=status.attempt_id,
            share=status.share,
        )

    def _starting(self, plan: RendererPlan, *, was_found: bool = False) -> RendererReport:
        failure = self._start_failures.get(plan.name, "")
        return RendererReport(
            name=plan.name,
            backend=plan.kind,
            state=RendererState.STARTING,
            was_found=was_found,
            start_failure=failure,
        )

    async def _state_of(self, plan: RendererPlan, status: RendererStatus) -> RendererState:
        if status.version != plan.version:
            if status.attempt_id is None:
                log.info("renderer.retired", extra={"renderer": plan.name, "version": status.version})
                await self.replace(plan.name)
                return RendererState.STARTING
            return RendererState.RETIRING
        return RendererState.IDLE if status.attempt_id is None else RendererState.BUSY

    async def _retire_publishers(self, busy_nodes: set[str]) -> None:
        """Replace idle publishers of another version, except where a renderer is about to hand over to them."""
        for node_id, member in list(self._publishers.items()):
            is_old = member.version_known not in ("", self._plan.version)
            if is_old and member.is_idle and short_node(node_id) not in busy_nodes:
                log.info("publisher.retired", extra={"publisher": publisher_name(node_id), "version": member.version_known})
                await self.replace(publisher_name(node_id))

    async def _ask_publisher(self, node_id: str) -> PublisherReport | str | None:
        """Its report; its name when it is silent or starting, for then it may hold what its spool holds; None when it is gone."""
        member = self._publishers[node_id]
        try:
            status: PublisherStatus = await _status_of(member)
        except (TimeoutError, GetTimeoutError, ActorUnavailableError):
            return publisher_name(node_id)
        except RayActorError as error:
            log.warning("publisher.gone", extra={"publisher": publisher_name(node_id), "reason": str(error).splitlines()[0]})
            self._publishers.pop(node_id, None)
            return None
        member.version_known = status.version
        member.is_idle = not status.shares
        return PublisherReport(name=publisher_name(node_id), node=status.node, shares=status.shares, has_room=status.has_room)


ONE_NODE_ONLY = (
    "SQLite and a local folder cannot be shared between machines: only the head works. "
    "Set DATABASE_URL to PostgreSQL and LOCAL_MODE=false with S3_* to use all nodes."
)


def _what_it_said(error: RayActorError) -> str:
    """The first line; of an actor that failed in its constructor, the last one: its own error without the class's name."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[-1].partition(": ")[2] or lines[-1] if error.actor_init_failed else lines[0]


async def _status_of(member: _Member) -> Any:
    """Raises TimeoutError when it does not come in time."""
    if member.version_known or not member.is_new:
        return await asyncio.wait_for(_answer(member.handle.status.remote()), SURVEY_S)
    if member.first_answer is None:
        member.first_answer = asyncio.ensure_future(_answer(member.handle.status.remote()))
    return await asyncio.wait_for(asyncio.shield(member.first_answer), STARTING_S)


def _is_there(name: str) -> bool:
    try:
        ray.get_actor(name, namespace=NAMESPACE)
    except ValueError:
        return False
    return True


async def _answer(ref: Handle) -> Any:
    return await asyncio.wrap_future(ref.future())
