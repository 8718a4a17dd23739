"""Ray's launcher on our provider: `ray up`, `ray exec`, `ray get-head-ip` and `ray down`, with RunPod and a head behind real sockets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from tests.loopback import serving
from tests.runpod.cloud import DATA_CENTERS, FakeCloud
from tests.runpod.dashboard import FakeDashboard
from tests.runpod.desk import KEY, Desk
from tests.runpod.loopback import loopback

ROOT = Path(__file__).parents[2]
TOKEN = "a-token-for-tests"


class Laptop:
    """Somebody's machine with ray-cluster.yaml on it."""

    def __init__(self, folder: Path, desk: Desk, dashboard: FakeDashboard, api: str, proxy: str) -> None:
        self.desk, self.dashboard = desk, dashboard
        self._folder = folder
        self._file = folder / "ray-cluster.yaml"
        config = yaml.safe_load((ROOT / "ray-cluster.yaml").read_text().replace("YOUR-REGISTRY", "example"))
        config["provider"] |= {"api_address": api, "proxy_address": proxy, "data_centers": [DATA_CENTERS[0]]}
        for node_type in config["available_node_types"].values():
            node_type["node_config"] |= {"gpus": ["NVIDIA RTX A5000"], "pass_env": []}
        self._file.write_text(yaml.safe_dump(config))

    def ray(self, *steps: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self._folder),
            "TMPDIR": str(self._folder),
            "PYTHONPATH": str(ROOT),
            "RUNPOD_API_KEY": KEY,
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": TOKEN,
            "RAY_USAGE_STATS_ENABLED": "0",
            **variables,
        }
        command = [sys.executable, "-m", "tests.runpod.launcher", str(self._file), *steps]
        return subprocess.run(
            command, env=environment, cwd=self._folder, capture_output=True, text=True, timeout=120, check=False
        )


@pytest.fixture
def laptop(tmp_path: Path) -> Iterator[Laptop]:
    home = tmp_path / "home of the head"
    home.mkdir()
    desk = Desk(FakeCloud(lambda: datetime.now(UTC), boot_s=0))
    dashboard = FakeDashboard(home=home, token=TOKEN)
    with loopback(desk) as api, serving(dashboard.answer) as proxy:
        yield Laptop(tmp_path, desk, dashboard, api, proxy)
    assert desk.violations == []


def test_a_head_comes_up_takes_commands_and_is_gone_after_down(laptop: Laptop) -> None:
    up = laptop.ray("up", "exec:echo Hello from $HOME", "dashboard", "ip")

    assert up.returncode == 0, up.stdout + up.stderr
    assert f"Hello from {laptop.dashboard.home}" in up.stdout
    assert "asks for the token" in up.stdout
    assert "head: 127.0.0.1:" in up.stdout
    (head,) = laptop.desk.cloud.alive()
    sent = json.loads((laptop.dashboard.home / "ray_bootstrap_config.yaml").read_text())
    assert sent["available_node_types"]["gpu-24g"]["node_config"]["gpus"] == ["NVIDIA RTX A5000"]
    assert not any(key.startswith("_") for key in sent["provider"])
    assert head.request["env"]["STORYWORLD_RUNPOD_API_KEY"] == KEY

    again = laptop.ray("up", "down")
    assert again.returncode == 0, again.stdout + again.stderr
    assert laptop.desk.num_asked("POST") == 1, "a head that is there is not bought again"
    assert laptop.desk.cloud.alive() == []
    assert KEY not in up.stdout + up.stderr + again.stdout + again.stderr


def test_a_head_that_never_answers_is_not_left_behind(laptop: Laptop) -> None:
    laptop.dashboard.is_up = False

    up = laptop.ray("up", AUTOSCALER_NODE_START_WAIT_S="1")

    assert up.returncode != 0
    assert laptop.desk.num_asked("POST") == 1
    assert laptop.desk.cloud.alive() == []
