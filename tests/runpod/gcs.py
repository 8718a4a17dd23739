"""What Ray's autoscaler asks of a cluster: which nodes are in it, and what waits. Pods of the fake RunPod join when they are up."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime

from ray.core.generated.autoscaler_pb2 import (
    ClusterResourceState,
    GetClusterResourceStateReply,
    NodeState,
    NodeStatus,
    ResourceRequest,
    ResourceRequestByCount,
)

from tests.runpod.cloud import FakeCloud

HEAD_ID = "the-head"


class FakeGcs:
    """Has the calls of Ray's GcsClient that the autoscaler makes."""

    def __init__(self, cloud: FakeCloud, today: Callable[[], datetime]) -> None:
        self.num_waiting = 0
        """Actors that want a GPU each and have none."""
        self.idle_s: dict[str, float] = {}
        """Instance id → for how long it has had nothing to do; the others are busy."""
        self.frozen: set[str] = set()
        """Instances that GCS hears nothing of any more."""
        self._cloud = cloud
        self._today = today
        self._version = 0
        self._joined: dict[str, tuple[str, dict[str, float]]] = {}
        self._drained: set[str] = set()

    @property
    def alive(self) -> list[str]:
        """The workers, by instance id."""
        return [node.instance_id for node in self._nodes() if node.status != NodeStatus.DEAD][1:]

    def get_cluster_resource_state(self) -> bytes:
        self._version += 1
        state = ClusterResourceState(cluster_resource_state_version=self._version, node_states=self._nodes())
        if self.num_waiting:
            request = ResourceRequest(resources_bundle={"GPU": 1})
            state.pending_resource_requests.append(ResourceRequestByCount(request=request, count=self.num_waiting))
        reply: bytes = GetClusterResourceStateReply(cluster_resource_state=state).SerializeToString()
        return reply

    def drain_node(self, node_id: str, reason: int, reason_message: str, deadline_timestamp_ms: int) -> tuple[bool, str]:
        self._drained.add(node_id)
        return True, ""

    def drain_nodes(self, node_ids: list[bytes]) -> list[bytes]:
        self._drained |= {node_id.hex() for node_id in node_ids}
        return node_ids

    def _nodes(self) -> list[NodeState]:
        up: set[str] = set()
        for pod in self._cloud.alive():
            env = pod.request["env"]
            if pod.is_up(self._today()):
                up.add(env["RAY_CLOUD_INSTANCE_ID"])
                told = (env["RAY_NODE_TYPE_NAME"], json.loads(env["RAY_OVERRIDE_RESOURCES"]))
                self._joined.setdefault(env["RAY_CLOUD_INSTANCE_ID"], told)
        head = {"CPU": 4.0, "node:__internal_head__": 1.0}
        nodes = [self._node(HEAD_ID, "head", head, is_alive=True)]
        for instance_id, (node_type, resources) in self._joined.items():
            is_alive = instance_id in up - self.frozen and _node_id(instance_id).hex() not in self._drained
            nodes.append(self._node(instance_id, node_type, resources, is_alive=is_alive))
        return nodes

    def _node(self, instance_id: str, node_type: str, resources: dict[str, float], *, is_alive: bool) -> NodeState:
        idle_s = self.idle_s.get(instance_id, 0.0)
        free = resources if idle_s else {name: amount for name, amount in resources.items() if name != "GPU"}
        status = NodeStatus.DEAD if not is_alive else NodeStatus.IDLE if idle_s else NodeStatus.RUNNING
        return NodeState(
            node_id=_node_id(instance_id),
            instance_id=instance_id,
            ray_node_type_name=node_type,
            available_resources=free,
            total_resources=resources,
            node_state_version=self._version,
            status=status,
            idle_duration_ms=int(idle_s * 1000),
        )


def _node_id(instance_id: str) -> bytes:
    return hashlib.sha256(instance_id.encode()).digest()[:28]
