"""A StoryWorld cluster on the fake RunPod: its pods are processes of this machine, which run the real entry point and the real Ray."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import yaml
from ray.autoscaler.tags import STATUS_UNINITIALIZED, TAG_RAY_NODE_KIND, TAG_RAY_NODE_STATUS, TAG_RAY_USER_NODE_TYPE

from api.client import Client
from cluster.provider import RunPodNodeProvider
from storage.artifacts import S3Recipe
from tests.contract.databases import postgres_server
from tests.contract.s3_servers import CREDENTIALS, moto
from tests.runpod.cloud import FakeCloud
from tests.runpod.desk import KEY, Desk
from tests.runpod.loopback import loopback
from tests.runpod.pods import FakePod
from tests.runpod.processes import ROOT, ProcessMachines, free_port, title_of

FIRST_GPU, SECOND_GPU = "NVIDIA GeForce RTX 4090", "NVIDIA RTX A5000"
LONG = {"duration_s": 20.0, "width": 256, "height": 256}
"""A beat that takes long enough for something to happen while it renders."""
START_LIMIT_S = 600.0
"""Twenty times what it takes where nothing else runs."""
_TOKEN = "a-token-for-tests"
RENDERER, PUBLISHER = ("ray::RendererShell", "ray::render "), ("ray::PublisherShell", "ray::publish ")
"""As Ray calls their processes: idle, or asked something, and at work."""
_FLEET = {"sketch": {"backend": "animatic", "min_count": 0, "retire_after_s": 3, "num_cpus": 0.5, "num_gpus": 1}}
"""Draws like the animatic, and wants a GPU for it."""


_SEEDS = count(1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Village:
    cloud: FakeCloud
    desk: Desk
    machines: ProcessMachines
    head_id: str
    """RunPod's."""
    client: Client
    provider: RunPodNodeProvider
    """As `ray up` and `ray down` have it on a laptop."""

    def workers(self) -> list[FakePod]:
        return [pod for pod in self.cloud.alive() if pod.id != self.head_id]

    def actors(self, titles: tuple[str, ...]) -> dict[int, str]:
        """Process → its pod, of those on workers that bear one of these `titles`."""
        pids = {pid: pod.id for pod in self.workers() for pid in self.machines.pids_of(pod.id)}
        return {pid: pod_id for pid, pod_id in pids.items() if title_of(pid).startswith(titles)}

    def rendering(self, episode_id: str, limit_s: float = 300.0) -> FakePod:
        """The only worker, once it renders the first beat."""
        eventually(lambda: self.client.episode(episode_id)["beats"][0]["state"] == "RENDERING", limit_s)
        (pod,) = self.workers()
        return pod

    def submit(self, **fields: object) -> str:
        return submit(self.client, **fields)

    def down(self) -> None:
        """What `ray down` does."""
        self.provider.terminate_nodes(self.provider.nodes_for_teardown({}))
        self.provider.cleanup_cluster_resources()


def submit(client: Client, **fields: object) -> str:
    """A small episode of one beat that nobody has rendered before: what is there would be copied."""
    small = {"width": 64, "height": 64, "fps": 12, "duration_s": 1.0, "num_beats": 1, "seed": next(_SEEDS), **fields}
    episode_id: str = client.create("Saitama fights a giant monster", **small)["episode_id"]
    client.plan(episode_id)
    client.execute(episode_id)
    return episode_id


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """A fake RunPod whose pods are processes."""

    home: Path
    """Ray's sockets lie below it, and their paths may have 107 characters."""
    desk: Desk
    machines: ProcessMachines
    api: str
    """Its address."""


@contextmanager
def open_site() -> Iterator[Site]:
    """Nothing of it is left at the end. What its pods said is told when something fails."""
    with tempfile.TemporaryDirectory(prefix="pods", ignore_cleanup_errors=True) as folder:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        machines = ProcessMachines(Path(folder), {"PATH": path, "STORYWORLD_VERSION": "pods"})
        desk = Desk(FakeCloud(lambda: datetime.now(UTC), machines, boot_s=0))
        try:
            with loopback(desk) as api:
                yield Site(home=Path(folder), desk=desk, machines=machines, api=api)
        except BaseException:
            sys.stdout.write(machines.everything_said())
            raise
        finally:
            machines.close()


@contextmanager
def running_village(*, boot_timeout_s: float = 2400.0, **variables: str) -> Iterator[Village]:
    """A head that serves, and no worker yet. Nothing of it is left at the end. `variables`: more of every pod's environment."""
    with ExitStack() as stack:
        database, s3 = stack.enter_context(postgres_server()), stack.enter_context(moto())
        site = stack.enter_context(open_site())
        home, desk, machines = site.home, site.desk, site.machines
        s3_variables = _s3_variables(s3.endpoint, s3.fresh_bucket())
        env = {**s3_variables, **OF_EVERY_POD, "STORYWORLD_HOME": str(home), **variables}
        file = _config(home, site.api, env, {"DATABASE_URL": database.url})
        file["provider"]["boot_timeout_s"] = boot_timeout_s
        config = RunPodNodeProvider.bootstrap_config(file)
        laptop = _laptop(config)
        laptop.create_node(config["available_node_types"]["head"]["node_config"], _HEAD_TAGS, 1)
        (pod,) = desk.cloud.alive()
        client = stack.enter_context(Client(_api_address(home, machines, pod.id)))
        eventually(client.is_ready, START_LIMIT_S)
        yield Village(cloud=desk.cloud, desk=desk, machines=machines, head_id=pod.id, client=client, provider=laptop)


_HEAD_TAGS = {TAG_RAY_NODE_KIND: "head", TAG_RAY_USER_NODE_TYPE: "head", TAG_RAY_NODE_STATUS: STATUS_UNINITIALIZED}
_AGENTS = ("metrics-export", "dashboard-agent-grpc", "dashboard-agent-listen", "runtime-env-agent")
SMALL = " ".join(
    ["--object-store-memory=150000000", "--include-log-monitor=false", *(f"--{agent}-port={{port}}" for agent in _AGENTS)]
)
"""A port that is named is one that a raylet need not wait for: on a busy machine it gives up after 15 s."""
OF_A_BUSY_MACHINE = {
    "RAY_agent_register_timeout_ms": "240000",
    "RAY_worker_register_timeout_seconds": "240",
    "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "240",
}
"""Starting takes longer there than Ray thinks it may."""
OF_EVERY_POD = {"STORYWORLD_POD_NETWORK": "lo", "LOCAL_MODE": "false", **OF_A_BUSY_MACHINE}


def _config(home: Path, api: str, env: Mapping[str, str], of_head: Mapping[str, str]) -> dict[str, Any]:
    """ray-cluster.yaml as it is shipped, with small nodes that find each other on loopback."""
    config: dict[str, Any] = yaml.safe_load((ROOT / "ray-cluster.yaml").read_text().replace("YOUR-REGISTRY", "example"))
    port = free_port()
    config["provider"] |= {"api_address": api, "data_centers": ["EU-RO-1", "US-KS-2"], "global_networking": False}
    config["provider"] |= {"head_port": port, "head_address": f"127.0.0.1:{port}"}
    del config["available_node_types"]["gpu-48g"]
    head, worker = config["available_node_types"]["head"], config["available_node_types"]["gpu-24g"]
    head["resources"] = {"CPU": 1, "GPU": 0}
    worker |= {"resources": {"CPU": 1, "GPU": 1}, "idle_timeout_s": 3}
    head["node_config"] |= {
        "gpus": [SECOND_GPU],
        "pass_env": [],
        "args": f"{SMALL} --include-dashboard=false --temp-dir={home / 'ray'}",
        "env": {
            **head["node_config"]["env"],
            **env,
            **of_head,
            "STORYWORLD_FLEET": json.dumps(_FLEET),
            "STORYWORLD_API_PORT": str(free_port()),  # the same after the head's Ray has died
            "AUTOSCALER_UPDATE_INTERVAL_S": "1",
            "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": "1",  # nobody else could take over what a head has
        },
    }
    worker["node_config"] |= {"gpus": [FIRST_GPU, SECOND_GPU], "pass_env": [], "args": SMALL}
    worker["node_config"]["env"] = {**worker["node_config"]["env"], **env}
    return config


def _s3_variables(endpoint: str, recipe: S3Recipe) -> dict[str, str]:
    return {
        "S3_ENDPOINT": endpoint,
        "S3_BUCKET": recipe.bucket,
        "S3_REGION": "us-east-1",
        "S3_ACCESS_KEY": CREDENTIALS.access_key,
        "S3_SECRET_KEY": CREDENTIALS.secret_key,
    }


def _laptop(config: Mapping[str, Any]) -> RunPodNodeProvider:
    variables = {"RUNPOD_API_KEY": KEY, "RAY_AUTH_TOKEN": _TOKEN}
    return RunPodNodeProvider(config["provider"], config["cluster_name"], variables=variables, sleep=_shortened)


def _shortened(pause_s: float) -> None:
    """Three of the longest are longer than a head that is deleted lives on, and may order pods."""
    time.sleep(min(pause_s, 1.5))


def _api_address(home: Path, machines: ProcessMachines, head_id: str) -> str:
    note = home / "run" / "serve.json"

    def is_there() -> bool:
        assert not machines.has_exited(head_id), machines.said(head_id)
        return note.exists()

    eventually(is_there, START_LIMIT_S)
    address: str = json.loads(note.read_text())["api"]
    return address


def eventually(look: Callable[[], object], limit_s: float = 300.0, every_s: float = 0.25) -> None:
    """Bounded, never exact: nothing is asserted about time."""
    deadline_s = time.monotonic() + limit_s
    while not look():
        if time.monotonic() > deadline_s:
            raise AssertionError(f"it did not happen within {limit_s:.0f} s")
        time.sleep(every_s)
