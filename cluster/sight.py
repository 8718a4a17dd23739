"""What was seen of one pod, and what follows from it: pure, so that every case is a row in the tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ray.autoscaler.tags import (
    STATUS_UNINITIALIZED,
    STATUS_UP_TO_DATE,
    TAG_RAY_NODE_KIND,
    TAG_RAY_NODE_STATUS,
)

from cluster.budget import is_over
from cluster.config import ClusterConfig
from cluster.identity import Identity, Kind
from cluster.pods import TERMINATED, Pod

_YOUNG_S = 60.0  # an order that was answered can take a moment to show in the list
_MISSES_TO_BE_GONE = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Sight:
    """A pod of this cluster as it was last seen. Seconds are of this process's own clock."""

    pod: Pod
    identity: Identity
    first_seen_s: float
    was_up: bool = False
    num_misses: int = 0
    """In a row: neither in the list nor to be had by its id."""
    listed_usd: float = 0.0
    """Per hour, by the catalogue; what this process ordered itself."""

    @property
    def usd_per_hour(self) -> float:
        """Counted in full from the first moment, whenever RunPod begins to show what it costs."""
        return self.pod.cost if self.pod.is_stopped else max(self.pod.cost, self.listed_usd)


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """A pod as Ray sees it."""

    instance_id: str
    tags: Mapping[str, str]
    is_running: bool
    pod: Pod | None
    """None for a head that runs on something else than a pod."""


def seen(sight: Sight, pod: Pod) -> Sight:
    return replace(sight, pod=pod, was_up=sight.was_up or pod.is_up, num_misses=0)


def terminated(sight: Sight) -> Sight:
    return replace(sight, pod=sight.pod.model_copy(update={"status": TERMINATED}))


def missed(sight: Sight, *, is_unwanted: bool, now_s: float) -> Sight | None:
    """Not in the list, and RunPod knows no such id. None: it is gone. One wrong answer costs no pod."""
    if is_unwanted:
        return None
    if now_s - sight.first_seen_s < _YOUNG_S:
        return sight
    later = replace(sight, num_misses=sight.num_misses + 1)
    return None if later.num_misses >= _MISSES_TO_BE_GONE else later


def landed_elsewhere(sight: Sight) -> bool:
    """RunPod takes the data centre for a wish. Elsewhere there may be no private network, or another price."""
    candidate, place = sight.identity.candidate, sight.pod.data_center_id
    return candidate is not None and place is not None and place != candidate.data_center


def costs_too_much(sight: Sight) -> bool:
    """The bill counts, not the catalogue, and it may show only once the pod runs."""
    limit_usd = sight.identity.max_usd_per_hour
    return limit_usd is not None and is_over(sight.pod.cost, limit_usd)


def reason_to_end(sight: Sight, config: ClusterConfig, now_s: float, today: datetime) -> str | None:
    """Why a worker has to be deleted without being asked for. The head is never: its disk may hold the cluster's state."""
    if sight.identity.kind is Kind.HEAD:
        return None
    if sight.pod.is_stopped:
        return f"it stopped by itself ({sight.pod.status}), and what is left of it bills"
    if landed_elsewhere(sight):
        return f"it landed in {sight.pod.data_center_id}"
    if not sight.was_up and now_s - sight.first_seen_s > config.boot_timeout_s:
        return f"it did not come up within {config.boot_timeout_s:.0f} s"
    if costs_too_much(sight):
        return f"it costs {sight.pod.cost:.2f} USD per hour, more than max_usd_per_hour"
    if sight.pod.age_s(today) > config.max_worker_hours * 3600:
        return f"it is older than {config.max_worker_hours:g} hours"
    return None


def is_the_places_fault(sight: Sight) -> bool:
    """Of a pod that ended without being asked to: whether its candidate is to be spared for a while."""
    return sight.pod.is_stopped or landed_elsewhere(sight) or costs_too_much(sight) or not sight.was_up


def node_of(sight: Sight) -> Node:
    """The status is computed, never stored: no process remembers what another set. No pod is up to date that is not up."""
    status = STATUS_UP_TO_DATE if sight.pod.is_up else STATUS_UNINITIALIZED
    tags = {**(sight.identity.tags or {}), TAG_RAY_NODE_KIND: str(sight.identity.kind), TAG_RAY_NODE_STATUS: status}
    return Node(instance_id=sight.identity.instance_id, tags=tags, is_running=sight.pod.is_up, pod=sight.pod)
