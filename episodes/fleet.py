"""The fleet as a survey finds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from episodes.money import FREE, Tariff
from episodes.plan import CameraMove


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """Renderers that hold the same warm: one backend with the same options. Beats name it as their `backend`."""

    name: str
    renderers: tuple[str, ...]
    """The names of all that there may be."""
    min_count: int
    """So many are always there."""
    retire_after_s: float = 300.0
    """A renderer above `min_count` that was not needed for so long is let go."""
    park_after_s: float | None = None
    """One that had nothing to do for so long gives its GPU's memory back; None: never."""
    costs_per_clip: bool = False
    """Somebody is paid for each of its clips: it is never chosen for a beat that names no kind."""
    camera_moves: tuple[CameraMove, ...] | None = None
    """Those that its backend can be told to make; None: all of them."""
    recipe: str = ""
    """How it makes clips, as a hash (`content.kind_recipe`); empty: that is not known, and no clip of it is used again."""
    tariff: Tariff = FREE


MAX_PREVIEW_BYTES = 32 * 1024
"""Of a JPEG; larger ones are kept nowhere."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """How an attempt looks so far: a small picture, in place of those before it."""

    number: int
    """From 1; a higher one is newer."""
    jpeg: bytes


class RendererState(StrEnum):
    ABSENT = "absent"
    """It died, could not start, or was let go; a survey that wants it starts it."""
    STARTING = "starting"
    IDLE = "idle"
    BUSY = "busy"
    RETIRING = "retiring"
    """Finishes what it has and takes no more."""
    SILENT = "silent"
    """Did not answer in time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RendererReport:
    name: str
    """`renderer:animatic:0`."""
    backend: str
    """Its kind, as beats name it."""
    state: RendererState
    node: str = ""
    incarnation: str = ""
    """Changes when the actor's process does."""
    attempt_id: str | None = None
    share: float = 0.0
    """Of the attempt's whole work, publishing included."""
    is_parked: bool = False
    """Its GPU's memory is free; the next beat brings it back."""
    preview: Preview | None = None
    """The newest of the attempt, while it renders."""
    start_failure: str = ""
    """Of one that is starting or absent: why it could not start the last time."""
    num_failed_starts: int = 0
    """In a row, up to now."""
    no_room: str = ""
    """Of one that is starting: why no machine of the cluster can take it now, as far as that is certain."""
    was_found: bool = False
    """STARTING only: it was there before this leader looked, and has not answered yet. It may have a beat in hand, or be frozen."""

    @property
    def may_hold(self) -> bool:
        """What it has in hand is not known."""
        return self.state is RendererState.SILENT or self.was_found


@dataclass(frozen=True, kw_only=True, slots=True)
class PublisherReport:
    name: str
    """`publisher:{node}`."""
    node: str
    shares: Mapping[str, float]
    """Attempt id → share done, of everything in its hands or spool."""
    has_room: bool = True
    """False: the spool is full, and the renderers of its node get nothing new."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FleetReport:
    renderers: tuple[RendererReport, ...] = ()
    publishers: tuple[PublisherReport, ...] = ()
    silent_publishers: tuple[str, ...] = ()
    """Alive by their name, but without an answer: what they hold is not known."""
    impossible: Mapping[str, str] = field(default_factory=dict)
    """Kind → why nobody of it can ever start here, as far as that is certain."""

    def holds(self, attempt_id: str, *, renderer: str, node: str) -> bool:
        """Somebody still works on it, or might: its own renderer and its node's publisher when they are silent.

        `node` empty: it is not known, and may be any.
        """
        return (
            any(name.endswith(f":{node}") or not node for name in self.silent_publishers)
            or any(r.attempt_id == attempt_id or (r.name == renderer and r.may_hold) for r in self.renderers)
            or any(attempt_id in p.shares for p in self.publishers)
        )
