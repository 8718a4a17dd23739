"""A pod of the fake, and how RunPod would show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

_ACTIONS = {"RUNNING": ["stop", "restart", "terminate"], "EXITED": ["start", "terminate"], "TERMINATED": []}


@dataclass(kw_only=True, slots=True)
class FakePod:
    id: str
    request: dict[str, Any]
    data_center: str
    usd_per_hour: float
    created_at: datetime
    boot_s: float
    is_stuck: bool = False
    """RUNNING as far as RunPod knows, with a container that never comes up."""
    is_billed_late: bool = False
    """Whether its cost shows only once it is up."""
    ended: str | None = None
    """EXITED, ERROR or TERMINATED, from then on."""
    ended_at: datetime | None = None

    def status(self, today: datetime) -> str:
        """RUNNING comes before the container is up, as it does at RunPod."""
        if self.ended is not None:
            return self.ended
        share = self._share(today)
        return "PROVISIONING" if share < 0.2 else "STARTING" if share < 0.5 else "RUNNING"

    def is_up(self, today: datetime) -> bool:
        return self.ended is None and not self.is_stuck and self._share(today) >= 1

    def end(self, status: str, today: datetime) -> None:
        self.ended, self.ended_at = status, today

    def shown(self, today: datetime) -> dict[str, Any]:
        status, request = self.status(today), self.request
        network: dict[str, Any] = {"enabled": bool(request.get("globalNetworking"))}
        if network["enabled"]:
            network |= {"ip": f"10.65.0.{1 + int(self.id[3:]) % 250}", "internalDns": f"{self.id}.runpod.internal"}
        return {
            "id": self.id,
            "name": request["name"],
            "status": status,
            "actions": _ACTIONS.get(status, ["terminate"]),
            "image": request["image"],
            "args": request.get("args", ""),
            "disk": request.get("disk", 20),
            "mounts": request.get("mounts", {}),
            "ports": request.get("ports", []),
            "env": request.get("env", {}),
            "registry": request.get("registry"),
            **self._machine(),
            "cloud": request.get("cloud", "SECURE"),
            "dataCenterId": None if status == "PROVISIONING" else self.data_center,
            "cudaVersion": "12.8",
            "ssh": {"proxy": None, "direct": None},
            "template": None,
            "cost": self._cost(today),
            "locked": False,
            "runtime": self._runtime(today),
            "createdAt": _written(self.created_at),
            "startedAt": None,
            "globalNetworking": network,
        }

    def _machine(self) -> dict[str, Any]:
        if "cpu" in self.request:
            return {"cpu": {**self.request["cpu"], "memory": 4 * self.request["cpu"]["vcpuCount"]}}
        return {"gpu": {"id": self.request["gpu"]["id"], "count": self.request["gpu"].get("count", 1)}}

    def _cost(self, today: datetime) -> float:
        is_hidden = self.is_billed_late and not self.is_up(today)
        return 0.0 if is_hidden or self.ended in ("EXITED", "TERMINATED") else self.usd_per_hour

    def _runtime(self, today: datetime) -> dict[str, Any] | None:
        if self.is_up(today):
            return {"uptime": int((today - self.created_at) / timedelta(seconds=1) - self.boot_s), "ports": []}
        return {} if self.status(today) == "PROVISIONING" else None

    def _share(self, today: datetime) -> float:
        return 1.0 if self.boot_s == 0 else (today - self.created_at) / timedelta(seconds=1) / self.boot_s


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
