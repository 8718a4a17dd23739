"""What to order, where, and in which order to try: pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cluster.config import ClusterConfig, NodeType
from cluster.identity import VARIABLE, Candidate, written
from cluster.pods import Catalogue

NETWORK = "STORYWORLD_POD_NETWORK"
"""Interface of the private network, for which a pod waits before it starts Ray."""
RUNPOD_ADDRESS = "STORYWORLD_RUNPOD_ADDRESS"
"""Of the API where a pod deletes itself."""
_INTERFACE = "podnet1"
_GRACE_HOURS = 0.5  # the provider deletes a worker that is too old; it does so itself when no provider is left


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """One pod that Ray asked for."""

    node_type: NodeType
    tags: Mapping[str, str]
    env: Mapping[str, str] = field(repr=False)
    """What the node type's pods get, secrets included; without what is the pod's own."""


def candidates(node_type: NodeType, config: ClusterConfig, catalogue: Catalogue) -> list[Candidate]:
    """A GPU type everywhere before the next type. What the catalogue calls out of stock comes last: it is a snapshot."""
    places = [
        Candidate(
            machine=machine,
            count=node_type.count,
            data_center=data_center,
            cloud=node_type.cloud,
            has_gpu=bool(node_type.gpus),
        )
        for machine in node_type.machines
        for data_center in node_type.data_centers or config.data_centers
    ]
    return sorted(places, key=lambda place: not is_in_stock(place, catalogue))


def is_in_stock(candidate: Candidate, catalogue: Catalogue) -> bool:
    offer = catalogue.get(candidate.machine)
    return offer is not None and offer.is_in_stock(candidate.data_center)


def usd_per_hour(candidate: Candidate, catalogue: Catalogue) -> float | None:
    """List price of the pod; None for what the catalogue does not have."""
    offer = catalogue.get(candidate.machine)
    return None if offer is None else offer.usd_per_hour(candidate.count, candidate.cloud)


def node_env(
    resources: Mapping[str, float], labels: Mapping[str, str], node_type: str, head_address: str, config: ClusterConfig
) -> dict[str, str]:
    """What a worker's entry point reads, and its `ray start`."""
    return {
        "RAY_NODE_TYPE_NAME": node_type,
        "RAY_OVERRIDE_RESOURCES": json.dumps(dict(resources)),
        "RAY_OVERRIDE_LABELS": json.dumps(dict(labels)),
        "STORYWORLD_HEAD_ADDRESS": head_address,
        "STORYWORLD_MAX_HOURS": f"{config.max_worker_hours + _GRACE_HOURS:g}",
    }


def body(order: Order, candidate: Candidate, instance_id: str, config: ClusterConfig) -> dict[str, object]:
    """The request, in RunPod's words."""
    node_type = order.node_type
    request: dict[str, object] = {
        "name": instance_id,
        "image": node_type.image,
        "args": node_type.args,
        **_machine(candidate, node_type),
        "cloud": candidate.cloud,
        "dataCenterIds": [candidate.data_center],
        "disk": node_type.disk_gb,
        "ports": list(node_type.ports),
        "globalNetworking": config.global_networking,
        "env": {
            **({NETWORK: _INTERFACE} if config.global_networking else {}),
            **order.env,
            RUNPOD_ADDRESS: config.api_address,
            "RAY_CLOUD_INSTANCE_ID": instance_id,
            VARIABLE: written(order.tags, candidate, node_type.max_usd_per_hour),
        },
    }
    if mounts := _mounts(node_type):
        request["mounts"] = mounts
    if node_type.registry:
        request["registry"] = node_type.registry
    return request


def summary(refusals: Sequence[str]) -> str:
    """Each once and at most five, because a node type can have dozens of candidates."""
    different = list(dict.fromkeys(refusals))
    shown = "; ".join(text.rstrip(".") for text in different[:5])
    return f"{shown}." if len(different) <= 5 else f"{shown}; and {len(different) - 5} more."


def _machine(candidate: Candidate, node_type: NodeType) -> dict[str, object]:
    if not candidate.has_gpu:
        return {"cpu": {"id": candidate.machine, "vcpuCount": candidate.count}}
    least = {"minCudaVersion": node_type.min_cuda_version} if node_type.min_cuda_version else {}
    return {"gpu": {"id": candidate.machine, "count": candidate.count, **least}}


def _mounts(node_type: NodeType) -> dict[str, object]:
    if node_type.volume:
        return {"network": [{"volumeId": node_type.volume.id, "path": node_type.volume.path}]}
    if node_type.host_disk:
        return {"persistent": {"size": node_type.host_disk.size_gb, "path": node_type.host_disk.path}}
    return {}
