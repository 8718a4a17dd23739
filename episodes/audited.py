"""What an audit reads of an episode: every row of it, as one moment has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from episodes.errors import FailureClass
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from episodes.money import UNLIMITED, Funds


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptAudit:
    attempt_id: str
    beat_id: str | None
    revision: int
    number: int
    state: AttemptState
    backend: str
    """Empty for a film."""
    is_unwanted: bool
    """Nobody will ever want its result: its beat was cancelled or revised, its plan replaced, while it was open."""
    failure_class: FailureClass | None
    take: int | None = None
    """As in Attempt."""
    counted: bool
    num_counted_before: int
    """Counted failures of the beat (or film) when it began, since they were last forgiven."""
    num_crashes_before: int
    """Those of them that were crashes; of a beat."""
    num_uncounted_before: int
    fence: int
    """Of the lease that it was begun under."""
    opened_at: datetime
    ended_at: datetime | None
    reserved_micros: int | None = 0
    spent_micros: int = 0
    """Both as in Attempt."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ArtifactAudit:
    key: str
    artifact_type: str
    sha256: str
    size_bytes: int
    num_frames: int | None
    attempt_id: str
    is_selected: bool
    """Its attempt is; an older revision's attempt may be too, until it is superseded."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BeatAudit:
    beat_id: str
    state: BeatState
    revision: int
    num_attempts_in: Mapping[AttemptState, int]
    """Of all revisions; states without any are left out."""
    num_counted: int
    """Attempts whose failure counted, forgiven or not."""
    num_retries: int
    """How often its failures were forgiven by opening it again, in all revisions."""
    num_after_cancel: int
    """Attempts begun after the episode was cancelled: more than none is a fault."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TakeAudit:
    """A take that was asked for."""

    beat_id: str
    number: int
    revision: int
    state: BeatState


@dataclass(frozen=True, kw_only=True, slots=True)
class EpisodeAudit:
    """Everything that must fit together in one episode, for whoever checks that nothing was lost and nothing accepted twice."""

    episode_id: str
    state: EpisodeState
    revision: int
    """The highest that one of its beats has had."""
    cancelled_at: datetime | None
    """None: it was not, or was opened again since."""
    beats: tuple[BeatAudit, ...]
    """In story order."""
    attempts: tuple[AttemptAudit, ...]
    """In the order of their beginning, the film's too."""
    artifacts: tuple[ArtifactAudit, ...]
    """By key."""
    takes: tuple[TakeAudit, ...] = ()
    """By beat and number."""
    num_events: int
    """As the episode counts them; without holes the next two say the same."""
    num_events_kept: int
    newest_event: int
    """Its number; 0: there is none."""
    funds: Funds = UNLIMITED
