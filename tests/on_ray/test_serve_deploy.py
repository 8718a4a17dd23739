"""`serve deploy` of the config that `manifest serve` prints, on a Ray that somebody else has started: it serves, and renders."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest
import yaml

from api.client import Client
from cluster.entrypoint.commands import MARK
from cluster.entrypoint.judgement import Life
from cluster.entrypoint.processes import Processes
from tests.on_ray.system import ROOT, eventually
from tests.runpod.processes import free_port
from tests.runpod.village import OF_A_BUSY_MACHINE, SMALL, submit

pytestmark = pytest.mark.timeout(900)

TOKEN = "a-token-for-tests"
LIMIT_S = 300.0


class Ray:
    """`ray start --head` as it is, with nothing of ours but the code's folder and a home. Runs from `start` to `stop`."""

    def __init__(self, home: Path) -> None:
        self._port = free_port()
        self.dashboard = f"http://127.0.0.1:{self._port}"
        self.environment: Mapping[str, str] = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(home),
            "PYTHONPATH": str(ROOT),
            "STORYWORLD_HOME": str(home),
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": TOKEN,
            "RAY_USAGE_STATS_ENABLED": "0",
            MARK: str(home),
            **OF_A_BUSY_MACHINE,
        }
        self._home = home
        self._processes = Processes(str(home))

    def start(self) -> None:
        eventually(self._is_up, LIMIT_S)

    def stop(self) -> None:
        """Without a drain: there is no other node that could take over."""
        self._processes.kill()

    def run(self, *words: str) -> str:
        ran = subprocess.run(
            words, env=self.environment, cwd=self._home, capture_output=True, text=True, timeout=300, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def _is_up(self) -> bool:
        """Starts it again where it gave up: on a busy machine it does so after 30 s."""
        if self._processes.ray() is Life.ABSENT:
            own = [f"--port={free_port()}", f"--dashboard-port={self._port}", f"--temp-dir={self._home / 'ray'}"]
            small = [option.replace("{port}", str(free_port())) for option in SMALL.split()]
            self._processes.start_ray(["ray", "start", "--head", "--block", "--num-cpus=2", *own, *small], self.environment)
        try:
            told = httpx.get(f"{self.dashboard}/api/v0/nodes", headers={"Authorization": f"Bearer {TOKEN}"})
        except httpx.TransportError:
            return False
        return told.status_code == httpx.codes.OK and '"ALIVE"' in told.text


@pytest.fixture
def cluster() -> Iterator[Ray]:
    # Ray's sockets lie below it, and their paths may have 107 characters
    with tempfile.TemporaryDirectory(prefix="deploy", ignore_cleanup_errors=True) as home:
        running = Ray(Path(home))
        try:
            running.start()
            yield running
        finally:
            running.stop()


def test_the_config_is_taken_and_an_episode_becomes_a_film(cluster: Ray, tmp_path: Path) -> None:
    port = free_port()
    config = tmp_path / "serve.yaml"
    config.write_text(cluster.run(sys.executable, str(ROOT / "storyworld.py"), "manifest", "serve", "--port", str(port)))

    cluster.run("serve", "deploy", str(config), "--address", cluster.dashboard)

    with Client(f"http://127.0.0.1:{port}") as client:
        eventually(client.is_ready, LIMIT_S)
        episode_id = submit(client)
        eventually(lambda: client.episode(episode_id)["state"] == "COMPLETED", LIMIT_S)
        client.save_film(episode_id, tmp_path / "film.mp4")
    assert (tmp_path / "film.mp4").stat().st_size > 1000
    status = yaml.safe_load(cluster.run("serve", "status", "--address", cluster.dashboard))
    assert status["applications"]["storyworld"]["status"] == "RUNNING"
    assert len(status["proxies"]) == 1, "on the head alone"
