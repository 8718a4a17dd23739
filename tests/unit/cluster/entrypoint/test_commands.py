from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cluster.entrypoint.commands import environment, ray_command
from cluster.launching import FILE
from tests.unit.cluster.entrypoint.test_judgement import HEAD, WORKER

HOME = Path("/home/storyworld")
SECRETS = {"RUNPOD_API_KEY": "the pod's own", FILE: "packed", "RAY_AUTH_TOKEN": "t", "PATH": "/bin"}


def test_a_worker_joins_under_the_address_that_the_others_know_it_by() -> None:
    command = ray_command(WORKER, "10.65.0.2", HOME, ["--object-store-memory=1"])

    assert command == [
        *("ray", "start", "--block", "--disable-usage-stats", "--node-ip-address=10.65.0.2"),
        *("--address=head:6379", "--object-store-memory=1"),
    ]


def test_only_a_head_with_a_file_buys_workers() -> None:
    wanted = f"--autoscaling-config={HOME}/ray_bootstrap_config.yaml"

    assert wanted in ray_command(replace(HEAD, file=b"{}"), "10.65.0.1", HOME, [])
    assert wanted not in ray_command(HEAD, "10.65.0.1", HOME, [])


def test_the_token_stands_on_no_command_line() -> None:
    commands = [ray_command(pod, "10.65.0.2", HOME, []) for pod in (HEAD, WORKER)]

    assert not any("token" in word for command in commands for word in command)


def test_children_get_no_key_that_could_delete_the_pod() -> None:
    children = environment(SECRETS, WORKER, "10.65.0.2", "mark")

    assert not {"RUNPOD_API_KEY", FILE} & set(children)
    assert (children["RAY_AUTH_MODE"], children["RAY_AUTH_TOKEN"]) == ("token", "t")
    assert children["RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S"] == "3"


def test_serve_on_a_pod_is_as_patient_as_on_a_laptop() -> None:
    """Its controller runs in the environment of Ray's processes, not in that of the API's."""
    assert environment({}, HEAD, "10.65.0.1", "mark")["RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S"] == "60"


def test_what_the_file_sets_wins() -> None:
    children = environment({"RAY_gcs_rpc_server_reconnect_timeout_s": "900"}, WORKER, "10.65.0.2", "mark")

    assert children["RAY_gcs_rpc_server_reconnect_timeout_s"] == "900"


def test_a_child_that_gives_itself_a_name_is_found_again_by_its_mark() -> None:
    assert environment({}, HEAD, "10.65.0.1", "mark")["SPT_NOENV"] == "1"
