"""Intake: where a picture belongs in a world, and what it says about whatever it shows."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from episodes.errors import BadInput
from episodes.world import Character, Outfit, Picture, PictureKind, Place, Prop, World
from episodes.world_fields import Claim
from episodes.world_record import SourceKind
from planning.extraction.file_names import name_in
from planning.extraction.measure import Measured
from planning.extraction.wording import description_of
from planning.names import comparable, identifier
from planning.vision.sight import Seen, Shown, Sight

Entity = Character | Place | Prop

MAX_ENTRIES: Final = 64
MAX_REFERENCES: Final = 16
SEEN_OUTFIT: Final = "seen"
"""The outfit_id of the clothes that a model saw."""
_HINT: Final = "Remove some with PUT /worlds/{id} first."
_KINDS: Final = {Shown.CHARACTER: "characters", Shown.PLACE: "places", Shown.PROP: "props"}
_WORDS: Final = {Shown.CHARACTER: "Character", Shown.PLACE: "Place", Shown.PROP: "Prop"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """A picture that comes into a world."""

    picture: Picture
    measured: Measured
    file_name: str
    seen: Seen | None = None

    @property
    def sight(self) -> Sight | None:
        return None if self.seen is None else self.seen.sight


def take_in(world: World, arrival: Arrival) -> tuple[World, list[Claim]]:
    """The world with this picture among the references of whatever it shows, and what it says about that. Raises BadInput when there
    is no more room.

    A picture named like a character, place or prop becomes a further reference of it; else somebody or something new begins with it.
    """
    file_names = name_in(arrival.file_name)
    shown, owner = _owner(world, arrival, file_names)
    if owner is not None:
        claims = list(_claims(shown, owner, arrival))
        if file_names and comparable(file_names) not in (comparable(owner.name), comparable(_id_of(owner))):
            claims.append(_claim(arrival, f"{_path(shown, owner)}.name", file_names, SourceKind.FILE_NAME))
        return _with_reference(world, shown, owner, arrival.picture), claims
    told = arrival.sight.name if arrival.sight is not None else ""
    kind = SourceKind.FILE_NAME if file_names else SourceKind.MODEL if told else SourceKind.NUMBERED
    new = _new(world, shown, file_names or told, arrival.picture)
    claims = [_claim(arrival, f"{_path(shown, new)}.name", new.name, kind), *_claims(shown, new, arrival)]
    return _with(world, shown, (*_all(world, shown), new)), claims


def _owner(world: World, arrival: Arrival, name: str) -> tuple[Shown, Entity | None]:
    """Whose picture it is, and of what kind; nobody's yet: the kind that begins with it."""
    entities = list(_entities(world))
    for shown, one in entities:
        if arrival.picture.sha256 in {picture.sha256 for picture in one.references}:
            return shown, one
    for shown, one in entities:
        if name and comparable(name) in (comparable(one.name), comparable(_id_of(one))):
            return shown, one
    measured = Shown.PLACE if arrival.picture.kind is PictureKind.PLACE else Shown.CHARACTER
    if arrival.sight is None or len(_all(world, arrival.sight.shows)) >= MAX_ENTRIES:
        return measured, None
    told = arrival.sight
    named = (one for shown, one in entities if not name and told.name and shown is told.shows and _is_called(one, told.name))
    return told.shows, next(named, None)


def _is_called(one: Entity, name: str) -> bool:
    return comparable(one.name) == comparable(name)


def _entities(world: World) -> Iterator[tuple[Shown, Entity]]:
    return chain.from_iterable(((shown, one) for one in _all(world, shown)) for shown in Shown)


def _all(world: World, shown: Shown) -> tuple[Entity, ...]:
    entities: tuple[Entity, ...] = getattr(world, _KINDS[shown])
    return entities


def _with(world: World, shown: Shown, entities: tuple[Entity, ...]) -> World:
    return world.model_copy(update={_KINDS[shown]: entities})


def _with_reference(world: World, shown: Shown, owner: Entity, picture: Picture) -> World:
    if picture.sha256 in {p.sha256 for p in owner.references}:
        return world
    if len(owner.references) >= MAX_REFERENCES:
        raise BadInput(f"{owner.name} has {MAX_REFERENCES} reference pictures already.", _HINT, "file")
    new = owner.model_copy(update={"references": (*owner.references, picture)})
    return _with(world, shown, tuple(new if one is owner else one for one in _all(world, shown)))


def _new(world: World, shown: Shown, name: str, picture: Picture) -> Entity:
    there = _all(world, shown)
    if len(there) >= MAX_ENTRIES:
        raise BadInput(f"The world has {MAX_ENTRIES} {_KINDS[shown]} already.", _HINT, "file")
    name = name or _numbered(_WORDS[shown], {one.name for one in there})
    new_id = _free(identifier(name, shown.value), {_id_of(one) for one in there})
    match shown:
        case Shown.CHARACTER:
            return Character(character_id=new_id, name=name, references=(picture,))
        case Shown.PLACE:
            return Place(place_id=new_id, name=name, references=(picture,))
        case Shown.PROP:
            return Prop(prop_id=new_id, name=name, references=(picture,))


def _claims(shown: Shown, owner: Entity, arrival: Arrival) -> Iterator[Claim]:
    """What was measured, as far as it is about such a thing, and what a model told of it."""
    path, measured = _path(shown, owner), arrival.measured
    fits = shown is (Shown.PLACE if measured.kind is PictureKind.PLACE else Shown.CHARACTER)
    if fits:
        yield _claim(arrival, f"{path}.description", description_of(measured), SourceKind.MEASURED)
        yield _claim(arrival, f"{path}.palette", measured.body_palette or measured.palette, SourceKind.MEASURED)
        if shown is Shown.PLACE:
            yield _claim(arrival, f"{path}.light", measured.light, SourceKind.MEASURED)
    sight = arrival.sight
    if sight is None:
        return
    yield _claim(arrival, "style.description", sight.style, SourceKind.MODEL)
    if sight.shows is not shown:
        return
    yield _claim(arrival, f"{path}.description", sight.description, SourceKind.MODEL)
    if shown is Shown.PLACE:
        yield _claim(arrival, f"{path}.light", sight.light, SourceKind.MODEL)
    if shown is Shown.CHARACTER and sight.clothes:
        seen = Outfit(outfit_id=SEEN_OUTFIT, description=sight.clothes)
        yield _claim(arrival, f"{path}.wardrobe", (seen,), SourceKind.MODEL)


def _claim(arrival: Arrival, path: str, value: Any, kind: SourceKind) -> Claim:  # noqa: ANN401  # of whatever type the field has
    model = arrival.seen.model if arrival.seen is not None and kind is SourceKind.MODEL else ""
    return Claim(path=path, value=value, kind=kind, picture=arrival.picture, model=model)


def _path(shown: Shown, owner: Entity) -> str:
    return f"{_KINDS[shown]}.{_id_of(owner)}"


def _id_of(one: Entity) -> str:
    match one:
        case Character():
            return one.character_id
        case Place():
            return one.place_id
        case Prop():
            return one.prop_id


def _numbered(word: str, taken: Collection[str]) -> str:
    return next(name for n in range(1, MAX_ENTRIES + 2) if (name := f"{word} {n}") not in taken)


def _free(wanted: str, taken: Collection[str]) -> str:
    if wanted not in taken:
        return wanted
    return next(one for n in range(2, MAX_ENTRIES + 3) if (one := f"{wanted[:60]}-{n}") not in taken)
