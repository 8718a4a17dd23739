"""A paragraph of action brings people into the picture, not whatever moves in it."""

from __future__ import annotations

import pytest

from planning.fountain.actions import sentence_of
from tests.unit.planning.test_names import names, played

HALL = "INT. HALL - DAY\n\n"


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        ("Anna runs.", "Anna runs."),
        ("ANNA (20s) enters. The DOOR opens.", "Anna enters. The Door opens."),
        ("MONTAGE - ANNA TRAINS", "Anna trains"),
        ("SERIES OF SHOTS: Anna runs.", "Anna runs."),
        ("CLOSE ON: the knife.", "the knife."),
        ("LATER", ""),
        ("BACK TO SCENE", ""),
        ('SUPER: "Paris, 1920"', ""),
        ("ON THE ROOF Anna waits.", "On The Roof Anna waits."),
    ],
)
def test_words_of_the_trade_are_no_part_of_the_sentence(action: str, sentence: str) -> None:
    assert sentence_of(action) == sentence


@pytest.mark.parametrize(
    "action",
    [
        "The string snaps.",
        "A zarf rolls down the hill.",
        "The curtain moves.",
        "Smoke rises.",
        "MUSIC SWELLS",
        "THE BOMB EXPLODES.",
        "LATER",
        "INTERCUT - PHONE CALL",
        "Silence.",
        "They leave.",
    ],
)
def test_what_is_no_being_is_not_cast(action: str) -> None:
    [beat] = played(HALL + action).beats

    assert (beat.description, names(beat)) == (action, [])


@pytest.mark.parametrize(
    ("action", "cast"),
    [
        ("ANNA (20s) enters.", ["Anna"]),
        ("MONTAGE - ANNA TRAINS", ["Anna"]),
        ("The curtain moves. Anna freezes.", ["Anna"]),
        ("The bartender pours a drink.", ["Bartender"]),
        ("A snake slithers across the floor.", ["Snake"]),
        ("A blorp dances.", ["Blorp"]),
        ("ROBOT 2 chases the string.", ["Robot 2"]),
        ("An arrow strikes Robot 1.", ["Robot 1"]),
    ],
)
def test_people_and_beasts_are(action: str, cast: list[str]) -> None:
    [beat] = played(HALL + action).beats

    assert names(beat) == cast


def test_he_and_they_are_those_of_before() -> None:
    plan = played(
        f"{HALL}Anna waits.\n\nShe sings.\n\nTom kisses Anna.\n\nThey dance.\n\nHe turns.\n\nANNA\nHi.\n\nINT. ATTIC\n\nHe sleeps."
    )

    assert [names(beat) for beat in plan.beats] == [["Anna"], ["Anna"], ["Tom", "Anna"], ["Tom", "Anna"], ["Anna"], []]
