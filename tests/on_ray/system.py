"""A whole StoryWorld on this machine for tests: the real command, real Ray, real Serve, in a home of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import ray

from actors.names import COORDINATOR, NAMESPACE
from api.client import Client, JsonObject

ROOT = Path(__file__).resolve().parents[2]
START_LIMIT_S = 120.0

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class System:
    home: Path
    addresses: Mapping[str, Any]
    client: Client

    def submit(self, intent: str = "Saitama fights a giant monster on a rooftop", **fields: object) -> str:
        """Create, plan and execute a small episode."""
        small = {"world_id": "anime_world", "width": 128, "height": 128, "fps": 12, "duration_s": 1.0, **fields}
        episode_id: str = self.client.create(intent, **small)["episode_id"]
        self.client.plan(episode_id)
        self.client.execute(episode_id)
        return episode_id

    def wait_for_end(self, episode_id: str, limit_s: float = 120.0) -> JsonObject:
        return eventually(lambda: _ended(self.client.episode(episode_id)), limit_s)

    def actor(self, name: str) -> Any:
        return ray.get_actor(name, namespace=NAMESPACE)

    def status(self, name: str) -> Any:
        return ray.get(self.actor(name).status.remote(), timeout=20)

    def coordinator(self) -> Any:
        return self.status(COORDINATOR)

    def publisher_name(self) -> str:
        [name] = [n["name"] for n in ray.util.list_named_actors(all_namespaces=True) if n["name"].startswith("publisher:")]
        return str(name)

    def kill(self, name: str) -> int:
        """kill -9 of an actor's process."""
        pid: int = self.status(name).pid
        os.kill(pid, signal.SIGKILL)
        return pid


def _ended(episode: JsonObject) -> JsonObject | None:
    return episode if episode["state"] in ("COMPLETED", "PARTIALLY_COMPLETED", "FAILED", "CANCELLED") else None


def eventually(look: Callable[[], T | None], limit_s: float = 60.0, every_s: float = 0.05) -> T:
    """The first thing that `look` returns which is not None or False. Bounded, never exact: nothing is asserted about time."""
    deadline_s = time.monotonic() + limit_s
    while time.monotonic() < deadline_s:
        found = look()
        if found:
            return found
        time.sleep(every_s)
    raise AssertionError(f"it did not happen within {limit_s:.0f} s")


@contextmanager
def running_system(home: Path, cpus: int = 2, *, joins_ray: bool = True, **environment: str) -> Iterator[System]:
    """Start it as a user would, connect to its Ray, and stop it by its pid.

    Who only calls its API need not join: to leave a Ray that was killed takes a quarter of a minute.
    """
    log_path = home / "serve.log"
    environ = {**os.environ, "STORYWORLD_HOME": str(home), "RAY_AUTH_MODE": "token", **environment}
    command = [sys.executable, str(ROOT / "storyworld.py"), "serve", "--port", "0", "--cpus", str(cpus)]
    with log_path.open("w") as log_file:
        process = subprocess.Popen(command, stdout=log_file, stderr=subprocess.STDOUT, env=environ, cwd=home)
    try:
        addresses = _addresses(process, home, log_path)
        if joins_ray:
            ray.init(address=addresses["ray"], namespace=NAMESPACE, log_to_driver=False, logging_level="error")
        try:
            with Client(addresses["api"]) as client:
                yield System(home=home, addresses=addresses, client=client)
        finally:
            ray.shutdown()
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _addresses(process: subprocess.Popen[bytes], home: Path, log_path: Path) -> dict[str, Any]:
    note = home / "run" / "serve.json"

    def look() -> dict[str, Any] | None:
        assert process.poll() is None, f"the system did not start:\n{log_path.read_text()}"
        told: dict[str, Any] = json.loads(note.read_text()) if note.exists() else {}
        return told if told.get("pid") == process.pid else None  # a killed process leaves its note behind

    found = eventually(look, START_LIMIT_S)
    with Client(found["api"]) as client:
        eventually(client.is_ready, START_LIMIT_S)
    return found
