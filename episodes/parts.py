"""What a coordinator is made of, and its pace."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import Protocol, TypeVar

from episodes.episode_store import EpisodeStore
from episodes.ports import ArtifactStore, Clock, Fleet, Meter

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
    doubt_s: float = 0.4
    """To the survey that settles whether a lost attempt is anywhere; frames on their way arrive in less."""
    gather_s: float = 0.1
    """What a finished beat's row may wait for others, while all renderers have something in hand."""
    preview_s: float = 3.0
    """Between two writes of how beats look so far; each is up to 32 kB for every beat that renders."""
    look_s: float = 2.0
    """A wake-up may get lost; this bounds what it costs."""
    stop_s: float = 10.0
    """What a cancelled render gets to listen before its actor is killed."""
    silence_s: float = 25.0
    """A renderer or publisher without a sign of life is killed and replaced."""
    stall_s: float = 300.0
    """A renderer that answers, but whose attempt comes no further, likewise. Loading a large model into memory fits."""
    start_s: float = 1800.0
    """A renderer that never gets ready: a pod that pulls a large image took up to half an hour. Beats that can fall back wait as long."""
    failing_s: float = 30.0
    """How long nobody of a backend can start, each with a failure, before its beats fall back where they can: the first may pass."""
    bear_s: float = 1800.0
    """How long an attempt that nobody has any more is looked for in an artifact store that does not answer."""
    retry_copy_s: float = 10.0
    """Between two tries to copy a clip while the artifact store does not answer."""
    retry_lease_s: float = 0.5
    retry_store_s: float = 0.5
