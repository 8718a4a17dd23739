"""What somebody who pays wants to know of a pod: what it is, since when, for how much, and where it is reached. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import SecretStr
from ray.autoscaler.tags import TAG_RAY_NODE_KIND, TAG_RAY_USER_NODE_TYPE

from cluster.identity import Kind, identify
from cluster.launching import FILE
from cluster.pods import Pod
from cluster.sight import Node

API_PORT = "STORYWORLD_API_PORT"
USUAL_API_PORT = "8000"
_DASHBOARD_PORT = "8265"


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    name: str
    """Ray's id of the node, and the pod's name."""
    pod_id: str
    what: str
    """"head", "single pod gpu", "worker gpu-24g"."""
    is_single: bool
    place: str
    """GPUs and data centre, as they were ordered."""
    state: str
    is_up: bool
    """Its container runs."""
    has_ended: bool
    """By itself: it will not come up any more."""
    age_s: float
    usd_per_hour: float
    """RunPod's own figure, now."""
    api: str | None
    """Address, as seen from the internet; None where none is open to it."""
    dashboard: str | None
    volume: str | None
    """RunPod's id of a network volume, which outlives the pod."""
    disk: str | None
    """Where storage of its machine is mounted, which goes with the pod."""
    api_keys: SecretStr | None = field(repr=False)
    token: SecretStr | None = field(repr=False)

    @property
    def usd_so_far(self) -> float:
        """At today's price since it was ordered: an estimate, the bill is RunPod's."""
        return self.usd_per_hour * self.age_s / 3600


def is_alone(node: Node) -> bool:
    """A head that was ordered without a ray-cluster.yaml: it buys no workers."""
    return node.pod is not None and node.tags.get(TAG_RAY_NODE_KIND) == Kind.HEAD and FILE not in node.pod.env


def standing(node: Node, pod: Pod, today: datetime, proxied: Callable[[str, str], str]) -> Standing:
    """`proxied` makes an address of the pod's id and a port."""
    candidate = identify(pod).candidate
    is_head = node.tags.get(TAG_RAY_NODE_KIND) == Kind.HEAD
    api_port = pod.env.get(API_PORT) or USUAL_API_PORT

    def address(port: str) -> str | None:
        return proxied(pod.id, port) if is_head and f"{port}/http" in pod.ports else None

    return Standing(
        name=node.instance_id,
        pod_id=pod.id,
        what=_what(node),
        is_single=is_alone(node),
        place=str(candidate) if candidate else pod.data_center_id or "unknown",
        state=_state(pod),
        is_up=pod.is_up,
        has_ended=pod.is_stopped or pod.is_terminated,
        age_s=pod.age_s(today),
        usd_per_hour=pod.cost,
        api=address(api_port),
        dashboard=address(_DASHBOARD_PORT),
        volume=next((mount["volumeId"] for mount in pod.mounts.get("network", [])), None),
        disk=(pod.mounts.get("persistent") or {}).get("path"),
        api_keys=_secret(pod, "API_KEYS"),
        token=_secret(pod, "RAY_AUTH_TOKEN"),
    )


def _what(node: Node) -> str:
    node_type = node.tags.get(TAG_RAY_USER_NODE_TYPE, "of no known type")
    if is_alone(node):
        return f"single pod {node_type}"
    return "head" if node.tags.get(TAG_RAY_NODE_KIND) == Kind.HEAD else f"worker {node_type}"


def _state(pod: Pod) -> str:
    """RUNNING alone says little: that can mean rented, with the image still on its way."""
    if pod.is_up:
        return "up"
    match pod.status:
        case "PROVISIONING":
            return "being rented"
        case "STARTING" | "RUNNING":
            return "loading its image"
        case "EXITED":
            return "stopped"
        case _:
            return pod.status.lower()


def _secret(pod: Pod, name: str) -> SecretStr | None:
    value = pod.env.get(name)
    return SecretStr(value) if value else None
