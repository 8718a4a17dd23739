"""What the actors answer on their control lanes."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class RendererStatus:
    version: str
    node: str
    pid: int
    incarnation: str
    gpus: str
    """What CUDA lets it see: "0", "2,3"; empty: none."""
    attempt_id: str | None
    share: float
    is_parked: bool
    is_leaving: bool
    """It takes no more beats."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PublisherStatus:
    version: str
    node: str
    pid: int
    has_room: bool
    shares: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class CoordinatorStatus:
    version: str
    """Of the code and the fleet, as its plan's fingerprint."""
    pid: int
    holder: str
    """As it signs the lease."""
