from __future__ import annotations

import copy
import json

import pytest
from ray.autoscaler.node_launch_exception import NodeLaunchException
from ray.autoscaler.tags import STATUS_UPDATE_FAILED, TAG_RAY_NODE_STATUS

from cluster.errors import BadConfig
from cluster.launching import FILE, bootstrapped, head_env, packed, unburdened, unpacked
from cluster.provider import RunPodNodeProvider
from tests.unit.cluster.rig import Rig


def test_the_head_carries_the_whole_file(rig: Rig) -> None:
    rig.create(kind="head")

    env = rig.pod().request["env"]
    assert json.loads(unpacked(env[FILE])) == unburdened(rig.bootstrapped())
    assert json.loads(env["RAY_OVERRIDE_RESOURCES"]) == {"CPU": 6, "GPU": 1}
    assert env["RAY_NODE_TYPE_NAME"] == "gpu-24g"
    assert env["RAY_enable_autoscaler_v2"] == "1"


def test_a_file_that_was_resolved_twice_carries_the_same(rig: Rig) -> None:
    once = rig.bootstrapped()

    assert bootstrapped(copy.deepcopy(once)) == once
    assert rig.provider.prepare_for_head_node(once) == unburdened(once)


def test_a_worker_that_could_never_be_ordered_is_found_before_the_head_is() -> None:
    rig = Rig()
    config = rig.bootstrapped()
    file = json.loads(unpacked(config["provider"]["_for_the_head"]))
    file["available_node_types"]["gpu-48g"] = {"node_config": {**rig.node_config, "pass_env": ["S3_BUCKET"]}}
    section = {"_for_the_head": packed(json.dumps(file).encode())}

    with pytest.raises(BadConfig, match="gpu-48g gets S3_BUCKET from the head"):
        head_env(section, "gpu-24g", {})
    head_env(section, "gpu-24g", {"S3_BUCKET": "b"})


def test_a_head_without_the_file_is_not_ordered(rig: Rig) -> None:
    provider = RunPodNodeProvider(rig.section, "vr", variables=rig.variables)

    with pytest.raises(NodeLaunchException, match="Use `ray up`"):
        provider.create_node(rig.node_config, {"ray-node-type": "head", "ray-user-node-type": "gpu-24g"}, 1)


def test_a_pod_that_is_a_storyworld_of_its_own_is_made_no_head_of(rig: Rig) -> None:
    rig.create(kind="head")
    rig.pod().request["env"].pop(FILE)
    rig.nodes()

    with pytest.raises(BadConfig, match="is a StoryWorld of its own"):
        rig.provider.prepare_for_head_node(rig.bootstrapped())


def test_a_head_that_was_waited_for_in_vain_is_deleted(rig: Rig) -> None:
    rig.create(kind="head")
    (head,) = rig.nodes()

    rig.provider.set_node_tags(head, {TAG_RAY_NODE_STATUS: STATUS_UPDATE_FAILED})

    assert rig.pods() == []


def test_a_head_that_was_there_before_is_not_deleted_when_it_cannot_be_reached(rig: Rig) -> None:
    rig.create(kind="head")
    rig.provider = rig.new_provider()
    (head,) = rig.nodes()

    rig.provider.set_node_tags(head, {TAG_RAY_NODE_STATUS: STATUS_UPDATE_FAILED})

    assert len(rig.pods()) == 1
