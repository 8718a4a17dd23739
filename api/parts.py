"""What the API is made of: its parts come in here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from api.keys import ApiKey
from episodes.episode_store import EpisodeStore
from episodes.fleet import Kind
from episodes.health import Checkup
from episodes.ports import ArtifactStore, CoordinatorDoor, Planner, Screenplays, ScriptSupervisor, WorldBuilder, WorldStore
from episodes.upkeep import Upkeep


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiLimits:
    """How much one client may ask for at once."""

    max_body_bytes: int = 1_000_000
    """Of a JSON body; a world of 64 characters and 64 places with a page of text and four pictures each fits."""
    max_picture_bytes: int = 25_000_000
    max_upload_bytes: int = 100_000_000
    """Of one multipart body: several pictures."""
    max_pictures: int = 16
    """In one upload."""
    body_timeout_s: float = 30.0
    """For a whole body to arrive; longer is a client that holds a connection for nothing."""
    upload_timeout_s: float = 180.0
    """The same for a multipart body: one picture of the largest size at 1.2 Mbit/s."""
    max_event_streams: int = 200
    """Open at once per process; below the replica's `max_ongoing_requests`, so that streams never shut out requests."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EventPace:
    """How often an event stream looks and speaks."""

    poll_s: float = 0.2
    """Between two looks for new events, of all streams together."""
    progress_s: float = 0.5
    """At least, between two progress messages of one episode."""
    heartbeat_s: float = 15.0
    """After so much silence a comment is sent, so that proxies keep the connection."""


Readiness = Callable[[], Mapping[str, str]]
"""Check → why it is not ready; an empty reason: it is. Called in a worker thread."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiParts:
    episodes: EpisodeStore
    worlds: WorldStore
    builder: WorldBuilder
    planner: Planner
    supervisor: ScriptSupervisor
    screenplays: Screenplays
    artifacts: ArtifactStore
    coordinator: CoordinatorDoor
    kinds: tuple[Kind, ...]
    """What the fleet may be made of, in the order in which one is chosen for requests that name no backend."""
    readiness: Readiness
    upkeep: Upkeep
    doctor: Callable[[], Checkup]
    """Looks at every node and at what they share; may take a minute. Called in a worker thread."""
    keys: tuple[ApiKey, ...] = ()
    """Who may call; none: whoever reaches the API, which then listens on this machine only."""
    cors_origins: tuple[str, ...] = ()
    limits: ApiLimits = field(default_factory=ApiLimits)
    pace: EventPace = field(default_factory=EventPace)


async def parts_of(request: Request) -> ApiParts:
    parts: ApiParts = request.app.state.parts
    return parts


Parts = Annotated[ApiParts, Depends(parts_of)]
