"""Whatever the intent and the world: a valid plan, every time the same."""

from __future__ import annotations

import string

from hypothesis import example, given, settings
from hypothesis import strategies as st

from episodes.world import Character, Place, World
from tests.unit.planning.test_plan_lengths import plan_of

VOCABULARY = """
    Saitama Mika the a two robots monster fights finds lost running is are and , then her it who to from in on at night
    forest rooftop dance sees attack by with of . ! vs between Goku's that not can 'tis — 猫
"""
WORDS = st.sampled_from(VOCABULARY.split())
PLAIN = st.characters(exclude_categories=["Cc", "Cs"])
NAMES = st.text(PLAIN, min_size=1, max_size=12).filter(lambda name: name.strip())


@settings(max_examples=200, deadline=None, derandomize=True)
@example(",", 1)
@given(st.text(PLAIN, min_size=1, max_size=200).filter(lambda text: text.strip()), st.integers(1, 6))
def test_any_text_becomes_a_plan_with_so_many_beats(intent: str, num_beats: int) -> None:
    plan = plan_of(intent, num_beats=num_beats)

    assert len(plan.beats) == num_beats
    assert all(beat.description and beat.prompt and beat.subtitle for beat in plan.beats)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(WORDS, min_size=1, max_size=25), st.integers(1, 9))
def test_any_jumble_of_english_words_becomes_a_plan(words: list[str], num_beats: int) -> None:
    plan = plan_of(" ".join(words), num_beats=num_beats)

    assert len(plan.beats) == num_beats
    assert plan == plan_of(" ".join(words), num_beats=num_beats)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(NAMES, NAMES, st.text(string.ascii_letters + " .'!", min_size=1, max_size=40).filter(lambda text: text.strip()))
def test_any_names_in_the_world_can_be_read(character: str, place: str, rest: str) -> None:
    world = World(
        characters=(Character(character_id="c", name=character),),
        places=(Place(place_id="p", name=place, description="x" * 2000),),
    )

    assert len(plan_of(f"{character} {rest} {place}", world).beats) == 3
