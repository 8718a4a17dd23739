"""What clients may change of a world, and the world that comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final, Self

from pydantic import Field, ValidationError, model_validator

from api.wording import in_words
from episodes.errors import BadInput, NotFound
from episodes.lifecycle import BeatState
from episodes.model import EpisodeView
from episodes.moving_on import moved_on
from episodes.nouns import Colour, Id, Name, Noun, Prose
from episodes.world import Light, Outfit, Picture, Relation, StoredWorld, World
from episodes.world_changes import WorldChange, told
from episodes.world_fields import changed_fields, written

MAX_NAMED: Final = 1000  # fields in one call


def _as_it_was() -> Any:  # noqa: ANN401  # it stands in for a value of any field
    """The default of every field, never read: only what was sent is changed."""
    return None


class Change(Noun):
    """Only what is sent is changed, and is a person's word from then on, even where it is equal."""

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("name at least one field to change")
        return self


class StyleChange(Change):
    description: Prose = Field(default_factory=_as_it_was)
    negative: Prose = Field(default_factory=_as_it_was)


class HourChange(Change):
    daylight: Light | None = Field(default_factory=_as_it_was)
    weather: Annotated[Prose, Field(max_length=80)] = Field(default_factory=_as_it_was)


class WorldEdit(Change):
    """Of the world as a whole."""

    title: Annotated[Prose, Field(max_length=200)] = Field(default_factory=_as_it_was)
    style: StyleChange = Field(default_factory=_as_it_was)
    relations: tuple[Relation, ...] = Field(default_factory=_as_it_was, max_length=256)
    """All of them."""
    state: HourChange = Field(default_factory=_as_it_was)


class CharacterStateChange(Change):
    clothes: Annotated[Prose, Field(max_length=300)] = Field(default_factory=_as_it_was)
    """An outfit_id of its wardrobe, or in words."""
    injuries: tuple[Annotated[Prose, Field(min_length=1, max_length=120)], ...] = Field(
        default_factory=_as_it_was, max_length=8
    )
    """All of them."""
    is_alive: bool = Field(default_factory=_as_it_was)
    place_id: Id | None = Field(default_factory=_as_it_was)


class CharacterEdit(Change):
    """Of one character: what is always true of it, and how it is now."""

    name: Name = Field(default_factory=_as_it_was)
    description: Prose = Field(default_factory=_as_it_was)
    palette: tuple[Colour, ...] = Field(default_factory=_as_it_was, max_length=8)
    wardrobe: tuple[Outfit, ...] = Field(default_factory=_as_it_was, max_length=16)
    """All of it."""
    references: tuple[Picture, ...] = Field(default_factory=_as_it_was, max_length=16)
    state: CharacterStateChange = Field(default_factory=_as_it_was)


class PlaceEdit(Change):
    """Of one place."""

    name: Name = Field(default_factory=_as_it_was)
    description: Prose = Field(default_factory=_as_it_was)
    palette: tuple[Colour, ...] = Field(default_factory=_as_it_was, max_length=8)
    light: Light = Field(default_factory=_as_it_was)
    references: tuple[Picture, ...] = Field(default_factory=_as_it_was, max_length=16)


class PropStateChange(Change):
    held_by: Id | None = Field(default_factory=_as_it_was)
    """A character_id."""
    place_id: Id | None = Field(default_factory=_as_it_was)


class PropEdit(Change):
    """Of one prop, and who has it now."""

    name: Name = Field(default_factory=_as_it_was)
    description: Prose = Field(default_factory=_as_it_was)
    references: tuple[Picture, ...] = Field(default_factory=_as_it_was, max_length=16)
    state: PropStateChange = Field(default_factory=_as_it_was)


class Rollback(Noun):
    revision: int = Field(ge=1, lt=2**31)
    """Of the history: the one that comes back."""


class MovingOn(Noun):
    episode_id: Annotated[str, Field(max_length=64)]
    """One of this world, told to its end."""


class Locks(Noun):
    fields: tuple[Annotated[str, Field(max_length=250)], ...] = Field(min_length=1, max_length=MAX_NAMED)
    """Paths, as in `sources` of the world: `characters.mika.description`; `characters.mika` stands for all that it has."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """One sort of what a world has many of."""

    word: str
    listed: str
    """The world's field, and the state's."""
    id_name: str


CHARACTER = Kind(word="character", listed="characters", id_name="character_id")
PLACE = Kind(word="place", listed="places", id_name="place_id")
PROP = Kind(word="prop", listed="props", id_name="prop_id")


def edited_world(edit: WorldEdit, *, even_locked: bool) -> Callable[[StoredWorld], WorldChange]:
    """The change of a world that was stored."""

    def change(stored: StoredWorld) -> WorldChange:
        sent, world = _sent(edit), stored.world
        for part in ("style", "state"):
            if part in sent:
                sent[part] = {**dict(getattr(world, part)), **_sent(sent[part])}
        return _change(stored, sent, list(_said_of_world(edit)), even_locked=even_locked)

    return change


def edited_entity(
    kind: Kind, entity_id: str, edit: CharacterEdit | PlaceEdit | PropEdit, *, even_locked: bool
) -> Callable[[StoredWorld], WorldChange]:
    """The change of one character, place or prop of a world. Raises NotFound when it has none of this id."""

    def change(stored: StoredWorld) -> WorldChange:
        sent = _sent(edit)
        state = sent.pop("state", None)
        parts: dict[str, Any] = {kind.listed: _listed(stored.world, kind, entity_id, sent)}
        said = [f"{kind.listed}.{entity_id}.{name}" for name in sent]
        if state is not None:
            now = _sent(state)
            parts["state"] = {
                **dict(stored.world.state),
                kind.listed: _listed_state(getattr(stored.world.state, kind.listed), kind, entity_id, now),
            }
            said += [f"state.{kind.listed}.{entity_id}.{name}" for name in now]
        return _change(stored, parts, said, even_locked=even_locked)

    return change


def _sent(change: Change) -> dict[str, Any]:
    return {name: getattr(change, name) for name in type(change).model_fields if name in change.model_fields_set}


def _said_of_world(edit: WorldEdit) -> Iterator[str]:
    sent = _sent(edit)
    yield from ("title",) if "title" in sent else ()
    yield from (f"relations.{r.from_id}.{r.to_id}" for r in sent.get("relations", ()))
    for part in ("style", "state"):
        yield from (f"{part}.{name}" for name in (_sent(sent[part]) if part in sent else ()))


def _listed(world: World, kind: Kind, entity_id: str, sent: dict[str, Any]) -> list[object]:
    entities = getattr(world, kind.listed)
    if entity_id not in {getattr(one, kind.id_name) for one in entities}:
        raise NotFound(kind.word, entity_id[:80], "GET /worlds/{id} shows those that there are; PUT adds one.")
    return [{**dict(one), **sent} if getattr(one, kind.id_name) == entity_id else one for one in entities]


def _listed_state(states: tuple[Noun, ...], kind: Kind, entity_id: str, sent: dict[str, Any]) -> list[object]:
    known = {getattr(one, kind.id_name): dict(one) for one in states}
    return list({**known, entity_id: {kind.id_name: entity_id, **known.get(entity_id, {}), **sent}}.values())


def _change(stored: StoredWorld, parts: dict[str, Any], said: list[str], *, even_locked: bool) -> WorldChange:
    try:
        world = World.model_validate({**dict(stored.world), **parts})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise BadInput(in_words(first), "Name what is in the world.", ".".join(map(str, first["loc"]))) from None
    return WorldChange(
        world=world,
        record=written(stored, world, said=said, even_locked=even_locked),
        what=told("Changed", said or changed_fields(stored.world, world)),
    )


def moved_on_world(episode: EpisodeView, *, even_locked: bool) -> Callable[[StoredWorld], WorldChange]:
    """The change of its present state by what was accepted of an episode."""
    beats = [view.beat for view in episode.beats if view.state is BeatState.ACCEPTED]

    def change(stored: StoredWorld) -> WorldChange:
        world = moved_on(stored.world, beats, episode.treatment.scenes)
        return WorldChange(
            world=world,
            record=written(stored, world, even_locked=even_locked, episode_id=episode.episode_id),
            what=f"Moved on by the episode {episode.episode_id}.",
        )

    return change


def replaced_world(world: World, *, even_locked: bool) -> Callable[[StoredWorld], WorldChange]:
    """The whole of it, or a new one."""

    def change(stored: StoredWorld) -> WorldChange:
        changed = changed_fields(stored.world, world)
        what = told("Changed", changed) if stored.revision else "Made it."
        return WorldChange(world=world, record=written(stored, world, even_locked=even_locked), what=what)

    return change
