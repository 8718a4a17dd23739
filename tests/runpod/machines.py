"""What a pod of the fake runs on. On paper by default; a process per pod implements the same few calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Machines(Protocol):
    """Told what becomes of each pod, by RunPod's id. Never asks the fake back; called from its threads, one call at a time."""

    def start(self, pod_id: str, env: Mapping[str, str], args: str) -> None: ...

    def stop(self, pod_id: str, *, grace_s: float) -> None:
        """SIGTERM, and SIGKILL after `grace_s`. A pod that is not there is fine."""

    def freeze(self, pod_id: str) -> None:
        """It stands still, and RunPod does not notice."""

    def has_exited(self, pod_id: str) -> bool:
        """Whether it ended by itself."""


class PaperMachines:
    """Implements Machines without any process: remembers what runs."""

    def __init__(self) -> None:
        self.running: dict[str, Mapping[str, str]] = {}
        self.frozen: set[str] = set()

    def start(self, pod_id: str, env: Mapping[str, str], args: str) -> None:
        self.running[pod_id] = env

    def stop(self, pod_id: str, *, grace_s: float) -> None:
        self.running.pop(pod_id, None)

    def freeze(self, pod_id: str) -> None:
        self.frozen.add(pod_id)

    def has_exited(self, pod_id: str) -> bool:
        return False
