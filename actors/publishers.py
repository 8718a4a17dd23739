"""The publishers of the fleet: one on the head, and one on each node with a renderer. A node with neither can go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable

from ray.exceptions import ActorUnavailableError, ActorUnschedulableError, GetTimeoutError, RayActorError

from actors.members import Member
from actors.names import Handle, publisher_name, short_node
from actors.status import PublisherStatus
from episodes.fleet import PublisherReport

log = logging.getLogger("storyworld.fleet")


class Publishers:
    """By the id of their node. `open_member` makes a node's publisher, or finds it; it blocks."""

    def __init__(self, open_member: Callable[[str], Member], *, version: str, head_id: str) -> None:
        self._open = open_member
        self._version = version
        self._head_id = head_id
        self._members: dict[str, Member] = {}
        self._served = {short_node(head_id)}
        """Nodes that need one."""
        self._died: set[str] = set()
        """Ids of nodes whose publisher may have left clips in its spool, which the next one stores."""

    def of_head(self) -> Handle | None:
        member = self._members.get(self._head_id)
        return member.handle if member is not None else None

    def handles(self) -> Iterable[Handle]:
        return [member.handle for member in self._members.values()]

    def find(self, nodes: Collection[str], names: Collection[str]) -> None:
        """Those that are alive, by the names of all actors. Blocks."""
        for node_id in [n for n in nodes if publisher_name(n) in names]:
            self._members[node_id] = self._open(node_id)

    def serve(self, nodes: Collection[str]) -> None:
        """From now on the head and these nodes, by their short ids, need one."""
        self._served = {short_node(self._head_id), *nodes}

    async def open_missing(self, nodes: Collection[str]) -> None:
        """`nodes`: the ids of those that are alive; on others nobody is any more."""
        self._members = {n: member for n, member in self._members.items() if n in nodes}
        for node_id in [n for n in nodes if n not in self._members and (short_node(n) in self._served or n in self._died)]:
            self._members[node_id] = await asyncio.to_thread(self._open, node_id)
            self._died.discard(node_id)

    async def ask(self) -> list[PublisherReport | str]:
        """Reports, and the names of those that are silent or starting: they may hold what their spools hold."""
        answers = await asyncio.gather(*(self._ask(node_id, member) for node_id, member in list(self._members.items())))
        return [answer for answer in answers if answer is not None]

    async def retire(self, busy_nodes: Collection[str]) -> None:
        """Idle ones that nobody needs; those of another version, except where a renderer is about to hand over to them."""
        for node_id, member in list(self._members.items()):
            is_needed = short_node(node_id) in self._served and member.version_known == self._version
            if member.version_known and member.is_idle and not is_needed and short_node(node_id) not in busy_nodes:
                log.info("publisher.retired", extra={"publisher": publisher_name(node_id), "version": member.version_known})
                await self._members.pop(node_id).kill()

    async def replace(self, name: str) -> None:
        for node_id in [n for n in self._members if publisher_name(n) == name]:
            self._died.add(node_id)
            await self._members.pop(node_id).kill()

    async def _ask(self, node_id: str, member: Member) -> PublisherReport | str | None:
        try:
            status: PublisherStatus = await member.status()
        except (TimeoutError, GetTimeoutError, ActorUnavailableError):
            return publisher_name(node_id)
        except (RayActorError, ActorUnschedulableError) as error:  # the second: its node went before it was placed there
            log.warning("publisher.gone", extra={"publisher": publisher_name(node_id), "reason": str(error).splitlines()[0]})
            self._members.pop(node_id, None)
            self._died.add(node_id)
            return None
        member.version_known = status.version
        member.is_idle = not status.shares
        return PublisherReport(name=publisher_name(node_id), node=status.node, shares=status.shares, has_room=status.has_room)
