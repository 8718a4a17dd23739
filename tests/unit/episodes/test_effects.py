"""Effects say what they need, and how long words take does not depend on the script that they are written in."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from episodes.effects import Effect, Happening
from episodes.speech import num_words, spoken_s

WHO = {"character_id": "mika"}
WHAT = {**WHO, "prop_id": "kite"}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"happens": "dies"}, "`dies` needs character_id"),
        ({"happens": "takes", **WHO}, "`takes` needs prop_id"),
        ({"happens": "gives", **WHAT}, "`gives` needs to"),
        ({"happens": "changes clothes", **WHO}, "`changes clothes` needs detail"),
        ({"happens": "changes clothes", **WHO, "detail": "  "}, "`changes clothes` needs detail"),
        ({"happens": "dies", **WHAT}, "`dies` takes no prop_id"),
        ({"happens": "time passes", **WHO}, "`time passes` takes no character_id"),
        ({"happens": "takes", **WHAT, "to": "taro"}, "`takes` takes no to"),
        ({"happens": "leaves", **WHO, "detail": "in tears"}, "`leaves` takes no detail"),
    ],
)
def test_an_effect_has_what_its_happening_needs_and_no_more(fields: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Effect.model_validate(fields)


def test_every_happening_can_be_said() -> None:
    fullest = {**WHAT, "to": "taro", "detail": "a red coat"}
    for happens in Happening:
        fields = [name for name in fullest if f"`{happens}` takes no {name}" not in _refusal(happens, fullest)]
        while "takes no" in (refusal := _refusal(happens, {name: fullest[name] for name in fields})):
            fields.remove(refusal.split()[-1])
        assert _refusal(happens, {name: fullest[name] for name in fields}) == ""


def _refusal(happens: Happening, fields: dict[str, str]) -> str:
    try:
        Effect.model_validate({"happens": happens, **fields})
    except ValidationError as error:
        return error.errors()[0]["msg"]
    return ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0.0),
        ("… — !", 0.0),
        ("No!", 1.0),
        ("You shall not pass!", 4.0),
        ("It's a trap", 3.0),
        ("Donaudampfschifffahrt", 2.1),
        ("屋上で怪獣と戦う", 8 * 0.45),
        ("Mika は走る", 1 + 3 * 0.45),
    ],
)
def test_words_are_counted_in_any_script(text: str, words: float) -> None:
    assert num_words(text) == pytest.approx(words)


def test_three_words_a_second_are_lively_talk() -> None:
    assert spoken_s("one two three") == pytest.approx(1.0)
    assert spoken_s("one two three", 90) == pytest.approx(2.0)
