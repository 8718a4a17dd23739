"""A head and a worker without StoryWorld: the real entry point and the real Ray, and nothing else, to see what outlives a head.

Its dashboard runs, because Ray takes its jobs there.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.runpod.processes import ROOT, ProcessMachines, free_port
from tests.runpod.village import OF_A_BUSY_MACHINE, SMALL, START_LIMIT_S, eventually, open_site

HEAD, WORKER = "head", "worker"
_TOKEN = "a-token-for-tests"
_NO_API = "import signal; signal.pause()"
_JOBS_WORDS = "a job was here"
_WARM = """
import os, ray

@ray.remote(num_gpus=1, max_restarts=0)
class Warm:
    def __init__(self): self.num_asked = 0
    def ask(self):
        self.num_asked += 1
        return os.getpid(), self.num_asked

ray.init(log_to_driver=False)
warm = Warm.options(name="warm", namespace="n", lifetime="detached", get_if_exists=True).remote()
print(*ray.get(warm.ask.remote()))
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class BareCluster:
    machines: ProcessMachines
    driver: Mapping[str, str]
    """The environment of whoever speaks to it."""
    dashboard: str
    """Its address."""

    def ask(self) -> tuple[int, int] | None:
        """The process of what is kept warm on the worker, and how often it was asked; the first time, it is made. None: no answer."""
        ran = subprocess.run(
            [sys.executable, "-c", _WARM], env=dict(self.driver), capture_output=True, text=True, timeout=180, check=False
        )
        if ran.returncode != 0:
            return None
        pid, num_asked = ran.stdout.split()
        return int(pid), int(num_asked)

    def takes_a_job(self) -> bool:
        """`ray job submit`, whose log comes back."""
        command = [str(Path(sys.executable).with_name("ray")), "job", "submit", "--", "echo", _JOBS_WORDS]
        environment = {**self.driver, "RAY_ADDRESS": self.dashboard}
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180, check=False)
        return ran.returncode == 0 and f"\n{_JOBS_WORDS}\n" in ran.stdout


@contextmanager
def bare_cluster(**of_head: str) -> Iterator[BareCluster]:
    """With a worker that has the only GPU. Nothing of it is left at the end."""
    with open_site() as site:
        port, dashboard_port = free_port(), free_port()
        (site.home / "storyworld.py").write_text(_NO_API)
        common = {
            **OF_A_BUSY_MACHINE,
            "RAY_AUTH_TOKEN": _TOKEN,
            "STORYWORLD_HOME": str(site.home),
            "STORYWORLD_POD_NETWORK": "lo",
            "PYTHONPATH": f"{site.home}{os.pathsep}{ROOT}",
        }
        head = {**common, "RAY_OVERRIDE_RESOURCES": '{"CPU": 1}', **of_head}
        worker = {**common, "STORYWORLD_HEAD_ADDRESS": f"127.0.0.1:{port}", "RAY_OVERRIDE_RESOURCES": '{"CPU": 1, "GPU": 1}'}
        ports = f"--port={port} --dashboard-port={dashboard_port}"
        site.machines.start(HEAD, head, f"{SMALL} {ports} --temp-dir={site.home / 'ray'}")
        site.machines.start(WORKER, worker, SMALL)
        driver = {**os.environ, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": _TOKEN, "RAY_ADDRESS": f"127.0.0.1:{port}"}
        yield BareCluster(machines=site.machines, driver=driver, dashboard=f"http://127.0.0.1:{dashboard_port}")


def what_is_warm_outlives_the_head(cluster: BareCluster, kill: Callable[[str], None]) -> None:
    """`kill` is told which pod is the head's."""
    pid, num_asked = _answer(cluster)
    eventually(cluster.takes_a_job)
    num_starts = _num_starts(cluster)

    kill(HEAD)
    eventually(lambda: _num_starts(cluster) > num_starts, 120)
    pid_again, num_asked_again = _answer(cluster)

    assert pid_again == pid, "another process, which knows nothing"
    assert num_asked_again > num_asked
    eventually(cluster.takes_a_job)
    assert not cluster.machines.has_exited(WORKER), cluster.machines.said(WORKER)


def _answer(cluster: BareCluster) -> tuple[int, int]:
    deadline_s = time.monotonic() + START_LIMIT_S
    while (answer := cluster.ask()) is None:
        assert time.monotonic() < deadline_s, f"nobody answers within {START_LIMIT_S:.0f} s"
        time.sleep(0.5)
    return answer


def _num_starts(cluster: BareCluster) -> int:
    return cluster.machines.said(HEAD).count("pod_starts_ray")
