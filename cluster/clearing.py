"""Ending all pods of a cluster, and making sure of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from cluster.errors import RunPodError
from cluster.inventory import Inventory

logger = logging.getLogger(__name__)

_SWEEPS = 3
_SWEEP_PAUSE_S = 5.0


def end_all(inventory: Inventory, instance_ids: Iterable[str], reason: str) -> None:
    """All of them are tried before one that failed is raised (RunPodError)."""
    failed: list[RunPodError] = []
    for instance_id in instance_ids:
        try:
            inventory.end(instance_id, reason)
        except RunPodError as error:
            logger.error("pod_not_deleted instance_id=%s: %s", instance_id, error)  # noqa: TRY400  # the sentence says it all
            failed.append(error)
    if failed:
        raise failed[0]


def clear(inventory: Inventory, reason: str, sleep: Callable[[float], None]) -> None:
    """Delete every pod until RunPod lists none. Somebody may have had an order on its way: what shows up late is deleted, too.

    Raises RunPodError, which names the pods that are left where RunPod says which.
    """
    for _ in range(_SWEEPS):
        sleep(_SWEEP_PAUSE_S)
        end_all(inventory, _listed(inventory), reason)
    if left := _listed(inventory):
        raise RunPodError(
            f"RunPod still lists {', '.join(left)}.", "Take the cluster down again, or delete them in RunPod's console."
        )


def _listed(inventory: Inventory) -> list[str]:
    inventory.refresh()
    return [node.instance_id for node in inventory.all_nodes()]
