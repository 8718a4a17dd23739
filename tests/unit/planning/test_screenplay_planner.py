from __future__ import annotations

import pytest

from episodes.errors import BadInput
from episodes.plan import Plan, TimeOfDay, Transition
from episodes.world import StoredWorld, WorldSource
from planning.fountain.door import FountainScreenplays
from planning.fountain.passages import MAX_PASSAGES, pieces
from planning.fountain.planner import ScreenplayPlanner
from planning.fountain.reading import read_screenplay
from planning.offline.planner import OfflinePlanner
from tests.builders import a_character, a_place, a_request, a_world

SCRIPT = """Title: The kite

FADE IN:

EXT. ROOFTOP - DUSK

Mika looks for her kite. The wind blows.

MIKA
(shouting)
Where are you?

BALTASAR
Up here!

NARRATOR (V.O.)
Nobody answered.

CUT TO:

INT. OLD LIGHTHOUSE - NIGHT

Mika climbs the stairs.

INT. OLD LIGHTHOUSE - CONTINUOUS

"""
WORLD = StoredWorld(
    world_id="anime_world",
    revision=1,
    source=WorldSource.STORED,
    world=a_world(characters=(a_character(),), places=(a_place(),)),
)


def planned(screenplay: str = SCRIPT, **fields: object) -> Plan:
    request = a_request(screenplay=screenplay, intent="The kite", **fields)
    return ScreenplayPlanner(OfflinePlanner()).plan("e1", request, WORLD)


def test_scenes_characters_and_dialogue_are_kept() -> None:
    plan = planned()

    told = [(b.place.name, b.time_of_day, b.description, b.dialogue.text if b.dialogue else b.caption) for b in plan.beats]
    assert told == [
        ("Rooftop", TimeOfDay.DUSK, "Mika looks for her kite. The wind blows.", "Where are you?"),
        ("Rooftop", TimeOfDay.DUSK, "Baltasar speaks.", "Up here!"),
        ("Rooftop", TimeOfDay.DUSK, "Rooftop.", "Nobody answered."),
        ("Old Lighthouse", TimeOfDay.NIGHT, "Mika climbs the stairs.", ""),
        ("Old Lighthouse", TimeOfDay.NIGHT, "Old Lighthouse.", ""),
    ]
    first, second, told_over, climb, _ = plan.beats
    assert first.cast[0].character == a_character()
    assert first.place == a_place()
    assert first.dialogue is not None
    assert first.dialogue.character_id == "mika"
    assert [m.character.name for m in second.cast] == ["Baltasar"]
    assert told_over.dialogue is None
    assert [m.character.name for m in climb.cast] == ["Mika"]
    assert first.transition is Transition.FADE
    assert [b.transition for b in plan.beats[1:]] == [Transition.CUT] * 4
    assert (plan.logline, plan.writing.planner) == ("The kite", "screenplay")
    assert [(s.place.name, s.time_of_day) for s in plan.scenes] == [
        ("Rooftop", TimeOfDay.DUSK),
        ("Old Lighthouse", TimeOfDay.NIGHT),
    ]


@pytest.mark.slow
def test_the_same_screenplay_gives_the_same_plan() -> None:
    assert planned() == planned()
    assert [b.seed for b in planned(seed=1).beats] != [b.seed for b in planned(seed=2).beats]


def test_words_get_the_time_that_they_take() -> None:
    words = "word " * 40
    plan = planned(f"INT. ROOM\n\nMIKA\n{words}\n\nShe waits.\n", duration_s=2.0)

    assert [b.duration_s for b in plan.beats] == [13.83, 2.0]


def test_long_speeches_and_paragraphs_are_parted_and_nothing_of_them_is_lost() -> None:
    said, seen = "This is a sentence of some words. " * 30, "He walks on and on through the rain. " * 20
    plan = planned(f"INT. ROOM\n\n{seen}\n\nMIKA\n{said}\n")

    assert " ".join(b.dialogue.text for b in plan.beats if b.dialogue) == said.strip()
    assert " ".join(b.description for b in plan.beats if "walks" in b.description) == seen.strip()
    assert all(len(b.description.split()) <= 60 for b in plan.beats)


def test_a_text_in_pieces_is_the_text() -> None:
    text = f"One. Two! {'three ' * 50}. {'x' * 700}"

    parts = pieces(text, max_chars=100, max_words=20)

    assert all(len(part) <= 100 and len(part.split()) <= 20 for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_more_than_one_episode_holds_is_refused_with_its_line() -> None:
    with pytest.raises(BadInput, match=rf"^Line \d+: .*{MAX_PASSAGES + 1} beats"):
        planned("INT. ROOM\n\n" * (MAX_PASSAGES + 1))


def test_a_request_without_a_screenplay_is_the_other_planners() -> None:
    request = a_request(intent="Mika flies a kite")

    assert ScreenplayPlanner(OfflinePlanner()).plan("e1", request, WORLD) == OfflinePlanner().plan("e1", request, WORLD)


def test_a_plan_that_is_written_and_planned_again_says_the_same() -> None:
    plan = planned()
    text = FountainScreenplays().write(plan.logline, plan.beats)

    again = planned(text)

    assert read_screenplay(text).title == "The kite"
    assert [b.description for b in again.beats] == [b.description for b in plan.beats]
    assert [b.dialogue and b.dialogue.text for b in again.beats] == [b.dialogue and b.dialogue.text for b in plan.beats]
    assert [b.caption for b in again.beats] == [b.caption for b in plan.beats]
    assert [(b.place.name, b.time_of_day) for b in again.beats] == [(b.place.name, b.time_of_day) for b in plan.beats]


def test_what_a_screenplay_is_about_is_its_title_or_its_first_sentence() -> None:
    assert FountainScreenplays().about(SCRIPT) == "The kite"
    assert FountainScreenplays().about("INT. ROOM\n\nMika waits.\n") == "Mika waits."
    assert FountainScreenplays().about("INT. ROOM\n\nMIKA\nHello.\n") == "ROOM"
