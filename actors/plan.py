"""How large the fleet is and what its actors are made from. Picklable, and without secrets: those stay in each process's environment."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from actors.names import renderer_name
from episodes.fleet import Kind


@dataclass(frozen=True, kw_only=True, slots=True)
class RendererPlan:
    """One renderer: its name, its backend, and what it reserves."""

    name: str
    kind: str
    backend: str
    options: tuple[tuple[str, str], ...]
    num_cpus: float
    num_gpus: float
    version: str
    """Of the code, the backend and the options: a renderer with others is replaced."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KindPlan:
    """A kind of renderer, and what its renderers are made from."""

    kind: Kind
    renderers: tuple[RendererPlan, ...]
    """All that there may be."""


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
    kinds: tuple[KindPlan, ...]
    """In the order in which one is chosen for episodes that name none."""
    publisher: PublisherPlan
    is_for_one_node: bool
    """The database or the artifacts cannot be reached from another machine: everything stays on the head."""
    version: str

    def all_kinds(self) -> tuple[Kind, ...]:
        return tuple(one.kind for one in self.kinds)

    def all_renderers(self) -> tuple[RendererPlan, ...]:
        return tuple(renderer for one in self.kinds for renderer in one.renderers)


def plan_kind(
    name: str,
    *,
    backend: str | None = None,
    count: int = 1,
    min_count: int | None = None,
    retire_after_s: float = 300.0,
    park_after_s: float | None = None,
    costs_per_clip: bool = False,
    num_cpus: float,
    num_gpus: float = 0,
    options: Mapping[str, str],
    version: str,
) -> KindPlan:
    """`backend` None: it is called as the kind is. `min_count` None: all are always there."""
    kind = Kind(
        name=name,
        renderers=tuple(renderer_name(name, index) for index in range(count)),
        min_count=count if min_count is None else min_count,
        retire_after_s=retire_after_s,
        park_after_s=park_after_s,
        costs_per_clip=costs_per_clip,
    )
    made_from = (backend or name, tuple(sorted(options.items())))
    if made_from != (name, ()):
        version = f"{version}-{hashlib.sha256(repr(made_from).encode()).hexdigest()[:6]}"
    renderers = (
        RendererPlan(
            name=renderer,
            kind=name,
            backend=made_from[0],
            options=made_from[1],
            num_cpus=num_cpus,
            num_gpus=num_gpus,
            version=version,
        )
        for renderer in kind.renderers
    )
    return KindPlan(kind=kind, renderers=tuple(renderers))
