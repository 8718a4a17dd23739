from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ray.exceptions import ActorUnschedulableError, RayActorError, RayError

from actors.members import Member
from actors.names import publisher_name, short_node
from actors.publishers import Publishers
from actors.status import PublisherStatus
from episodes.fleet import PublisherReport

HEAD, POD, OTHER = "a" * 40, "b" * 40, "c" * 40
NODES = [HEAD, POD, OTHER]


@dataclass(kw_only=True)
class FakeMember(Member):
    """A publisher without Ray."""

    node_id: str
    shares: dict[str, float] = field(default_factory=dict)
    version: str = "v1"
    is_dead: bool = False
    death: RayError = field(default_factory=RayActorError)

    async def status(self) -> Any:
        if self.is_dead:
            raise self.death
        return PublisherStatus(
            version=self.version, node=short_node(self.node_id), pid=1, has_room=True, shares=dict(self.shares)
        )

    async def kill(self) -> None:
        self.is_dead = True


class Pods:
    """The nodes of a cluster, and whoever was opened on them."""

    def __init__(self) -> None:
        self.opened: list[FakeMember] = []
        self.publishers = Publishers(self._open, version="v1", head_id=HEAD)

    def _open(self, node_id: str) -> Member:
        self.opened.append(FakeMember(handle=node_id, is_new=True, node_id=node_id))
        return self.opened[-1]

    async def survey(self, *served: str, busy: tuple[str, ...] = ()) -> list[PublisherReport | str]:
        """As the fleet does it: `served` and `busy` are nodes with renderers, and with renderers at work."""
        await self.publishers.open_missing(NODES)
        answers = await self.publishers.ask()
        self.publishers.serve({short_node(node_id) for node_id in served})
        await self.publishers.open_missing(NODES)
        await self.publishers.retire({short_node(node_id) for node_id in busy})
        return answers

    def alive(self) -> list[str]:
        return [member.node_id for member in self.opened if not member.is_dead]


async def test_the_head_has_a_publisher_and_so_has_each_node_with_a_renderer() -> None:
    pods = Pods()
    await pods.survey()
    assert pods.alive() == [HEAD]

    await pods.survey(POD)
    assert pods.alive() == [HEAD, POD]


async def test_a_publisher_goes_when_its_nodes_renderers_have_gone_and_it_has_stored_everything() -> None:
    pods = Pods()
    await pods.survey(POD)
    pods.opened[1].shares["a1"] = 0.6
    await pods.survey(POD)
    await pods.survey()
    await pods.survey()
    assert pods.alive() == [HEAD, POD]

    pods.opened[1].shares.clear()
    await pods.survey()

    assert pods.alive() == [HEAD]
    assert pods.publishers.of_head() == HEAD


async def test_a_node_that_goes_while_its_publisher_is_on_its_way_breaks_no_survey() -> None:
    pods = Pods()
    await pods.survey(POD)
    pods.opened[1].death = ActorUnschedulableError("its node does not exist any more")
    await pods.opened[1].kill()

    answers = await pods.survey()

    assert [answer.node for answer in answers if isinstance(answer, PublisherReport)] == [short_node(HEAD)]


async def test_a_publisher_that_died_comes_back_for_its_spool_though_no_renderer_is_there() -> None:
    pods = Pods()
    await pods.survey(POD)
    pods.opened[1].shares["a1"] = 0.6
    await pods.survey()
    pods.opened[1].is_dead = True
    await pods.survey()

    assert pods.alive() == [HEAD, POD]


async def test_a_publisher_of_another_version_is_replaced_when_it_is_idle_and_nobody_hands_over_to_it() -> None:
    pods = Pods()
    await pods.survey(POD)
    old = pods.opened[1]
    old.version = "v0"
    await pods.survey(POD, busy=(POD,))
    assert not old.is_dead
    await pods.survey(POD)
    assert old.is_dead

    await pods.survey(POD)
    assert pods.alive() == [HEAD, POD]


async def test_one_that_is_replaced_or_on_a_lost_node_is_not_asked_any_more() -> None:
    pods = Pods()
    await pods.survey(POD, OTHER)
    await pods.publishers.replace(publisher_name(POD))
    await pods.publishers.open_missing([HEAD])

    [report] = await pods.publishers.ask()

    assert isinstance(report, PublisherReport)
    assert report.name == publisher_name(HEAD)
