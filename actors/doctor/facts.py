"""What the checks judge: facts as they were seen, without a verdict. They cross from node to node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Disk:
    path: str
    free_bytes: int
    total_bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Gpu:
    name: str
    used_bytes: int
    total_bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Listener:
    """A port on which a process of Ray's, or one of ours, listens."""

    address: str
    port: int
    process: str
    answers: frozenset[str] = frozenset()
    """Paths that it answered over HTTP to somebody who brought neither token nor key."""
    is_reachable: bool
    """From other machines, as far as the address tells."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeFacts:
    """What one machine sees of itself."""

    node: str
    at_s: float
    """Its clock, in seconds since 1970."""
    code_version: str
    ray_version: str
    python_version: str
    auth_mode: str
    """RAY_AUTH_MODE of Ray's own processes there."""
    kept_in: str = ""
    """Of the head: where its Ray keeps what it knows, "RocksDB" or "Redis"; empty: in memory."""
    disks: tuple[Disk, ...] = ()
    gpus: tuple[Gpu, ...] = ()
    listeners: tuple[Listener, ...] | None = ()
    """None where this kind of system does not tell."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenNode:
    """A node's own facts, and what the cluster says of it."""

    facts: NodeFacts
    clock_ahead_s: float
    """Of the clock of the API's node; negative: behind. Known as well as half the call took."""
    gpus_in_ray: float = 0
    gpus_reserved: float = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ServeFacts:
    http_host: str
    applications: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Name → status, as Serve calls it, and what it says about it."""
    proxies: Mapping[str, str] = field(default_factory=dict)
    """Node → status."""
