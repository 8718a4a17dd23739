"""`up`, `status` and `down` from a shell, with RunPod and the pod's API behind real sockets: what is said, bought and left."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

import storyworld
from cluster import buyer, clearing, keeper
from commands import machines
from tests.loopback import Answer, Asked, as_json, serving
from tests.runpod.cloud import DATA_CENTERS, FakeCloud
from tests.runpod.dashboard import FakeDashboard
from tests.runpod.desk import KEY, Desk
from tests.runpod.faults import Fault
from tests.runpod.loopback import loopback

ROOT = Path(__file__).parents[2]
TOKEN = "a-token-for-tests"
OWN_KEY = "0123456789abcdef"  # pragma: allowlist secret
ANOTHER = {"RUNPOD_API_KEY": "rpa_another"}  # pragma: allowlist secret
GPU = "NVIDIA RTX A5000"


class Pods:
    """What RunPod's proxy leads to: the dashboard at its own path, and an API that is ready or not."""

    def __init__(self, dashboard: FakeDashboard) -> None:
        self.dashboard = dashboard
        self.are_ready = True

    def answer(self, asked: Asked) -> Answer:
        if asked.path.endswith("/readyz"):
            return as_json({}, 200 if self.are_ready else 502)
        return self.dashboard.answer(asked)


class Shell:
    def __init__(self, folder: Path, desk: Desk, pods: Pods, api: str, proxy: str) -> None:
        self.desk, self.pods = desk, pods
        self.file = folder / "ray-cluster.yaml"
        config = yaml.safe_load((ROOT / "ray-cluster.yaml").read_text().replace("YOUR-REGISTRY", "example"))
        config["provider"] |= {"api_address": api, "proxy_address": proxy, "data_centers": [DATA_CENTERS[0]]}
        config["provider"]["single_pods"]["gpu"] |= {"gpus": [GPU]}
        for node_type in config["available_node_types"].values():
            node_type["node_config"] |= {"gpus": [GPU], "pass_env": []}
        self.config: dict[str, Any] = config

    def say(self, *words: str, types: str = "") -> tuple[int, str]:
        self.file.write_text(yaml.safe_dump(self.config, sort_keys=False))
        result = CliRunner().invoke(storyworld.cli, [*words, "--file", str(self.file)], input=types)
        assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
        assert "Traceback" not in result.output
        assert KEY not in result.output
        return result.exit_code, " ".join(result.output.split())

    def run(self, *words: str, types: str = "") -> str:
        code, said = self.say(*words, types=types)
        assert code == 0, said
        return said

    def refused(self, *words: str, types: str = "") -> str:
        code, said = self.say(*words, types=types)
        assert code == 1, said
        return said


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    (tmp_path / "home").mkdir()
    for name in ("RAY_AUTH_TOKEN", "API_KEYS", "STORYWORLD_RUNPOD_API_KEY", "RUNPOD_POD_ID"):
        monkeypatch.delenv(name, raising=False)
    variables = {"RUNPOD_API_KEY": KEY, "STORYWORLD_HOME": str(tmp_path), "HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    for name, value in {**variables, "RAY_AUTH_MODE": "token", "RAY_USAGE_STATS_ENABLED": "0"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(keeper, "_LOOK_S", 0.01)
    monkeypatch.setattr(clearing, "_SWEEP_PAUSE_S", 0.01)
    monkeypatch.setattr(buyer, "_LOOK_PAUSE_S", 0.01)
    without_pauses = [sys.executable, "-m", "tests.runpod.launcher"]
    monkeypatch.setattr(machines, "ray_up", lambda file: [*without_pauses, str(file), "up"])
    desk = Desk(FakeCloud(lambda: datetime.now(UTC), boot_s=0))
    pods = Pods(FakeDashboard(home=tmp_path / "home", token=TOKEN))
    with loopback(desk) as api, serving(pods.answer) as proxy:
        yield Shell(tmp_path, desk, pods, api, proxy)
    assert desk.violations == []


def test_a_pod_is_rented_after_a_question_told_of_and_deleted(shell: Shell) -> None:
    said = shell.run("up", types="y\n")

    assert f"0.27 USD per hour 1 × {GPU} in EU-RO-1" in said
    assert "It bills at most 0.80 USD per hour, until `down`." in said
    assert "StoryWorld is up, for 0.27 USD per hour" in said
    (pod,) = shell.desk.cloud.alive()
    env = pod.request["env"]
    key, token = env["API_KEYS"].partition(":")[2], env["RAY_AUTH_TOKEN"]
    assert f"STORYWORLD_API_KEY={key}" in said
    assert f"RAY_AUTH_TOKEN={token}" in said
    assert len(key) >= 32
    assert len(token) >= 32

    said = shell.run("status")
    assert "single pod gpu" in said
    assert "up, 0 min old, 0.27 USD per hour, 0.00 so far" in said
    assert "answers" in said
    assert "Together 0.27 USD per hour" in said
    assert key not in said
    assert token not in said
    assert f"STORYWORLD_API_KEY={key}" in shell.run("status", "--keys")

    said = shell.run("down", types="y\n")
    assert "Whatever is stored on the disk of" in said
    assert "RunPod lists no pod of this cluster any more." in said
    assert shell.desk.cloud.alive() == []
    assert shell.run("status") == "Nothing is up, and nothing bills."


@pytest.mark.parametrize("types", ["n\n", "\n", ""])
def test_without_a_yes_nothing_is_rented_or_deleted(shell: Shell, types: str) -> None:
    assert "Nothing was bought." in shell.refused("up", types=types)
    assert shell.desk.num_asked("POST") == 0
    shell.run("up", "--yes")

    assert "Nothing was deleted." in shell.refused("down", types=types)
    assert len(shell.desk.cloud.alive()) == 1


def test_keys_and_token_of_ones_own_are_taken(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEYS", f"mika:{OWN_KEY}")
    (shell.file.parent / ".env").write_text(f"RAY_AUTH_TOKEN={TOKEN}\n")

    said = shell.run("up", "--yes")

    env = shell.desk.cloud.alive()[0].request["env"]
    assert (env["API_KEYS"], env["RAY_AUTH_TOKEN"]) == (f"mika:{OWN_KEY}", TOKEN)
    assert f"STORYWORLD_API_KEY={OWN_KEY}" in said


def test_a_pod_without_a_gpu_is_rented_with_a_warning(shell: Shell) -> None:
    said = shell.run("up", "--on", "cpu", "--yes")

    assert "8 vCPUs (cpu5c) in EU-RO-1" in said
    assert "a restart of the pod loses its database and films" in said


def test_an_api_that_does_not_answer_is_told(shell: Shell) -> None:
    shell.run("up", "--yes")
    shell.pods.are_ready = False

    assert "does not answer" in shell.run("status")


def test_what_outlives_the_pods_is_told(shell: Shell) -> None:
    del shell.config["provider"]["single_pods"]["gpu"]["host_disk"]
    shell.config["provider"]["single_pods"]["gpu"]["volume"] = {"id": "vol-1", "path": "/data"}
    shell.run("up", "--yes")

    assert "Left: the network volume vol-1, which bills" in shell.run("down", "--yes")


@pytest.mark.parametrize(
    ("variables", "words", "says"),
    [
        ({"RUNPOD_API_KEY": ""}, ("up",), "is not set. Create a key in RunPod's settings"),  # pragma: allowlist secret
        (ANOTHER, ("up",), "401: missing bearer token. Check RUNPOD_API_KEY"),
        (ANOTHER, ("status",), "401: missing bearer token. Check RUNPOD_API_KEY"),
        ({"RAY_AUTH_MODE": "disabled"}, ("up",), "StoryWorld starts Ray only with a token"),
        ({"API_KEYS": "short"}, ("up",), "key 1 has to be 16 to 200 letters"),  # pragma: allowlist secret
        ({}, ("up", "--fleet"), "RAY_AUTH_TOKEN is not set"),
        ({}, ("up", "--on", "tpu"), "provider.single_pods has no 'tpu'. There are: gpu, cpu."),
        ({}, ("up", "--image", "No-Image"), "put the name of yours here"),
    ],
)
def test_what_is_wrong_here_is_a_sentence_and_buys_nothing(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], words: tuple[str, ...], says: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert says in shell.refused(*words)
    assert shell.desk.num_asked("POST") == 0


def test_no_capacity_names_what_was_asked_for(shell: Shell) -> None:
    shell.desk.cloud.sell_out()

    said = shell.refused("up", "--yes")

    assert "out of stock, as it seems" in said
    assert f"No pod is to be had: 1 × {GPU} in EU-RO-1" in said


def test_a_price_above_the_limit_is_said_before_anything_is_asked(shell: Shell) -> None:
    shell.config["provider"]["single_pods"]["gpu"]["max_usd_per_hour"] = 0.1

    assert "costs 0.27 USD per hour, more than max_usd_per_hour" in shell.refused("up", "--yes")
    assert shell.desk.num_asked("POST") == 0


def test_a_second_up_is_refused(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.run("up", "--yes")
    monkeypatch.setenv("RAY_AUTH_TOKEN", TOKEN)

    assert "The cluster is up: ray-storyworld-head-" in shell.refused("up", "--yes")
    assert "A single pod is up, which buys no workers." in shell.refused("up", "--fleet", "--yes")
    assert len(shell.desk.cloud.alive()) == 1


def test_a_connection_that_breaks_in_the_middle_leaves_no_pod(shell: Shell) -> None:
    shell.desk.faults.add(Fault(method="POST", status=None))

    said = shell.refused("up", "--yes")

    assert "Whether ray-storyworld-head-" in said
    assert shell.desk.cloud.alive() == []


def test_a_pod_that_is_not_up_in_time_is_deleted(shell: Shell) -> None:
    shell.config["provider"]["boot_timeout_s"] = 0.1
    shell.pods.are_ready = False

    said = shell.refused("up", "--yes")

    assert "was deleted: its API did not answer within" in said
    assert shell.desk.cloud.alive() == []


def test_a_fleet_is_brought_up_as_ray_does_it_and_taken_down(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", TOKEN)

    said = shell.run("up", "--fleet", types="y\n")

    assert f"0.27 USD per hour 1 × {GPU} in EU-RO-1" in said
    assert "All pods together bill at most 8.00 USD per hour" in said
    assert "head ray-storyworld-head-" in said
    (head,) = shell.desk.cloud.alive()
    assert (shell.pods.dashboard.home / "ray_bootstrap_config.yaml").exists()
    assert head.request["env"]["STORYWORLD_RUNPOD_API_KEY"] == KEY

    shell.run("down", "--yes")
    assert shell.desk.cloud.alive() == []


def test_a_fleet_that_ray_did_not_bring_up_is_said_so(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", TOKEN)
    monkeypatch.setattr(machines, "ray_up", lambda _: [sys.executable, "-c", "raise SystemExit(1)"])

    assert "`ray up` failed, for the reason above." in shell.refused("up", "--fleet", "--yes")
