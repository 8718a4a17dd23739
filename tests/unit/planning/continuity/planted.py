"""Small plans with contradictions planted in them, as `planted.yaml` tells them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from episodes.contradictions import Contradiction
from episodes.effects import Effect, Happening
from episodes.plan import Beat, CameraMove, CastMember, Line, Plan, Scene, Wardrobe
from episodes.world import Prop, World, WorldState
from planning.continuity.script import Moves
from tests.builders import a_beat, a_character, a_place

WORLD: Final = World(
    characters=tuple(a_character(name, description=f"{name} as always") for name in ("Saitama", "Gorugan", "Mika", "Taro")),
    places=(a_place("Rooftop"), a_place("Forest")),
    props=tuple(Prop(prop_id=name, name=name) for name in ("kite", "sword", "key")),
)
MOVES: Final[Moves] = {"animatic": None, "svd": (CameraMove.STATIC,)}

Row = dict[str, Any]  # as YAML has it
_FILE: Final = Path(__file__).with_name("planted.yaml")
_LONGEST_FIRST: Final = sorted(Happening, key=lambda one: -len(one.value))


@dataclass(frozen=True, kw_only=True)
class Planted:
    name: str
    plan: Plan
    world: World
    finds: frozenset[str]
    """ "code beat other-beat"; none: nothing is wrong."""


def told(one: Contradiction) -> str:
    """As `finds` has it."""
    return f"{one.code} {one.beat_id} {one.other_beat_id or '-'}"


def planted() -> list[Planted]:
    rows: list[Row] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return [_planted(row) for row in rows]


def _planted(row: Row) -> Planted:
    world = World(**{**dict(WORLD), "state": WorldState.model_validate(row.get("state", {}))})
    return Planted(name=row["name"], plan=_plan(row), world=world, finds=frozenset(row.get("finds", ())))


def _plan(row: Row) -> Plan:
    beats = tuple(_beat(index, told) for index, told in enumerate(row["beats"]))
    firsts = {beat.scene_id: beat for beat in reversed(beats) if beat.scene_id is not None}
    scenes = (_scene(first, row.get("scenes", {}).get(scene_id, {})) for scene_id, first in sorted(firsts.items()))
    return Plan(beats=beats, scenes=tuple(scenes))


def _scene(first: Beat, told: Row) -> Scene:
    wardrobe = (Wardrobe(character_id=who, clothes=clothes) for who, clothes in told.get("wardrobe", {}).items())
    return Scene(
        scene_id=first.scene_id,
        place=first.place,
        time_of_day=told.get("time", first.time_of_day),
        weather=told.get("weather", ""),
        wardrobe=tuple(wardrobe),
    )


def _beat(index: int, told: Row) -> Beat:
    [(speaker, text)] = told.get("says", {None: None}).items()
    start = told.get("from")
    return a_beat(
        index,
        scene_id=told.get("scene", "s1"),
        place=a_place(told.get("place", "rooftop").title()),
        time_of_day=told.get("time", "day"),
        cast=tuple(_member(who, action, told) for who, action in told["cast"].items()),
        dialogue=Line(character_id=speaker, text=text) if speaker else None,
        effects=tuple(effect(one) for one in told.get("effects", ())),
        duration_s=told.get("seconds", 5.0),
        camera_move=told.get("move", "static"),
        backend=told.get("backend", "animatic"),
        starts_from=start,
        depends_on=(start,) if start else (),
    )


def _member(who: str, action: str, told: Row) -> CastMember:
    character_id = who.rstrip("!")
    name = told.get("names", {}).get(character_id, character_id.title())
    looks = told.get("looks", {}).get(character_id, f"{name} as always")
    character = a_character(name, character_id=character_id, description=looks)
    return CastMember(character=character, action=action, is_target=who.endswith("!"))


def effect(told: str) -> Effect:
    """ "mika gives kite to taro", "mika is injured: the left arm"."""
    told, _, detail = told.partition(": ")
    happens = next(one for one in _LONGEST_FIRST if f" {told} ".find(f" {one.value} ") >= 0)
    who, _, rest = (part.strip() for part in told.partition(happens.value))
    prop, _, to = rest.partition(" to ")
    return Effect(happens=happens, character_id=who or None, prop_id=prop or None, to=to or None, detail=detail)
