"""An episode begins as things stand in its world."""

from __future__ import annotations

from typing import Any

from episodes.plan import TimeOfDay
from episodes.world import CharacterState, Light, Outfit, World, WorldState
from tests.builders import a_character, a_place
from tests.unit.planning.test_plan_lengths import plan_of

COATS = (Outfit(outfit_id="coat", description="red coat"), Outfit(outfit_id="rain", description="yellow raincoat"))


def a_world_that_stands(*characters: CharacterState, **state: Any) -> World:
    mika = a_character("Mika", description="girl of ten", wardrobe=COATS)
    return World(
        characters=(mika, a_character("Taro", description="boy of twelve")),
        places=(a_place(),),
        state=WorldState(characters=characters, **state),
    )


def test_clothes_and_injuries_are_in_every_prompt_of_whoever_has_them() -> None:
    hurt = CharacterState(character_id="mika", clothes="rain", injuries=("bandaged left arm", "scratched cheek"))

    plan = plan_of("Mika looks for a key", a_world_that_stands(hurt))

    assert all("wearing yellow raincoat, bandaged left arm, scratched cheek" in beat.prompt for beat in plan.beats)
    assert {w.clothes for scene in plan.scenes for w in scene.wardrobe} == {
        "yellow raincoat, bandaged left arm, scratched cheek"
    }


def test_more_injuries_than_can_be_said_are_left_out_whole() -> None:
    state = CharacterState(character_id="mika", injuries=tuple(f"{n} {'x' * 110}" for n in range(8)))

    (wardrobe,) = plan_of("Mika waits", a_world_that_stands(state)).scenes[0].wardrobe

    assert len(wardrobe.clothes) <= 300
    assert wardrobe.clothes.endswith("x" * 110)


def test_the_present_light_and_weather_hold_where_the_intent_names_none() -> None:
    world = a_world_that_stands(daylight=Light.NIGHT, weather="heavy rain")

    assert {beat.time_of_day for beat in plan_of("Mika looks for a key", world).beats} == {TimeOfDay.NIGHT}
    assert all("heavy rain" in beat.prompt for beat in plan_of("Mika looks for a key", world).beats)
    assert {beat.time_of_day for beat in plan_of("Mika looks for a key at dawn", world).beats} == {TimeOfDay.DAWN}


def test_who_is_dead_plays_only_when_named() -> None:
    world = a_world_that_stands(CharacterState(character_id="mika", is_alive=False))

    for seed in range(6):
        cast = {m.character.name for beat in plan_of("Fight the dragon!", world, seed=seed).beats for m in beat.cast}
        assert "Taro" in cast
        assert "Mika" not in cast
    assert "Mika" in {m.character.name for beat in plan_of("Mika waits", world).beats for m in beat.cast}
