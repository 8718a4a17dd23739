"""What a pod is to be, as its environment says it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from cluster.entrypoint.head_state import HeadState, InMemory, read_head_state
from cluster.errors import BadConfig
from cluster.identity import Kind
from cluster.launching import FILE, unpacked
from cluster.orders import NETWORK

_HOUR_S = 3600.0
_EVERYBODY = "0.0.0.0"  # noqa: S104  # only with keys: RunPod's proxy comes from outside the container


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How long what may take, in seconds. A pod that waits bills like one that works."""

    network_s: float = 120.0
    """Until the private network is there: it comes after the container has started."""
    head_s: float = 300.0
    """Until the head answers for the first time."""
    start_s: float = 300.0
    """Until `ray start` has a raylet."""
    lost_head_s: float = 660.0
    """The dead man's switch. Longer than Ray itself waits for a head that restarts, so that Ray speaks first."""
    drained_s: float = 60.0
    """Whom the cluster lets go is deleted by it; a pod that went first would look like one that was lost, and its place would rest."""
    unused_s: float = 600.0
    """Without a process at work, until Ray is asked why this pod is still there; the autoscaler lets idle ones go earlier."""
    life_s: float | None = None
    """A worker's, whatever else is the case; none: no end."""
    down_s: float = 1800.0
    """For so long a head tries to bring its Ray back."""
    drain_s: float = 3.0
    """RunPod gives a pod that it takes away few seconds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Assignment:
    kind: Kind
    head: tuple[str, int]
    """Where the head's Ray is to be found: host and port. Of a head only the port counts."""
    network: str | None
    """Interface whose address the others know this pod by; none: whichever leads to the head."""
    file: bytes | None = field(repr=False)
    """Of a head: ray-cluster.yaml as JSON; none: it is alone, and buys no workers."""
    api_port: int
    """Of a head: where its HTTP API listens."""
    api_host: str
    """Of a head: for whom. Without keys of its own the API is for this pod alone."""
    limits: Limits
    state: HeadState = field(default_factory=InMemory)
    """Of a head: where its Ray keeps what it knows."""

    @property
    def is_head(self) -> bool:
        return self.kind is Kind.HEAD


def read_assignment(variables: Mapping[str, str]) -> Assignment:
    """Raises BadConfig. A pod that names no head is one."""
    if not variables.get("RAY_AUTH_TOKEN"):
        raise BadConfig(
            "RAY_AUTH_TOKEN is not set, and without it anybody could run code on this pod.",
            "Give the pod the token of its cluster: `ray get-auth-token --generate` makes one.",
        )
    address = variables.get("STORYWORLD_HEAD_ADDRESS")
    file = _file(variables.get(FILE))
    return Assignment(
        kind=Kind.WORKER if address else Kind.HEAD,
        head=_host_and_port(address) if address else ("", _head_port(file)),
        network=variables.get(NETWORK) or None,
        file=file,
        api_port=int(_number(variables, "STORYWORLD_API_PORT", 8000)),
        api_host=_EVERYBODY if variables.get("API_KEYS") else "127.0.0.1",
        limits=_limits(variables),
        state=InMemory() if address else read_head_state(variables),
    )


def _file(packed: str | None) -> bytes | None:
    try:
        return unpacked(packed) if packed else None
    except (ValueError, OSError, EOFError) as error:
        raise BadConfig(f"{FILE} cannot be read.", "`ray up` makes it; leave it out for a pod that is alone.") from error


def _limits(variables: Mapping[str, str]) -> Limits:
    usual = Limits()
    rays_own_s = _number(variables, "RAY_gcs_rpc_server_reconnect_timeout_s", 600.0)
    hours = _number(variables, "STORYWORLD_MAX_HOURS", 0.0)
    return Limits(
        network_s=_number(variables, "STORYWORLD_NETWORK_LIMIT_S", usual.network_s),
        head_s=_number(variables, "STORYWORLD_HEAD_LIMIT_S", usual.head_s),
        lost_head_s=_number(variables, "STORYWORLD_LOST_HEAD_LIMIT_S", rays_own_s + 60),
        drained_s=_number(variables, "STORYWORLD_DRAINED_LIMIT_S", usual.drained_s),
        unused_s=_number(variables, "STORYWORLD_UNUSED_LIMIT_S", usual.unused_s),
        life_s=hours * _HOUR_S if hours else None,
        drain_s=_number(variables, "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S", usual.drain_s),
    )


def _number(variables: Mapping[str, str], name: str, default: float) -> float:
    text = variables.get(name)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise BadConfig(f"{name} is {text!r}, which is no number.", "Set it under env in ray-cluster.yaml, or leave it out.")
    return value


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise BadConfig(f"STORYWORLD_HEAD_ADDRESS is {address!r}.", "Write it as host:port, like 10.65.0.1:6379.")
    return host, int(port)


def _head_port(file: bytes | None) -> int:
    section = json.loads(file)["provider"] if file else {}
    return int(section.get("head_port", 6379))
