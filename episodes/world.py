"""World: characters, places, props, style and reference pictures."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from episodes.nouns import Colour, Id, Name, Noun, Prose, Sha256

EMPTY_WORLD_ID = "empty"
"""The world of an episode that names none."""


class PictureKind(StrEnum):
    SHEET = "sheet"
    """A character on a plain ground, often several views."""
    PORTRAIT = "portrait"
    """A character in a picture, found by the face."""
    PLACE = "place"


class Light(StrEnum):
    DAY = "day"
    DUSK = "dusk"
    NIGHT = "night"


class Box(Noun):
    """A rectangle in shares of the picture: 0 ≤ x, y, width, height ≤ 1, from the top left."""

    x: float = Field(ge=0, le=1)
    y: float = Field(ge=0, le=1)
    width: float = Field(gt=0, le=1)
    height: float = Field(gt=0, le=1)


class Picture(Noun):
    """A stored reference picture and what was measured in it."""

    key: str = Field(max_length=300)
    """Where the bytes lie in the artifact store: `worlds/{world_id}/images/{sha256}.{png|jpg}`."""
    sha256: Sha256
    size_bytes: int = Field(gt=0)
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    kind: PictureKind
    palette: tuple[Colour, ...] = Field(default=(), max_length=8)
    """Dominant colours, most frequent first."""
    light: Light = Light.DAY
    faces: tuple[Box, ...] = Field(default=(), max_length=32)


class Character(Noun):
    character_id: Id
    name: Name
    description: Prose = ""
    """What is always true of its looks; goes word for word into every prompt."""
    palette: tuple[Colour, ...] = Field(default=(), max_length=8)
    """Body colours from the top down (hair or head, upper body, legs), for drawing without a reference."""
    references: tuple[Picture, ...] = Field(default=(), max_length=16)


class Place(Noun):
    place_id: Id
    name: Name
    description: Prose = ""
    palette: tuple[Colour, ...] = Field(default=(), max_length=8)
    light: Light = Light.DAY
    references: tuple[Picture, ...] = Field(default=(), max_length=16)


class Prop(Noun):
    prop_id: Id
    name: Name
    description: Prose = ""


class Style(Noun):
    description: Prose = ""
    """Goes into every prompt: "anime, clean line art, cel shading"."""
    negative: Prose = ""
    """Goes into every negative prompt."""


class World(Noun):
    """What stays the same from episode to episode."""

    title: Annotated[Prose, Field(max_length=200)] = ""
    characters: tuple[Character, ...] = Field(default=(), max_length=64)
    places: tuple[Place, ...] = Field(default=(), max_length=64)
    props: tuple[Prop, ...] = Field(default=(), max_length=64)
    style: Style = Style()

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        for what, ids in (
            ("character_id", [c.character_id for c in self.characters]),
            ("place_id", [p.place_id for p in self.places]),
            ("prop_id", [p.prop_id for p in self.props]),
        ):
            twice = sorted({one for one in ids if ids.count(one) > 1})
            if twice:
                raise ValueError(f"{what} {twice[0]!r} stands twice")
        return self

    def pictures(self) -> tuple[Picture, ...]:
        """All reference pictures, characters' first."""
        of_characters = (p for c in self.characters for p in c.references)
        of_places = (p for place in self.places for p in place.references)
        return (*of_characters, *of_places)


class WorldSource(StrEnum):
    STORED = "stored"
    """Somebody put it."""
    EXTRACTED = "extracted"
    """Measured from uploaded pictures."""
    EMPTY = "empty"
    """Nothing is known."""


class StoredWorld(Noun):
    """A world under its id, at one revision. Revision 0: it was never stored."""

    world_id: Id
    revision: int = Field(ge=0)
    source: WorldSource
    world: World
    updated_at: datetime | None = None


class UploadedPicture(Noun):
    """A picture that somebody uploaded for a world, in the order of upload."""

    world_id: Id
    file_name: str
    key: str
    sha256: Sha256
    size_bytes: int
