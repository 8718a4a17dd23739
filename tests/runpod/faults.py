"""What goes wrong on the way to RunPod and back, a fault at a time."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


@dataclass(kw_only=True, slots=True)
class Fault:
    """Strikes the next `times` calls that it is for."""

    method: str
    path: str = "/v2/pods"
    """And all that lies under it."""
    status: int | None = 500
    """What comes back instead; None: the connection breaks."""
    is_done: bool = False
    """Whether the call was carried out all the same, and only its answer is lost."""
    detail: str = "something went wrong"
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1


class Faults:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._waiting.append(fault)

    def strike(self, method: str, path: str) -> Fault | None:
        with self._lock:
            for fault in self._waiting:
                if fault.method == method and path.startswith(fault.path) and fault.times > 0:
                    fault.times -= 1
                    return fault
            return None
