from __future__ import annotations

import json
from typing import Any

import pytest
from ray.autoscaler._private.providers import _get_node_provider
from ray.autoscaler.node_launch_exception import NodeLaunchException
from ray.autoscaler.tags import (
    NODE_KIND_HEAD,
    NODE_KIND_WORKER,
    STATUS_UNINITIALIZED,
    STATUS_UP_TO_DATE,
    TAG_RAY_NODE_KIND,
    TAG_RAY_NODE_STATUS,
    TAG_RAY_USER_NODE_TYPE,
)
from ray.autoscaler.v2.instance_manager.node_provider import NodeProviderAdapter

from cluster.errors import BadConfig, ClusterError
from cluster.provider import RunPodNodeProvider
from tests.runpod.desk import KEY
from tests.runpod.faults import Fault
from tests.unit.cluster.rig import FIRST_GPU, SECTION, TOKEN, Rig


def test_a_new_pod_is_listed_at_once_and_runs_when_its_container_is_up(rig: Rig) -> None:
    rig.create()
    (node,) = rig.provider.non_terminated_nodes({})
    was_running = rig.provider.is_running(node)

    rig.clock.sleep(rig.cloud.boot_s * 0.7)
    rig.provider.non_terminated_nodes({})
    assert rig.pod().status(rig.clock.today()) == "RUNNING"
    assert not was_running
    assert not rig.provider.is_running(node), "RUNNING means rented: the image is still on its way"
    rig.boot()
    assert rig.provider.is_running(node)


def test_the_node_id_is_in_the_pod_and_was_there_before_the_order(rig: Rig) -> None:
    rig.create()

    (node,) = rig.nodes()
    request = next(asked.body for asked in rig.desk.asked if asked.method == "POST")
    assert request["name"] == node
    assert request["env"]["RAY_CLOUD_INSTANCE_ID"] == node


def test_a_worker_is_told_what_ray_start_needs(rig: Rig) -> None:
    rig.create()

    env = rig.pod().request["env"]
    assert env["RAY_NODE_TYPE_NAME"] == "gpu-24g"
    assert json.loads(env["RAY_OVERRIDE_RESOURCES"]) == {"CPU": 6, "GPU": 1}
    assert json.loads(env["RAY_OVERRIDE_LABELS"]) == {"vram-gb": "24"}
    assert env["STORYWORLD_HEAD_ADDRESS"] == "10.0.0.1:6379"


def test_the_order_says_what_the_file_says() -> None:
    rig = Rig(
        node_config={
            "gpu_count": 2,
            "cloud": "COMMUNITY",
            "max_usd_per_hour": 2,
            "min_cuda_version": "12.8",
            "volume": {"id": "vol_1", "path": "/models"},
            "ports": ["8000/http"],
            "args": "--fast",
            "registry": "reg_1",
            "data_centers": ["CA-MTL-1"],
            "env": {"A": "1"},
            "pass_env": ["MAGIC_WORD"],
        },
        variables={"MAGIC_WORD": "mellon"},
    )

    rig.create()

    request = rig.pod().request
    assert request["gpu"] == {"id": FIRST_GPU, "count": 2, "minCudaVersion": "12.8"}
    assert request["mounts"] == {"network": [{"volumeId": "vol_1", "path": "/models"}]}
    assert request["dataCenterIds"] == ["CA-MTL-1"]
    assert (request["cloud"], request["args"], request["registry"]) == ("COMMUNITY", "--fast", "reg_1")
    assert (request["env"]["A"], request["env"]["MAGIC_WORD"]) == ("1", "mellon")
    assert rig.desk.violations == []


def test_tags_and_types_survive_a_new_process(rig: Rig) -> None:
    rig.create()
    before = rig.nodes()

    rig.provider = rig.new_provider()

    (node,) = rig.nodes()
    tags = rig.provider.node_tags(node)
    assert [node] == before
    assert (tags[TAG_RAY_NODE_KIND], tags[TAG_RAY_USER_NODE_TYPE]) == (NODE_KIND_WORKER, "gpu-24g")
    assert tags["ray-launch-request"] == "request-1"


def test_the_status_is_computed_and_nobody_can_set_it(rig: Rig) -> None:
    rig.create()
    (node,) = rig.nodes()

    rig.provider.set_node_tags(node, {TAG_RAY_NODE_STATUS: "update-failed", "mine": "1"})
    assert rig.provider.node_tags(node)[TAG_RAY_NODE_STATUS] == STATUS_UNINITIALIZED
    rig.boot()
    assert rig.provider.node_tags(node)[TAG_RAY_NODE_STATUS] == STATUS_UP_TO_DATE
    assert rig.provider.node_tags(node)["mine"] == "1"


def test_a_head_that_is_up_before_ray_looks_for_it_is_found_by_its_first_status(rig: Rig) -> None:
    rig.create(kind="head")
    (head,) = rig.boot()

    found = rig.provider.non_terminated_nodes({TAG_RAY_NODE_KIND: "head", TAG_RAY_NODE_STATUS: STATUS_UNINITIALIZED})

    assert found == [head]


def test_the_head_is_listed_among_the_nodes(rig: Rig) -> None:
    rig.create(kind="head")
    rig.create()
    rig.nodes()

    heads = rig.provider.non_terminated_nodes({TAG_RAY_NODE_KIND: NODE_KIND_HEAD})
    workers = rig.provider.non_terminated_nodes({TAG_RAY_NODE_KIND: NODE_KIND_WORKER})
    assert len(heads) == len(workers) == 1
    assert heads != workers


def test_a_head_that_runpod_does_not_know_is_listed_all_the_same() -> None:
    rig = Rig(variables={"RAY_CLOUD_INSTANCE_ID": "my-desk", "RAY_NODE_TYPE_NAME": "head"})

    assert rig.nodes() == ["my-desk"]
    assert rig.provider.is_running("my-desk")
    assert rig.provider.node_tags("my-desk")[TAG_RAY_USER_NODE_TYPE] == "head"


def test_rays_own_adapter_sees_the_nodes(rig: Rig) -> None:
    rig.create(kind="head")
    rig.create()
    rig.boot()

    seen = NodeProviderAdapter(rig.provider, config_reader=None).get_non_terminated()

    assert sorted(instance.node_type for instance in seen.values()) == ["gpu-24g", "gpu-24g"]
    assert all(instance.is_running for instance in seen.values())


def test_ray_finds_the_provider_by_its_name_in_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNPOD_API_KEY", "a key for tests")

    provider = _get_node_provider({**SECTION, "_config_cache_path": "/tmp/x"}, "vr", use_cache=False)

    assert isinstance(provider, RunPodNodeProvider)


def test_workers_reach_the_head_in_the_private_network() -> None:
    rig = Rig(section={"head_address": None})
    rig.create(kind="head")

    rig.create()

    head, worker = rig.pods()
    assert worker.request["env"]["STORYWORLD_HEAD_ADDRESS"] == f"{head.id}.runpod.internal:6379"


def test_no_worker_is_ordered_that_could_not_reach_its_head() -> None:
    rig = Rig(section={"head_address": None})

    with pytest.raises(NodeLaunchException, match="no worker could reach it"):
        rig.create()

    assert rig.pods() == []


def test_a_fleet_in_the_private_network_has_no_pods_without_a_gpu() -> None:
    rig = Rig(node_config={"gpus": [], "cpus": ["cpu5c"]})

    with pytest.raises(NodeLaunchException, match="has GPU pods only"):
        rig.create()

    assert rig.desk.num_asked("POST") == 0


def test_nothing_is_ordered_while_a_secret_is_missing() -> None:
    rig = Rig(node_config={"pass_env": ["DATABASE_URL"]})

    with pytest.raises(NodeLaunchException, match="DATABASE_URL"):
        rig.create()

    assert rig.desk.num_asked("POST") == 0


def test_nothing_is_ordered_that_would_be_open_to_anybody() -> None:
    rig = Rig(variables={"RAY_AUTH_TOKEN": ""})

    for kind in ("head", "worker"):
        with pytest.raises(NodeLaunchException, match="anybody could run code"):
            rig.create(kind=kind)

    assert rig.desk.num_asked("POST") == 0


def test_every_pod_gets_the_token_and_only_the_head_the_key(rig: Rig) -> None:
    rig.create(kind="head")
    rig.create()

    head, worker = (pod.request["env"] for pod in rig.pods())
    assert head["RAY_AUTH_MODE"] == worker["RAY_AUTH_MODE"] == "token"
    assert head["RAY_AUTH_TOKEN"] == worker["RAY_AUTH_TOKEN"] == TOKEN
    assert head["STORYWORLD_RUNPOD_API_KEY"] == KEY
    assert KEY not in json.dumps(worker)


def test_a_node_that_went_while_ray_was_asking_is_still_answered_for(rig: Rig) -> None:
    rig.create()
    (node,) = rig.boot()

    rig.provider.terminate_node(node)
    assert rig.nodes() == []

    assert rig.provider.node_tags(node)[TAG_RAY_NODE_KIND] == NODE_KIND_WORKER
    assert not rig.provider.is_running(node)
    assert rig.provider.is_terminated(node)


def test_an_api_that_does_not_answer_raises_and_changes_nothing(rig: Rig) -> None:
    rig.create()
    before = rig.boot()

    rig.desk.faults.add(Fault(method="GET", status=500, times=3))
    with pytest.raises(ClusterError):
        rig.provider.non_terminated_nodes({})

    assert rig.nodes() == before
    assert len(rig.pods()) == 1


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({}, "RUNPOD_API_KEY is not set"),
        ({"RUNPOD_API_KEY": "the pod's own", "RUNPOD_POD_ID": "p1"}, "STORYWORLD_RUNPOD_API_KEY"),
    ],
)
def test_without_a_key_it_does_not_start(variables: dict[str, str], says: str) -> None:
    with pytest.raises(BadConfig, match=says):
        RunPodNodeProvider(SECTION, "vr", variables=variables)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"max_pods": 0}, "provider.max_pods"),
        ({"max_podz": 3}, "provider.max_podz"),
        ({"data_centers": []}, "provider.data_centers"),
        ({"api_address": "http://api.runpod.io/v2"}, "in the clear"),
    ],
)
def test_a_wrong_line_in_the_file_is_named(change: dict[str, Any], says: str) -> None:
    with pytest.raises(BadConfig, match=says):
        Rig(section=change)


def test_no_limit_can_be_left_out() -> None:
    for name in ("max_pods", "max_usd_per_hour", "max_worker_hours"):
        section = {key: value for key, value in SECTION.items() if key != name}
        with pytest.raises(BadConfig, match=f"provider.{name}"):
            RunPodNodeProvider(section, "vr", variables={"RUNPOD_API_KEY": "k"})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"gpus": []}, "name either gpus or cpus"),
        ({"env": {"RAY_CLOUD_INSTANCE_ID": "mine"}}, "set by the provider itself"),
        ({"pass_env": ["RUNPOD_API_KEY"]}, "the head gets the key without that"),
        ({"env": {f"V{n}": "1" for n in range(60)}}, "these are 60"),
        ({"volume": {"id": "v", "path": "/a"}, "host_disk": {"size_gb": 10, "path": "/b"}}, "not both"),
    ],
)
def test_a_node_type_that_can_never_work_is_not_ordered(rig: Rig, change: dict[str, Any], says: str) -> None:
    with pytest.raises(NodeLaunchException, match=says):
        rig.create(**change)

    assert rig.desk.num_asked("POST") == 0


def test_no_secret_shows_in_a_repr() -> None:
    rig = Rig(node_config={"pass_env": ["MAGIC_WORD"]}, variables={"MAGIC_WORD": "mellon"})
    rig.create()

    shown = repr([vars(rig.provider), rig.provider._inventory.all_nodes(), vars(rig.provider._buyer)])

    assert "mellon" not in shown
    assert rig.variables["RUNPOD_API_KEY"] not in shown
