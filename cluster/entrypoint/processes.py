"""This pod's processes: Ray's, the API's, and whatever those have started."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from cluster.entrypoint.commands import MARK
from cluster.entrypoint.judgement import Life
from cluster.errors import BadConfig

_RAYLET = "raylet"
_AT_WORK = b"ray::"
_IDLE = (b"ray::IDLE", b"ray::DashboardAgent", b"ray::RuntimeEnvAgent")
"""Ray's processes call themselves by what they do; these wait for something to do."""
_LOOK_S = 0.1
_MAX_LOOKS = 50
"""A process that hangs in a GPU's driver never dies, and its pod bills until it is deleted."""


class Processes:
    """Found again by the mark in their environment: Ray's children outlive it, and `ray stop` would end anybody's."""

    def __init__(self, mark: str) -> None:
        self._mark = f"{MARK}={mark}".encode()
        self._ray: subprocess.Popen[bytes] | None = None
        self._had_raylet = False
        self._api: subprocess.Popen[bytes] | None = None

    def start_ray(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Whatever is left of an earlier one goes first: a head does not start beside its own remains."""
        self.kill()
        self._had_raylet = False
        self._ray = _start(command, environment)

    def start_api(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._api = _start(command, environment)

    def ray(self) -> Life:
        """`ray start --block` goes on when its raylet was drained, and ends when anything else happened to it."""
        if self._ray is None or self._ray.poll() is not None:
            return Life.ABSENT
        if _RAYLET in _names_of_children(self._ray.pid):
            self._had_raylet = True
            return Life.UP
        return Life.DRAINED if self._had_raylet else Life.STARTING

    def works(self) -> bool:
        """Whether an actor or a task has a process."""
        titles = [_title_of(pid) for pid in self._marked()]
        return any(title.startswith(_AT_WORK) and not title.startswith(_IDLE) for title in titles)

    def api_runs(self) -> bool:
        return self._api is not None and self._api.poll() is None

    def stop(self, limit_s: float) -> None:
        """SIGTERM to Ray, which drains its node and tells the head; kill -9 of all that is left after `limit_s`."""
        if self._ray is not None and self._ray.poll() is None:
            self._ray.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._ray.wait(limit_s)
        self.kill()

    def kill(self) -> None:
        """All of them, and what they were starting while they were looked for. What cannot be killed holds nobody up."""
        for _ in range(_MAX_LOOKS):
            pids = self._marked()
            # one that is just ending has no environment any more, and cannot be reaped yet
            children = [child.poll() for child in (self._ray, self._api) if child is not None]
            if not pids and None not in children:
                return
            for pid in pids:
                _kill(pid)
            time.sleep(_LOOK_S)

    def _marked(self) -> list[int]:
        """Zombies have no environment, and do not count."""
        found = []
        for environ in Path("/proc").glob("[0-9]*/environ"):
            try:
                variables = environ.read_bytes().split(b"\0")
            except OSError:
                continue
            if self._mark in variables:
                found.append(int(environ.parent.name))
        return found


def _start(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    program = shutil.which(command[0], path=environment["PATH"])
    if program is None:
        raise BadConfig(f"There is no program {command[0]!r} in this pod.", "Use the image that Dockerfile makes.")
    return subprocess.Popen([program, *command[1:]], env=dict(environment), start_new_session=True)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _title_of(pid: int) -> bytes:
    """Empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _names_of_children(pid: int) -> set[str]:
    """Those alive."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return set()
    return {name for child in children if (name := _name_of(child)) is not None}


def _name_of(pid: str) -> str | None:
    try:
        name, _, rest = Path(f"/proc/{pid}/stat").read_text().partition("(")[2].rpartition(")")
    except OSError:
        return None
    return None if rest.split()[0] == "Z" else name
