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


@pytest.mark.parametrize(
    ("intent", "deed", "who"),
    [
        ("Three children ride down a hill and one of them falls", "One of them falls.", ["Children 3"]),
        ("Two samurai duel until one of them dies", "One of them dies.", ["Samurai 2"]),
        ("Anna and Tom walk home and one of them sings", "One of them sings.", ["Tom"]),
        ("Four robots march and two of them dance", "Two of them dance.", ["Robots 3", "Robots 4"]),
        ("Three pigs build a house and all of them dance", "All of them dance.", ["Pigs", "Pigs 2", "Pigs 3"]),
    ],
)
def test_one_of_them_is_one_of_those_before(intent: str, deed: str, who: list[str]) -> None:
    turn = plan_of(intent, World()).beats[1]

    assert (turn.description, names(turn)) == (deed, who)


@pytest.mark.parametrize(
    ("intent", "deeds", "who"),
    [
        ("Anna gives Tom a red rose and kisses him", ("Anna gives Tom a red rose.", "Anna kisses Tom."), ["Anna", "Tom"]),
        ("Grandmother tells the king a story and kisses him", ("tells the king a story.", "kisses the king."), ["Grandmother", "King"]),
        ("A wizard shows Mika her kite and calls her", ("shows Mika her kite.", "calls Mika."), ["Wizard", "Mika"]),
    ],
)  # fmt: skip
def test_whom_it_is_given_to_is_somebody_and_what_is_given_is_not(intent: str, deeds: tuple[str, str], who: list[str]) -> None:
    beats = plan_of(intent, World()).beats[:2]

    assert all(beat.description.endswith(deed) for beat, deed in zip(beats, deeds, strict=True))
    assert [names(beat) for beat in beats] == [who, who]


@pytest.mark.parametrize(
    "intent",
    [
        "Nobody comes to the party",
        "No one comes to the party",
        "Nothing happens",
        "No robot dances",
        "It rains in the forest",
        "It is late",
        "Something moves in the dark",
    ],
)
def test_nobody_is_nobody(intent: str) -> None:
    assert cast(plan_of(intent)) == set()


@pytest.mark.parametrize(
    ("intent", "who"), [("She finds him", {"She"}), ("It wakes and roars", {"It"}), ("They dance", {"They"})]
)
def test_whom_nothing_before_names_plays_only_where_it_acts(intent: str, who: set[str]) -> None:
    assert cast(plan_of(intent)) == who


@pytest.mark.parametrize(
    ("intent", "told", "who"),
    [
        ("It is raining and Tom is waiting for the bus", "Tom waits for the bus.", {"Tom"}),
        ("It rains and Anna sings", "Anna sings.", {"Anna"}),
        ("It is late and the children sleep", "The children sleep as it is late.", {"Children", "Children 2"}),
        ("The wind blows and the leaves fall", "The leaves fall.", set()),
        ("Fog covers the harbour", "Fog covers the harbour.", set()),
        ("It is Tom who sings", "Tom sings.", {"Tom"}),
    ],
)
def test_weather_and_how_things_are_are_nobody(intent: str, told: str, who: set[str]) -> None:
    plan = plan_of(intent, World())

    assert cast(plan) == who
    assert any(told in beat.description for beat in plan.beats)


@pytest.mark.parametrize(
    ("intent", "deed", "who"),
    [
        ("Yesterday grandmother told the king a story", "The grandmother tells the king a story.", ["Grandmother", "King"]),
        ("Tomorrow the king arrives", "The king arrives.", ["King"]),
        ("Meanwhile the dragon sleeps", "The dragon sleeps.", ["Dragon"]),
        ("In the morning Anna runs", "Anna runs.", ["Anna"]),
        ("In the forest a wolf howls", "The wolf howls.", ["Wolf"]),
        ("The next morning the knight leaves", "The knight leaves.", ["Knight"]),
        ("Two days later Anna returns", "Anna returns two days later.", ["Anna"]),
        ("After the war the soldier returns home", "The soldier returns home after the war.", ["Soldier"]),
        ("After Anna leaves, the king cries", "Anna leaves.", ["Anna"]),
    ],
)
def test_when_and_where_it_happens_is_no_part_of_a_name(intent: str, deed: str, who: list[str]) -> None:
    turn = next(beat for beat in plan_of(intent, World()).beats if deed in beat.description)

    assert names(turn) == who


@pytest.mark.parametrize(
    ("intent", "deed", "who"),
    [
        ("Run!", "The hero runs.", ["Lone Hero"]),
        ("Wake up!", "The hero wakes up.", ["Lone Hero"]),
        ("Jump over the wall!", "The hero jumps over the wall.", ["Lone Hero"]),
        ("Dance with the bear", "The hero dances with the bear.", ["Lone Hero", "Bear"]),
        ("Run, Tom, run!", "Tom runs.", ["Tom"]),
        ("Fight, Anna, fight the dragon!", "Anna fights the dragon.", ["Anna", "Dragon"]),
    ],
)
def test_an_order_is_carried_out_by_somebody(intent: str, deed: str, who: list[str]) -> None:
    turn = plan_of(intent, World()).beats[1]

    assert (turn.description, names(turn)) == (deed, who)


@pytest.mark.parametrize("intent", ["Love in Paris", "Storm over the harbour", "Summer in the city"])
def test_a_mood_and_a_place_are_no_order(intent: str) -> None:
    assert cast(plan_of(intent, World())) == set()


@pytest.mark.parametrize(
    ("intent", "deed", "who"),
    [
        ("Deep in the forest a witch brews a potion", "The witch brews a potion.", ["Witch"]),
        ("On Monday Tom visits his grandmother", "Tom visits his grandmother on Monday.", ["Tom", "Grandmother"]),
        ("Tom tells Anna that the dragon sleeps", "Tom tells Anna that the dragon sleeps.", ["Tom", "Anna"]),
        ("Come with me", "The hero comes with me.", ["Lone Hero"]),
    ],
)
def test_who_is_told_of_beside_it_is_not_cast(intent: str, deed: str, who: list[str]) -> None:
    turn = plan_of(intent, World()).beats[1]

    assert (turn.description, names(turn)) == (deed, who)


@pytest.mark.parametrize(
    ("intent", "deeds", "who"),
    [
        ("The phone rings and Tom answers it", ["The phone rings.", "Tom answers the phone."], {"Tom"}),
        ("Thunder rolls and the child wakes", ["Thunder rolls.", "The child wakes."], {"Child"}),
        ("Anna wounds Tom and runs away", ["Anna wounds Tom.", "Anna runs away."], {"Anna", "Tom"}),
        ("Anna has a secret and hides", ["Anna has a secret.", "Anna hides."], {"Anna"}),
        ("Anna is not afraid of the dark and sings", ["Anna is not afraid of the dark.", "Anna sings."], {"Anna"}),
        ("The old robots and the blorps dance", ["The old robots and the blorps dance."], {"Old Robots", "Old Robots 2", "Blorps", "Blorps 2"}),
    ],
)  # fmt: skip
def test_a_clause_before_the_first_known_verb_is_one_of_its_own(intent: str, deeds: list[str], who: set[str]) -> None:
    plan = plan_of(intent, World())
    told = " ".join(beat.description for beat in plan.beats)

    assert cast(plan) == who
    assert all(deed in told for deed in deeds)


@pytest.mark.parametrize(
    ("intent", "deed", "who"),
    [
        ("Frightened, the boy runs", "The boy runs frightened.", ["Boy"]),
        ("Tired and hungry, the king sleeps", "The king sleeps tired and hungry.", ["King"]),
        ("Anna, the witch, sings", "Anna and the witch sing.", ["Anna", "Witch"]),
        ("Give Tom the ball", "The hero gives Tom the ball.", ["Lone Hero", "Tom"]),
        ("One of the robots dances", "One of the robots dances.", ["Robot"]),
        ("There is a dragon who does not fly", "The dragon does not fly.", ["Dragon"]),
    ],
)
def test_how_somebody_is_makes_nobody(intent: str, deed: str, who: list[str]) -> None:
    turn = plan_of(intent, World()).beats[1]

    assert (turn.description, names(turn)) == (deed, who)
