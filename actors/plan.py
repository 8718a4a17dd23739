"""How large the fleet is and what its actors are made from. Picklable, and without secrets: those stay in each process's environment."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from actors.names import renderer_name
from episodes.content import kind_recipe
from episodes.fleet import Kind
from episodes.money import FREE, Tariff
from episodes.plan import CameraMove

SLOT_CPUS = 0.01
"""A slot of the queue only waits."""


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
    slot_deadline_s: float | None = None
    """It renders nothing itself, but stands for a place in the queue, and waits for so long; None: it renders."""
    forgets: bool = False
    """A slot: what the one before it left in the queue is over."""

    @property
    def is_slot(self) -> bool:
        return self.slot_deadline_s is not None


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

    @property
    def fingerprint(self) -> str:
        """The version, and another one after any change of the fleet: a head that comes back with other settings leads by them."""
        return f"{self.version}-{hashlib.sha256(repr(self).encode()).hexdigest()[:6]}"

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
    tariff: Tariff = FREE,
    camera_moves: tuple[CameraMove, ...] | None = None,
    num_cpus: float,
    num_gpus: float = 0,
    options: Mapping[str, str],
    queue: bool = False,
    deadline_s: float = 900.0,
    version: str,
) -> KindPlan:
    """`backend` None: it is called as the kind is. `min_count` None: all are always there. `queue`: they are slots of it."""
    kind = Kind(
        name=name,
        renderers=tuple(renderer_name(name, index) for index in range(count)),
        min_count=count if min_count is None else min_count,
        retire_after_s=retire_after_s,
        park_after_s=park_after_s,
        costs_per_clip=tariff.sells_clips,
        tariff=tariff,
        camera_moves=camera_moves,
        recipe=kind_recipe(backend or name, options),
    )
    made_from = (backend or name, tuple(sorted(options.items())))
    slot_deadline_s = deadline_s if queue else None
    if made_from != (name, ()) or queue:
        made = repr((made_from, slot_deadline_s) if queue else made_from)
        version = f"{version}-{hashlib.sha256(made.encode()).hexdigest()[:6]}"
    renderers = (
        RendererPlan(
            name=renderer,
            kind=name,
            backend=made_from[0],
            options=made_from[1],
            num_cpus=SLOT_CPUS if queue else num_cpus,
            num_gpus=num_gpus,
            slot_deadline_s=slot_deadline_s,
            version=version,
        )
        for renderer in kind.renderers
    )
    return KindPlan(kind=kind, renderers=tuple(renderers))
