"""Pods as processes of this machine: each runs the entry point that a real one runs."""

from __future__ import annotations

import os
import random
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tests.runpod.desk import KEY

ROOT = Path(__file__).parents[2]
_LOOK_S = 0.05
_MARK = "FAKE_POD"
"""In the environment of all of a pod's processes: two fakes that run side by side have pods of the same id."""


class ProcessMachines:
    """Implements Machines. `surroundings` is what an image would set. All pods share one address, so `{port}` in args is a free one."""

    def __init__(self, folder: Path, surroundings: Mapping[str, str]) -> None:
        self._folder = folder
        self._surroundings = surroundings
        self._pods: dict[str, subprocess.Popen[bytes]] = {}
        self._started_with: dict[str, tuple[list[str], dict[str, str]]] = {}
        self._ends: list[threading.Thread] = []

    def start(self, pod_id: str, env: Mapping[str, str], args: str) -> None:
        home = self._folder / pod_id
        home.mkdir()
        given = {_MARK: str(home), "RUNPOD_POD_ID": pod_id, "RUNPOD_API_KEY": KEY, "HOME": str(home), "PYTHONPATH": str(ROOT)}
        options = [option.replace("{port}", str(free_port())) for option in shlex.split(args)]
        command = [sys.executable, "-m", "cluster.entrypoint", *options]
        self._started_with[pod_id] = (command, {**self._surroundings, **given, **env})
        self._run(pod_id)

    def stop(self, pod_id: str, *, grace_s: float) -> None:
        """Returns at once, as RunPod does."""
        if pod_id in self._pods:
            end = threading.Thread(target=self._end, args=(pod_id, grace_s), daemon=True)
            self._ends.append(end)
            end.start()

    def kill_all_but_the_first(self, pod_id: str) -> None:
        """kill -9 of whatever its entry point has started."""
        self._forget_ray()
        entry_point = self._pods[pod_id].pid
        for _ in range(3):  # what was being started while we looked
            for pid in self.pids_of(pod_id):
                if pid != entry_point:
                    _send(pid, signal.SIGKILL)

    def kill_one(self, pod_id: str, name: str) -> None:
        """kill -9 of the process of this name."""
        self._forget_ray()
        for pid in self.pids_of(pod_id):
            if Path(f"/proc/{pid}/comm").read_text().strip() == name:
                _send(pid, signal.SIGKILL)

    def restart(self, pod_id: str) -> None:
        """Its container ends from one moment to the next, and starts again: the pod, its address and its home stay."""
        self._forget_ray()
        self._end(pod_id, 0.0)
        self._run(pod_id)

    def freeze(self, pod_id: str) -> None:
        for pid in self.pids_of(pod_id):
            _send(pid, signal.SIGSTOP)

    def has_exited(self, pod_id: str) -> bool:
        return pod_id in self._pods and self._pods[pod_id].poll() is not None

    def close(self) -> None:
        """Whatever is left, and whoever is just ending it."""
        for pod_id in self._pods:
            self._end(pod_id, 0.0)
        for end in self._ends:
            end.join()

    def said(self, pod_id: str) -> str:
        return (self._folder / f"{pod_id}.log").read_text()

    def everything_said(self) -> str:
        return "".join(f"--- {pod_id}\n{self.said(pod_id)}" for pod_id in self._pods)

    def exit_code(self, pod_id: str, limit_s: float = 180.0) -> int:
        return self._pods[pod_id].wait(limit_s)

    def pids_of(self, pod_id: str) -> list[int]:
        """All processes of a pod; zombies do not count."""
        mark = f"{_MARK}={self._folder / pod_id}".encode()
        found = []
        for environ in Path("/proc").glob("[0-9]*/environ"):
            try:
                variables = environ.read_bytes().split(b"\0")
            except OSError:
                continue
            if mark in variables:
                found.append(int(environ.parent.name))
        return found

    def _forget_ray(self) -> None:
        """The pods of this machine see each other's processes: by this note Ray would take a worker's for those of a head that runs."""
        with suppress(FileNotFoundError, NotADirectoryError):  # no Ray was here, or a stand-in of that name
            (self._folder / "ray" / "ray_current_cluster").unlink()

    def _run(self, pod_id: str) -> None:
        command, env = self._started_with[pod_id]
        with (self._folder / f"{pod_id}.log").open("a") as log:
            self._pods[pod_id] = subprocess.Popen(
                command, env=env, cwd=self._folder / pod_id, stdout=log, stderr=log, start_new_session=True
            )

    def _end(self, pod_id: str, grace_s: float) -> None:
        process = self._pods[pod_id]
        if process.poll() is None and grace_s:
            process.terminate()
            deadline_s = time.monotonic() + grace_s
            while process.poll() is None and time.monotonic() < deadline_s:
                time.sleep(_LOOK_S)
        while pids := self.pids_of(pod_id):
            for pid in pids:
                _send(pid, signal.SIGKILL)
            process.poll()
            time.sleep(_LOOK_S)
        process.wait()


def title_of(pid: int) -> str:
    """What it calls itself; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def free_port() -> int:
    """Below those that the kernel hands out: one of these could be anybody's before its pod has started, and then its Ray ends."""
    while True:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", random.randint(20_000, 32_000)))
            port: int = probe.getsockname()[1]
            return port


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
