"""What a pod and the cluster may cost, and whether one more may be ordered: pure."""

from __future__ import annotations

from collections.abc import Sequence

from cluster.config import ClusterConfig
from cluster.errors import LimitReached

_CENT = 0.01  # RunPod's prices are single floats, and sums of them are not exact


def is_over(usd: float, limit_usd: float) -> bool:
    return usd >= limit_usd + _CENT


def check_room(costs_usd: Sequence[float], usd_per_hour: float, config: ClusterConfig) -> None:
    """`costs_usd` has one price per hour for each pod that bills or may. Raises LimitReached."""
    if len(costs_usd) + 1 > config.max_pods:
        raise LimitReached(
            f"The cluster has {len(costs_usd)} pods, and may have {config.max_pods}.",
            "Raise provider.max_pods in ray-cluster.yaml for more.",
        )
    total_usd = sum(costs_usd) + usd_per_hour
    if is_over(total_usd, config.max_usd_per_hour):
        raise LimitReached(
            f"With one more pod the cluster would cost {total_usd:.2f} USD per hour, and may cost {config.max_usd_per_hour:.2f}.",
            "Raise provider.max_usd_per_hour in ray-cluster.yaml for more.",
        )
