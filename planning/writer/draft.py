"""Draft: a story as a language model writes it - ids of the world and prose. Prompts, seeds and ids of beats are code's."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from episodes.effects import MAX_EFFECTS, Effect
from episodes.nouns import Colour, Id, Name, Noun, Prose
from episodes.plan import CameraMove, Line, ShotSize, TimeOfDay, Transition, Wardrobe
from episodes.shots import Angle, KeyframeDensity, Position
from episodes.world import Light

Colours = Annotated[tuple[Colour, ...], Field(max_length=3)]


class NewCharacter(Noun):
    """Somebody whom the intent names and the world does not have."""

    character_id: Id
    name: Name
    """As the intent calls it."""
    description: Annotated[Prose, Field(min_length=1, max_length=300)]
    """What is always true of its looks."""
    palette: Colours = ()
    """Hair or head, upper body, legs."""
    height: float = Field(default=1.0, gt=0, le=10)
    """Relative to a grown person: a giant is 3."""


class NewPlace(Noun):
    """A place that the intent names and the world does not have."""

    place_id: Id
    name: Name
    """As the intent calls it."""
    description: Annotated[Prose, Field(min_length=1, max_length=300)]
    palette: Colours = ()
    """Sky, middle, ground."""
    light: Light = Light.DAY


class DraftMember(Noun):
    """Who is in the picture, and how."""

    character_id: Id
    action: Annotated[Prose, Field(max_length=120)]
    """What it does, in a few words: "runs away"."""
    emotion: Annotated[Prose, Field(max_length=40)] = ""
    position: Position | None = None
    is_target: bool = False
    """The action of another is done to it."""


class DraftBeat(Noun):
    """One continuous moment."""

    description: Annotated[Prose, Field(min_length=1, max_length=1000)]
    """What happens, in at most 60 words that a person can read."""
    cast: tuple[DraftMember, ...] = Field(default=(), max_length=8)
    shot_size: ShotSize
    angle: Angle = Angle.EYE_LEVEL
    camera_move: CameraMove = CameraMove.STATIC
    first_frame: Annotated[Prose, Field(max_length=400)] = ""
    last_frame: Annotated[Prose, Field(max_length=400)] = ""
    movement: Annotated[Prose, Field(max_length=400)] = ""
    """What moves between the two, and how."""
    duration_s: float = Field(ge=0.5, le=30)
    transition: Transition = Transition.CUT
    dialogue: Line | None = None
    """By one of the cast."""
    narration: Annotated[Prose, Field(max_length=200)] = ""
    """Told, not said; shown when nobody speaks."""
    sound: Annotated[Prose, Field(max_length=200)] = ""
    continues: bool = False
    """It goes on from the last picture of the beat before, in the same scene."""
    keyframe_density: KeyframeDensity = KeyframeDensity.NORMAL
    effects: tuple[Effect, ...] = Field(default=(), max_length=MAX_EFFECTS)
    """What is otherwise after it, in the order in which it happens; props by their prop_id."""


class DraftScene(Noun):
    """Beats in one place at one hour, in the same clothes."""

    place_id: Id
    time_of_day: TimeOfDay
    weather: Annotated[Prose, Field(max_length=80)] = ""
    mood: Annotated[Prose, Field(max_length=60)] = ""
    wardrobe: tuple[Wardrobe, ...] = Field(default=(), max_length=32)
    """Everybody who is there."""
    beats: tuple[DraftBeat, ...] = Field(min_length=1, max_length=100)


class Draft(Noun):
    """The whole story."""

    logline: Annotated[Prose, Field(min_length=1, max_length=300)]
    tone: Annotated[Prose, Field(max_length=200)] = ""
    new_characters: tuple[NewCharacter, ...] = Field(default=(), max_length=8)
    new_places: tuple[NewPlace, ...] = Field(default=(), max_length=8)
    scenes: tuple[DraftScene, ...] = Field(min_length=1, max_length=100)
    """In story order."""

    def beats(self) -> tuple[DraftBeat, ...]:
        return tuple(beat for scene in self.scenes for beat in scene.beats)
