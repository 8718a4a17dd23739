"""One pod that is a whole StoryWorld, as `up` rents it: a process of this machine that runs the real entry point, Ray and the API."""

from __future__ import annotations

from pathlib import Path

from api.client import Client
from cluster.cluster_file import ClusterFile
from cluster.keeper import Keeper
from tests.runpod.desk import KEY
from tests.runpod.processes import free_port
from tests.runpod.village import LONG, OF_EVERY_POD, SECOND_GPU, SMALL, eventually, open_site, submit

LIMIT_S = 600.0
_API_KEY = "0123456789abcdef"  # pragma: allowlist secret


def from_up_to_down() -> str:
    """Rented, waited for, films made with SQLite and a folder, though its Ray dies, and gone. Says what happened; raises AssertionError."""
    with open_site() as site:
        file = _file(site.home, site.api)
        keeper = Keeper(file, {"RUNPOD_API_KEY": KEY, "RAY_AUTH_TOKEN": "a-token-for-tests", "API_KEYS": _API_KEY})
        order = keeper.order_single_pod(*file.single_pod("gpu", None))
        phases: dict[str, None] = {}
        one = keeper.wait(keeper.buy(order), order, _is_ready, lambda phase: phases.setdefault(phase))
        assert one.api is not None
        with Client(one.api, _API_KEY) as client:
            first, second = submit(client), submit(client, **LONG)
            eventually(lambda: client.episode(first)["state"] == "COMPLETED", LIMIT_S)
            eventually(lambda: client.episode(second)["beats"][0]["state"] == "RENDERING", LIMIT_S)
            site.machines.kill_all_but_the_first(one.pod_id)
            eventually(lambda: not client.is_ready(), LIMIT_S)
            eventually(client.is_ready, LIMIT_S)
            eventually(lambda: client.episode(second)["state"] == "COMPLETED", LIMIT_S)
            assert client.episode(first)["state"] == "COMPLETED"
        assert (site.home / "local.db").exists()
        keeper.take_down()
        eventually(lambda: site.machines.pids_of(one.pod_id) == [], LIMIT_S)
        assert site.desk.violations == []
        return f"{'; '.join(phases)}; rendered, after its Ray was killed too; deleted, and no process is left"


def _is_ready(address: str) -> bool:
    with Client(address) as client:
        return client.is_ready()


def _file(home: Path, api: str) -> ClusterFile:
    port = free_port()
    pod = {
        "image": "example/storyworld:1",
        "gpus": [SECOND_GPU],
        "disk_gb": 40,
        "max_usd_per_hour": 1.0,
        "args": f"{SMALL} --include-dashboard=false --temp-dir={home / 'ray'}",
        "ports": [f"{port}/http"],
        "env": {**OF_EVERY_POD, "LOCAL_MODE": "true", "STORYWORLD_HOME": str(home), "STORYWORLD_API_PORT": str(port)},
        "pass_env": ["API_KEYS"],
    }
    section = {
        "data_centers": ["EU-RO-1"],
        "max_pods": 1,
        "max_usd_per_hour": 1.0,
        "max_worker_hours": 1,
        "boot_timeout_s": LIMIT_S,
        "api_address": api,
        "proxy_address": "http://127.0.0.1:{port}",
        "single_pods": {"gpu": pod},
    }
    return ClusterFile(path=home, cluster_name="pod", section=section, head_type="head", node_types={})
