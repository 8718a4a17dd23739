"""`python -m cluster.entrypoint.place_probe`: whether Ray keeps a place on this pod for anybody.

A process of its own, because it loads Ray. Prints "kept" or "free", and nothing where Ray does not know this pod.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from ray._raylet import GcsClient  # type: ignore[attr-defined]  # it is compiled
from ray.core.generated.autoscaler_pb2 import GetClusterResourceStateReply, NodeStatus


def main(variables: Mapping[str, str]) -> str:
    reply = GetClusterResourceStateReply()
    reply.ParseFromString(GcsClient(address=variables["RAY_ADDRESS"]).get_cluster_resource_state())
    for node in reply.cluster_resource_state.node_states:
        if node.instance_id == variables.get("RAY_CLOUD_INSTANCE_ID") and node.status != NodeStatus.DEAD:
            return "kept" if node.status == NodeStatus.RUNNING else "free"
    return ""


if __name__ == "__main__":
    sys.stdout.write(main(os.environ))
