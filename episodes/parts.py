"""What a coordinator is made of, and its pace."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import Protocol, TypeVar

from episodes.ports import ArtifactStore, Clock, EpisodeStore, Fleet, Meter

T = TypeVar("T")


class InThread(Protocol):
    """Runs a blocking call without holding up the event loop."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """What a coordinator works with."""

    store: EpisodeStore
    fleet: Fleet
    artifacts: ArtifactStore
    clock: Clock
    meter: Meter
    random: Random
    in_thread: InThread


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How often a coordinator looks, and how long it waits; seconds."""

    lease_ttl_s: float = 10.0
    renew_s: float = 3.0
    """A third of the lease: two renewals may fail before it is lost."""
    survey_s: float = 1.0
    look_s: float = 2.0
    """A wake-up may get lost; this bounds what it costs."""
    stop_s: float = 10.0
    """What a cancelled render gets to listen before its actor is killed."""
    retry_lease_s: float = 0.5
    retry_store_s: float = 0.5
