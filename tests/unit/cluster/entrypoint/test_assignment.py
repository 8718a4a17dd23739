from __future__ import annotations

import pytest

from cluster.entrypoint.assignment import read_assignment
from cluster.errors import BadConfig
from cluster.identity import Kind
from cluster.launching import FILE
from tests.unit.cluster.rig import Rig

TOKEN = {"RAY_AUTH_TOKEN": "t"}
WORKER = {**TOKEN, "STORYWORLD_HEAD_ADDRESS": "10.65.0.1:6379"}


def test_what_the_provider_orders_is_what_the_entry_point_reads(rig: Rig) -> None:
    rig.create()
    worker = read_assignment(rig.pod().request["env"])

    assert (worker.kind, worker.head, worker.network) == (Kind.WORKER, ("10.0.0.1", 6379), "podnet1")
    assert worker.limits.life_s == 12.5 * 3600, "half an hour after the provider would have deleted it"
    assert worker.limits.lost_head_s == 660, "a head may take ten minutes to restart"


def test_a_head_is_ordered_with_its_file_and_without_an_end() -> None:
    rig = Rig(section={"head_port": 6400})
    rig.create(kind="head")

    head = read_assignment(rig.pod().request["env"])

    assert (head.kind, head.head, head.limits.life_s) == (Kind.HEAD, ("", 6400), None)
    assert head.file is not None
    assert b"gpu-24g" in head.file


def test_a_pod_that_names_no_head_is_one_of_its_own() -> None:
    alone = read_assignment(TOKEN)

    assert (alone.kind, alone.file, alone.network, alone.api_port) == (Kind.HEAD, None, None, 8000)


def test_the_api_of_a_pod_is_open_to_others_only_with_keys() -> None:
    assert read_assignment(TOKEN).api_host == "127.0.0.1"
    assert read_assignment({**TOKEN, "API_KEYS": "mika:a-key"}).api_host == "0.0.0.0"  # pragma: allowlist secret


def test_the_switch_waits_longer_than_ray_itself() -> None:
    limits = read_assignment({**WORKER, "RAY_gcs_rpc_server_reconnect_timeout_s": "1200"}).limits

    assert limits.lost_head_s == 1260


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "RAY_AUTH_TOKEN is not set"),
        ({**TOKEN, "STORYWORLD_HEAD_ADDRESS": "10.65.0.1"}, "Write it as host:port"),
        ({**TOKEN, "STORYWORLD_HEAD_ADDRESS": "10.65.0.1:99999"}, "Write it as host:port"),
        ({**WORKER, "STORYWORLD_HEAD_LIMIT_S": "soon"}, "STORYWORLD_HEAD_LIMIT_S is 'soon', which is no number"),
        ({**WORKER, "STORYWORLD_MAX_HOURS": "nan"}, "STORYWORLD_MAX_HOURS is 'nan'"),
        ({**TOKEN, FILE: "no archive"}, "STORYWORLD_CLUSTER_CONFIG cannot be read"),
    ],
)
def test_what_can_never_work_is_said_in_a_sentence(variables: dict[str, str], said: str) -> None:
    with pytest.raises(BadConfig, match=said):
        read_assignment(variables)
