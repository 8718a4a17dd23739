"""What the API answers: the shapes of episodes, beats, worlds and events on the wire."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from episodes.effects import Effect
from episodes.errors import FailureClass
from episodes.health import Verdict
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from episodes.plan import CameraMove, Line, Mode, Motion, ShotSize, StoryTurn, TimeOfDay, Transition, Wardrobe
from episodes.shots import Angle, KeyframeDensity, Position
from episodes.writing import Writing


class Shape(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class ArtifactShape(Shape):
    type: str
    """`video` and `poster` of a beat; `film`, `poster`, `subtitles_srt` and `subtitles_vtt` of an episode."""
    uri: str
    """Where it is kept: `file:` or `s3:`."""
    version: int
    """Counts from 1: each accepted attempt makes a new one."""
    url: str
    """Path of this API that a client can fetch now."""
    size_bytes: int
    sha256: str
    media_type: str
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    duration_s: float | None = None
    num_frames: int | None = None


class ClipSourceShape(Shape):
    """The attempt that made a clip, for another one that has a copy of it."""

    episode_id: str
    beat_id: str
    attempt_id: str


class AttemptShape(Shape):
    """One try to render the beat or to cut the film."""

    attempt_id: str
    number: int
    state: AttemptState
    renderer: str
    node: str
    failure_class: FailureClass | None
    reason: str
    opened_at: datetime
    ended_at: datetime | None
    take: int | None
    """The take that it is an attempt at; null: it was the beat's turn, or the film's."""
    seed: int | None
    """null: it cuts the film, or is of a time when nobody kept it."""
    reused_from: ClipSourceShape | None
    """Whose clip it takes a copy of, so that nobody renders; null: it renders."""
    cost: Decimal | None
    """In US dollars; null while it is open."""


class CharacterShape(Shape):
    character_id: str
    name: str
    action: str
    emotion: str
    position: Position | None
    """Where in the picture; null: as it comes from who does what to whom."""
    is_target: bool


class PlaceShape(Shape):
    place_id: str
    name: str


class SceneShape(Shape):
    """Beats that follow each other in one place at one hour, in the same clothes."""

    scene_id: str
    place: PlaceShape
    time_of_day: TimeOfDay
    weather: str
    mood: str
    wardrobe: list[Wardrobe]
    """Who is there, and in what."""


class BeatShape(Shape):
    beat_id: str
    index: int
    scene_id: str | None
    """Of the episode's `scenes`; null: it was planned before there were any."""
    state: BeatState
    progress: int = Field(ge=0, le=100)
    """Per cent; 100 only with a stored clip."""
    reason: str
    """Why it failed, or its last attempt did; empty when there is nothing to say."""
    waiting: str
    """Why a pending beat is not being rendered; empty for other states."""
    revision: int
    description: str
    turn: StoryTurn
    action: str
    characters: list[CharacterShape]
    place: PlaceShape
    time_of_day: TimeOfDay
    shot_size: ShotSize
    angle: Angle
    camera_move: CameraMove
    first_frame: str
    last_frame: str
    movement: str
    """What moves between the first and the last picture, and how."""
    dialogue: Line | None
    caption: str
    """The narration: shown when nobody speaks."""
    sound: str
    effects: list[Effect]
    """What is otherwise after it."""
    duration_s: float
    transition: Transition
    keyframe_density: KeyframeDensity
    seed: int
    depends_on: list[str]
    starts_from: str | None
    references: list[str]
    """Keys of the reference pictures that it is rendered from; none: the backend chooses among all of its cast and its place."""
    prompt: str
    negative_prompt: str
    style: str
    backend: str
    """The kind of renderer that makes its frames, or made them."""
    fallback_reason: str
    """Why that is not its first choice: "Rendered by animatic because svd could not: …"; empty when it is."""
    reused_from: ClipSourceShape | None
    """Whose clip its own is a copy of, because that one shows the same; null: it was rendered, or has none."""
    preview_url: str | None
    """Path of a JPEG of how it looks so far, as long as it renders and has shown something; it changes every few seconds."""
    artifacts: list[ArtifactShape]
    attempts: list[AttemptShape]


class EpisodeSummaryShape(Shape):
    episode_id: str
    world_id: str
    state: EpisodeState
    progress: int = Field(ge=0, le=100)
    """Per cent, weighted by the beats' length; never falls; 100 only with a stored film."""
    reason: str
    intent: str
    style: str
    backend: str | None
    """What was asked for; null: it is chosen when the episode is planned, and each beat tells it."""
    fallbacks: list[str]
    """What a beat is tried with, one after the other, where it would fail."""
    mode: Mode
    width: int
    height: int
    fps: int
    duration_s: float
    """Of each beat, as asked for."""
    num_beats: int
    seed: int
    motion: Motion
    created_at: datetime
    updated_at: datetime


class EpisodeShape(EpisodeSummaryShape):
    world_revision: int | None
    """Of the world that the plan was made from."""
    plan_version: int
    """Rises with every change of the plan; 0: it is not planned. Give it back to change exactly this one."""
    logline: str
    tone: str
    look: str
    """The style that all its beats are in: the world's, and what was asked for."""
    scenes: list[SceneShape]
    """In story order; none: it is not planned, or was before there were any."""
    writing: Writing
    """Who wrote the plan, and what that took."""
    beats: list[BeatShape]
    budget: Decimal | None
    """What it may cost, in US dollars; null: there is no limit."""
    spent: Decimal
    """What its attempts have cost."""
    film: ArtifactShape | None
    artifacts: list[ArtifactShape]
    """The film and what lies beside it."""
    film_attempts: list[AttemptShape]


class PlanDifferenceShape(Shape):
    """What a change of the plan does; beat ids in story order."""

    kept: list[str]
    """They stay as they are, with their clips, and whoever renders them goes on."""
    cancelled: list[str]
    """They were being rendered, and that is stopped."""
    removed: list[str]
    to_render: list[str]
    """They wait for a clip of what they show now; where such a clip is there already, it is copied."""
    film_to_recut: bool
    """There is a film, or one is being cut, that this plan has outgrown."""


class EditedShape(EpisodeShape):
    """The episode after the change; with `dry_run` as it would be."""

    difference: PlanDifferenceShape
    dry_run: bool
    """Nothing was changed."""


class EpisodePageShape(Shape):
    episodes: list[EpisodeSummaryShape]
    next_cursor: str | None
    """Give it back as `cursor` for the next page; null: this was the last."""


class MovedShape(Shape):
    """What a call that moves an episode answers."""

    episode_id: str
    state: EpisodeState


class QueueShape(Shape):
    is_paused: bool
    """Nothing new starts anywhere; what is being rendered is finished."""


class EventShape(Shape):
    episode_id: str
    number: int
    type: str
    at: datetime
    data: dict[str, Any]  # JSON of a shape that depends on the type


class ViolationShape(Shape):
    where: str
    """An episode, beat or attempt in it, or the key of a stored file."""
    what: str
    """What is wrong there, in a sentence."""


class CheckShape(Shape):
    name: str
    """Stable: scripts may rely on it."""
    promise: str
    """What holds when nothing is wrong."""
    num_looked_at: int
    violations: list[ViolationShape]
    notes: list[str]
    """Worth knowing, and nothing wrong."""


class FindingShape(Shape):
    name: str
    """Of the check."""
    verdict: Verdict
    what: str
    remedy: str
    """What to do; empty where all is well."""


class CheckupShape(Shape):
    code_version: str
    """Of the API."""
    num_wrong: int
    findings: list[FindingShape]


class AuditShape(Shape):
    num_violations: int
    """Of all checks; 0: all is well."""
    checks: list[CheckShape]


class SweepShape(Shape):
    dry_run: bool
    """Nothing was deleted."""
    num_orphans: int
    """Files that were deleted, or would be."""
    orphans: list[str]
    """Their keys; the first thousand."""
    num_strangers: int
    strangers: list[str]
    """Keys in known episodes that no attempt of theirs wrote: kept, for you to look at; the first thousand."""
    num_kept: int
    """All others of known episodes."""
    num_elsewhere: int
    """Files of episodes that this database does not know: kept."""


class HealthShape(Shape):
    status: str


class ReadinessShape(Shape):
    status: str
    checks: dict[str, str]
    """Check → `ok`."""
