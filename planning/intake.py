"""Intake: a measured picture becomes the reference of a character, place or prop that is there, or of a new character or place."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import chain
from typing import Final

from episodes.errors import BadInput
from episodes.world import Character, Picture, PictureKind, Place, Prop, World
from planning.extraction.file_names import name_in
from planning.extraction.measure import Measured
from planning.extraction.wording import description_of
from planning.names import comparable, identifier

Entity = Character | Place | Prop

MAX_ENTRIES: Final = 64
MAX_REFERENCES: Final = 16
_HINT: Final = "Remove some with PUT /worlds/{id} first."


def take_in(world: World, picture: Picture, measured: Measured, file_name: str) -> World:
    """The world with this picture in it; unchanged if it is there already. Raises BadInput when there is no more room.

    A picture named like a character, place or prop becomes a further reference of it; else somebody or somewhere new begins with it.
    """
    if picture.sha256 in {p.sha256 for p in world.pictures()}:
        return world
    name = name_in(file_name)
    owner = _named(world, name) if name else None
    if owner is not None:
        return _replaced(world, owner, owner.model_copy(update=_with(owner.references, picture, owner.name)))
    if picture.kind is PictureKind.PLACE:
        return _with_place(world, picture, measured, name)
    return _with_character(world, picture, measured, name)


def _named(world: World, name: str) -> Entity | None:
    """The first character, place or prop of this name."""
    ids: Iterator[tuple[Entity, str]] = chain(
        ((c, c.character_id) for c in world.characters),
        ((p, p.place_id) for p in world.places),
        ((p, p.prop_id) for p in world.props),
    )
    wanted = comparable(name)
    return next((one for one, its_id in ids if wanted in (comparable(one.name), comparable(its_id))), None)


def _with(references: tuple[Picture, ...], picture: Picture, name: str) -> dict[str, tuple[Picture, ...]]:
    if len(references) >= MAX_REFERENCES:
        raise BadInput(f"{name} has {MAX_REFERENCES} reference pictures already.", _HINT, "file")
    return {"references": (*references, picture)}


def _replaced(world: World, old: Entity, new: Entity) -> World:
    of_kind: dict[type[Entity], str] = {Character: "characters", Place: "places", Prop: "props"}
    kind = of_kind[type(old)]
    return world.model_copy(update={kind: tuple(new if one is old else one for one in getattr(world, kind))})


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
