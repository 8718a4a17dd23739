"""How large the fleet is and what its actors are made from. Picklable, and without secrets: those stay in each process's environment."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from actors.names import renderer_name


@dataclass(frozen=True, kw_only=True, slots=True)
class RendererPlan:
    """One renderer: its name, its backend, and what it reserves."""

    name: str
    backend: str
    options: tuple[tuple[str, str], ...]
    num_cpus: float
    num_gpus: float
    version: str
    """Of the code and the options: a renderer with others is replaced."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PublisherPlan:
    version: str
    num_slots: int
    """Clips published at once."""
    spool_max_bytes: int
    num_cpus: float = 0.2
    """A fraction, because encoding overlaps with drawing: two CPUs carry a whole laptop fleet."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FleetPlan:
    renderers: tuple[RendererPlan, ...]
    publisher: PublisherPlan
    is_for_one_node: bool
    """The database or the artifacts cannot be reached from another machine: everything stays on the head."""
    version: str


def plan_renderers(
    backend: str, *, count: int, num_cpus: float, num_gpus: float, options: dict[str, str], version: str
) -> tuple[RendererPlan, ...]:
    pairs = tuple(sorted(options.items()))
    if pairs:
        version = f"{version}-{hashlib.sha256(repr(pairs).encode()).hexdigest()[:6]}"
    return tuple(
        RendererPlan(
            name=renderer_name(backend, index),
            backend=backend,
            options=pairs,
            num_cpus=num_cpus,
            num_gpus=num_gpus,
            version=version,
        )
        for index in range(count)
    )
