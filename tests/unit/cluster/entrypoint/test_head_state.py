from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest

from cluster.entrypoint.assignment import read_assignment
from cluster.entrypoint.commands import environment, ray_command
from cluster.entrypoint.head_state import InMemory, InRedis, OnDisk, options_of, read_head_state, variables_of
from cluster.errors import BadConfig
from tests.unit.cluster.entrypoint.test_judgement import HEAD

PASSWORD = "xy@zzy plugh"  # pragma: allowlist secret
SECURE = "rediss://mika:xy%40zzy%20plugh@keeper.example:6380/0"  # pragma: allowlist secret
OWN = f"ray-vr-head-1-ray-{version('ray')}"


def kept(setting: str, **more: str) -> dict[str, str]:
    return {"RAY_CLOUD_INSTANCE_ID": "ray-vr-head-1", "STORYWORLD_HOME": "/data", "STORYWORLD_GCS": setting, **more}


@pytest.mark.parametrize("setting", ["", "memory"])
def test_a_head_keeps_nothing_unless_it_is_told_to(setting: str) -> None:
    state = read_head_state(kept(setting))

    assert state == InMemory()
    assert (variables_of(state), options_of(state)) == ({}, [])


def test_on_disk_each_head_has_a_folder_of_its_own_below_the_home() -> None:
    state = read_head_state(kept("rocksdb"))

    assert state == OnDisk(folder=Path("/data/gcs") / OWN)
    assert variables_of(state) == {"RAY_gcs_storage": "rocksdb", "RAY_gcs_storage_path": f"/data/gcs/{OWN}"}


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({"RUNPOD_POD_ID": "pod1"}, "pod1"),
        ({"CLUSTER_ID": "films"}, "films"),
        ({}, "storyworld"),
        ({"CLUSTER_ID": "../x"}, "---x"),
    ],
)
def test_a_head_that_nobody_ordered_is_known_by_its_pod_or_its_cluster(variables: dict[str, str], name: str) -> None:
    state = read_head_state({"STORYWORLD_HOME": "/data", "STORYWORLD_GCS": "rocksdb", **variables})

    assert state == OnDisk(folder=Path("/data/gcs") / f"{name}-ray-{version('ray')}")


def test_ray_gets_a_redis_without_its_password_in_the_address() -> None:
    state = read_head_state(kept("redis://:secret@10.0.0.9"))  # pragma: allowlist secret

    assert variables_of(state) == {"RAY_REDIS_ADDRESS": "redis://10.0.0.9:6379", "RAY_external_storage_namespace": OWN}
    assert options_of(state) == ["--redis-password=secret"]


def test_over_tls_ray_is_told_whom_to_trust_and_which_name_to_ask_for(tmp_path: Path) -> None:
    authority = tmp_path / "authority.pem"
    authority.touch()

    state = read_head_state(
        kept(
            SECURE,
            STORYWORLD_GCS_CA_CERT="authority.pem",
            STORYWORLD_HOME=str(tmp_path),
            STORYWORLD_GCS_SERVER_NAME="eu.keeper",
        )
    )

    assert isinstance(state, InRedis)
    assert (state.user, state.password.get_secret_value(), state.expected_name) == ("mika", PASSWORD, "eu.keeper")
    variables = variables_of(state)
    assert variables["RAY_REDIS_ADDRESS"] == "rediss://keeper.example:6380"
    assert (variables["RAY_REDIS_CA_CERT"], variables["RAY_REDIS_SERVER_NAME"]) == (str(authority), "eu.keeper")


def test_without_an_authority_of_its_own_the_machines_are_trusted() -> None:
    """Ray would trust nobody."""
    variables = variables_of(read_head_state(kept(SECURE)))

    assert {"RAY_REDIS_CA_CERT", "RAY_REDIS_CA_PATH"} & set(variables)
    assert variables["RAY_REDIS_SERVER_NAME"] == "keeper.example"
    assert "RAY_REDIS_SERVER_NAME" not in variables_of(read_head_state(kept("rediss://:secret@10.0.0.9")))


def test_only_a_head_has_a_state() -> None:
    worker = {**kept("rocksdb"), "RAY_AUTH_TOKEN": "t", "STORYWORLD_HEAD_ADDRESS": "10.65.0.1:6379"}

    assert read_assignment(worker).state == InMemory()


def test_ray_is_started_with_it_and_its_children_do_not_get_the_setting() -> None:
    head = replace(HEAD, state=read_head_state(kept(SECURE)))
    children = environment({**kept(SECURE), "PATH": "/bin"}, head, "10.65.0.1", "mark")

    assert f"--redis-password={PASSWORD}" in ray_command(head, "10.65.0.1", Path("/home/storyworld"), [])
    assert children["RAY_REDIS_ADDRESS"] == "rediss://keeper.example:6380"
    assert not any("plugh" in value for value in children.values())
    assert PASSWORD not in repr(head)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        (kept("disk"), "neither memory, rocksdb nor the URL"),
        (kept("redis://"), "neither memory, rocksdb nor the URL"),
        (kept("http://keeper"), "neither memory, rocksdb nor the URL"),
        (kept("redis://keeper:many"), "no port that can be read"),
        (kept("redis://keeper:6379/3"), "Ray knows only database 0"),
        (kept("redis://keeper?db=3"), "Ray knows only database 0"),
        (kept("redis://mika@keeper"), "a user and no password"),
        (kept("redis://keeper", STORYWORLD_GCS_CA_CERT="ca.pem"), "STORYWORLD_GCS_CA_CERT is set, but .* nothing is encrypted"),
        (kept("rocksdb", STORYWORLD_GCS_SERVER_NAME="keeper"), "STORYWORLD_GCS_SERVER_NAME is set, but"),
        (kept(SECURE, STORYWORLD_GCS_CA_CERT="/nowhere/ca.pem"), "/nowhere/ca.pem, which is no file"),
    ],
)
def test_what_can_never_work_is_said_in_a_sentence_without_the_password(variables: dict[str, str], said: str) -> None:
    with pytest.raises(BadConfig, match=said) as raised:
        read_head_state(variables)

    assert "plugh" not in str(raised.value)
