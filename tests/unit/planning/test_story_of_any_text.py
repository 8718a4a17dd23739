"""Whatever the intent: a valid plan, every time the same."""

from __future__ import annotations

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from episodes.plan import EpisodeRequest, Plan
from episodes.world import Character, Place, StoredWorld, World, WorldSource
from planning.example_world import example_world
from planning.offline.planner import OfflinePlanner

EXAMPLE = example_world()
VOCABULARY = """
    Saitama Mika the a two robots monster fights finds lost running is are and , then her it who to from in on at night
    forest rooftop dance sees attack by with of . ! vs between Goku's that not can 'tis — 猫
"""
WORDS = st.sampled_from(VOCABULARY.split())
PLAIN = st.characters(exclude_categories=["Cc", "Cs"])
NAMES = st.text(PLAIN, min_size=1, max_size=12).filter(lambda name: name.strip())


def plan_of(intent: str, world: World = EXAMPLE, num_beats: int = 3, **fields: object) -> Plan:
    request = EpisodeRequest.model_validate({"world_id": "anime_world", "intent": intent, "num_beats": num_beats, **fields})
    stored = StoredWorld(world_id="anime_world", revision=1, source=WorldSource.STORED, world=world)
    return OfflinePlanner().plan("any", request, stored)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text(PLAIN, min_size=1, max_size=200).filter(lambda text: text.strip()), st.integers(1, 6))
def test_any_text_becomes_a_plan_with_so_many_beats(intent: str, num_beats: int) -> None:
    plan = plan_of(intent, num_beats=num_beats)

    assert len(plan.beats) == num_beats
    assert all(beat.description and beat.prompt and beat.subtitle for beat in plan.beats)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.lists(WORDS, min_size=1, max_size=25), st.integers(1, 9))
def test_any_jumble_of_english_words_becomes_a_plan(words: list[str], num_beats: int) -> None:
    plan = plan_of(" ".join(words), num_beats=num_beats)

    assert len(plan.beats) == num_beats
    assert plan == plan_of(" ".join(words), num_beats=num_beats)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(NAMES, NAMES, st.text(string.ascii_letters + " .'!", min_size=1, max_size=40).filter(lambda text: text.strip()))
def test_any_names_in_the_world_can_be_read(character: str, place: str, rest: str) -> None:
    world = World(
        characters=(Character(character_id="c", name=character),),
        places=(Place(place_id="p", name=place, description="x" * 2000),),
    )

    assert len(plan_of(f"{character} {rest} {place}", world).beats) == 3


@pytest.mark.parametrize("num_beats", [1, 2, 4, 5, 7, 12, 40, 100])
@pytest.mark.parametrize(
    "intent",
    [
        "Saitama fights a giant monster on a rooftop",
        "Mika loses her kite and finds it at the lighthouse at night",
        "A lonely lighthouse in the fog",
    ],
)
def test_no_two_beats_say_the_same_however_many_there_are(intent: str, num_beats: int) -> None:
    plan = plan_of(intent, num_beats=num_beats)

    assert len({beat.description for beat in plan.beats}) == num_beats


def test_descriptions_of_full_length_still_make_a_prompt() -> None:
    characters = tuple(Character(character_id=f"c{n}", name=f"Bo{n}", description="long " * 399) for n in range(3))

    plan = plan_of("Bo0 and Bo1 fight Bo2", World(characters=characters))

    assert all(0 < len(beat.prompt) <= 2000 for beat in plan.beats)
