from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from episodes.errors import BadInput
from planning.fountain.reading import MAX_CHARS, read_screenplay
from planning.fountain.screenplay import Action, Scene, Screenplay, Speech
from planning.fountain.writing import write_screenplay

SCRIPT = """Title: The _Night_ Market
Author: Somebody
    and somebody else

FADE IN:

INT. NIGHT MARKET - NIGHT #1#

Mika (20s) runs past the stalls. [[who pays
for these?]] She *stumbles*,
and gets up.

MIKA (CONT'D)
(out of breath)
Stop! I said
stop!
(shouting)
Stop!

/* She shoots.

BOB
No. */

@McAvoy ^
Never.

# Act two
= He thinks.
===

CUT TO:

EXT. ROOFTOP - THE OLD TOWER - DAWN

> THE END <

!BOOM

.Elsewhere

~La la

I/E CAR

He waits.

FADE OUT.
"""


def test_what_a_screenplay_says_is_kept() -> None:
    read = read_screenplay(SCRIPT)

    market, tower, elsewhere, car = read.scenes
    assert read.title == "The Night Market"
    assert (market.setting, market.place, market.time, market.transition) == ("INT.", "NIGHT MARKET", "NIGHT", "FADE IN:")
    assert market.parts == (
        Action(text="Mika (20s) runs past the stalls. She stumbles, and gets up.", line=9),
        Speech(
            character="MIKA", text="Stop! I said stop! Stop!", extension="CONT'D", manner="out of breath, shouting", line=13
        ),
        Speech(character="McAvoy", text="Never.", line=25),
    )
    assert (tower.setting, tower.place, tower.time, tower.transition) == ("EXT.", "ROOFTOP - THE OLD TOWER", "DAWN", "CUT TO:")
    assert [part.text for part in tower.parts] == ["THE END", "BOOM"]
    assert (elsewhere.setting, elsewhere.place, elsewhere.parts[0].text) == ("", "Elsewhere", "La la")
    assert (car.setting, car.place, car.time) == ("INT./EXT.", "CAR", "")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("Mika waits.", 1, "no scene"),
        ("", 1, "no scene"),
        ("INT. - NIGHT\n\nHe waits.", 1, "names no place"),
        ("INT. ROOM\n\n@Mika\n\nHe waits.", 3, "says nothing"),
        ("INT. ROOM\n\nMIKA\n(quietly)\n", 3, "says nothing"),
        ("INT. ROOM\n\n@\nHello.", 3, "no character's name"),
        ("INT. ROOM\n\nHe /* waits\n\nfor ever.", 3, "never ends"),
        ("INT. ROOM\n\n[[ He waits", 3, "never ends"),
        ("INT. ROOM\n\nHe\x00waits", 3, "U+0000"),
        (f"INT. ROOM\n\n\n{'word ' * 500}", 4, "2499 characters"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(BadInput, match=f"^Line {line}: .*{re.escape(said)}") as refused:
        read_screenplay(text)

    assert refused.value.where == "screenplay"
    assert refused.value.hint


@pytest.mark.slow
@pytest.mark.parametrize(
    "part", ["[[", "/*", "*", "_", "\\", "(", "@A\n(", "A\nb\n\n", ".", " ", "[[a]]", "/**/", "> ", "#", "INT. "]
)
def test_any_text_is_read_or_refused_in_time_that_grows_with_its_length(part: str) -> None:
    """The longest there may be; nothing here measures it, but a reading that is quadratic would never end."""
    text = "INT. ROOM\n\n" + part * (MAX_CHARS // len(part) - 10)

    with suppress(BadInput):
        assert read_screenplay(text).scenes


def test_longer_than_that_is_refused() -> None:
    with pytest.raises(BadInput, match="60001 characters"):
        read_screenplay("a" * (MAX_CHARS + 1))


letters = st.text("abcXYZéß0123 .,!?'-–#*_[]/\\~@>&:", min_size=1, max_size=30)
prose = letters.map(lambda text: " ".join(text.split())).filter(lambda text: any(c.isalpha() for c in text))
names = st.sampled_from(("MIKA", "McAvoy", "R2-D2", "Mr. Böhm", "THE CAT", "int"))
places = st.sampled_from(("ROOFTOP", "Kitchen", "Old tower - attic", "Room 4_2", "#9", "INTERSTATE"))
parts = st.one_of(
    st.builds(Action, text=prose),
    st.builds(
        Speech,
        character=names,
        text=prose | st.sampled_from(("(laughs)", "~ la", "INT. HOUSE")),
        extension=st.sampled_from(("", "V.O.")),
        manner=st.sampled_from(("", "quietly", "to *him*")),
    ),
)
scenes = st.builds(
    Scene,
    setting=st.sampled_from(("INT.", "EXT.", "INT./EXT.", "EST.", "")),
    place=places,
    time=st.sampled_from(("", "NIGHT", "CONTINUOUS")),
    parts=st.lists(parts, max_size=4).map(tuple),
    transition=st.sampled_from(("", "CUT TO:", "FADE IN:", "Iris in")),
)
screenplays = st.builds(
    Screenplay, scenes=st.lists(scenes, min_size=1, max_size=3).map(tuple), title=st.sampled_from(("", "A: B", "Night"))
)


def without_lines(screenplay: Screenplay) -> Screenplay:
    scenes = (replace(s, line=0, parts=tuple(replace(p, line=0) for p in s.parts)) for s in screenplay.scenes)
    return replace(screenplay, scenes=tuple(scenes))


@pytest.mark.slow
@settings(deadline=None)
@given(screenplays)
def test_what_is_written_reads_as_the_same_screenplay(screenplay: Screenplay) -> None:
    text = write_screenplay(screenplay)

    assert without_lines(read_screenplay(text)) == screenplay, text


@pytest.mark.slow
@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(BadInput):
        read = read_screenplay(text)
        assert without_lines(read_screenplay(write_screenplay(read))) == without_lines(read)
