"""How a pod's entry point tells by its processes whether anything works on it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cluster.entrypoint.commands import MARK
from cluster.entrypoint.processes import Processes


@contextmanager
def called(title: str, mark: str = "this-pod") -> Iterator[None]:
    """A process of a pod that calls itself so."""
    command = ["bash", "-c", f"exec -a '{title}' sleep 600"]
    with subprocess.Popen(command, env={MARK: mark, "PATH": "/usr/bin:/bin"}) as process:
        try:
            while title.encode() not in Path(f"/proc/{process.pid}/cmdline").read_bytes().split(b"\0"):
                time.sleep(0.01)
            yield
        finally:
            process.kill()


def test_a_pod_works_while_an_actor_or_a_task_has_a_process() -> None:
    processes = Processes("this-pod")

    with called("ray::IDLE"), called("ray::DashboardAgent"), called("ray::RuntimeEnvAgent"), called("raylet"):
        assert not processes.works()
        with called("ray::RendererShell"):
            assert processes.works()
        with called("ray::render 0199/b1#1"):
            assert processes.works()
        assert not processes.works()


def test_what_works_on_another_pod_of_this_machine_is_not_its_own() -> None:
    with called("ray::RendererShell", mark="another-pod"):
        assert not Processes("this-pod").works()
