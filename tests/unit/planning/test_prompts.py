"""Prompts are composed by code: the same entity is told in the same bytes in every beat."""

from __future__ import annotations

from typing import Any

import pytest

from episodes.plan import CastMember, Scene, Wardrobe
from episodes.shots import Angle, Position
from episodes.world import Prop
from planning.prompts import MAX_CHARS, NEGATIVE, described, first_words, prompt_for, with_prompts
from tests.builders import a_beat, a_character, a_place
from tests.unit.planning.test_plan_lengths import EXAMPLE, plan_of

INTENTS = (
    "Saitama fights a giant monster on a rooftop, then Mika finds him at the lighthouse at night",
    "Mika loses her kite in the forest and Kiku finds it at the harbour",
)


def a_scene(**fields: Any) -> Scene:
    return Scene(scene_id="s1", **{"place": a_place(), **fields})


def prompt(scene: Scene | None = None, props: tuple[Prop, ...] = (), **fields: Any) -> str:
    return prompt_for(a_beat(**fields), scene or a_scene(), props)


@pytest.mark.parametrize("intent", INTENTS)
def test_an_entity_is_told_in_the_same_bytes_in_every_beat(intent: str) -> None:
    plan = plan_of(intent, num_beats=12)
    told: dict[str, int] = {}

    for beat in plan.beats:
        entities = [(m.character.name, m.character.description) for m in beat.cast]
        for name, description in (*entities, (beat.place.name, beat.place.description)):
            assert beat.prompt.encode().count(described(name, description).encode()) == 1
            told[name] = told.get(name, 0) + 1
        assert EXAMPLE.style.description in beat.prompt
    assert sum(number > 1 for number in told.values()) >= 3, "several entities are told of more than once"


def test_what_is_shown_stands_before_how_it_moves_and_sounds() -> None:
    told = prompt(
        a_scene(weather="heavy rain"),
        angle=Angle.LOW,
        style="watercolour",
        first_frame="She stands alone.",
        movement="The coat flaps.",
        last_frame="Only the kite is left.",
        sound="wind",
    )

    assert told == (
        "wide shot, low angle from below: Mika looks around, moment 1. Mika: red coat, looks around. Rooftop: a flat roof. "
        "by day, clear light, heavy rain. static camera. watercolour. Begins: She stands alone. Movement: The coat flaps. "
        "Ends: Only the kite is left. Sound: wind"
    )


def test_a_face_and_a_place_in_the_picture_are_told_with_who_has_them() -> None:
    mika = CastMember(character=a_character(), action="runs", emotion="afraid", position=Position.LEFT)

    assert "Mika: red coat, runs, afraid, on the left." in prompt(cast=(mika,))


@pytest.mark.parametrize(
    ("clothes", "told"),
    [
        ("", "Mika: red coat, looks"),
        ("red coat", "Mika: red coat, looks"),
        ("red coat, a hat", "Mika: red coat, wearing a hat, looks"),
    ],
)
def test_clothes_are_told_once(clothes: str, told: str) -> None:
    assert told in prompt(a_scene(wardrobe=(Wardrobe(character_id="mika", clothes=clothes),)))


def test_what_does_not_fit_is_left_out_whole() -> None:
    crowd = tuple(CastMember(character=a_character(f"Bo{n}", description="x" * 500)) for n in range(6))

    told = prompt(cast=crowd)

    assert len(told) <= MAX_CHARS
    assert all(f"Bo{n}: {'x' * 500}" in told for n in range(3))
    assert "Bo3" not in told


def test_a_prop_that_plays_is_told_as_the_world_has_it() -> None:
    kite = Prop(prop_id="kite", name="kite", description="a red diamond kite")

    assert "kite: a red diamond kite" in prompt(props=(kite,))


def test_the_worlds_negative_stands_behind_the_usual_one() -> None:
    assert with_prompts(a_beat(), a_scene(), (), "monochrome").negative_prompt == f"{NEGATIVE}, monochrome"


def test_words_beyond_the_last_are_cut() -> None:
    assert first_words("one two, three four", 2) == "one two…"
    assert first_words("one  two", 2) == "one  two"
