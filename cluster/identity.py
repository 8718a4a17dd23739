"""How a pod is known as ours: by a name that stands before it is ordered, and by what its environment carries."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum

from cluster.pods import Pod

VARIABLE = "STORYWORLD_POD"


class Kind(StrEnum):
    HEAD = "head"
    WORKER = "worker"


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """One place to get a pod of a node type from."""

    machine: str
    """RunPod's name of a GPU type, or of a CPU flavour."""
    count: int
    """Of GPUs, or of vCPUs."""
    data_center: str
    cloud: str
    has_gpu: bool = True

    def __str__(self) -> str:
        what = f"{self.count} × {self.machine}" if self.has_gpu else f"{self.count} vCPUs ({self.machine})"
        return f"{what} in {self.data_center} ({self.cloud.lower()} cloud)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    instance_id: str
    """Ray's id of the node, and the pod's name: unique for ever."""
    kind: Kind
    tags: Mapping[str, str] | None
    """Ray's, as it gave them with the order; none when the pod's environment was changed by somebody."""
    candidate: Candidate | None
    max_usd_per_hour: float | None
    """Of its node type, when it was ordered."""


def new_instance_id(cluster_name: str, kind: Kind) -> str:
    return f"ray-{cluster_name}-{kind}-{secrets.token_hex(8)}"


def kind_of(cluster_name: str, pod_name: str) -> Kind | None:
    """Exact, so that a cluster "a" never takes the pods of a cluster "a-worker" for its own. None: not ours."""
    match = re.fullmatch(rf"ray-{re.escape(cluster_name)}-(head|worker)-[0-9a-f]{{16}}", pod_name)
    return Kind(match[1]) if match else None


def written(tags: Mapping[str, str], candidate: Candidate, max_usd_per_hour: float) -> str:
    """For the pod's environment: an API with nothing but names would not give the tags back to the next process."""
    told = {"tags": dict(tags), "candidate": asdict(candidate), "max_usd_per_hour": max_usd_per_hour}
    return json.dumps(told, sort_keys=True)


def identify(pod: Pod) -> Identity:
    """Of a pod whose name is ours."""
    kind = Kind(pod.name.rsplit("-", 2)[1])
    try:
        carried = json.loads(pod.env[VARIABLE])
        tags = {str(key): str(value) for key, value in carried["tags"].items()}
        candidate = Candidate(**carried["candidate"])
        max_usd_per_hour = float(carried["max_usd_per_hour"])
    except (KeyError, ValueError, TypeError, AttributeError):
        return Identity(instance_id=pod.name, kind=kind, tags=None, candidate=None, max_usd_per_hour=None)
    return Identity(instance_id=pod.name, kind=kind, tags=tags, candidate=candidate, max_usd_per_hour=max_usd_per_hour)
