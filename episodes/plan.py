"""Plan: the scenes and beats that tell an intent, each beat complete enough to be rendered anywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, model_validator

from episodes.effects import MAX_EFFECTS, Effect
from episodes.nouns import Id, Name, Noun, Prose
from episodes.shots import Angle, KeyframeDensity, Position
from episodes.world import Character, Picture, Place
from episodes.writing import Writing

_Shown = TypeVar("_Shown", Character, Place)


class Mode(StrEnum):
    VALIDATE = "validate"
    """A look before money is spent: 512×512, 24 fps."""
    FINAL = "final"
    """1280×720 unless given."""


class Format(Noun):
    """The shape of every clip of an episode, so that the film can be joined without re-encoding."""

    width: int = Field(default=512, ge=64, le=3840, multiple_of=2)
    """Pixels; even, because yuv420p halves them."""
    height: int = Field(default=512, ge=64, le=2160, multiple_of=2)
    fps: int = Field(default=24, ge=1, le=60)


class MotionParams(Noun):
    """What the motion engine may do between keyframes; each is shown by a test in tests/unit/rendering."""

    reuse_poses: bool = True
    """A pose that was drawn twice (half-size pictures that differ by one grey level at most) is held, not interpolated."""
    temporal_smoothing: float = Field(default=0.0, ge=0, le=1)
    """How much of its two neighbours in time goes into each in-between: 0 nothing, 1 a quarter of each. Keyframes stay as they are."""
    strength: float = Field(default=1.0, ge=0, le=1)
    """How far pixels travel along the flow: 1 the whole way, 0 not at all (a crossfade). `linear` has no flow to travel."""
    quality: Literal["fast", "quality"] = "fast"
    """`quality` searches the flow one step finer: 0.15 dB closer to real video at 4×, for 1.7 times the CPU time."""


class Motion(Noun):
    engine: Literal["sparse", "linear"] = "sparse"
    """`sparse`: optical flow between keyframes; `linear`: a blend."""
    params: MotionParams = MotionParams()


class StoryTurn(StrEnum):
    SETUP = "setup"
    TURN = "turn"
    OUTCOME = "outcome"


class TimeOfDay(StrEnum):
    DAWN = "dawn"
    DAY = "day"
    DUSK = "dusk"
    NIGHT = "night"


class ShotSize(StrEnum):
    EXTREME_WIDE = "extreme wide"
    WIDE = "wide"
    FULL = "full"
    MEDIUM = "medium"
    CLOSE_UP = "close-up"


class CameraMove(StrEnum):
    STATIC = "static"
    PAN_LEFT = "pan left"
    PAN_RIGHT = "pan right"
    TILT_UP = "tilt up"
    TILT_DOWN = "tilt down"
    PUSH_IN = "push in"
    PULL_OUT = "pull out"
    HANDHELD = "handheld"


class Transition(StrEnum):
    """How a beat begins."""

    CUT = "cut"
    FADE = "fade"
    """In from black."""


class Line(Noun):
    """Something that is said."""

    character_id: Id
    text: Annotated[Prose, Field(max_length=300)]


class CastMember(Noun):
    """A character as it plays in one beat."""

    character: Character
    action: Annotated[Prose, Field(max_length=120)] = ""
    """What it does here, in a few words: "jumps from the roof"."""
    emotion: Annotated[Prose, Field(max_length=40)] = ""
    """What its face shows: "afraid"; none: what follows from what it does."""
    position: Position | None = None
    """Where in the picture; None: as it comes from who does what to whom."""
    is_target: bool = False
    """The action is done to it."""
    scale: float = Field(default=1.0, gt=0, le=10)
    """Height relative to a grown person: a giant is 3."""


class Wardrobe(Noun):
    """Who is there in a scene, and in what."""

    character_id: Id
    clothes: Annotated[Prose, Field(max_length=300)] = ""
    """What it wears, in a few words: "a red hooded winter coat"; none: what its description says."""


class Scene(Noun):
    """Beats that follow each other in one place at one hour, in the same clothes."""

    scene_id: Id
    place: Place
    time_of_day: TimeOfDay = TimeOfDay.DAY
    weather: Annotated[Prose, Field(max_length=80)] = ""
    mood: Annotated[Prose, Field(max_length=60)] = ""
    wardrobe: tuple[Wardrobe, ...] = Field(default=(), max_length=32)

    @model_validator(mode="after")
    def _everybody_is_dressed_once(self) -> Self:
        twice = _twice(one.character_id for one in self.wardrobe)
        if twice is not None:
            raise ValueError(f"{twice!r} stands twice in the wardrobe of scene {self.scene_id!r}")
        return self

    def clothes_of(self, character_id: str) -> str:
        return next((one.clothes for one in self.wardrobe if one.character_id == character_id), "")


MAX_WORDS = 60
"""Of a beat's description, as planners write it and people change it: what a picture can hold and a reader take in."""


MAX_CAST = 8
"""Of a beat."""


class Beat(Noun):
    """One continuous moment of the story, as planned: the unit that is rendered."""

    beat_id: Id
    index: int = Field(ge=0)
    """Place in the episode, from 0."""
    scene_id: Id | None = None
    """The scene of its plan that it belongs to; None: a plan without scenes."""
    turn: StoryTurn
    description: Prose
    """One or two sentences that a person can read."""
    action: Annotated[Prose, Field(max_length=60)] = ""
    """The main verb's plain form: "fight"."""
    cast: tuple[CastMember, ...] = Field(default=(), max_length=MAX_CAST)
    place: Place
    time_of_day: TimeOfDay = TimeOfDay.DAY
    shot_size: ShotSize = ShotSize.WIDE
    angle: Angle = Angle.EYE_LEVEL
    camera_move: CameraMove = CameraMove.STATIC
    first_frame: Annotated[Prose, Field(max_length=400)] = ""
    """What its first picture shows. This, `last_frame`, `movement` and `sound` reach models through the prompt."""
    last_frame: Annotated[Prose, Field(max_length=400)] = ""
    movement: Annotated[Prose, Field(max_length=400)] = ""
    """What moves between the two, and how."""
    dialogue: Line | None = None
    caption: Annotated[Prose, Field(max_length=200)] = ""
    """The narration: told, not said; shown when nobody speaks."""
    sound: Annotated[Prose, Field(max_length=200)] = ""
    """What is heard beside words: "rain on tin roofs"."""
    effects: tuple[Effect, ...] = Field(default=(), max_length=MAX_EFFECTS)
    """What is otherwise after it, in the order in which it happens."""
    duration_s: float = Field(default=5.0, ge=0.5, le=30)
    transition: Transition = Transition.CUT
    keyframe_density: KeyframeDensity = KeyframeDensity.NORMAL
    seed: int = Field(ge=0, lt=2**63)
    """Same seed, beat, world revision and backend: the same clip, bit for bit on the CPU backends."""
    depends_on: tuple[Id, ...] = ()
    """Beats that must be accepted first."""
    starts_from: Id | None = None
    """The beat whose last frame this one starts from; also in `depends_on`."""
    references: tuple[str, ...] = Field(default=(), max_length=32)
    """Keys of the reference pictures that it is rendered from, of its cast's and its place's; none: the backend chooses among all."""
    prompt: Prose = ""
    negative_prompt: Prose = ""
    style: Prose = ""
    backend: Name = "animatic"
    """The kind of renderer that it is for."""

    @model_validator(mode="after")
    def _refers_to_its_own_pictures(self) -> Self:
        unknown = set(self.references) - {picture.key for picture in self.pictures()}
        if unknown:
            raise ValueError(f"beat {self.beat_id!r} refers to {min(unknown)!r}, which is no picture of its cast or place")
        return self

    def pictures(self) -> tuple[Picture, ...]:
        """All reference pictures of its cast and its place."""
        return (*(p for member in self.cast for p in member.character.references), *self.place.references)

    def as_rendered(self) -> Beat:
        """With the reference pictures that it is to be rendered from, and no others."""
        if not self.references:
            return self
        cast = tuple(member.model_copy(update={"character": self._narrowed(member.character)}) for member in self.cast)
        return self.model_copy(update={"cast": cast, "place": self._narrowed(self.place)})

    def _narrowed(self, entity: _Shown) -> _Shown:
        return entity.model_copy(update={"references": tuple(p for p in entity.references if p.key in self.references)})

    @property
    def subtitle(self) -> str:
        """What is shown under the picture: the line with its speaker's name, else the caption, else nothing."""
        if self.dialogue is None:
            return self.caption
        names = {m.character.character_id: m.character.name for m in self.cast}
        speaker = names.get(self.dialogue.character_id)
        return f"{speaker}: {self.dialogue.text}" if speaker else self.dialogue.text

    def num_frames(self, fps: int) -> int:
        return max(1, round(self.duration_s * fps))


class Treatment(Noun):
    """How an episode is told, beside its logline and its beats."""

    tone: Annotated[Prose, Field(max_length=200)] = ""
    style: Prose = ""
    """How it looks: the world's style and what was asked for."""
    scenes: tuple[Scene, ...] = Field(default=(), max_length=10_000)
    """In story order; none: it was planned before there were any."""
    writing: Writing = Writing()

    @model_validator(mode="after")
    def _scenes_are_told_apart(self) -> Self:
        twice = _twice(scene.scene_id for scene in self.scenes)
        if twice is not None:
            raise ValueError(f"scene_id {twice!r} stands twice")
        return self


class Plan(Treatment):
    """All beats of an episode in story order; dependencies point backwards only."""

    beats: tuple[Beat, ...] = Field(min_length=1, max_length=10_000)
    logline: Annotated[Prose, Field(max_length=300)] = ""

    @property
    def treatment(self) -> Treatment:
        return Treatment(**{name: getattr(self, name) for name in Treatment.model_fields})

    @model_validator(mode="after")
    def _beats_belong_to_its_scenes(self) -> Self:
        known = {scene.scene_id for scene in self.scenes}
        for beat in self.beats:
            if beat.scene_id is not None and beat.scene_id not in known:
                raise ValueError(f"beat {beat.beat_id!r} belongs to scene {beat.scene_id!r}, which the plan does not have")
        return self

    @model_validator(mode="after")
    def _dependencies_point_backwards(self) -> Self:
        seen: set[str] = set()
        for place, beat in enumerate(self.beats):
            if beat.index != place:
                raise ValueError(f"beat {beat.beat_id!r} has index {beat.index} at place {place}")
            if beat.beat_id in seen:
                raise ValueError(f"beat_id {beat.beat_id!r} stands twice")
            missing = [d for d in beat.depends_on if d not in seen]
            if missing:
                raise ValueError(f"beat {beat.beat_id!r} depends on {missing[0]!r}, which does not come before it")
            if beat.starts_from is not None and beat.starts_from not in beat.depends_on:
                raise ValueError(f"beat {beat.beat_id!r} starts from {beat.starts_from!r} without depending on it")
            seen.add(beat.beat_id)
        return self


class EpisodeRequest(Noun):
    """What somebody asks for: an intent in a world, and how it should look."""

    world_id: Id
    intent: Annotated[Prose, Field(min_length=1, max_length=2000)]
    screenplay: str = Field(default="", max_length=60_000)
    """A Fountain text that is told in place of the intent, which is then what it is about; empty: there is none."""
    style: Annotated[Prose, Field(max_length=500)] = ""
    backend: Name | None = None
    """The kind of renderer; None: chosen from the fleet when it is planned."""
    fallbacks: tuple[Name, ...] = Field(default=(), max_length=8)
    """The kinds that a beat is tried with, one after the other, where it would fail."""
    mode: Mode = Mode.VALIDATE
    format: Format = Format()
    duration_s: float = Field(default=5.0, ge=0.5, le=30)
    """Of each beat; a planner may give one more and another less."""
    num_beats: int = Field(default=3, ge=1, le=100)
    seed: int = Field(default=0, ge=0, lt=2**63)
    motion: Motion = Motion()
    budget_micros: int | None = Field(default=None, ge=0, lt=2**62)
    """What it may cost at first, in millionths of a US dollar; None: there is no limit."""

    @property
    def target_s(self) -> float:
        """How long the episode is to be; a planner keeps to it within TOLERANCE."""
        return self.num_beats * self.duration_s

    @model_validator(mode="after")
    def _falls_back_to_each_once(self) -> Self:
        check_fallbacks(self.backend, self.fallbacks)
        return self


TOLERANCE = 0.1
"""Of an episode's length against what was asked for."""


def keeps_to_target(durations_s: Iterable[float], target_s: float) -> bool:
    return abs(sum(durations_s) - target_s) <= TOLERANCE * target_s + 1e-6


def check_fallbacks(first: str | None, fallbacks: Sequence[str]) -> None:
    """Raises ValueError."""
    twice = _twice(fallbacks)
    if twice is not None:
        raise ValueError(f"{twice!r} stands twice among the fallbacks")
    if first in fallbacks:
        raise ValueError(f"{first!r} is the first choice, and no fallback of itself")


def fallbacks_after(current: str, first: str, fallbacks: Sequence[str]) -> tuple[str, ...]:
    """What a beat that is at `current` may still fall back to, in order: before all of them stands its first choice."""
    choices = (first, *(one for one in fallbacks if one != first))
    return choices[choices.index(current) + 1 :]


def _twice(names: Iterable[str]) -> str | None:
    return next((name for name, number in Counter(names).items() if number > 1), None)
