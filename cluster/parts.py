"""The parts that Ray's provider and the command line have in common, put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr

from cluster.backoff import Backoff
from cluster.buyer import Buyer
from cluster.config import ClusterConfig
from cluster.inventory import Inventory
from cluster.runpod import RunPod
from cluster.wire import HttpWire, Wire


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """All of them are safe from many threads."""

    inventory: Inventory
    buyer: Buyer


def put_together(
    cluster_name: str,
    config: ClusterConfig,
    api_key: SecretStr,
    *,
    wire: Wire | None,
    now_s: Callable[[], float],
    today: Callable[[], datetime],
    sleep: Callable[[float], None],
) -> Parts:
    """Without a `wire`, over HTTP to the address in `config`."""
    runpod = RunPod(wire or HttpWire(config.api_address, api_key), sleep)
    backoff = Backoff(now_s)
    inventory = Inventory(cluster_name, config, runpod, backoff, now_s, today)
    return Parts(inventory=inventory, buyer=Buyer(cluster_name, config, runpod, inventory, backoff, now_s, sleep))
