"""The check-up of the whole cluster, made by the API: it asks every node, and what they share."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import ray
from ray import serve
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from actors.doctor.cluster_checks import check_database, check_keys, check_serve, check_sharing, check_storage
from actors.doctor.facts import NodeFacts, SeenNode, ServeFacts
from actors.doctor.looking import facts_here
from actors.doctor.node_checks import (
    check_clocks,
    check_disks,
    check_gpus,
    check_head,
    check_listeners,
    check_nodes,
    check_token,
    check_versions,
)
from actors.names import short_node
from actors.plan import FleetPlan
from episodes.episode_store import EpisodeStore
from episodes.health import Checkup, Finding
from episodes.ports import ArtifactStore
from settings import Settings

PATIENCE_S = 60.0
"""A node that has to start a process first answers within this, on a slow machine too."""


class Examination:
    """What `GET /doctor` answers. Safe from many threads; starts one short task on every node, which reserves nothing."""

    def __init__(self, settings: Settings, episodes: EpisodeStore, artifacts: ArtifactStore, plan: FleetPlan) -> None:
        self._settings = settings
        self._episodes = episodes
        self._artifacts = artifacts
        self._plan = plan

    def __call__(self) -> Checkup:
        own = facts_here("of the API")
        return Checkup(code_version=own.code_version, findings=tuple(self._findings(own)))

    def _findings(self, own: NodeFacts) -> Iterator[Finding]:
        seen, silent = _ask_nodes()
        nodes = [node.facts for node in seen]
        serve_facts = _look_at_serve()
        yield from check_database(self._episodes)
        yield check_storage(self._artifacts)
        yield check_keys(len(self._settings.api_keys), serve_facts)
        yield from check_serve(serve_facts)
        yield from check_nodes(len(seen), silent)
        yield from check_sharing(len(seen) + len(silent), is_for_one_node=self._plan.is_for_one_node)
        yield from check_head(own, len(seen) + len(silent))
        if not seen:
            return
        yield from check_token(nodes)
        yield from check_listeners(nodes)
        yield from check_versions(nodes, own)
        yield from check_clocks(seen)
        yield from check_disks(nodes, self._settings.spool_max_gb * 1e9)
        yield from check_gpus(seen, _always_wanted_gpus(self._plan))


def _always_wanted_gpus(plan: FleetPlan) -> float:
    return sum(sum(one.num_gpus for one in kind.renderers[: kind.kind.min_count]) for kind in plan.kinds)


def _ask_nodes() -> tuple[list[SeenNode], dict[str, str]]:
    """Those that answered, and the others' names with what is known of why."""
    alive = [node for node in ray.nodes() if node["Alive"]]
    free = ray._private.state.available_resources_per_node()
    look = ray.remote(num_cpus=0, max_retries=0)(facts_here)
    asked_s = time.time()
    asked = {}
    for node in alive:
        there = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
        asked[look.options(scheduling_strategy=there, name="doctor").remote(short_node(node["NodeID"]))] = node
    seen: list[SeenNode] = []
    silent = {short_node(node["NodeID"]): f"no answer within {PATIENCE_S:.0f} s" for node in alive}
    waiting = list(asked)
    deadline_s = time.monotonic() + PATIENCE_S
    while waiting and (left_s := deadline_s - time.monotonic()) > 0:
        done, waiting = ray.wait(waiting, num_returns=1, timeout=left_s)
        for ref in done:
            name = short_node(asked[ref]["NodeID"])
            try:
                seen.append(_seen(ray.get(ref), asked[ref], free, asked_s))
                del silent[name]
            except RayError as error:
                silent[name] = str(error).strip().splitlines()[-1]
    return seen, silent


def _seen(facts: NodeFacts, node: dict[str, Any], free: dict[str, dict[str, float]], asked_s: float) -> SeenNode:
    now_s = time.time()
    total = node["Resources"].get("GPU", 0)
    # the node looked at its clock between the two moments; outside them it is off by that much at least
    ahead_s = max(facts.at_s - now_s, 0.0) + min(facts.at_s - asked_s, 0.0)
    return SeenNode(
        facts=facts,
        clock_ahead_s=ahead_s,
        gpus_in_ray=total,
        gpus_reserved=total - free.get(node["NodeID"], {}).get("GPU", 0),
    )


def _look_at_serve() -> ServeFacts:
    from ray.serve.context import _get_global_client

    status = serve.status()
    return ServeFacts(
        http_host=_get_global_client().http_config.host,
        applications={name: (str(one.status.value), one.message) for name, one in status.applications.items()},
        proxies={short_node(node): str(one.value) for node, one in status.proxies.items()},
    )
