"""What SQL remembers about episodes, as it is handed around: frozen, and true at the moment it was read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime

from episodes.errors import FailureClass
from episodes.fleet import RendererState
from episodes.job import JobResult, StartFrame, StoredFile
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from episodes.money import UNLIMITED, Funds
from episodes.nouns import Id, Noun
from episodes.plan import Beat, EpisodeRequest, Format, Motion, Plan, Treatment


@dataclass(frozen=True, kw_only=True, slots=True)
class Lease:
    """The right to coordinate. Every write of the holder carries `fence`; the store refuses an older one."""

    holder: str
    fence: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Artifact:
    artifact_type: str
    """`video`, `poster`, `film`, `subtitles_srt`, `subtitles_vtt`."""
    version: int
    """Counts from 1 for each type of one beat or film."""
    file: StoredFile


class ClipSource(Noun):
    """The attempt that made a clip, for another one that takes a copy of it."""

    episode_id: str
    beat_id: Id
    attempt_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One try to render a beat, or to cut the film (`beat_id` None)."""

    attempt_id: str
    episode_id: str
    beat_id: str | None
    revision: int
    """Of the beat; an attempt for an older revision is never selected."""
    number: int
    """From 1, never restarting within its beat."""
    state: AttemptState
    renderer: str
    node: str = ""
    failure_class: FailureClass | None = None
    reason: str = ""
    opened_at: datetime
    ended_at: datetime | None = None
    has_preview: bool = False
    """It is open, and how it looks so far is kept."""
    take: int | None = None
    """The take that it is an attempt at; None: it was the beat's turn, or the film's."""
    seed: int | None = None
    """None: it is the film's, or nobody kept it."""
    reused_from: ClipSource | None = None
    """Nothing is rendered for it: it takes a copy of this one's clip."""
    reserved_micros: int | None = 0
    """For it before it began; None: it costs something, and no budget held."""
    spent_micros: int = 0
    """What it has cost; 0 while it is open."""
    render_s: float | None = None
    """How long its frames took; None: it was not accepted, or nobody measured it."""


class RendererNote(Noun):
    """A renderer as the coordinator last saw it."""

    name: str
    backend: str
    """Its kind, as beats name it."""
    state: RendererState
    node: str = ""
    incarnation: str = ""
    """Changes when the actor's process does."""
    attempt_id: str | None = None
    blocked_reason: str = ""
    """Why it gets nothing; empty when it does."""
    is_parked: bool = False
    """Its GPU's memory is free; the next beat brings it back."""
    start_failure: str = ""
    """Why it could not start the last time that it tried."""
    no_room: str = ""
    """Why no machine of the cluster can take it now; empty: one can, or that is not known."""


class KindNote(Noun):
    """A kind of renderer, whether any of it is there or not."""

    name: str
    count: int
    """The most there may be."""
    min_count: int
    costs_per_clip: bool = False
    back_off_s: float = 0.0
    """It could not start, and is tried again when so much time has passed since; 0: it may be started."""
    impossible: str = ""
    """Why nobody of it can ever start here; empty: somebody might."""


class FleetSnapshot(Noun):
    """The fleet at one moment, kept so that anybody can be told why a beat waits."""

    at: AwareDatetime
    renderers: tuple[RendererNote, ...] = ()
    """Those that are there, and those that could not start."""
    kinds: tuple[KindNote, ...] = ()
    """In the order of the fleet's setting."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BeatView:
    """A beat with everything that happened to it."""

    beat: Beat
    revision: int
    state: BeatState
    progress: float
    """Share of the work done, 0 to 1; 1 only with a stored clip; never falls within a revision."""
    reason: str = ""
    """Why it failed or waits; empty when there is nothing to say."""
    attempts: tuple[Attempt, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    """Of the selected attempt."""
    not_before: datetime | None = None
    """When it may be tried again; None when nothing holds it back."""
    unmet: tuple[str, ...] = ()
    """The beats that it still waits for."""
    backend: str
    """Who makes its frames, or made them: its first choice (in `beat`), or what it fell back to."""
    fallback_reason: str = ""
    """What kept those before `backend` from it, each with its name; empty while it is at its first choice."""
    needs_micros: int = 0
    """What its next attempt needs and was not left when it was to begin; 0: that was not so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Take:
    """One of the clips of a beat that people choose from, or on its way to be one."""

    number: int
    """Of all takes that a beat of this id has had, from 1: its own first clip, and whatever came since."""
    revision: int
    """Of the beat; one of an older revision can be looked at, and is never selected again."""
    seed: int | None
    """None: its clip is of a time when nobody kept it."""
    state: BeatState
    """ACCEPTED: its clip is there."""
    is_selected: bool
    """Its clip is the beat's."""
    progress: float
    """As a beat's."""
    reason: str = ""
    """Why it failed, or its last attempt did."""
    attempt: Attempt | None = None
    """The newest at it."""
    artifacts: tuple[Artifact, ...] = ()
    not_before: datetime | None = None
    needs_micros: int = 0
    """Both as in BeatView."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EpisodeSummary:
    episode_id: str
    request: EpisodeRequest
    state: EpisodeState
    progress: float
    """Weighted by length, 0 to 1; 1 only with a stored film; never falls."""
    created_at: datetime
    updated_at: datetime
    reason: str = ""
    num_beats: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class EpisodeView(EpisodeSummary):
    world_revision: int | None = None
    """Of the world that the plan was made from."""
    plan_version: int = 0
    """Rises with every change of its plan; 0: it has none yet."""
    logline: str = ""
    treatment: Treatment = field(default_factory=Treatment)
    beats: tuple[BeatView, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    """The film and what lies beside it."""
    film_attempts: tuple[Attempt, ...] = ()
    funds: Funds = UNLIMITED
    total: Funds | None = None
    """Of all episodes together; None: no limit is set for them."""
    queue_is_paused: bool = False
    """Nothing new starts anywhere."""
    fleet: FleetSnapshot | None = None
    """As it was last recorded; None: never."""

    @property
    def plan(self) -> Plan:
        """Of its beats as they are now. There must be some."""
        return Plan(**dict(self.treatment), beats=tuple(view.beat for view in self.beats), logline=self.logline)


@dataclass(frozen=True, kw_only=True, slots=True)
class EpisodePage:
    episodes: tuple[EpisodeSummary, ...]
    next_cursor: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Something that happened to an episode. Numbered from 1 per episode without holes, in commit order."""

    episode_id: str
    number: int
    event_type: str
    """`episode.created`, `beat.rendering`, `attempt.failed`, `film.ready`, …"""
    data: dict[str, Any]  # JSON of a shape that depends on the type; read by people and pages
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgressView:
    """The throttled columns, for a stream between two events."""

    state: EpisodeState
    progress: float
    beats: dict[str, float]
    has_takes: bool = False
    """Takes wait or are being rendered: more happens, even where the episode has ended."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ActiveEpisode:
    """What the coordinator needs to know of an episode that it works on."""

    episode_id: str
    state: EpisodeState
    format: Format
    motion: Motion
    created_at_s: float
    is_budgeted: bool = False
    """What it costs is limited, by its own budget or that of all."""
    has_takes: bool = False
    """Takes of its beats wait or are being rendered."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadyBeat:
    """A pending beat whose dependencies are accepted and whose back-off is over, or a take of one that is accepted."""

    episode_id: str
    beat: Beat
    revision: int
    num_attempts: int
    """All of them so far: the next one's number is one more."""
    num_counted: int
    """Those that count against the limit."""
    avoid_renderers: tuple[str, ...]
    """Renderers that failed it, latest last."""
    start_frame: StartFrame | None
    fallbacks: tuple[str, ...] = ()
    """What it may still fall back to, in order, when `beat.backend` (the present one) cannot."""
    is_fresh: bool = False
    """Somebody asked for a new clip, even where one of the same content is there."""
    take: int | None = None
    """Its number; `beat` has its seed. None: it is the beat's own turn."""
    content_key: str = ""
    """Of the clip that it will have; empty where nobody knows what that depends on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """An attempt about to begin."""

    attempt_id: str
    episode_id: str
    beat_id: str | None
    revision: int
    backend: str
    """That the renderer has, and the beat was at when it was given to it; empty for a film."""
    renderer: str
    node: str
    take: int | None = None
    """As in ReadyBeat."""
    seed: int | None = None
    """Of a beat or take; None: of a film."""
    content_key: str = ""
    """What its clip will depend on, as a hash; empty: that is not known, and its clip is not used again."""
    reused_from: ClipSource | None = None
    """Whose clip it takes a copy of; None: it renders."""
    quote_micros: int | None = 0
    """What to reserve for it; None: nobody knows."""
    per_hour_micros: int = 0
    """What its renderer costs at work; 0: `quote_micros` is its price."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenAttempt:
    """An attempt that some coordinator opened and nobody closed."""

    attempt_id: str
    episode_id: str
    beat_id: str | None
    revision: int
    number: int
    num_counted: int
    """Counted failures of the beat (or film) before this one."""
    num_crashes: int = 0
    """Those of them that were crashes; of a beat."""
    num_uncounted: int = 0
    """Failures before this one that did not count."""
    troubled_since_s: float | None = None
    """When the first of these was recorded, by the clock of `opened_at_s`; None: there are none."""
    backend: str
    """Empty for a film."""
    renderer: str
    node: str
    opened_at_s: float
    take: int | None = None
    reserved_micros: int | None = 0
    """Both as in Attempt."""
    per_hour_micros: int = 0

    @property
    def allowed_s(self) -> float | None:
        """How long its renderer may work on it for what is reserved; None: as long as it takes."""
        return (
            3600 * self.reserved_micros / self.per_hour_micros
            if self.per_hour_micros and self.reserved_micros is not None
            else None
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """How an attempt ended without a clip, and what becomes of its beat or film."""

    attempt_id: str
    failure_class: FailureClass
    reason: str
    counted: bool
    retry_in_s: float | None
    """None: the beat (or film) fails for good, unless the beat can fall back. Else it is ready again after so many seconds."""
    work_s: float | None = None
    """How long a renderer worked on it; None: that is not known, and all the time that it was open counts."""
    bought_nothing: bool = False
    """It costs nothing: it was to be bought, and was not, or by an attempt before it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Acceptance:
    """A result that claims to be an attempt's, its files' hashes checked."""

    attempt_id: str
    result: JobResult
