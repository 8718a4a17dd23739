"""What the fake RunPod owns: pods, stock and prices. And the knobs that a test turns."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.runpod.machines import Machines, PaperMachines
from tests.runpod.pods import FakePod

PREEMPTION_GRACE_S = 5.0
GPUS = {
    "NVIDIA GeForce RTX 4090": 0.69,
    "NVIDIA RTX A5000": 0.27,
    "NVIDIA L4": 0.43,
    "NVIDIA H100 PCIe": 2.39,
}
"""USD per hour in the secure cloud; the community cloud takes half."""
CPUS = {"cpu5c": 0.035, "cpu3g": 0.04}
"""USD per hour for a vCPU; the secure cloud alone has them."""
DATA_CENTERS = ("EU-RO-1", "US-KS-2", "CA-MTL-1", "AP-JP-1")
WITHOUT_NETWORK = ("AP-JP-1",)
FULL = "There are no longer any instances available with the requested specifications. Please refresh and try again."


class Rejected(Exception):
    """The API says no: status and detail."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(status, detail)
        self.status = status
        self.detail = detail


class FakeCloud:
    """Safe from many threads."""

    def __init__(self, today: Callable[[], datetime], machines: Machines | None = None, boot_s: float = 60.0) -> None:
        self.boot_s = boot_s
        self.full: set[tuple[str, str]] = set()
        """(GPU type, data centre) that have no capacity."""
        self.balance_is_empty = False
        self.forbidden: set[str] = set()
        """GPU types that the account may not have."""
        self.stuck: set[str] = set()
        """GPU types whose pods never come up."""
        self.lands_in: str | None = None
        """Another data centre than was asked for."""
        self.billed: dict[str, float] = {}
        """GPU type → USD per hour on the bill, where it is not the list price."""
        self.bills_late = False
        """Whether a new pod's cost shows only once it is up."""
        self.renames: Callable[[str], str] = lambda name: name
        self.deletes = True
        """False: a deletion is accepted, and nothing happens."""
        self.hidden: set[str] = set()
        """Pods that a list leaves out."""
        self.unknown: set[str] = set()
        """Pods that are 404 by their id."""
        self._today = today
        self._machines = machines or PaperMachines()
        self._lock = threading.RLock()
        self._pods: dict[str, FakePod] = {}

    def alive(self) -> list[FakePod]:
        """Whatever is on the bill: all but TERMINATED."""
        with self._lock:
            self._notice_exits()
            return [pod for pod in self._pods.values() if pod.ended != "TERMINATED"]

    def everything(self) -> list[FakePod]:
        """That there ever was, in order."""
        with self._lock:
            return list(self._pods.values())

    def usd_per_hour(self) -> float:
        return sum(float(pod.shown(self._today())["cost"]) for pod in self.alive())

    def sell_out(self) -> None:
        self.full = {(machine, place) for machine in (*GPUS, *CPUS) for place in DATA_CENTERS}

    def preempt(self, pod_id: str) -> None:
        """The machine is wanted back: SIGTERM, some seconds, and the pod is EXITED."""
        self._end(pod_id, "EXITED")

    def vanish(self, pod_id: str) -> None:
        """It is gone from one moment to the next, with all traces."""
        self._end(pod_id, "TERMINATED", grace_s=0.0)
        with self._lock:
            del self._pods[pod_id]

    def freeze(self, pod_id: str) -> None:
        """Its network or its kernel hangs; RunPod goes on saying RUNNING."""
        self._machines.freeze(pod_id)

    def catalogue(self, cloud: str, count: int) -> dict[str, Any]:
        return {"gpus": [self._offer(gpu, usd) for gpu, usd in GPUS.items()]}

    def cpu_catalogue(self) -> dict[str, Any]:
        return {"cpus": [self._cpu_offer(cpu, usd) for cpu, usd in CPUS.items()]}

    def shown(self) -> dict[str, Any]:
        with self._lock:
            self._notice_exits()
            return {"pods": [pod.shown(self._today()) for pod in self._pods.values() if pod.id not in self.hidden]}

    def pod(self, pod_id: str) -> dict[str, Any]:
        with self._lock:
            self._notice_exits()
            if pod_id not in self._pods or pod_id in self.unknown:
                raise Rejected(404, "pod not found")
            return self._pods[pod_id].shown(self._today())

    def create(self, request: dict[str, Any]) -> dict[str, Any]:
        machine, place = self._placed(request)
        with self._lock:
            pod = FakePod(
                id=f"pod{len(self._pods) + 1:06d}",
                request={**request, "name": self.renames(request["name"])},
                data_center=self.lands_in or place,
                usd_per_hour=self._price(machine, request),
                created_at=self._today(),
                boot_s=self.boot_s,
                is_stuck=machine in self.stuck,
                is_billed_late=self.bills_late,
            )
            self._pods[pod.id] = pod
            if not pod.is_stuck:
                self._machines.start(pod.id, request.get("env", {}), request.get("args", ""))
            return pod.shown(self._today())

    def delete(self, pod_id: str) -> None:
        self.pod(pod_id)
        if self.deletes:
            self._end(pod_id, "TERMINATED")

    def _placed(self, request: dict[str, Any]) -> tuple[str, str]:
        """What RunPod checks beyond the description. The answer for a broken rule looks like that for no capacity."""
        if ("gpu" in request) == ("cpu" in request):
            raise Rejected(400, "exactly one of gpu and cpu must be set")
        if len(request.get("mounts", {})) > 1:
            raise Rejected(400, "persistent and network mounts are mutually exclusive")
        if "cpu" in request and (request.get("globalNetworking") or "persistent" in request.get("mounts", {})):
            raise Rejected(400, "CPU pods have neither global networking nor persistent mounts")
        if self.balance_is_empty:
            raise Rejected(402, "insufficient balance")
        machine = (request.get("gpu") or request["cpu"])["id"]
        if machine in self.forbidden:
            raise Rejected(403, "this account has no access to this pool")
        wanted = request.get("dataCenterIds") or list(DATA_CENTERS)
        places = [place for place in wanted if place in DATA_CENTERS and (machine, place) not in self.full]
        if request.get("globalNetworking"):
            places = [place for place in places if place not in WITHOUT_NETWORK]
        if machine not in (GPUS if "gpu" in request else CPUS) or not places:
            raise Rejected(400, FULL)
        return machine, places[0]

    def _price(self, machine: str, request: dict[str, Any]) -> float:
        if "cpu" in request:
            return self.billed.get(machine, CPUS[machine] * float(request["cpu"]["vcpuCount"]))
        listed = GPUS[machine] if request.get("cloud", "SECURE") == "SECURE" else GPUS[machine] / 2
        return self.billed.get(machine, listed * float(request["gpu"].get("count", 1)))

    def _offer(self, gpu: str, usd: float) -> dict[str, Any]:
        free = [place for place in DATA_CENTERS if (gpu, place) not in self.full]
        return {
            "id": gpu,
            "name": gpu.removeprefix("NVIDIA "),
            "pool": None,
            "manufacturer": "NVIDIA",
            "memory": 24,
            "secure": True,
            "community": True,
            "price": {"secure": usd, "community": usd / 2},
            "maxCount": {"secure": 8, "community": 4},
            "availability": "HIGH" if free else "NONE",
            "dataCenters": [{"id": place, "name": place, "availability": "HIGH"} for place in free],
        }

    def _cpu_offer(self, cpu: str, usd: float) -> dict[str, Any]:
        free = [place for place in DATA_CENTERS if (cpu, place) not in self.full]
        return {
            "id": cpu,
            "name": cpu,
            "group": "Gen 5",
            "vcpu": {"min": 2, "max": 32},
            "ramGbPerVcpu": 4.0,
            "price": {"securePerVcpu": usd, "serverlessPerVcpu": usd},
            "availability": "HIGH" if free else "NONE",
            "dataCenters": [{"id": place, "name": place, "availability": "HIGH"} for place in free],
        }

    def _end(self, pod_id: str, status: str, grace_s: float = PREEMPTION_GRACE_S) -> None:
        self._machines.stop(pod_id, grace_s=grace_s)
        with self._lock:
            self._pods[pod_id].end(status, self._today())

    def _notice_exits(self) -> None:
        for pod in self._pods.values():
            if pod.ended is None and self._machines.has_exited(pod.id):
                pod.end("EXITED", self._today())
