"""What a world may hold, and what it says of how things stand."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from episodes.world import CharacterState, Light, Outfit, Prop, PropState, Relation, World, WorldState
from tests.builders import a_character, a_place, a_world

SUIT, COAT = Outfit(outfit_id="suit", description="yellow suit"), Outfit(outfit_id="coat", description="red coat")


def a_rich_world(**fields: Any) -> World:
    return a_world(
        **{
            "characters": (a_character("Mika", wardrobe=(COAT, SUIT)), a_character("Taro")),
            "props": (Prop(prop_id="key", name="Key"),),
            "relations": (Relation(from_id="mika", to_id="taro", what="older sister of"),),
            "state": WorldState(
                characters=(CharacterState(character_id="mika", injuries=("bandaged left arm",), place_id="rooftop"),),
                props=(PropState(prop_id="key", held_by="taro"),),
                daylight=Light.DUSK,
            ),
            **fields,
        }
    )


def test_a_world_that_was_stored_before_it_had_a_state_is_loaded() -> None:
    world = World.model_validate_json('{"title": "Old", "props": [{"prop_id": "bag", "name": "Bag"}]}')

    assert (world.state, world.relations, world.props[0].references) == (WorldState(), (), ())


@pytest.mark.parametrize(
    ("clothes", "worn"), [("", "red coat"), ("suit", "yellow suit"), ("a borrowed raincoat", "a borrowed raincoat")]
)
def test_a_character_wears_an_outfit_words_or_the_first_of_its_wardrobe(clothes: str, worn: str) -> None:
    world = a_rich_world(state=WorldState(characters=(CharacterState(character_id="mika", clothes=clothes),)))

    assert world.clothes_of(world.characters[0]) == worn
    assert world.clothes_of(world.characters[1]) == "", "its description is all there is"


def test_nobody_said_anything_of_a_character_without_a_state() -> None:
    assert a_rich_world().state_of("taro") == CharacterState(character_id="taro")


@pytest.mark.parametrize(
    ("fields", "unknown"),
    [
        ({"relations": (Relation(from_id="mika", to_id="nobody", what="knows"),)}, "nobody"),
        ({"state": WorldState(characters=(CharacterState(character_id="ghost"),))}, "ghost"),
        ({"state": WorldState(characters=(CharacterState(character_id="mika", place_id="moon"),))}, "moon"),
        ({"state": WorldState(props=(PropState(prop_id="sword"),))}, "sword"),
        ({"state": WorldState(props=(PropState(prop_id="key", held_by="ghost"),))}, "ghost"),
        ({"state": WorldState(props=(PropState(prop_id="key", place_id="moon"),))}, "moon"),
    ],
)
def test_what_a_world_speaks_of_is_in_it(fields: dict[str, Any], unknown: str) -> None:
    with pytest.raises(ValidationError, match=f"nothing in this world is called '{unknown}'"):
        a_rich_world(**fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"characters": (a_character("Mika", wardrobe=(COAT, COAT)), a_character("Taro"))},
        {"relations": (Relation(from_id="mika", to_id="taro", what="a"), Relation(from_id="mika", to_id="taro", what="b"))},
        {"state": WorldState(characters=(CharacterState(character_id="mika"), CharacterState(character_id="mika")))},
        {"places": (a_place(), a_place())},
    ],
)
def test_nothing_is_said_twice(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="stands twice"):
        a_rich_world(**fields)


def test_a_prop_is_held_or_lies_somewhere() -> None:
    with pytest.raises(ValidationError, match="either held by somebody or lies"):
        PropState(prop_id="key", held_by="taro", place_id="rooftop")
