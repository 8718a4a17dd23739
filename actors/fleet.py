"""The fleet on Ray: starts and asks its actors, and carries jobs to them. How many there should be is decided in episodes/sizing.py."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

import ray
from ray.exceptions import ActorUnavailableError, GetTimeoutError, RayActorError, RayError

from actors.members import (
    Member,
    actors_by_name,
    answer_of,
    names_of_actors,
    open_publisher_actor,
    open_renderer_actor,
    stays,
    what_it_said,
)
from actors.names import CallNames, Handle, kind_of
from actors.plan import FleetPlan, RendererPlan
from actors.publisher import PublisherActor
from actors.publishers import Publishers
from actors.renderer import RendererActor
from actors.room import why_no_machine, why_no_room
from actors.slot import SlotActor
from actors.status import RendererStatus
from episodes.errors import FailureClass, RendererLost
from episodes.fleet import FleetReport, Kind, PublisherReport, RendererReport, RendererState
from episodes.job import FilmJob, JobResult, RenderJob

log = logging.getLogger("storyworld.fleet")

Node = Mapping[str, Any]
"""As `ray.nodes()` tells of it."""


class RayFleet:
    """Implements Fleet. Lives in the coordinator's process, on the coordinator's event loop.

    Actors are detached and named, so that they outlive the coordinator; a new one finds them by name. The head has a publisher, and
    each node with a renderer: a node on which there is neither can go.
    """

    def __init__(
        self, plan: FleetPlan, *, renderer_actor: Handle = RendererActor, publisher_actor: Handle = PublisherActor
    ) -> None:
        self._plan = plan
        self._kinds = plan.all_kinds()
        self._plans = {one.name: one for one in plan.all_renderers()}
        self._unplanned: dict[str, RendererPlan] = {}
        """Renderers of an earlier, larger fleet: they finish what they have, as those of an older version do."""
        self._names = CallNames()
        self._renderer_actor = renderer_actor
        self._renderers: dict[str, Member] = {}
        self._failures: dict[str, tuple[str, int]] = {}
        """Renderer → why it could not start the last time, and how often in a row; forgotten when it answers."""
        self._head_id = ray.get_runtime_context().get_node_id()
        self._publishers = Publishers(
            lambda node_id: open_publisher_actor(node_id, plan.publisher, publisher_actor),
            version=plan.publisher.version,
            head_id=self._head_id,
        )
        self._replaced: set[str] = set()
        """Whoever comes under such a name next does not go on with what the one before had in hand."""
        self._looked_around = False
        self._told_about_nodes = False

    def kinds(self) -> tuple[Kind, ...]:
        return self._kinds

    async def survey(self, wanted: Collection[str]) -> FleetReport:
        nodes = await asyncio.to_thread(self._nodes)
        if not self._looked_around:
            await asyncio.to_thread(self._look_around, nodes)
            self._looked_around = True
        await self._publishers.open_missing(nodes)
        await self._start(wanted)
        gone = [plan for name, plan in self._plans.items() if name in self._failures and name not in self._renderers]
        there = [plan for name, plan in {**self._plans, **self._unplanned}.items() if name in self._renderers]
        renderers, publishers = await asyncio.gather(
            asyncio.gather(*(self._ask_renderer(plan, nodes) for plan in there)), self._publishers.ask()
        )
        self._publishers.serve({member.node for member in self._renderers.values()})
        await self._publishers.open_missing(
            nodes
        )  # before a renderer gets its first beat: its node's publisher takes the keyframes
        if all(
            member.node or member.is_new for member in self._renderers.values()
        ):  # else one may be anywhere, about to hand over
            await self._publishers.retire({r.node for r in renderers if r.attempt_id is not None})
        return FleetReport(
            renderers=(*renderers, *(self._absent(plan) for plan in gone)),
            publishers=tuple(p for p in publishers if isinstance(p, PublisherReport)),
            silent_publishers=tuple(p for p in publishers if isinstance(p, str)),
            impossible=self._impossible(nodes),
        )

    async def render(self, renderer: str, job: RenderJob, handed_over: Callable[[], None]) -> JobResult:
        member = self._renderers.get(renderer)
        if member is None:
            raise RendererLost(f"{renderer} is gone.")
        name = self._names.of("render", job.meta.episode_id, job.meta.beat_id, job.meta.attempt)
        try:
            answer = await answer_of(member.handle.render.options(name=name).remote(job))
        except ActorUnavailableError as error:
            raise RendererLost(f"{renderer} cannot be reached: {error}.") from error
        except RayActorError as error:
            if error.preempted or not await asyncio.to_thread(stays, member.node):
                raise RendererLost(f"The machine of {renderer} was taken away while it rendered.") from error
            raise RendererLost(f"{renderer} died while it rendered.", FailureClass.CRASH) from error
        except RayError as error:
            raise RendererLost(f"{renderer} gave no answer: {type(error).__name__}.") from error
        handed_over()
        if isinstance(answer, JobResult):
            return answer
        try:
            result: JobResult = await answer_of(answer[0])
        except RayError as error:
            raise RendererLost(f"The publisher of {renderer}'s node died with the clip in its hands.") from error
        return result

    async def cut(self, job: FilmJob) -> JobResult:
        publisher = self._publishers.of_head()
        if publisher is None:
            raise RendererLost("The head's publisher is gone.")
        try:
            name = self._names.of("cut", job.episode_id, "film", job.attempt)
            result: JobResult = await answer_of(publisher.cut.options(name=name).remote(job))
        except RayError as error:
            raise RendererLost("The head's publisher died while it cut the film.") from error
        return result

    async def cancel(self, attempt_id: str) -> None:
        for handle in (*(member.handle for member in self._renderers.values()), *self._publishers.handles()):
            handle.cancel.remote(attempt_id)

    async def retire(self, renderer: str) -> None:
        member = self._renderers.get(renderer)
        if member is None:
            return
        try:
            has_left = await member.has_left()
        except (TimeoutError, GetTimeoutError, RayError) as error:
            log.warning("renderer.stays", extra={"renderer": renderer, "reason": type(error).__name__})
            return
        if has_left:
            await self.replace(renderer)

    async def park(self, renderer: str) -> None:
        member = self._renderers.get(renderer)
        if member is not None:
            member.handle.park.remote()

    async def replace(self, name: str) -> None:
        member = self._renderers.pop(name, None)
        self._replaced.add(name)
        if member is not None:
            await member.kill()
        await self._publishers.replace(name)

    # --- who is there ---

    def _nodes(self) -> dict[str, Node]:
        alive = {node["NodeID"]: node for node in ray.nodes() if node["Alive"]}
        if not self._plan.is_for_one_node:
            return alive
        if len(alive) > 1 and not self._told_about_nodes:
            self._told_about_nodes = True
            log.error("fleet.one_node_only", extra={"num_nodes": len(alive), "reason": ONE_NODE_ONLY})
        return {node_id: node for node_id, node in alive.items() if node_id == self._head_id}

    def _look_around(self, nodes: Collection[str]) -> None:
        """Find everybody whom an earlier coordinator left."""
        names = names_of_actors()
        for name in [name for name in names - self._plans.keys() if kind_of(name)]:
            self._unplanned[name] = RendererPlan(
                name=name, kind=kind_of(name), backend="", options=(), num_cpus=0, num_gpus=0, version=""
            )
        found = actors_by_name([name for name in (*self._plans, *self._unplanned) if name in names])
        self._renderers = {name: Member(handle=handle, is_new=False) for name, handle in found.items()}
        self._publishers.find(nodes, names)

    async def _start(self, wanted: Collection[str]) -> None:
        for plan in [plan for name, plan in self._plans.items() if name in wanted and name not in self._renderers]:
            self._renderers[plan.name] = await asyncio.to_thread(self._open_renderer, plan)

    def _open_renderer(self, plan: RendererPlan) -> Member:
        if plan.is_slot:  # on the head, so that no other machine has to reach the queue
            slot = replace(plan, forgets=plan.name in self._replaced)
            self._replaced.discard(plan.name)
            return open_renderer_actor(slot, SlotActor, on_head=True)
        return open_renderer_actor(plan, self._renderer_actor, on_head=self._plan.is_for_one_node)

    # --- how they are ---

    async def _ask_renderer(self, plan: RendererPlan, nodes: Mapping[str, Node]) -> RendererReport:
        member = self._renderers[plan.name]
        try:
            status: RendererStatus = await member.status()
        except (TimeoutError, GetTimeoutError, ActorUnavailableError):
            if member.version_known:
                return RendererReport(name=plan.name, backend=plan.kind, state=RendererState.SILENT)
            return self._starting(plan, nodes, was_found=not member.is_new)
        except RayActorError as error:
            log.warning("renderer.gone", extra={"renderer": plan.name, "reason": what_it_said(error)})
            if error.actor_init_failed or (member.is_new and not member.version_known):
                self._failures[plan.name] = (what_it_said(error), self._failures.get(plan.name, ("", 0))[1] + 1)
            self._renderers.pop(plan.name, None)
            return self._absent(plan)
        member.version_known, member.node = status.version, status.node
        self._failures.pop(plan.name, None)
        return await self._report(plan, member, status)

    async def _report(self, plan: RendererPlan, member: Member, status: RendererStatus) -> RendererReport:
        is_old = status.version != plan.version or status.is_leaving
        if is_old and status.attempt_id is None:
            log.info("renderer.outdated", extra={"renderer": plan.name, "version": status.version})
            await self.replace(plan.name)
            return self._absent(plan)
        at_work = RendererState.RETIRING if is_old else RendererState.BUSY
        return RendererReport(
            name=plan.name,
            backend=plan.kind,
            state=RendererState.IDLE if status.attempt_id is None else at_work,
            node=status.node,
            incarnation=status.incarnation,
            attempt_id=status.attempt_id,
            share=status.share,
            is_parked=not is_old and status.is_parked,  # an older one may not tell
            preview=None if is_old else await member.preview_of(status.attempt_id),
        )

    def _starting(self, plan: RendererPlan, nodes: Mapping[str, Node], *, was_found: bool) -> RendererReport:
        failure, num_failed = self._failures.get(plan.name, ("", 0))
        placed = [self._plans[name] for name, member in self._renderers.items() if member.node and name in self._plans]
        room = [node["Resources"] for node in nodes.values()]
        return RendererReport(
            name=plan.name,
            backend=plan.kind,
            state=RendererState.STARTING,
            was_found=was_found,
            start_failure=failure,
            num_failed_starts=num_failed,
            no_room="" if was_found else why_no_room(plan, room, placed),
        )

    def _impossible(self, nodes: Mapping[str, Node]) -> dict[str, str]:
        """Only where no other machine can help: a cluster's next one may have what these lack."""
        if not self._plan.is_for_one_node:
            return {}
        room = [node["Resources"] for node in nodes.values()]
        first = {one.kind.name: one.renderers[0] for one in self._plan.kinds if one.renderers}
        return {kind: why for kind, plan in first.items() if (why := why_no_machine(plan, room))}

    def _absent(self, plan: RendererPlan) -> RendererReport:
        failure, num_failed = self._failures.get(plan.name, ("", 0))
        return RendererReport(
            name=plan.name,
            backend=plan.kind,
            state=RendererState.ABSENT,
            start_failure=failure,
            num_failed_starts=num_failed,
        )


ONE_NODE_ONLY = (
    "SQLite and a local folder cannot be shared between machines: only the head works. "
    "Set DATABASE_URL to PostgreSQL and LOCAL_MODE=false with S3_* to use all nodes."
)
