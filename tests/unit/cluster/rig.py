"""A provider on the fake RunPod, with a clock that only the test moves."""

from __future__ import annotations

from typing import Any

from ray.autoscaler.tags import TAG_RAY_NODE_KIND, TAG_RAY_USER_NODE_TYPE

from cluster.provider import RunPodNodeProvider
from cluster.wire import Wire
from tests.runpod.clock import Clock
from tests.runpod.cloud import FakeCloud
from tests.runpod.desk import KEY, Desk, DeskWire
from tests.runpod.pods import FakePod

FIRST_GPU, SECOND_GPU = "NVIDIA GeForce RTX 4090", "NVIDIA RTX A5000"
CYCLE_S = 5.0
TOKEN = "a token for tests"
SECTION = {
    "type": "external",
    "module": "cluster.provider.RunPodNodeProvider",
    "disable_node_updaters": True,
    "data_centers": ["EU-RO-1", "US-KS-2"],
    "max_pods": 8,
    "max_usd_per_hour": 6.0,
    "max_worker_hours": 12,
    "boot_timeout_s": 600,
    "head_address": "10.0.0.1:6379",
}
NODE_CONFIG = {"image": "example/worker:1", "gpus": [FIRST_GPU, SECOND_GPU], "disk_gb": 40, "max_usd_per_hour": 1.0}


class Rig:
    """`section` and `node_config` change what ray-cluster.yaml says; `variables` the environment of the provider."""

    def __init__(
        self,
        *,
        section: dict[str, Any] | None = None,
        node_config: dict[str, Any] | None = None,
        variables: dict[str, str] | None = None,
    ) -> None:
        self.clock = Clock()
        self.cloud = FakeCloud(self.clock.today)
        self.desk = Desk(self.cloud)
        self.section = {**SECTION, **(section or {})}
        self.node_config = {**NODE_CONFIG, **(node_config or {})}
        self.variables = {"RUNPOD_API_KEY": KEY, "RAY_AUTH_TOKEN": TOKEN, **(variables or {})}
        self.provider = self.new_provider()

    def new_provider(self, wire: Wire | None = None) -> RunPodNodeProvider:
        """As a process that starts afresh has it."""
        return RunPodNodeProvider(
            self.bootstrapped()["provider"],
            "vr",
            variables=self.variables,
            wire=wire or DeskWire(self.desk),
            now_s=self.clock.now_s,
            today=self.clock.today,
            sleep=self.clock.sleep,
        )

    def bootstrapped(self) -> dict[str, Any]:
        """ray-cluster.yaml, as Ray has it after it has asked the provider."""
        node_type = {"resources": {"CPU": 6, "GPU": 1}, "labels": {"vram-gb": "24"}, "node_config": self.node_config}
        config = {"cluster_name": "vr", "provider": self.section, "available_node_types": {"gpu-24g": node_type}}
        return RunPodNodeProvider.bootstrap_config(config)

    def create(self, count: int = 1, kind: str = "worker", **changes: Any) -> None:
        tags = {TAG_RAY_NODE_KIND: kind, TAG_RAY_USER_NODE_TYPE: "gpu-24g", "ray-launch-request": "request-1"}
        config = {**self.node_config, **changes}
        self.provider.create_node_with_resources_and_labels(config, tags, count, {"CPU": 6, "GPU": 1}, {"vram-gb": "24"})

    def nodes(self) -> list[str]:
        """One cycle of the autoscaler later."""
        self.clock.sleep(CYCLE_S)
        return [str(node) for node in self.provider.non_terminated_nodes({})]

    def boot(self) -> list[str]:
        self.clock.sleep(self.cloud.boot_s)
        return self.nodes()

    def pods(self) -> list[FakePod]:
        return self.cloud.alive()

    def pod(self) -> FakePod:
        """The only one that there is."""
        (pod,) = self.pods()
        return pod
