"""Scenes: the clauses of an intent with everybody, every place and every hour filled in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from episodes.plan import TimeOfDay
from episodes.world import Light, Place, World
from planning.names import is_numbered
from planning.offline import places
from planning.offline.casting import protagonist
from planning.offline.clause import Clause
from planning.offline.dice import Dice
from planning.offline.mentions import Mention
from planning.offline.narrator import Roles
from planning.offline.words import STATIC_PREPOSITIONS


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """A clause with everything that the moments around it share."""

    clause: Clause
    place: Place
    stands: str
    """ "on the rooftop"."""
    time_of_day: TimeOfDay
    roles: Roles


def scenes_of(clauses: tuple[Clause, ...], world: World, dice: Dice) -> list[Scene]:
    """One scene per clause, in order."""
    return _placed(_with_actors(clauses, world, dice), world, dice)


def _with_actors(clauses: tuple[Clause, ...], world: World, dice: Dice) -> tuple[Clause, ...]:
    """Somebody acts in every clause that has a verb; in one without, only if it names no place to look at either."""
    taken = [m.again for clause in clauses for m in (*clause.subjects, *clause.things)]
    hero: Mention | None = None
    filled: list[Clause] = []
    for clause in clauses:
        if clause.subjects or (clause.group is None and (clause.place is not None or not world.characters)):
            filled.append(clause)
            continue
        hero = hero or protagonist(world, taken, dice)
        filled.append(replace(clause, subjects=(hero,)))
    return tuple(filled)


def _placed(clauses: Sequence[Clause], world: World, dice: Dice) -> list[Scene]:
    scenes: list[Scene] = []
    default = _default_place(clauses, world, dice)
    for clause in clauses:
        previous = scenes[-1] if scenes else None
        place, stands = _where(clause, previous, default, world, dice)
        moved = previous is not None and previous.place.place_id != place.place_id
        hour = clause.time_of_day or (
            previous.time_of_day if previous and not moved else _hour(clauses, place, world, is_first=previous is None)
        )
        scenes.append(Scene(clause=clause, place=place, stands=stands, time_of_day=hour, roles=_roles(clause, stands, scenes)))
    return scenes


def _where(clause: Clause, previous: Scene | None, default: Place, world: World, dice: Dice) -> tuple[Place, str]:
    part = clause.place
    if part is None or part.mention is None:
        return (previous.place, previous.stands) if previous else (default, places.stands(default))
    mention = part.mention
    place = _known_place(mention, world) or places.improvise(mention.core, mention.head, dice)
    kind = places.KIND_OF.get(mention.head)
    preposition = part.prep if part.prep in STATIC_PREPOSITIONS else (kind.preposition if kind else "at")
    return place, f"{preposition} {mention.again}"


def _known_place(mention: Mention, world: World) -> Place | None:
    """By its name, by a word of its name, or as the only place of that kind."""
    if mention.place_index is not None:
        return world.places[mention.place_index]
    if is_numbered(mention.core):
        return None
    for place in world.places:
        if mention.head in place.name.casefold().split():
            return place
    kind = places.KIND_OF.get(mention.head)
    return next((p for p in world.places if kind is not None and places.kind_of_name(p.name) is kind), None)


def _default_place(clauses: Sequence[Clause], world: World, dice: Dice) -> Place:
    """Where it plays as long as nothing is said: a place of the world that the intent does not go to later."""
    later = {p.place_id for c in clauses if c.place and c.place.mention and (p := _known_place(c.place.mention, world))}
    free = [p for p in world.places if p.place_id not in later] or list(world.places)
    if free:
        return dice.pick(free, "place")
    noun = dice.pick(places.DEFAULT_NOUNS, "place")
    return places.improvise(noun, noun, dice)


def _hour(clauses: Sequence[Clause], place: Place, world: World, *, is_first: bool) -> TimeOfDay:
    """A single hour in the intent holds for all of it, unless it is told late; else the world's present daylight or the place's own."""
    told = [c.time_of_day for c in clauses if c.time_of_day is not None]
    if told and (len(clauses) == 1 or not is_first):
        return told[-1]
    return {Light.DAY: TimeOfDay.DAY, Light.DUSK: TimeOfDay.DUSK, Light.NIGHT: TimeOfDay.NIGHT}[
        world.state.daylight or place.light
    ]


def _roles(clause: Clause, stands: str, before: Sequence[Scene]) -> Roles:
    things = _others(clause.things, clause.subjects)
    targets = _others(clause.targets, clause.subjects)
    if clause.family.name == "fight" and not things and before:
        targets = things = _others(before[-1].roles.t, clause.subjects)
    return Roles(a=clause.subjects, t=targets[:1], o=things[:1], p=stands)


def _others(mentions: Sequence[Mention], subjects: Sequence[Mention]) -> tuple[Mention, ...]:
    own = {m.again for m in subjects}
    return tuple(m for m in mentions if m.again not in own and not m.is_pronoun)
