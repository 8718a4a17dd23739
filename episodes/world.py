"""World: characters, places, props, style, how they belong together, reference pictures, and how things stand now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from episodes.nouns import Colour, Id, Name, Noun, Prose, Sha256
from episodes.world_record import WorldRecord

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


class Outfit(Noun):
    """Clothes that a character has."""

    outfit_id: Id
    description: Annotated[Prose, Field(min_length=1, max_length=300)]
    """ "yellow jumpsuit, white cape"."""


class Character(Noun):
    character_id: Id
    name: Name
    description: Prose = ""
    """What is always true of its looks; goes word for word into every prompt."""
    palette: tuple[Colour, ...] = Field(default=(), max_length=8)
    """Body colours from the top down (hair or head, upper body, legs), for drawing without a reference."""
    wardrobe: tuple[Outfit, ...] = Field(default=(), max_length=16)
    """What it may wear. What it does wear stands in the world's state; else it is the first of these."""
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
    references: tuple[Picture, ...] = Field(default=(), max_length=16)


class Style(Noun):
    description: Prose = ""
    """Goes into every prompt: "anime, clean line art, cel shading"."""
    negative: Prose = ""
    """Goes into every negative prompt."""


class Relation(Noun):
    """How one of the world's characters, places or props stands to another: Mika → Taro, "older sister of"."""

    from_id: Id
    to_id: Id
    what: Annotated[Prose, Field(min_length=1, max_length=120)]


class CharacterState(Noun):
    """How a character is now; what is always true of it stands with the character."""

    character_id: Id
    clothes: Annotated[Prose, Field(max_length=300)] = ""
    """An outfit_id of its wardrobe, or in words; empty: the first of its wardrobe, if it has one."""
    injuries: tuple[Annotated[Prose, Field(min_length=1, max_length=120)], ...] = Field(default=(), max_length=8)
    """ "bandaged left arm"."""
    is_alive: bool = True
    place_id: Id | None = None
    """Where it is; null: nobody said."""


class PropState(Noun):
    """Who holds a prop, or where it lies; neither: nobody said."""

    prop_id: Id
    held_by: Id | None = None
    """A character_id."""
    place_id: Id | None = None

    @model_validator(mode="after")
    def _is_in_one_spot(self) -> Self:
        if self.held_by is not None and self.place_id is not None:
            raise ValueError(f"the prop {self.prop_id!r} is either held by somebody or lies in a place")
        return self


class WorldState(Noun):
    """How things stand when the next episode begins."""

    characters: tuple[CharacterState, ...] = Field(default=(), max_length=64)
    props: tuple[PropState, ...] = Field(default=(), max_length=64)
    daylight: Light | None = None
    weather: Annotated[Prose, Field(max_length=80)] = ""
    """ "heavy rain"."""


class World(Noun):
    """What stays the same from episode to episode, and how it stands now."""

    title: Annotated[Prose, Field(max_length=200)] = ""
    characters: tuple[Character, ...] = Field(default=(), max_length=64)
    places: tuple[Place, ...] = Field(default=(), max_length=64)
    props: tuple[Prop, ...] = Field(default=(), max_length=64)
    style: Style = Style()
    relations: tuple[Relation, ...] = Field(default=(), max_length=256)
    state: WorldState = WorldState()

    @model_validator(mode="after")
    def _ids_are_unique_and_known(self) -> Self:
        characters = [c.character_id for c in self.characters]
        places = [p.place_id for p in self.places]
        props = [p.prop_id for p in self.props]
        _check_unique("character_id", characters)
        _check_unique("place_id", places)
        _check_unique("prop_id", props)
        for character in self.characters:
            _check_unique("outfit_id", [outfit.outfit_id for outfit in character.wardrobe])
        _check_unique("relation", [f"{r.from_id} to {r.to_id}" for r in self.relations])
        _check_known("relations", (one for r in self.relations for one in (r.from_id, r.to_id)), {*characters, *places, *props})
        state = self.state
        _check_unique("state of", [c.character_id for c in state.characters])
        _check_unique("state of", [p.prop_id for p in state.props])
        _check_known("state", [c.character_id for c in state.characters], characters)
        _check_known("state", [p.prop_id for p in state.props], props)
        _check_known("state", [p.held_by for p in state.props], characters)
        _check_known("state", [c.place_id for c in state.characters], places)
        _check_known("state", [p.place_id for p in state.props], places)
        return self

    def pictures(self) -> tuple[Picture, ...]:
        """All reference pictures, characters' first."""
        of_characters = (p for c in self.characters for p in c.references)
        of_places = (p for place in self.places for p in place.references)
        return (*of_characters, *of_places, *(p for prop in self.props for p in prop.references))

    def state_of(self, character_id: str) -> CharacterState:
        """How the character is now, as far as anybody said."""
        known = {one.character_id: one for one in self.state.characters}
        return known.get(character_id) or CharacterState(character_id=character_id)

    def clothes_of(self, character: Character) -> str:
        """What the character wears now, in words; empty when its description is all there is."""
        outfits = {outfit.outfit_id: outfit.description for outfit in character.wardrobe}
        worn = self.state_of(character.character_id).clothes or next(iter(outfits), "")
        return outfits.get(worn, worn)


def _check_unique(what: str, ids: Sequence[str]) -> None:
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice:
        raise ValueError(f"{what} {twice[0]!r} stands twice")


def _check_known(where: str, ids: Iterable[str | None], known: Collection[str]) -> None:
    unknown = sorted({one for one in ids if one is not None and one not in known})
    if unknown:
        raise ValueError(f"{where}: nothing in this world is called {unknown[0]!r}")


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
    record: WorldRecord = WorldRecord()
    what: str = ""
    """What made this revision, in a sentence."""
    updated_at: datetime | None = None


class RevisionNote(Noun):
    """A line of a world's history."""

    revision: int = Field(ge=1)
    source: WorldSource
    what: str
    updated_at: datetime | None


class UploadedPicture(Noun):
    """A picture that somebody uploaded for a world, in the order of upload."""

    world_id: Id
    file_name: str
    key: str
    sha256: Sha256
    size_bytes: int
