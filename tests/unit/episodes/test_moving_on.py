"""What an episode did to people and props is how the next one finds them."""

from __future__ import annotations

from typing import Any

import pytest

from episodes.effects import Effect, Happening
from episodes.moving_on import moved_on
from episodes.plan import Beat, CastMember, Scene, TimeOfDay
from episodes.world import CharacterState, Light, Prop, PropState, World, WorldState
from tests.builders import a_beat, a_character, a_place

ROOF, STREET, MOON = a_place(), a_place("Street"), a_place("Moon")
MIKA, TARO, STRANGER = a_character(), a_character("Taro"), a_character("Stranger")
WORLD = World(characters=(MIKA, TARO), places=(ROOF, STREET), props=(Prop(prop_id="key", name="Key"),))


def a_told_beat(*effects: Effect, index: int = 0, cast: tuple[Any, ...] = (), **fields: Any) -> Beat:
    return a_beat(index, cast=tuple(CastMember(character=c) for c in cast), effects=effects, **fields)


def what(happens: Happening, character_id: str = "mika", **fields: Any) -> Effect:
    return Effect(happens=happens, character_id=character_id, **fields)


def after(*effects: Effect, world: World = WORLD, **fields: Any) -> WorldState:
    return moved_on(world, [a_told_beat(*effects, **fields)], ()).state


@pytest.mark.parametrize(
    ("effects", "now"),
    [
        ([what(Happening.DIES)], {"is_alive": False}),
        ([what(Happening.DIES), what(Happening.REVIVES)], {"is_alive": True}),
        ([what(Happening.IS_INJURED, detail="the left arm")], {"injuries": ("the left arm",)}),
        ([what(Happening.IS_INJURED)], {"injuries": ("injured",)}),
        ([what(Happening.IS_INJURED, detail="x" * 200)], {"injuries": ("x" * 120,)}),
        ([what(Happening.IS_INJURED, detail="the left arm")] * 2, {"injuries": ("the left arm",)}),
        ([what(Happening.IS_INJURED, detail="a"), what(Happening.HEALS)], {"injuries": ()}),
        ([what(Happening.ARRIVES)], {"place_id": "rooftop"}),
        ([what(Happening.ARRIVES), what(Happening.LEAVES)], {"place_id": None}),
        ([what(Happening.CHANGES_CLOTHES, detail="a blue kimono")], {"clothes": "a blue kimono"}),
    ],
)
def test_people_are_left_as_the_last_beat_left_them(effects: list[Effect], now: dict[str, Any]) -> None:
    assert after(*effects).characters == (CharacterState(character_id="mika", **now),)


@pytest.mark.parametrize(
    ("effects", "now"),
    [
        ([what(Happening.TAKES, prop_id="key")], {"held_by": "mika"}),
        ([what(Happening.FINDS, prop_id="key")], {"held_by": "mika"}),
        ([what(Happening.GIVES, prop_id="key", to="taro")], {"held_by": "taro"}),
        ([what(Happening.GIVES, prop_id="key", to="stranger")], {}),
        ([what(Happening.TAKES, prop_id="key"), what(Happening.DROPS, prop_id="key")], {"place_id": "rooftop"}),
        ([what(Happening.TAKES, prop_id="key"), what(Happening.LOSES, prop_id="key")], {}),
        ([what(Happening.TAKES, prop_id="key"), what(Happening.USES, prop_id="key")], {"held_by": "mika"}),
    ],
)
def test_a_prop_is_where_it_was_last(effects: list[Effect], now: dict[str, Any]) -> None:
    assert after(*effects).props == (PropState(prop_id="key", **now),)


def test_who_plays_is_there_and_the_last_hour_and_weather_hold() -> None:
    beats = [
        a_told_beat(cast=(MIKA, TARO), place=ROOF),
        a_told_beat(index=1, cast=(MIKA,), place=STREET, time_of_day=TimeOfDay.NIGHT, scene_id="s2"),
    ]
    scenes = [Scene(scene_id="s2", place=STREET, time_of_day=TimeOfDay.NIGHT, weather="heavy rain")]

    state = moved_on(WORLD, beats, scenes).state

    assert [(c.character_id, c.place_id) for c in state.characters] == [("mika", "street"), ("taro", "rooftop")]
    assert (state.daylight, state.weather) == (Light.NIGHT, "heavy rain")


def test_whom_and_what_the_world_does_not_know_stays_out_of_it() -> None:
    effects = [what(Happening.DIES, "stranger"), what(Happening.TAKES, "mika", prop_id="sword")]

    state = after(*effects, cast=(STRANGER, MIKA), place=MOON)

    assert state.characters == (CharacterState(character_id="mika"),)
    assert state.props == ()


def test_what_the_episode_did_not_touch_stays_as_it_was() -> None:
    before = WorldState(characters=(CharacterState(character_id="taro", injuries=("a scar",), clothes="blue coat"),))
    world = WORLD.model_copy(update={"state": before})

    moved = moved_on(world, [a_told_beat(what(Happening.DIES))], ())

    assert moved.state.characters[0] == before.characters[0]
    assert moved.model_copy(update={"state": before}) == world
    assert moved_on(world, [], ()) == world
