"""Plan: the beats that tell an intent, each complete enough to be rendered anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from episodes.nouns import Id, Name, Noun, Prose
from episodes.world import Character, Place


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
    is_target: bool = False
    """The action is done to it."""
    scale: float = Field(default=1.0, gt=0, le=10)
    """Height relative to a grown person: a giant is 3."""


class Beat(Noun):
    """One continuous moment of the story, as planned: the unit that is rendered."""

    beat_id: Id
    index: int = Field(ge=0)
    """Place in the episode, from 0."""
    turn: StoryTurn
    description: Prose
    """One or two sentences that a person can read."""
    action: Annotated[Prose, Field(max_length=60)] = ""
    """The main verb's plain form: "fight"."""
    cast: tuple[CastMember, ...] = Field(default=(), max_length=8)
    place: Place
    time_of_day: TimeOfDay = TimeOfDay.DAY
    shot_size: ShotSize = ShotSize.WIDE
    camera_move: CameraMove = CameraMove.STATIC
    dialogue: Line | None = None
    caption: Annotated[Prose, Field(max_length=200)] = ""
    """Told, not said: shown when nobody speaks."""
    duration_s: float = Field(default=5.0, ge=0.5, le=30)
    transition: Transition = Transition.CUT
    seed: int = Field(ge=0, lt=2**63)
    """Same seed, beat, world revision and backend: the same clip, bit for bit on the CPU backends."""
    depends_on: tuple[Id, ...] = ()
    """Beats that must be accepted first."""
    starts_from: Id | None = None
    """The beat whose last frame this one starts from; also in `depends_on`."""
    prompt: Prose = ""
    negative_prompt: Prose = ""
    style: Prose = ""
    backend: Name = "animatic"
    """The kind of renderer that it is for."""

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


class Plan(Noun):
    """All beats of an episode in story order; dependencies point backwards only."""

    beats: tuple[Beat, ...] = Field(min_length=1, max_length=10_000)
    logline: Annotated[Prose, Field(max_length=300)] = ""

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
    style: Annotated[Prose, Field(max_length=500)] = ""
    backend: Name | None = None
    """The kind of renderer; None: chosen from the fleet when it is planned."""
    fallbacks: tuple[Name, ...] = Field(default=(), max_length=8)
    """The kinds that a beat is tried with, one after the other, where it would fail."""
    mode: Mode = Mode.VALIDATE
    format: Format = Format()
    duration_s: float = Field(default=5.0, ge=0.5, le=30)
    """Of each beat."""
    num_beats: int = Field(default=3, ge=1, le=100)
    seed: int = Field(default=0, ge=0, lt=2**63)
    motion: Motion = Motion()

    @model_validator(mode="after")
    def _falls_back_to_each_once(self) -> Self:
        check_fallbacks(self.backend, self.fallbacks)
        return self


def check_fallbacks(first: str | None, fallbacks: Sequence[str]) -> None:
    """Raises ValueError."""
    twice = [one for place, one in enumerate(fallbacks) if one in fallbacks[:place]]
    if twice:
        raise ValueError(f"{twice[0]!r} stands twice among the fallbacks")
    if first in fallbacks:
        raise ValueError(f"{first!r} is the first choice, and no fallback of itself")


def fallbacks_after(current: str, first: str, fallbacks: Sequence[str]) -> tuple[str, ...]:
    """What a beat that is at `current` may still fall back to, in order: before all of them stands its first choice."""
    choices = (first, *(one for one in fallbacks if one != first))
    return choices[choices.index(current) + 1 :]
