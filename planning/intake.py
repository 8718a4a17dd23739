"""Intake: a measured picture becomes a character's or a place's reference, of one that is there or of a new one."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from episodes.errors import BadInput
from episodes.world import Character, Picture, PictureKind, Place, World
from planning.extraction.file_names import name_in
from planning.extraction.measure import Measured
from planning.extraction.wording import description_of
from planning.names import comparable, identifier

MAX_ENTRIES: Final = 64
MAX_REFERENCES: Final = 16
_HINT: Final = "Remove some with PUT /worlds/{id} first."


def take_in(world: World, picture: Picture, measured: Measured, file_name: str) -> World:
    """The world with this picture in it; unchanged if it is there already. Raises BadInput when there is no more room.

    A picture named like a character or place becomes a further reference of it; else somebody or somewhere new begins with it.
    """
    if picture.sha256 in {p.sha256 for p in world.pictures()}:
        return world
    name = name_in(file_name)
    for character in world.characters:
        if name and comparable(name) in (comparable(character.name), comparable(character.character_id)):
            return _replaced(
                world, character, character.model_copy(update=_with(character.references, picture, character.name))
            )
    for place in world.places:
        if name and comparable(name) in (comparable(place.name), comparable(place.place_id)):
            return _replaced(world, place, place.model_copy(update=_with(place.references, picture, place.name)))
    if picture.kind is PictureKind.PLACE:
        return _with_place(world, picture, measured, name)
    return _with_character(world, picture, measured, name)


def _with(references: tuple[Picture, ...], picture: Picture, name: str) -> dict[str, tuple[Picture, ...]]:
    if len(references) >= MAX_REFERENCES:
        raise BadInput(f"{name} has {MAX_REFERENCES} reference pictures already.", _HINT, "file")
    return {"references": (*references, picture)}


def _replaced(world: World, old: Character | Place, new: Character | Place) -> World:
    if isinstance(new, Character):
        return world.model_copy(update={"characters": tuple(new if c is old else c for c in world.characters)})
    return world.model_copy(update={"places": tuple(new if p is old else p for p in world.places)})


def _with_character(world: World, picture: Picture, measured: Measured, name: str) -> World:
    _check_room(len(world.characters), "characters")
    name = name or _numbered("Character", {c.name for c in world.characters})
    new = Character(
        character_id=_free(identifier(name, "character"), {c.character_id for c in world.characters}),
        name=name,
        description=description_of(measured),
        palette=measured.body_palette or measured.palette,
        references=(picture,),
    )
    return world.model_copy(update={"characters": (*world.characters, new)})


def _with_place(world: World, picture: Picture, measured: Measured, name: str) -> World:
    _check_room(len(world.places), "places")
    name = name or _numbered("Place", {p.name for p in world.places})
    new = Place(
        place_id=_free(identifier(name, "place"), {p.place_id for p in world.places}),
        name=name,
        description=description_of(measured),
        palette=measured.palette,
        light=measured.light,
        references=(picture,),
    )
    return world.model_copy(update={"places": (*world.places, new)})


def _check_room(number: int, what: str) -> None:
    if number >= MAX_ENTRIES:
        raise BadInput(f"The world has {MAX_ENTRIES} {what} already.", _HINT, "file")


def _numbered(word: str, taken: Collection[str]) -> str:
    return next(name for n in range(1, MAX_ENTRIES + 2) if (name := f"{word} {n}") not in taken)


def _free(wanted: str, taken: Collection[str]) -> str:
    if wanted not in taken:
        return wanted
    return next(one for n in range(2, MAX_ENTRIES + 3) if (one := f"{wanted[:60]}-{n}") not in taken)
