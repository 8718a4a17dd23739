"""What a leading coordinator remembers of the work in the air. Everything here can be rebuilt from SQL."""

from __future__ import annotations

from dataclasses import dataclass, field

from episodes.errors import RendererLost
from episodes.job import JobResult
from episodes.model import ActiveEpisode, OpenAttempt, ReadyBeat


@dataclass(kw_only=True, slots=True)
class Flight:
    """An open attempt. It ends with a result, or is lost and then looked for in the store."""

    attempt: OpenAttempt
    share: float = 0.0
    """Of its work, as last heard."""
    lost: RendererLost | None = None
    """Its answer will not come: whatever it stored counts."""
    num_missed: int = 0
    """Surveys in a row in which nobody had it."""
    stopping_since_s: float | None = None
    """When it was told to stop."""
    landed: JobResult | None = None

    @property
    def is_film(self) -> bool:
        return self.attempt.beat_id is None


@dataclass(kw_only=True, slots=True)
class Run:
    """An active episode, with a small window of its beats that could start now."""

    episode: ActiveEpisode
    ready: list[ReadyBeat] = field(default_factory=list)
    may_have_more: bool = True
    """The store may know ready beats beyond the window."""
    may_settle: bool = True
    """Something ended since the store was last asked whether the episode moves on."""
    num_rendering: int = 0
    last_start: int = 0
    looked_at_s: float = 0.0
    """When the window was filled, for the time that beats wait for a renderer."""
