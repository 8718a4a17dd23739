"""Who plays in a sentence is somebody: no hats, no pronouns, no weather."""

from __future__ import annotations

import pytest

from episodes.plan import Plan
from episodes.world import World
from tests.unit.planning.test_names import names
from tests.unit.planning.test_plan_lengths import plan_of


def cast(plan: Plan) -> set[str]:
    return {name for beat in plan.beats for name in names(beat)}


@pytest.mark.parametrize(
    ("intent", "deed", "who"),
    [
        ("An old witch with a purple hat sings", "The old witch sings.", {"Old Witch"}),
        ("A tall woman with long red hair rides through Paris", "The tall woman rides through Paris.", {"Tall Woman"}),
        ("A girl with a hat and a scarf runs", "The girl runs.", {"Girl"}),
        ("The girl with the dragon tattoo sleeps", "The girl sleeps.", {"Girl"}),
        ("A girl with red shoes and a boy run", "The girl and the boy run.", {"Girl", "Boy"}),
        ("A boy with a dog runs", "The boy and the dog run.", {"Boy", "Dog"}),
        ("A knight with his squire rides", "The knight and his squire ride.", {"Knight", "Squire"}),
        ("Anna, with her cat, sleeps", "Anna and her cat sleep.", {"Anna", "Cat"}),
    ],
)
def test_what_somebody_has_is_nobody_and_who_comes_along_is_somebody(intent: str, deed: str, who: set[str]) -> None:
    plan = plan_of(intent, World())

    assert plan.beats[1].description == deed
    assert cast(plan) == who


def test_what_somebody_has_is_in_its_description_and_does_not_make_it_a_giant() -> None:
    [knight] = plan_of("A knight with a giant sword waits", World()).beats[1].cast

    assert (knight.character.name, knight.character.description) == ("Knight", "a knight with a giant sword")
    assert knight.scale == 1.0
