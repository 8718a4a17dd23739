"""Which actors of StoryWorld's are alive, and whether the plan of the fleet knows them."""

from __future__ import annotations

from collections.abc import Iterator

import ray

from actors.names import COORDINATOR, NAMESPACE, publisher_name
from actors.plan import FleetPlan
from episodes.audit import Thing


class RayCensus:
    """Implements Census for a Ray cluster."""

    def __init__(self, plan: FleetPlan) -> None:
        self._plan = plan

    def things(self) -> Iterator[Thing]:
        alive = [actor["name"] for actor in ray.util.list_named_actors(all_namespaces=True) if actor["namespace"] == NAMESPACE]
        # nodes that are gone, too: their publishers may be listed a moment longer
        publishers = {publisher_name(node["NodeID"]) for node in ray.nodes()}
        return things_among(alive, planned={COORDINATOR, *publishers, *(one.name for one in self._plan.all_renderers())})


def things_among(alive: list[str], *, planned: set[str]) -> Iterator[Thing]:
    for name in sorted(alive):
        wrong = "" if name in planned else "The plan of the fleet does not know it: nobody gives it work or stops it."
        yield Thing(where=f"actor {name}", wrong=wrong)
