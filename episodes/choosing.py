"""Which kind of renderer makes the beats of a request that names none. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from episodes.errors import BadInput
from episodes.fleet import Kind, RendererState
from episodes.model import FleetSnapshot

_AT_WORK = frozenset({RendererState.IDLE, RendererState.BUSY, RendererState.RETIRING})


def chosen_kind(kinds: Sequence[Kind], fleet: FleetSnapshot | None) -> str:
    """The first that can work now; where none can, the first. Of those that cost nothing per clip: BadInput when all do."""
    free = [kind for kind in kinds if kind.renderers and not kind.costs_per_clip]
    if not free:
        names = ", ".join(kind.name for kind in kinds if kind.renderers)
        raise BadInput(
            "No backend was named, and this fleet has none that is free of charge.",
            f"Name one that may cost money: {names}." if names else "Put one into STORYWORLD_FLEET.",
            "backend",
        )
    return next((kind.name for kind in free if fleet is None or can_work(kind, fleet)), free[0].name)


def can_work(kind: Kind, fleet: FleetSnapshot) -> bool:
    """Somebody of it is there or can be started here, and is neither blocked nor failing to start."""
    notes = {note.name: note for note in fleet.renderers if note.name in kind.renderers}
    blocked = {name for name, note in notes.items() if note.blocked_reason}
    eligible = [notes[name] for name in kind.renderers if name in notes and name not in blocked]
    if any(note.state in _AT_WORK for note in eligible):
        return True
    is_out = any(note.name == kind.name and (note.back_off_s or note.impossible) for note in fleet.kinds)
    is_failing = any(note.start_failure and note.state == RendererState.STARTING for note in eligible)
    return len(blocked) < len(kind.renderers) and not is_out and not is_failing
