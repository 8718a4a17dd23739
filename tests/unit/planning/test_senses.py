"""Common words are taken in their usual sense, and who is in the picture shows what it would."""

from __future__ import annotations

import pytest

from episodes.world import World
from tests.unit.planning.test_plan_lengths import plan_of


def shown(intent: str, name: str) -> list[str]:
    """What somebody shows in each beat that it is in."""
    beats = plan_of(intent, World()).beats
    return [member.action for beat in beats for member in beat.cast if member.character.name == name]


@pytest.mark.parametrize(
    ("intent", "name"),
    [("The princess wakes up", "Princess"), ("Anna wakes at dawn", "Anna"), ("The old man awakens", "Old Man")],
)
def test_who_wakes_has_slept(intent: str, name: str) -> None:
    assert shown(intent, name) == ["sleeps", "sits up and stretches", "stands and looks around"]


def test_whom_somebody_wakes_has_slept() -> None:
    assert shown("Mother wakes the child", "Child") == ["sleeps", "sits up and stretches", "stands and looks around"]
    assert "sleeps" not in shown("Mother wakes the child", "Mother")


@pytest.mark.parametrize(
    ("intent", "saved", "foe"),
    [
        ("A knight saves the princess from the dragon", "Princess", "Dragon"),
        ("Anna protects the child from a wolf", "Child", "Wolf"),
        ("Tom defends the king against the bandits", "King", "Bandits"),
    ],
)
def test_from_whom_somebody_is_saved_threatens(intent: str, saved: str, foe: str) -> None:
    assert shown(intent, saved) == ["waves for help", "reaches out a hand", "smiles, safe"]
    assert shown(intent, foe) == ["looms and threatens", "runs after", "stands far behind"]


def test_from_whom_somebody_is_saved_is_who_is_fought_then() -> None:
    turn = plan_of("A knight saves the princess from the dragon and fights it", World()).beats[1]

    assert "The knight fights the dragon." in turn.description
    assert {member.character.name: member.action for member in turn.cast}["Dragon"] == "fights back"


def test_from_where_somebody_is_saved_is_no_foe() -> None:
    assert [beat.place.name for beat in plan_of("Tom carries the cat from the burning house", World()).beats] == [
        "Burning House"
    ] * 3


@pytest.mark.parametrize(
    ("intent", "scary", "scared"),
    [
        ("A ghost scares a thief", "Ghost", "Thief"),
        ("The monster frightens the king", "Monster", "King"),
        ("The thief is terrified by a ghost", "Ghost", "Thief"),
    ],
)
def test_who_is_scared_trembles_and_not_who_scares(intent: str, scary: str, scared: str) -> None:
    assert shown(intent, scary) == ["hides in the shadow", "looms and threatens", "stands and laughs"]
    assert shown(intent, scared) == ["looks around", "trembles and shrinks back", "runs away"]


def test_who_is_just_scared_scares_nobody() -> None:
    [thief] = plan_of("The thief is scared", World()).beats[1].cast

    assert (thief.character.name, thief.emotion) == ("Thief", "afraid")


def test_a_dragon_that_breathes_fire_roars_and_walks_nowhere() -> None:
    intent = "A dragon lands on a tower and breathes fire at two knights"

    assert shown(intent, "Dragon")[1:] == ["roars and breathes fire", "stands in the smoke"]
    assert shown(intent, "Knights") == ["ducks behind both arms", "stands covered in soot"]


def test_who_just_breathes_does_so() -> None:
    assert shown("Anna breathes slowly", "Anna")[1] == "breathes slowly"


@pytest.mark.parametrize(
    ("intent", "place", "looks", "sound"),
    [
        ("The sailor sleeps on a boat", "Boat", "deck with ropes and a rail, and open water", "waves and creaking wood"),
        ("Pirates fight on a ship", "Ship", "deck with ropes and a rail, and open water", "waves and creaking wood"),
        ("Anna waits in a plane", "Plane", "steel walls, windows and rows of seats", "a steady hum"),
        ("A girl dances on a train", "Train", "steel, windows and a long platform", "announcements and wheels on rails"),
    ],
)
def test_a_ship_has_water_around_it_and_a_train_rails_below(intent: str, place: str, looks: str, sound: str) -> None:
    for beat in plan_of(intent, World()).beats:
        assert beat.place.name == place
        assert looks in beat.place.description
        assert beat.sound.endswith(sound)
