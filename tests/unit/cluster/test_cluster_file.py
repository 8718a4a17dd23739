"""ray-cluster.yaml as it is shipped: Ray takes it, the provider takes it, and what it orders is what RunPod takes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ray.autoscaler._private.commands import _bootstrap_config
from ray.autoscaler.node_launch_exception import NodeLaunchException
from ray.autoscaler.tags import TAG_RAY_NODE_KIND, TAG_RAY_USER_NODE_TYPE
from ray.autoscaler.v2.instance_manager.config import AutoscalingConfig

from cluster.cluster_file import read_cluster_file
from cluster.errors import BadConfig
from cluster.keeper import Keeper
from cluster.launching import unburdened
from cluster.provider import RunPodNodeProvider
from settings import RendererSettings, Settings
from tests.runpod.clock import Clock
from tests.runpod.cloud import FakeCloud
from tests.runpod.desk import KEY, Desk, DeskWire

FILE = Path(__file__).parents[3] / "ray-cluster.yaml"


def as_shipped() -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return config


def with_an_image() -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load(FILE.read_text().replace("YOUR-REGISTRY", "example"))
    return config


@pytest.fixture
def desk() -> Desk:
    return Desk(FakeCloud(Clock().today))


def a_provider(config: dict[str, Any], desk: Desk) -> RunPodNodeProvider:
    handed_on = {name for t in config["available_node_types"].values() for name in t["node_config"]["pass_env"]}
    variables = {"RUNPOD_API_KEY": KEY, "RAY_AUTH_TOKEN": "t", **dict.fromkeys(handed_on, "x")}
    clock = Clock()
    return RunPodNodeProvider(
        config["provider"],
        config["cluster_name"],
        variables=variables,
        wire=DeskWire(desk),
        now_s=clock.now_s,
        today=clock.today,
        sleep=clock.sleep,
    )


def order(provider: RunPodNodeProvider, config: dict[str, Any], name: str, kind: str) -> None:
    tags = {TAG_RAY_NODE_KIND: kind, TAG_RAY_USER_NODE_TYPE: name}
    settings = config["available_node_types"][name]
    provider.create_node_with_resources_and_labels(settings["node_config"], tags, 1, settings["resources"], {})


@pytest.mark.slow
def test_ray_takes_the_file_and_the_head_can_read_what_it_gets() -> None:
    config = _bootstrap_config(with_an_image(), no_config_cache=True)

    on_the_head = AutoscalingConfig(unburdened(config), skip_content_hash=True)

    assert on_the_head.disable_node_updaters()
    assert set(on_the_head.get_node_type_configs()) == {"head", "gpu-24g", "gpu-48g"}
    assert not any(key.startswith("_for") for key in on_the_head.get_provider_config())


@pytest.mark.slow
def test_the_head_and_every_kind_of_worker_are_orders_that_runpod_takes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    config = _bootstrap_config(with_an_image(), no_config_cache=True)
    gpus = {gpu for t in config["available_node_types"].values() for gpu in t["node_config"]["gpus"]}
    places = config["provider"]["data_centers"]
    monkeypatch.setattr("tests.runpod.cloud.GPUS", dict.fromkeys(gpus, 0.3))
    monkeypatch.setattr("tests.runpod.cloud.DATA_CENTERS", tuple(places))
    provider = a_provider(config, desk)

    order(provider, config, "head", "head")
    order(provider, config, "gpu-24g", "worker")
    order(provider, config, "gpu-48g", "worker")

    assert desk.violations == []
    assert [pod.data_center for pod in desk.cloud.alive()] == [places[0]] * 3
    assert desk.cloud.alive()[1].request["env"]["STORYWORLD_HEAD_ADDRESS"] == "pod000001.runpod.internal:6379"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gpu", "cpu"])
def test_the_single_pods_of_the_file_are_orders_that_runpod_takes(
    name: str, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, clock = read_cluster_file(FILE), Clock()
    variables = {"RUNPOD_API_KEY": KEY, "RAY_AUTH_TOKEN": "t", "API_KEYS": "0123456789abcdef"}
    keeper = Keeper(file, variables, wire=DeskWire(desk), now_s=clock.now_s, today=clock.today, sleep=clock.sleep)
    _, node_type = file.single_pod(name, "example/storyworld:1")
    monkeypatch.setattr("tests.runpod.cloud.DATA_CENTERS", tuple(file.section["data_centers"]))

    keeper.buy(keeper.order_single_pod(name, node_type))

    (pod,) = desk.cloud.alive()
    assert desk.violations == []
    settings = Settings(_env_file=None, **{key.lower(): value for key, value in _but_home(pod.request["env"]).items()})
    assert settings.is_for_one_node, "SQLite and films on its own disk"
    assert settings.api_keys


def _but_home(env: dict[str, str]) -> dict[str, Any]:
    kinds = json.loads(env["STORYWORLD_FLEET"]) if "STORYWORLD_FLEET" in env else {"animatic": {}}
    return {"API_KEYS": env["API_KEYS"], "STORYWORLD_FLEET": kinds}


def test_the_first_single_pod_has_a_gpu_and_keeps_what_it_stores() -> None:
    name, node_type = read_cluster_file(FILE).single_pod(None, "example/storyworld:1")

    assert name == "gpu"
    assert node_type.host_disk is not None
    assert node_type.env["STORYWORLD_HOME"] == node_type.host_disk.path


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [", "is no YAML in line 1"),
        ("cluster_name: a", "has no provider"),
        ("[]", "has another shape"),
        ("{cluster_name: a, provider: 3, head_node_type: h, available_node_types: {}}", "has another shape"),
    ],
)
def test_a_file_that_is_none_is_a_sentence(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "f.yaml").write_text(text)

    with pytest.raises(BadConfig, match=says):
        read_cluster_file(tmp_path / "f.yaml")
    with pytest.raises(BadConfig, match="cannot be read"):
        read_cluster_file(tmp_path / "g.yaml")


@pytest.mark.slow
def test_a_file_without_an_image_of_ones_own_orders_nothing(desk: Desk) -> None:
    config = _bootstrap_config(as_shipped(), no_config_cache=True)

    with pytest.raises(NodeLaunchException, match="put the name of yours here"):
        order(a_provider(config, desk), config, "head", "head")

    assert desk.num_asked("POST") == 0


def test_the_fleet_of_the_file_fits_its_workers_and_lets_them_go() -> None:
    node_types = as_shipped()["available_node_types"]
    fleet = json.loads(node_types["head"]["node_config"]["env"]["STORYWORLD_FLEET"])

    on_gpus = [kind for kind in map(RendererSettings.model_validate, fleet.values()) if kind.num_gpus]

    assert 0 < sum(kind.count for kind in on_gpus) <= node_types["gpu-24g"]["max_workers"]
    assert all(kind.min_count == 0 for kind in on_gpus), "a renderer that is always there keeps a pod for ever"


def test_the_limits_of_the_file_fit_together() -> None:
    config = as_shipped()

    assert config["provider"]["max_pods"] == config["max_workers"] + 1
    named = set(re.findall(r"\b[A-Z]{2,3}-[A-Z]{2,3}-\d\b", FILE.read_text().split("data_centers:")[0]))
    assert set(config["provider"]["data_centers"]) <= named
