"""What stands in brackets below a name says how a line is spoken; nobody is made of it."""

from __future__ import annotations

import pytest

from episodes.plan import Plan
from planning.fountain.door import FountainScreenplays
from planning.fountain.manners import Manner, manner_in, manner_of, spoken
from tests.unit.planning.test_names import names, played

HALL = "INT. HALL - DAY\n\n"


def cast(plan: Plan) -> list[list[str]]:
    return [names(beat) for beat in plan.beats]


@pytest.mark.parametrize(
    ("remark", "manner"),
    [
        ("", Manner()),
        ("beat", Manner()),
        ("a long pause", Manner()),
        ("V.O.", Manner()),
        ("O.S.", Manner()),
        ("CONT'D", Manner()),
        ("cont’d, off-screen", Manner()),
        ("whispering", Manner(how="whispering")),
        ("beat; out of breath, shouting", Manner(how="out of breath, shouting")),
        ("to TOM, laughing", Manner(how="laughing", to="Tom")),
        ("to Tom, to Anna", Manner(to="Tom and Anna")),
    ],
)
def test_of_a_remark_only_what_can_be_played_is_kept(remark: str, manner: Manner) -> None:
    assert manner_of(remark) == manner
    assert manner_in(spoken("Dr. No", manner), "Dr. No") == manner


@pytest.mark.parametrize("text", ["Anna speaks", "Tom speaks.", "Anna speaks of Tom.", "Then Anna speaks."])
def test_another_text_tells_no_manner(text: str) -> None:
    assert manner_in(text, "Anna") is None


@pytest.mark.parametrize(
    ("remark", "description", "emotion"),
    [
        ("beat", "Anna speaks.", ""),
        ("V.O.", "Anna speaks.", ""),
        ("whispering", "Anna speaks, whispering.", ""),
        ("laughing", "Anna speaks, laughing.", "happy"),
        ("fighting tears, afraid", "Anna speaks, fighting tears, afraid.", "afraid"),
        ("to himself", "Anna speaks to himself.", ""),
        ("to camera", "Anna speaks to camera.", ""),
    ],
)
def test_who_speaks_is_alone_and_talks(remark: str, description: str, emotion: str) -> None:
    [beat] = played(f"{HALL}ANNA\n({remark})\nFine.").beats

    assert (beat.description, beat.action, names(beat)) == (description, "talk", ["Anna"])
    assert beat.cast[0].emotion == emotion


@pytest.mark.parametrize(("to", "others"), [("Tom", ["Tom"]), ("ROBOT 2", ["Robot 2"]), ("the dog and Tom", ["Dog", "Tom"])])
def test_whom_it_is_said_to_is_there_too(to: str, others: list[str]) -> None:
    [beat] = played(f"{HALL}ANNA\n(to {to}, beat)\nFine.").beats

    assert names(beat) == ["Anna", *others]
    assert [member.is_target for member in beat.cast] == [False, *(True for _ in others)]


def test_who_speaks_while_something_is_seen_keeps_its_manner_and_is_there_once() -> None:
    [beat] = played(f"{HALL}Tom looks at Anna.\n\nANNA\n(crying, to the dog)\nFine.").beats

    assert beat.description == "Tom looks at Anna."
    assert [(m.character.name, m.emotion) for m in beat.cast] == [("Anna", "sad"), ("Tom", ""), ("Dog", "")]


def test_a_dog_that_speaks_is_as_tall_as_a_dog() -> None:
    assert played(f"{HALL}DOG\nFine.").beats[0].cast[0].scale < 1


def test_where_nobody_is_seen_nobody_is_there() -> None:
    plan = played("INT. HALL\n\nMIKA (V.O.)\nHello there.\n\nINT. ROBOT 1\n\nEXT. RAINY ROAD\n\nMIKA (V.O.)\nSo.")

    assert cast(plan) == [[], [], []]
    assert [beat.description for beat in plan.beats] == ["Hall.", "Robot 1.", "Rainy Road."]
    assert [scene.weather for scene in plan.scenes] == ["", "", "rain"]


def test_manners_are_written_in_brackets_again() -> None:
    plan = played(
        f"{HALL}MIKA (V.O.)\nOnce.\n\nANNA\n(to Tom, whispering)\nFine.\n\nTom sings.\n\nTOM\n(beat)\nSo.\n\nANNA\n(sadly)\nNo.\n\n"
        "Anna cries.\n\nANNA\n(to the dog)\nYes."
    )
    text = FountainScreenplays().write("", plan.beats)

    again = played(text)

    assert "(to Tom, whispering)" in text
    assert "(to Dog)" in text
    assert "speaks" not in text
    assert [beat.description for beat in again.beats] == [beat.description for beat in plan.beats]
    assert cast(again) == cast(plan)


def test_a_line_after_a_beat_of_its_own_stays_one() -> None:
    plan = played(f"{HALL}Tom sings.\n\nINT. HALL - DAY\n\nANNA\n(sadly)\nNo.")

    again = played(FountainScreenplays().write("", plan.beats))

    assert [beat.description for beat in again.beats] == [beat.description for beat in plan.beats]
    assert cast(again) == cast(plan) == [["Tom"], ["Anna"]]
