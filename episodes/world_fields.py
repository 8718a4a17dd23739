"""Who may change which field of a world: pure rules, the same for people, measurements and models."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from episodes.errors import BadInput, FieldsLocked
from episodes.nouns import Noun
from episodes.world import Picture, StoredWorld, World, WorldSource
from episodes.world_record import Source, SourceKind, WorldRecord

MAX_LOCKS: Final = 1000
_RANKS: Final = {kind: rank for rank, kind in enumerate(SourceKind, 1)}


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldValue:
    value: object
    is_default: bool
    """Nothing is said by it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """What a picture says about a field, by measuring it, by its name or by what a model told."""

    path: str
    value: Any  # of whatever type the field has
    kind: SourceKind
    picture: Picture
    model: str = ""


def fields_of(world: World) -> dict[str, FieldValue]:
    """Path → value, in the order in which the world is written down."""
    return dict(_fields(world))


def _fields(world: World) -> Iterator[tuple[str, FieldValue]]:
    yield "title", FieldValue(value=world.title, is_default=not world.title)
    for character in world.characters:
        yield from _of(f"characters.{character.character_id}", character)
    for place in world.places:
        yield from _of(f"places.{place.place_id}", place)
    for prop in world.props:
        yield from _of(f"props.{prop.prop_id}", prop)
    yield from _of("style", world.style)
    for relation in world.relations:
        yield f"relations.{relation.from_id}.{relation.to_id}", FieldValue(value=relation.what, is_default=False)
    for of_character in world.state.characters:
        yield from _of(f"state.characters.{of_character.character_id}", of_character)
    for of_prop in world.state.props:
        yield from _of(f"state.props.{of_prop.prop_id}", of_prop)
    yield "state.daylight", FieldValue(value=world.state.daylight, is_default=world.state.daylight is None)
    yield "state.weather", FieldValue(value=world.state.weather, is_default=not world.state.weather)


def _of(path: str, noun: Noun) -> Iterator[tuple[str, FieldValue]]:
    ids = ("character_id", "place_id", "prop_id")
    own_id = path.rsplit(".", 1)[-1]
    for name, field in type(noun).model_fields.items():
        value = getattr(noun, name)
        if name in ids and value == own_id and field.is_required():
            continue
        yield f"{path}.{name}", FieldValue(value=value, is_default=not field.is_required() and value == field.default)


def known_record(stored: StoredWorld) -> WorldRecord:
    """The record with a source for every field that says anything: of what nobody wrote down, whoever made the world."""
    made_by = SourceKind.PERSON if stored.source is WorldSource.STORED else SourceKind.MEASURED
    unknown = Source(kind=made_by, since_revision=max(1, stored.revision))
    said = (path for path, field in fields_of(stored.world).items() if not field.is_default and _has_source(path))
    return stored.record.model_copy(update={"sources": dict.fromkeys(said, unknown) | dict(stored.record.sources)})


def _has_source(path: str) -> bool:
    """Pictures are their own."""
    return not path.endswith(".references")


def changed_fields(before: World, after: World) -> list[str]:
    """Paths of what was changed, added or taken away."""
    old, new = fields_of(before), fields_of(after)
    return [path for path in {**old, **new} if path not in old or path not in new or old[path].value != new[path].value]


def written(
    stored: StoredWorld,
    world: World,
    *,
    said: Collection[str] = (),
    even_locked: bool = False,
    episode_id: str | None = None,
) -> WorldRecord:
    """The record after a person wrote `world` in the place of what was stored, or had an episode do it. `said`: fields named,
    changed or not.

    Raises FieldsLocked for a change of locked fields that nobody asked for by `even_locked`.
    """
    changed = changed_fields(stored.world, world)
    known = known_record(stored)
    if not even_locked:
        check_unlocked(known, changed)
    old, new = fields_of(stored.world), fields_of(world)
    kind = SourceKind.PERSON if episode_id is None else SourceKind.EPISODE
    theirs = Source(kind=kind, episode_id=episode_id, since_revision=stored.revision + 1)
    # what is new and says nothing was not said by anybody
    told = {path for path in changed if path in new and (path in old or not new[path].is_default)}
    told |= {path for path in said if path in new and not _is_by_a_person(known, path)}
    kept = {path: source for path, source in known.sources.items() if path in new and path not in told}
    sources = kept | dict.fromkeys((path for path in new if path in told and _has_source(path)), theirs)
    return _as_it_was(stored, _pruned(known.model_copy(update={"sources": sources}), new))


def _is_by_a_person(record: WorldRecord, path: str) -> bool:
    source = record.sources.get(path)
    return source is not None and source.kind is SourceKind.PERSON


def check_unlocked(record: WorldRecord, paths: Sequence[str]) -> None:
    locked = [path for path in paths if record.is_locked(path)]
    if locked:
        more = f" and {len(locked) - 1} more" if len(locked) > 1 else ""
        raise FieldsLocked(
            f"{locked[0]}{more} cannot be changed: locked.", "Unlock it first, or say `even_locked=true`.", tuple(locked)
        )


def taken_in(stored: StoredWorld, world: World, claims: Sequence[Claim]) -> tuple[World, WorldRecord]:
    """The world with those claims that may stand, and its record. `world` is the stored one with room made for them.

    A claim is dropped where its field is locked, where it says nothing, and where whoever said what stands there ranks as high.
    Raises FieldsLocked when the room itself is locked.
    """
    known = known_record(stored)
    check_unlocked(known, changed_fields(stored.world, world))
    sources = dict(known.sources)
    for claim in claims:
        present = sources.get(claim.path)
        is_weaker = present is not None and _RANKS[present.kind] >= _RANKS[claim.kind]
        if not claim.value or is_weaker or known.is_locked(claim.path):
            continue
        world = with_field(world, claim.path, claim.value)
        sources[claim.path] = Source(
            kind=claim.kind, picture=claim.picture.sha256, model=claim.model, since_revision=stored.revision + 1
        )
    fields = fields_of(world)
    record = known.model_copy(update={"sources": {path: source for path, source in sources.items() if path in fields}})
    return world, _as_it_was(stored, record)


def with_field(world: World, path: str, value: object) -> World:
    """Of a character, place, prop, style or state that is there. Raises ValidationError for a value that cannot stand there."""
    match path.split("."):
        case ["style", name]:
            changed: dict[str, Any] = {"style": {**dict(world.style), name: value}}
        case ["characters" | "places" | "props" as kind, entity_id, name]:
            changed = {kind: _with(getattr(world, kind), entity_id, name, value)}
        case ["state", "characters" | "props" as kind, entity_id, name]:
            changed = {"state": {**dict(world.state), kind: _with(getattr(world.state, kind), entity_id, name, value)}}
        case _:
            raise AssertionError(f"nobody claims {path}")
    return World.model_validate({**dict(world), **changed})


def _with(nouns: Sequence[Noun], entity_id: str, name: str, value: object) -> list[Noun | dict[str, Any]]:
    """The first field of each of them is its id."""
    found: list[Noun | dict[str, Any]] = []
    for noun in nouns:
        own_id = getattr(noun, next(iter(type(noun).model_fields)))
        found.append({**dict(noun), name: value} if own_id == entity_id else noun)
    return found


def locked(stored: StoredWorld, paths: Sequence[str]) -> WorldRecord:
    """With these locked too. Raises BadInput for a path that names nothing in this world."""
    known, fields = known_record(stored), fields_of(stored.world)
    for place, path in enumerate(paths):
        if not _names_something(path, fields):
            raise _names_nothing(path, place)
    locks = tuple(sorted({*known.locked, *paths}))
    if len(locks) > MAX_LOCKS:
        raise BadInput(f"These would be more than {MAX_LOCKS} locks.", "Lock whole characters or places.", "fields")
    return _as_it_was(stored, known.model_copy(update={"locked": locks}))


def unlocked(stored: StoredWorld, paths: Sequence[str]) -> WorldRecord:
    """Without the locks on these and on all below them. Raises BadInput where something above stays locked, and for what names nothing."""
    known, fields = known_record(stored), fields_of(stored.world)
    left = tuple(lock for lock in known.locked if not any(lock == path or lock.startswith(f"{path}.") for path in paths))
    for place, path in enumerate(paths):
        if not _names_something(path, fields):
            raise _names_nothing(path, place)
        above = [lock for lock in left if path.startswith(f"{lock}.")]
        if above:
            raise BadInput(f"{path} is locked as a part of {above[0]}.", f"Unlock {above[0]}.", f"fields.{place}")
    return _as_it_was(stored, known.model_copy(update={"locked": left}))


def rolled_back(stored: StoredWorld, to: StoredWorld, *, even_locked: bool = False) -> WorldRecord:
    """The record of the stored world when `to` comes back: its sources are those of then, locks stay those of now.

    Pictures that came since are left out until somebody uploads them again. Raises FieldsLocked as `written` does.
    """
    known = known_record(stored)
    if not even_locked:
        check_unlocked(known, changed_fields(stored.world, to.world))
    there = {picture.sha256 for picture in to.world.pictures()}
    gone = {picture.sha256 for picture in stored.world.pictures()} | set(known.left_out)
    update = {"sources": known_record(to).sources, "left_out": tuple(sorted(gone - there))}
    return _pruned(known.model_copy(update=update), fields_of(to.world))


def _as_it_was(stored: StoredWorld, record: WorldRecord) -> WorldRecord:
    """What says no more than the stored record is that record, so that nothing changes."""
    return stored.record if record == known_record(stored) else record


def _pruned(record: WorldRecord, fields: Collection[str]) -> WorldRecord:
    """Without locks on what is gone."""
    return record.model_copy(update={"locked": tuple(lock for lock in record.locked if _names_something(lock, fields))})


def _names_something(path: str, fields: Collection[str]) -> bool:
    return path in fields or any(field.startswith(f"{path}.") for field in fields)


def _names_nothing(path: str, place: int) -> BadInput:
    return BadInput(
        f"{path[:80]!r} names no field of this world.", "GET the world: `sources` has paths of its fields.", f"fields.{place}"
    )
