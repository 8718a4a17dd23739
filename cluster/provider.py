"""Ray's node provider for RunPod: named in ray-cluster.yaml as `module: cluster.provider.RunPodNodeProvider`.

A shell: it puts Ray's words into ours. What pods there are stands in inventory.py, how they are bought in buyer.py.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from ray.autoscaler.node_launch_exception import NodeLaunchException
from ray.autoscaler.node_provider import NodeProvider
from ray.autoscaler.tags import (
    STATUS_UNINITIALIZED,
    STATUS_UP_TO_DATE,
    STATUS_UPDATE_FAILED,
    TAG_RAY_NODE_KIND,
    TAG_RAY_NODE_STATUS,
    TAG_RAY_USER_NODE_TYPE,
)

from cluster.buyer import Buyer
from cluster.clearing import clear, end_all
from cluster.config import ClusterConfig, read_cluster, read_node_type
from cluster.errors import BadConfig, ClusterError
from cluster.head_runner import HeadRunner
from cluster.identity import Kind
from cluster.inventory import Inventory
from cluster.jobs import HeadJobs, connect_with_ray
from cluster.launching import bootstrapped, head_env, unburdened
from cluster.orders import Order, node_env
from cluster.parts import put_together
from cluster.sight import Node
from cluster.standing import is_alone
from cluster.surroundings import Surroundings, look_around
from cluster.wire import Wire

logger = logging.getLogger(__name__)

_BUYING_LIMIT_S = 240.0  # Ray asks again after 600 s, and would buy a second time
_ASKED = "Ray asked for it"


class RunPodNodeProvider(NodeProvider):  # type: ignore[misc]  # Ray's classes are Any
    """Every method may be called from many threads. Raises ClusterError when RunPod does not say; Ray then skips a round."""

    def __init__(
        self,
        provider_config: dict[str, Any],
        cluster_name: str,
        *,
        variables: Mapping[str, str] = os.environ,
        wire: Wire | None = None,
        now_s: Callable[[], float] = time.monotonic,
        today: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(provider_config, cluster_name)
        self._config: ClusterConfig = read_cluster(provider_config)
        self._surroundings: Surroundings = look_around(variables)
        key = self._surroundings.api_key
        parts = put_together(cluster_name, self._config, key, wire=wire, now_s=now_s, today=today, sleep=sleep)
        self._inventory: Inventory = parts.inventory
        self._buyer: Buyer = parts.buyer
        self._now_s = now_s
        self._sleep = sleep
        self._set_tags: dict[str, dict[str, str]] = {}
        self._ordered_heads: set[str] = set()

    def non_terminated_nodes(self, tag_filters: dict[str, str]) -> list[str]:
        """All nodes that may bill, the head among them: without it Ray would wait for one and start no worker."""
        self._inventory.refresh()
        return [node.instance_id for node in self._nodes() if self._matches(node, tag_filters)]

    def nodes_for_teardown(self, tag_filters: dict[str, str]) -> list[str]:
        """Those too that Ray does not know of."""
        self._inventory.refresh()
        return [node.instance_id for node in self._inventory.all_nodes() if self._matches(node, tag_filters)]

    def is_running(self, node_id: str) -> bool:
        return self._node(node_id).is_running

    def is_terminated(self, node_id: str) -> bool:
        self._inventory.refresh()
        return all(node.instance_id != node_id for node in self._nodes())

    def node_tags(self, node_id: str) -> dict[str, str]:
        return self._tags(self._node(node_id))

    def set_node_tags(self, node_id: str, tags: dict[str, str]) -> None:
        """For this process only; the status is what the pod's state says. RunPod restarts a pod whose environment changes.

        A head that `ray up` waited for in vain is deleted: the one that was ordered just now, never one that was there before.
        """
        if tags.get(TAG_RAY_NODE_STATUS) == STATUS_UPDATE_FAILED and node_id in self._ordered_heads:
            self.terminate_node(node_id)
        kept = {key: value for key, value in tags.items() if key != TAG_RAY_NODE_STATUS}
        self._set_tags[node_id] = {**self._set_tags.get(node_id, {}), **kept}

    def internal_ip(self, node_id: str) -> str:
        """In RunPod's private network; empty while there is none."""
        pod = self._node(node_id).pod
        return (pod.global_networking.ip or "") if pod else ""

    def external_ip(self, node_id: str) -> str:
        """Host name of the head's dashboard behind RunPod's proxy: its pods have no address of their own to reach them by."""
        pod = self._node(node_id).pod
        return urlsplit(self._dashboard(pod.id)).netloc if pod else ""

    def create_node(self, node_config: dict[str, Any], tags: dict[str, str], count: int) -> None:
        """The head, as `ray up` orders it: its resources and labels stand in the file that goes with it."""
        self.create_node_with_resources_and_labels(node_config, tags, count, {}, {})

    def create_node_with_resources_and_labels(
        self,
        node_config: dict[str, Any],
        tags: dict[str, str],
        count: int,
        resources: dict[str, float],
        labels: dict[str, str],
    ) -> None:
        """Buy `count` pods. Raises NodeLaunchException when one of them is not to be had; those before it stay."""
        deadline_s = self._now_s() + _BUYING_LIMIT_S
        try:
            order = self._order(node_config, tags, resources, labels)
            kind = Kind(tags[TAG_RAY_NODE_KIND])
            for _ in range(count):
                pod = self._buyer.buy(order, kind, deadline_s)
                if kind is Kind.HEAD:
                    self._ordered_heads.add(pod.name)
        except ClusterError as error:
            raise NodeLaunchException(type(error).__name__, str(error), None) from error

    def terminate_node(self, node_id: str) -> None:
        """Raises RunPodError when it cannot be deleted now; Ray tries again, and so does every refresh. An unknown one is fine."""
        self._inventory.end(node_id, _ASKED)

    def terminate_nodes(self, node_ids: list[str]) -> None:
        end_all(self._inventory, node_ids, _ASKED)

    @staticmethod
    def bootstrap_config(cluster_config: dict[str, Any]) -> dict[str, Any]:
        return bootstrapped(cluster_config)

    def prepare_for_head_node(self, cluster_config: dict[str, Any]) -> dict[str, Any]:
        """Raises BadConfig when the head that Ray has found is a StoryWorld of its own."""
        for node in self._inventory.nodes():
            if is_alone(node):
                raise BadConfig(
                    f"{node.instance_id} is a StoryWorld of its own, which buys no workers.",
                    "`python storyworld.py down` ends it; then `ray up` makes a head.",
                )
        return unburdened(cluster_config)

    def get_command_runner(self, log_prefix: str, node_id: str, *_: object, **__: object) -> HeadRunner:
        pod = self._node(node_id).pod
        if pod is None:
            raise BadConfig(f"{node_id} is no pod of RunPod's.", "Run the command on that machine itself.")
        address = self._dashboard(pod.id)
        return HeadRunner(address, HeadJobs(lambda: connect_with_ray(address), self._sleep))

    def cleanup_cluster_resources(self) -> None:
        """The last step of `ray down`. The head may have had an order on its way when it died: what shows up late is deleted."""
        clear(self._inventory, _ASKED, self._sleep)

    def _order(
        self, node_config: dict[str, Any], tags: dict[str, str], resources: dict[str, float], labels: dict[str, str]
    ) -> Order:
        name = tags.get(TAG_RAY_USER_NODE_TYPE, "")
        node_type = read_node_type(name, node_config)
        if node_type.cpus and self._config.global_networking:
            raise BadConfig(
                f"{name} names cpus, and RunPod's private network has GPU pods only.", "Name gpus in ray-cluster.yaml."
            )
        env = {**node_type.env, **self._surroundings.passed_on(node_type.pass_env), **self._surroundings.auth()}
        if tags[TAG_RAY_NODE_KIND] == Kind.HEAD:
            env |= head_env(self.provider_config, name, env)
            env |= {"STORYWORLD_RUNPOD_API_KEY": self._surroundings.api_key.get_secret_value()}
        else:
            env |= node_env(resources, labels, name, self._head_address(), self._config)
        return Order(node_type=node_type, tags=tags, env=env)

    def _dashboard(self, pod_id: str) -> str:
        return self._config.proxy_address.format(pod_id=pod_id, port=8265)

    def _head_address(self) -> str:
        if self._config.head_address:
            return self._config.head_address
        self._inventory.refresh_if_new()
        for node in self._inventory.nodes():
            if node.tags[TAG_RAY_NODE_KIND] == Kind.HEAD and node.pod and node.pod.global_networking.internal_dns:
                return f"{node.pod.global_networking.internal_dns}:{self._config.head_port}"
        raise BadConfig(
            "No head of this cluster has an address in RunPod's private network, so no worker could reach it.",
            "Set provider.global_networking, choose data centres that have it, or set provider.head_address.",
        )

    def _nodes(self) -> list[Node]:
        nodes = self._inventory.nodes()
        head_id = self._surroundings.head_id
        if head_id and all(node.instance_id != head_id for node in nodes):
            nodes.append(self._own_head(head_id))
        return nodes

    def _own_head(self, head_id: str) -> Node:
        """This process runs on it, so it is there, whatever RunPod knows of it."""
        tags = {TAG_RAY_NODE_KIND: str(Kind.HEAD), TAG_RAY_NODE_STATUS: STATUS_UP_TO_DATE}
        tags[TAG_RAY_USER_NODE_TYPE] = self._surroundings.head_type
        return Node(instance_id=head_id, tags=tags, is_running=True, pod=None)

    def _node(self, node_id: str) -> Node:
        node = self._inventory.node(node_id)
        if node is not None:
            return node
        if node_id == self._surroundings.head_id:
            return self._own_head(node_id)
        raise BadConfig(f"There is no node {node_id!r}.", "`ray up` and `ray down` list those that there are.")

    def _matches(self, node: Node, tag_filters: Mapping[str, str]) -> bool:
        """`ray up` looks for its new head by the tags that it ordered it with, the first status among them: it may be up by then."""
        wanted = {
            key: value for key, value in tag_filters.items() if (key, value) != (TAG_RAY_NODE_STATUS, STATUS_UNINITIALIZED)
        }
        return wanted.items() <= self._tags(node).items()

    def _tags(self, node: Node) -> dict[str, str]:
        return {**node.tags, **self._set_tags.get(node.instance_id, {})}
