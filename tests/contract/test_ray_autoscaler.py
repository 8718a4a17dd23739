"""Ray's own autoscaler (v2) on our provider, cycle by cycle: its scheduler, its state machine and its quirks are the real ones."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ray.autoscaler._private import providers
from ray.autoscaler.v2.autoscaler import Autoscaler
from ray.autoscaler.v2.instance_manager.config import AutoscalingConfig

from cluster.provider import RunPodNodeProvider
from tests.runpod.clock import Clock
from tests.runpod.cloud import FakeCloud
from tests.runpod.desk import KEY, Desk, DeskWire
from tests.runpod.faults import Fault
from tests.runpod.gcs import HEAD_ID, FakeGcs

ROOT = Path(__file__).parents[2]
FIRST, SECOND = "NVIDIA GeForce RTX 4090", "NVIDIA RTX A5000"
CYCLE_S = 5.0


class AtOnce:
    """An executor without threads: Ray's adapter has ordered and ended what it wanted when a cycle is over."""

    def submit(self, work: Callable[..., object], *arguments: object) -> None:
        work(*arguments)


class ReadOnce:
    """A reader of the configuration that is not asked to parse the same file in every cycle."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = AutoscalingConfig(config, skip_content_hash=True)

    def get_cached_autoscaling_config(self) -> AutoscalingConfig:
        return self._config

    def refresh_cached_autoscaling_config(self) -> None:
        return


class Cluster:
    """A head with ray-cluster.yaml on it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = Clock()
        self.cloud = FakeCloud(self.clock.today)
        self.desk = Desk(self.cloud)
        self.gcs = FakeGcs(self.cloud, self.clock.today)
        self._monkeypatch = monkeypatch
        config: dict[str, Any] = yaml.safe_load((ROOT / "ray-cluster.yaml").read_text().replace("YOUR-REGISTRY", "example"))
        config["provider"] |= {"data_centers": ["EU-RO-1", "US-KS-2"], "head_address": "10.65.0.1:6379"}
        del config["available_node_types"]["gpu-48g"]
        config["available_node_types"]["gpu-24g"]["node_config"] |= {"gpus": [FIRST, SECOND], "pass_env": []}
        self._config = config
        self.restart_head()

    def restart_head(self) -> None:
        """The autoscaler forgets everything, and so does the provider."""
        reader = ReadOnce(copy.deepcopy(self._config))
        section = reader.get_cached_autoscaling_config().get_provider_config()
        provider = RunPodNodeProvider(
            section,
            "storyworld",
            variables={
                "STORYWORLD_RUNPOD_API_KEY": KEY,
                "RAY_AUTH_TOKEN": "t",
                "RAY_CLOUD_INSTANCE_ID": HEAD_ID,
                "RAY_NODE_TYPE_NAME": "head",
            },
            wire=DeskWire(self.desk),
            now_s=self.clock.now_s,
            today=self.clock.today,
            sleep=self.clock.sleep,
        )
        key = (json.dumps(section, sort_keys=True), "storyworld")
        self._monkeypatch.setitem(providers._provider_instances, key, provider)
        self._autoscaler = Autoscaler("session", reader, self.gcs)
        adapter = self._autoscaler._cloud_instance_provider
        adapter._main_executor = adapter._node_launcher_executors = AtOnce()

    def cycle(self, times: int = 1) -> bool:
        """Whether Ray could do the last of them."""
        state: object | None = None
        for _ in range(times):
            self.clock.sleep(CYCLE_S)
            state = self._autoscaler.update_autoscaling_state()
        return state is not None

    def grow(self, num_waiting: int = 1) -> list[str]:
        """Until so many workers are up and busy."""
        self.gcs.num_waiting = num_waiting
        self.cycle(2)
        self.clock.sleep(self.cloud.boot_s)
        self.gcs.num_waiting = 0
        self.cycle(2)
        assert len(self.gcs.alive) >= num_waiting
        return self.gcs.alive

    def places(self) -> list[tuple[str, str]]:
        return [(pod.request["gpu"]["id"], pod.data_center) for pod in self.cloud.alive()]


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    cluster = Cluster(monkeypatch)
    yield cluster
    assert cluster.desk.violations == []


def test_a_waiting_renderer_brings_a_pod_and_an_idle_one_goes(cluster: Cluster) -> None:
    assert cluster.cycle(3)
    assert cluster.cloud.alive() == []

    (worker,) = cluster.grow()
    cluster.cycle(20)
    assert cluster.gcs.alive == [worker], "a busy one stays"
    cluster.gcs.idle_s[worker] = 301
    cluster.cycle(4)

    assert cluster.cloud.alive() == []
    assert cluster.cycle(5)
    assert cluster.desk.num_asked("POST") == 1


def test_as_many_pods_as_renderers_wait_are_bought_at_once(cluster: Cluster) -> None:
    cluster.grow(num_waiting=4)

    assert cluster.desk.num_asked("POST") == 4


def test_no_capacity_means_the_next_candidate_in_the_same_cycle(cluster: Cluster) -> None:
    cluster.desk.faults.add(Fault(method="POST", status=400, detail="full", times=2))
    cluster.gcs.num_waiting = 1

    cluster.cycle()

    assert cluster.places() == [(SECOND, "EU-RO-1")]


def test_no_capacity_anywhere_is_not_asked_about_every_five_seconds(cluster: Cluster) -> None:
    cluster.cloud.sell_out()
    cluster.gcs.num_waiting = 1

    assert cluster.cycle(24)
    assert cluster.desk.num_asked("POST") == 4 * 3, "at 0, 30 and 90 seconds, and not 24 times"
    cluster.cloud.full.clear()
    cluster.cycle(24)
    assert len(cluster.cloud.alive()) == 1


def test_empty_lists_kill_nobody_and_buy_nothing(cluster: Cluster) -> None:
    workers = cluster.grow(num_waiting=2)

    cluster.desk.empty_lists = 3

    assert cluster.cycle(40)
    assert cluster.gcs.alive == workers
    assert cluster.desk.num_asked("DELETE") == 0
    assert cluster.desk.num_asked("POST") == 2


def test_an_api_that_is_away_costs_cycles_and_nothing_else(cluster: Cluster) -> None:
    workers = cluster.grow(num_waiting=2)
    cluster.desk.faults.add(Fault(method="GET", times=9))

    assert not cluster.cycle(3)

    assert cluster.cycle(10)
    assert cluster.gcs.alive == workers
    assert cluster.desk.num_asked("POST") == 2


def test_a_preempted_pod_is_replaced_elsewhere(cluster: Cluster) -> None:
    cluster.grow()
    cluster.cloud.preempt(cluster.cloud.alive()[0].id)
    cluster.gcs.num_waiting = 1

    cluster.cycle(5)

    assert cluster.places() == [(FIRST, "US-KS-2")]


def test_a_frozen_pod_is_replaced_and_deleted(cluster: Cluster) -> None:
    (worker,) = cluster.grow()
    cluster.gcs.frozen.add(worker)
    cluster.gcs.num_waiting = 1

    cluster.cycle(5)

    assert [pod.request["name"] == worker for pod in cluster.cloud.alive()] == [False]


def test_a_pod_that_never_comes_up_gives_way_to_the_next_candidate(cluster: Cluster) -> None:
    cluster.cloud.stuck = {FIRST}
    cluster.gcs.num_waiting = 1
    cluster.cycle(2)
    assert cluster.places() == [(FIRST, "EU-RO-1")]

    cluster.clock.sleep(2400)
    cluster.cycle(4)

    assert cluster.places() == [(FIRST, "US-KS-2")]


def test_a_head_that_starts_again_takes_its_pods_over_and_buys_none(cluster: Cluster) -> None:
    workers = cluster.grow(num_waiting=2)

    cluster.restart_head()
    assert cluster.cycle(10)

    assert cluster.gcs.alive == workers
    assert cluster.desk.num_asked("POST") == 2
    assert cluster.desk.num_asked("DELETE") == 0


def test_a_head_that_dies_with_an_order_on_its_way_pays_for_one_pod_and_not_for_two(cluster: Cluster) -> None:
    cluster.gcs.num_waiting = 1
    cluster.cycle()
    cluster.restart_head()

    cluster.cycle(3)
    cluster.clock.sleep(cluster.cloud.boot_s)
    cluster.gcs.num_waiting = 0
    cluster.cycle(3)

    assert len(cluster.cloud.alive()) == len(cluster.gcs.alive) == 1


@pytest.mark.parametrize("is_done", [True, False])
def test_a_lost_answer_leaves_as_many_pods_as_renderers(cluster: Cluster, is_done: bool) -> None:
    cluster.desk.faults.add(Fault(method="POST", status=None, is_done=is_done))

    cluster.grow()

    cluster.cycle(5)
    assert len(cluster.cloud.alive()) == len(cluster.gcs.alive) == 1


def test_a_deletion_that_fails_is_repeated_until_it_is_done(cluster: Cluster) -> None:
    (worker,) = cluster.grow()
    cluster.gcs.idle_s[worker] = 301
    cluster.desk.faults.add(Fault(method="DELETE", times=9))

    cluster.cycle(8)

    assert cluster.cloud.alive() == []
