"""The entry point as a process, in pods of the fake RunPod. Ray is a stand-in here; tests/on_ray has the real one."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cluster.launching import FILE, packed
from tests.contract.redis_servers import PASSWORD, RedisServer, redis_server
from tests.runpod.cloud import FakeCloud
from tests.runpod.desk import Desk
from tests.runpod.faults import Fault
from tests.runpod.loopback import loopback
from tests.runpod.processes import ProcessMachines

FAKE_RAY = """#!/bin/sh
# as `ray start --block` does: drains when it is asked to stop, and goes on when its raylet ended by itself
echo "$@" >> "$NOTES/calls"
env > "$NOTES/env"
"$NOTES/raylet" 600 &
echo $! > "$NOTES/raylet.pid"
trap 'echo drained >> "$NOTES/calls"; exit 0' TERM
while :; do sleep 0.05; done
"""
UP = "pod_ray_is state=up"
REQUEST = {"image": "example/worker:1", "gpu": {"id": "NVIDIA L4", "count": 1}, "dataCenterIds": ["EU-RO-1"]}


class Rental:
    """A RunPod whose pods are processes, and a head that listens."""

    def __init__(self, folder: Path, api: str, desk: Desk, machines: ProcessMachines, head: socket.socket) -> None:
        self.desk, self.machines, self.head = desk, machines, head
        self._folder = folder
        self._env = {
            "RAY_AUTH_TOKEN": "t",
            "RAY_CLOUD_INSTANCE_ID": "ray-vr-worker-1",
            "STORYWORLD_POD_NETWORK": "lo",
            "STORYWORLD_RUNPOD_ADDRESS": api,
        }

    def worker(self, **env: str) -> str:
        port = self.head.getsockname()[1]
        return self.pod(**{"STORYWORLD_HEAD_ADDRESS": f"127.0.0.1:{port}", **env})

    def pod(self, **env: str) -> str:
        pod: str = self.desk.cloud.create({**REQUEST, "name": "ray-vr-worker-1", "env": {**self._env, **env}})["id"]
        return pod

    def folder(self, name: str) -> Path:
        made = self._folder / name
        made.mkdir()
        return made

    def calls(self) -> list[str]:
        notes = self._folder / "calls"
        return notes.read_text().splitlines() if notes.exists() else []

    def environment(self) -> dict[str, str]:
        return dict(line.partition("=")[::2] for line in (self._folder / "env").read_text().splitlines())

    def drain(self) -> None:
        os.kill(int((self._folder / "raylet.pid").read_text()), signal.SIGKILL)


@pytest.fixture
def rental(tmp_path: Path) -> Iterator[Rental]:
    (tmp_path / "ray").write_text(FAKE_RAY)
    (tmp_path / "ray").chmod(0o755)
    shutil.copy(shutil.which("sleep") or "/bin/sleep", tmp_path / "raylet")
    surroundings = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "NOTES": str(tmp_path), "STORYWORLD_HOME": str(tmp_path)}
    machines = ProcessMachines(tmp_path, surroundings)
    desk = Desk(FakeCloud(lambda: datetime.now(UTC), machines, boot_s=0))
    with socket.create_server(("127.0.0.1", 0), backlog=1000) as head, loopback(desk) as api:
        try:
            yield Rental(tmp_path, api, desk, machines, head)
        finally:
            machines.close()
    assert desk.violations == []


ENDED_BY_RUNPOD = (-signal.SIGTERM,)
"""Who deletes the pod in which it runs may be ended by that before it has ended itself."""


def eventually(look: Callable[[], object], limit_s: float = 180.0) -> None:
    deadline_s = time.monotonic() + limit_s
    while not look():
        assert time.monotonic() < deadline_s, "it did not happen"
        time.sleep(0.05)


def test_a_worker_joins_its_head_and_stops_with_a_drain(rental: Rental) -> None:
    pod = rental.worker()
    eventually(lambda: UP in rental.machines.said(pod))

    rental.machines.stop(pod, grace_s=60)

    assert rental.machines.exit_code(pod) == 0, rental.machines.said(pod)
    started, drained = rental.calls()
    port = rental.head.getsockname()[1]
    wanted = f"start --block --disable-usage-stats --node-ip-address=127.0.0.1 --address=127.0.0.1:{port}"
    assert (started, drained) == (wanted, "drained")
    assert rental.environment()["RAY_CLOUD_INSTANCE_ID"] == "ray-vr-worker-1"
    assert "RUNPOD_API_KEY" not in rental.environment()
    assert rental.desk.num_asked("DELETE") == 0, "whoever stops a pod knows what becomes of it"
    assert rental.machines.pids_of(pod) == []


def test_a_worker_that_was_drained_deletes_its_pod_when_nobody_else_does(rental: Rental) -> None:
    pod = rental.worker(STORYWORLD_DRAINED_LIMIT_S="0.5")
    eventually(lambda: UP in rental.machines.said(pod))

    rental.drain()

    assert rental.machines.exit_code(pod) == 0, rental.machines.said(pod)
    assert rental.desk.cloud.alive() == []


def test_a_worker_whose_head_never_answers_deletes_its_pod(rental: Rental) -> None:
    rental.head.close()

    pod = rental.pod(STORYWORLD_HEAD_ADDRESS="127.0.0.1:9", STORYWORLD_HEAD_LIMIT_S="0.5")

    assert rental.machines.exit_code(pod) == 0, rental.machines.said(pod)
    assert rental.desk.cloud.alive() == []
    assert rental.calls() == []


def test_a_worker_whose_head_is_gone_for_good_deletes_its_pod(rental: Rental) -> None:
    pod = rental.worker(STORYWORLD_LOST_HEAD_LIMIT_S="2")
    eventually(lambda: UP in rental.machines.said(pod))

    rental.head.close()

    assert rental.machines.exit_code(pod) == 0, rental.machines.said(pod)
    assert "does not answer any more" in rental.machines.said(pod)
    assert rental.desk.cloud.alive() == []


def test_a_worker_waits_for_a_network_that_comes_late_and_not_for_ever(rental: Rental) -> None:
    pod = rental.worker(STORYWORLD_POD_NETWORK="podnet1", STORYWORLD_NETWORK_LIMIT_S="0.5")

    assert rental.machines.exit_code(pod) in (0, *ENDED_BY_RUNPOD), rental.machines.said(pod)
    assert rental.desk.cloud.alive() == []
    assert rental.calls() == []


def test_a_pod_that_may_not_delete_itself_exits_so_that_its_gpu_no_longer_bills(rental: Rental) -> None:
    rental.desk.faults.add(Fault(method="DELETE", status=403))

    pod = rental.worker(STORYWORLD_HEAD_ADDRESS="127.0.0.1:9", STORYWORLD_HEAD_LIMIT_S="0.1")

    assert rental.machines.exit_code(pod) == 1
    (left,) = rental.desk.cloud.alive()
    assert left.ended == "EXITED"


@pytest.mark.parametrize(
    ("env", "said"),
    [({"RAY_AUTH_TOKEN": ""}, "RAY_AUTH_TOKEN is not set"), ({"STORYWORLD_HOME": "/nowhere"}, "STORYWORLD_HOME is /nowhere")],
)
def test_a_worker_that_can_never_work_deletes_its_pod_and_says_why(rental: Rental, env: dict[str, str], said: str) -> None:
    pod = rental.worker(**env)

    assert rental.machines.exit_code(pod) in (2, *ENDED_BY_RUNPOD)
    assert said in rental.machines.said(pod)
    assert rental.desk.cloud.alive() == []


def test_a_head_keeps_its_state_where_it_is_told_and_finds_it_when_ray_starts_again(rental: Rental, tmp_path: Path) -> None:
    pod = rental.pod(STORYWORLD_GCS="rocksdb", STORYWORLD_API_PORT="0")
    eventually(lambda: UP in rental.machines.said(pod))
    (kept,) = (tmp_path / "gcs").iterdir()
    (kept / "CURRENT").touch()

    rental.machines.kill_all_but_the_first(pod)

    eventually(lambda: len(rental.calls()) == 2)
    assert rental.environment()["RAY_gcs_storage"] == "rocksdb"
    assert rental.environment()["RAY_gcs_storage_path"] == str(kept)
    assert kept.name.startswith("ray-vr-worker-1-ray-")
    assert (kept / "CURRENT").exists()
    assert rental.desk.num_asked("DELETE") == 0


def test_a_head_whose_redis_is_away_waits_for_it_and_does_not_start_without(rental: Rental) -> None:
    server = RedisServer(rental.folder("redis"))
    pod = rental.pod(STORYWORLD_GCS=server.url, STORYWORLD_API_PORT="0")
    eventually(lambda: "pod_waits_for_the_heads_state" in rental.machines.said(pod))
    assert rental.calls() == []

    server.start()
    try:
        eventually(lambda: UP in rental.machines.said(pod))
    finally:
        server.kill()

    assert f"--redis-password={PASSWORD}" in rental.calls()[0]
    assert rental.environment()["RAY_REDIS_ADDRESS"] == f"redis://127.0.0.1:{server.port}"
    assert PASSWORD not in rental.machines.said(pod) + "".join(rental.environment().values())


def test_a_head_that_is_not_let_into_its_redis_says_so_and_stops(rental: Rental) -> None:
    with redis_server(remembers=False) as server:
        pod = rental.pod(STORYWORLD_GCS=server.url.replace(PASSWORD, "wrong"))

        assert rental.machines.exit_code(pod) == 2

    assert "lets the head not in: WRONGPASS" in rental.machines.said(pod)
    assert rental.calls() == []
    assert rental.desk.num_asked("DELETE") == 0, "a head's disk may hold what somebody wants to keep"


def test_a_head_writes_its_file_and_starts_a_ray_that_died_again(rental: Rental, tmp_path: Path) -> None:
    file = json.dumps({"provider": {"head_port": 6400}}).encode()
    pod = rental.pod(**{FILE: packed(file), "STORYWORLD_API_PORT": "0"})
    eventually(lambda: UP in rental.machines.said(pod))

    rental.drain()

    eventually(lambda: len(rental.calls()) == 2)
    assert (tmp_path / pod / "ray_bootstrap_config.yaml").read_bytes() == file
    assert all("--head --port=6400" in call and "--autoscaling-config=" in call for call in rental.calls())
    assert rental.desk.num_asked("DELETE") == 0
