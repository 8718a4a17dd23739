"""What the API answers about the fleet, and how it is made of what the coordinator recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from api.shapes import Shape
from episodes.choosing import can_work, chosen_kind
from episodes.errors import BadInput
from episodes.fleet import Kind, RendererState
from episodes.model import FleetSnapshot, RendererNote
from episodes.plan import CameraMove


class RendererShape(Shape):
    """A renderer as it was last seen; one that could not start is absent."""

    name: str
    state: RendererState
    node: str
    attempt_id: str | None
    """What it has in hand."""
    is_parked: bool
    """Its GPU's memory is free; the next beat brings it back."""
    blocked_reason: str
    """Why it gets no beats; empty: it does."""
    start_failure: str
    """Why it could not start the last time; empty: it could."""
    no_room: str
    """Why no machine of the cluster can take it now; empty: one can, or that is not known."""


class KindShape(Shape):
    """Renderers that hold the same warm. `backend` of a request or a beat names one."""

    name: str
    count: int
    """The most there may be; beats that wait bring them."""
    min_count: int
    """So many are always there."""
    costs_per_clip: bool
    """Somebody is paid for each clip: it is never chosen for a request that names no backend."""
    camera_moves: list[CameraMove] | None
    """Those that it can be told to make; null: all."""
    can_work: bool
    """Somebody is there or can be started here, and is neither blocked nor failing to start."""
    impossible: str
    """Why nobody of it can ever start here; empty: somebody might."""
    back_off_s: float
    """It could not start, and is tried again when so much time has passed since; 0: it may be started."""
    renderers: list[RendererShape]


class FleetShape(Shape):
    seen_at: datetime | None
    """When something was last new; null: nobody has led this fleet yet."""
    default_backend: str | None
    """What a request that names none would get now; null: nothing, since all that there is costs money per clip."""
    kinds: list[KindShape]
    """In the order in which one is chosen."""


def fleet_shape(kinds: Sequence[Kind], fleet: FleetSnapshot | None) -> FleetShape:
    return FleetShape(
        seen_at=fleet.at if fleet is not None else None,
        default_backend=_default(kinds, fleet),
        kinds=[_kind_shape(kind, fleet) for kind in kinds],
    )


def _default(kinds: Sequence[Kind], fleet: FleetSnapshot | None) -> str | None:
    try:
        return chosen_kind(kinds, fleet)
    except BadInput:
        return None


def _kind_shape(kind: Kind, fleet: FleetSnapshot | None) -> KindShape:
    notes = [note for note in (fleet.kinds if fleet is not None else ()) if note.name == kind.name]
    return KindShape(
        name=kind.name,
        count=len(kind.renderers),
        min_count=kind.min_count,
        costs_per_clip=kind.costs_per_clip,
        camera_moves=None if kind.camera_moves is None else list(kind.camera_moves),
        can_work=bool(kind.renderers) if fleet is None else can_work(kind, fleet),
        back_off_s=next((note.back_off_s for note in notes), 0.0),
        impossible=next((note.impossible for note in notes), ""),
        renderers=[_renderer_shape(note) for note in (fleet.renderers if fleet else ()) if note.backend == kind.name],
    )


def _renderer_shape(note: RendererNote) -> RendererShape:
    return RendererShape(
        name=note.name,
        state=note.state,
        node=note.node,
        attempt_id=note.attempt_id,
        is_parked=note.is_parked,
        blocked_reason=note.blocked_reason,
        start_failure=note.start_failure,
        no_room=note.no_room,
    )
