"""Names that differ in their number alone are different names, wherever they are read."""

from __future__ import annotations

import pytest

from episodes.plan import Beat, Plan
from episodes.world import StoredWorld, World, WorldSource
from planning.fountain.planner import ScreenplayPlanner
from planning.names import comparable, exact, meant_by
from planning.offline.planner import OfflinePlanner
from tests.builders import a_character, a_place, a_request
from tests.unit.planning.test_plan_lengths import plan_of

NUMBERED = World(
    characters=tuple(
        a_character(f"Robot {n}", character_id=f"robot-{n}", description=f"a robot with a {n} on it") for n in (1, 2)
    ),
    places=tuple(a_place(f"Room {n}", place_id=f"room-{n}") for n in (1, 2)),
)


def names(beat: Beat) -> list[str]:
    return [member.character.name for member in beat.cast]


def played(screenplay: str, world: World = NUMBERED) -> Plan:
    stored = StoredWorld(world_id="w", revision=1, source=WorldSource.STORED, world=world)
    return ScreenplayPlanner(OfflinePlanner()).plan("e1", a_request(screenplay=screenplay), stored)


def test_a_number_tells_names_apart_but_not_the_pictures_of_one_character() -> None:
    assert exact("Room_1") == exact("ROOM 1") != exact("Room 2")
    assert comparable("hero 1") == comparable("hero-2") == comparable("Hero")


@pytest.mark.parametrize(
    ("name", "meant"), [("ROBOT 2", 2), ("robot-1", 1), ("Robot 3", None), ("Robot", None), ("Knight", 7), ("Knight 8", None), ("?", None)]
)  # fmt: skip
def test_a_name_without_a_number_means_the_only_one_that_has_it(name: str, meant: int | None) -> None:
    assert meant_by(name, {"Robot 1": 1, "Robot 2": 2, "Knight 7": 7, "!": 8}) == meant


def test_guards_of_a_screenplay_have_their_own_lines() -> None:
    plan = played("INT. BANK - DAY\n\nGUARD 1\nStop!\n\nGUARD 2\nWhy?\n\nGUARD 1\nSo.", World())

    assert [beat.dialogue and beat.dialogue.character_id for beat in plan.beats] == ["guard-1", "guard-2", "guard-1"]
    assert [names(beat) for beat in plan.beats] == [["Guard 1"], ["Guard 2"], ["Guard 1"]]


def test_forty_rooms_are_forty_scenes() -> None:
    plan = played("\n\n".join(f"INT. ROOM {n}" for n in range(40)), World())

    assert [scene.place.place_id for scene in plan.scenes] == [f"room-{n}" for n in range(40)]


def test_a_screenplay_means_the_world_s_numbers() -> None:
    plan = played("INT. ROOM 2\n\nROBOT 2\nHello.\n\nROBOT 1\nHi.\n\nINT. ROOM 3\n\nROBOT 3\nWho?")

    assert [beat.dialogue and beat.dialogue.character_id for beat in plan.beats] == ["robot-2", "robot-1", "robot-3"]
    assert [beat.place.name for beat in plan.beats] == ["Room 2", "Room 2", "Room 3"]


@pytest.mark.parametrize(
    ("intent", "cast", "place"),
    [
        ("Robot 2 sleeps in Room 2", ["Robot 2"], "Room 2"),
        ("Robot 1 fights Robot 2 in Room 1", ["Robot 1", "Robot 2"], "Room 1"),
        ("Robot 3 dances with Robot 1 in room 3", ["Robot 3", "Robot 1"], "Room 3"),
        ("Guard 1 chases guard 2 through Room 2", ["Guard 1", "Guard 2"], "Room 2"),
    ],
)
def test_a_sentence_means_the_number_that_it_says(intent: str, cast: list[str], place: str) -> None:
    turn = plan_of(intent, NUMBERED).beats[1]

    assert (names(turn), turn.place.name) == (cast, place)


@pytest.mark.parametrize(("intent", "cast"), [("Mika buys 3 apples at 7 am", ["Mika"]), ("2 robots dance", ["Kiku", "Kiku 2"])])
def test_a_number_that_counts_is_no_name(intent: str, cast: list[str]) -> None:
    assert names(plan_of(intent).beats[1]) == cast


@pytest.mark.parametrize("place", ["Neo Kyoto", "Ai"])
def test_a_place_with_a_name_of_its_own_is_where_it_happens(place: str) -> None:
    plan = plan_of(f"Mika dances in {place}", World(places=(a_place(), a_place(place, place_id="there"))))

    assert {beat.place.name for beat in plan.beats} == {place}


def test_several_of_a_kind_are_those_that_have_its_numbers() -> None:
    assert names(plan_of("Two robots dance", NUMBERED).beats[1]) == ["Robot 1", "Robot 2"]
    assert names(plan_of("Three robots dance", NUMBERED).beats[1]) == ["Robot 1", "Robot 2", "Robot 1 3"]
