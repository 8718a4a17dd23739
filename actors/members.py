"""The actors of the fleet as its keeper knows them: how they are made, found and asked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import RayActorError, RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from actors.names import HEAD_RESOURCE, NAMESPACE, Handle, publisher_name, short_node
from actors.plan import PublisherPlan, RendererPlan
from episodes.fleet import Preview

SURVEY_S = 2.0
"""An actor that does not answer within this is silent."""
PREVIEW_S = 0.2
"""A picture that is not there by then comes with the next survey."""
STARTING_S = 0.05
"""One that was only just made is not waited for: a later survey finds its answer, and this one tells of all others meanwhile."""


@dataclass(kw_only=True, slots=True)
class Member:
    handle: Handle
    is_new: bool
    """Made by this fleet, and not found: it has nothing in hand before it answers."""
    version_known: str = ""
    """Empty until it answered once: it is starting, not silent."""
    node: str = ""
    """Where it is, once it answered."""
    is_idle: bool = False
    """Of a publisher: nothing is in its hands or its spool."""
    shown: tuple[str, Preview] | None = None
    """Of a renderer: the attempt that it last had a picture of, and the newest."""
    first_answer: asyncio.Future[Any] | None = None
    """Of a new one: asked once, and looked at until it is there."""

    async def status(self) -> Any:
        """Raises TimeoutError when it does not come in time, and what Ray raises for an actor that is gone."""
        if self.version_known or not self.is_new:
            return await asyncio.wait_for(answer_of(self.handle.status.remote()), SURVEY_S)
        if self.first_answer is None:
            self.first_answer = asyncio.ensure_future(answer_of(self.handle.status.remote()))
        return await asyncio.wait_for(asyncio.shield(self.first_answer), STARTING_S)

    async def preview_of(self, attempt_id: str | None) -> Preview | None:
        """The newest picture that is known of what a renderer has in hand. One of an older version may not know the question."""
        if attempt_id is None:
            return None
        if self.shown is not None and self.shown[0] != attempt_id:
            self.shown = None
        after = self.shown[1].number if self.shown is not None else 0
        with suppress(TimeoutError, RayError):
            newer = await asyncio.wait_for(answer_of(self.handle.preview.remote(attempt_id, after)), PREVIEW_S)
            self.shown = (attempt_id, newer) if newer is not None else self.shown
        return self.shown[1] if self.shown is not None else None

    async def kill(self) -> None:
        """Ray's own kill ends one that answers nobody. It passes by one that was being made when its head died: to Ray that one has no
        process, which would hold its place, and so its machine, for ever; it is told to end itself.
        """
        with suppress(AttributeError):  # one of an older version may not know how
            self.handle.end.remote()
        await asyncio.to_thread(ray.kill, self.handle, no_restart=True)

    async def has_left(self) -> bool:
        """A renderer that has a beat in hand does not leave; one that has none takes no more, and may be killed."""
        if self.is_new and not self.version_known:
            return True
        return bool(await asyncio.wait_for(answer_of(self.handle.leave.remote()), SURVEY_S))


def open_renderer_actor(plan: RendererPlan, actor: Handle, *, on_head: bool) -> Member:
    """Ray's own retries and restarts are off: an error never means that nothing was done."""
    placement = {"resources": {HEAD_RESOURCE: 0.001}} if on_head else {}
    member = _open(plan.name, plan, actor, num_cpus=plan.num_cpus, num_gpus=plan.num_gpus, **placement)
    if plan.is_slot:
        member.is_new = False  # what an earlier one of its name left in the queue is in its hands
    return member


def open_publisher_actor(node_id: str, plan: PublisherPlan, actor: Handle) -> Member:
    there = NodeAffinitySchedulingStrategy(node_id, soft=False)
    return _open(publisher_name(node_id), plan, actor, num_cpus=plan.num_cpus, scheduling_strategy=there)


def _open(name: str, plan: RendererPlan | PublisherPlan, actor: Handle, **placement: object) -> Member:
    is_new = name not in actors_by_name([name])
    handle = actor.options(
        name=name,
        namespace=NAMESPACE,
        lifetime="detached",
        get_if_exists=True,
        max_restarts=0,
        max_task_retries=0,
        **placement,
    ).remote(plan)
    return Member(handle=handle, is_new=is_new)


def actors_by_name(names: list[str]) -> Mapping[str, Handle]:
    """Those that there are."""
    found = {}
    for name in names:
        try:
            found[name] = ray.get_actor(name, namespace=NAMESPACE)
        except ValueError:
            continue
    return found


def names_of_actors() -> set[str]:
    """All of this system's."""
    return {actor["name"] for actor in ray.util.list_named_actors(all_namespaces=True) if actor["namespace"] == NAMESPACE}


def stays(node: str) -> bool:
    """Whether a machine is there and goes on. One that was told to leave may kill its actors before it says that it has left, and Ray
    takes these for crashed. Raises what Ray raises where its head does not answer.
    """
    leaving = ray._private.state.state.get_draining_nodes()
    staying = {short_node(alive["NodeID"]) for alive in ray.nodes() if alive["Alive"] and alive["NodeID"] not in leaving}
    return node in staying


async def answer_of(ref: Handle) -> Any:
    return await asyncio.wrap_future(ref.future())


def what_it_said(error: RayActorError) -> str:
    """The first line; of an actor that failed in its constructor, the last one: its own error without the class's name."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[-1].partition(": ")[2] or lines[-1] if error.actor_init_failed else lines[0]
