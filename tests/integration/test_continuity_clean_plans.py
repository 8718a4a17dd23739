"""Plans in which nothing is wrong are not flagged, and what is planted in them is found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Final

import pytest

from episodes.contradictions import Code
from episodes.plan import EpisodeRequest, Plan
from episodes.world import Prop, StoredWorld, World, WorldSource
from planning.continuity.supervisor import contradictions_in
from planning.example_world import example_world
from planning.offline.planner import OfflinePlanner
from tests.builders import a_character, a_world
from tests.unit.planning.continuity import planting
from tests.unit.planning.continuity.planted import MOVES, told
from tests.unit.planning.continuity.planting import PLANTERS

INTENTS: Final = Path(planting.__file__).with_name("clean_intents.txt").read_text(encoding="utf-8").splitlines()
FAIRY_TALE: Final = World(
    characters=tuple(a_character(name, description=f"{name} as always") for name in ("Dragon", "Knight", "Princess", "Mika")),
    props=tuple(Prop(prop_id=name, name=name) for name in ("sword", "ring", "kite", "toolbox", "crown")),
)
WORLDS: Final = (example_world(), FAIRY_TALE, example_world(), World(), a_world())
LENGTHS: Final = (3, 5, 1, 8, 2, 12, 4)
"""Beats; 7 lengths, 5 worlds and 2 backends come in ever new combinations."""


@dataclass(frozen=True, kw_only=True)
class Case:
    intent: str
    world: World
    plan: Plan


@cache
def clean_cases() -> tuple[Case, ...]:
    planner = OfflinePlanner(MOVES)
    choices = zip(INTENTS, cycle(WORLDS), cycle(LENGTHS), cycle(MOVES), strict=False)
    return tuple(_case(planner, *one) for one in choices)


def _case(planner: OfflinePlanner, intent: str, world: World, num_beats: int, backend: str) -> Case:
    request = EpisodeRequest(world_id="any", intent=intent, num_beats=num_beats, backend=backend)
    stored = StoredWorld(world_id="any", revision=1, source=WorldSource.STORED, world=world)
    return Case(intent=intent, world=world, plan=planner.plan("e1", request, stored))


def test_none_of_a_hundred_clean_plans_is_flagged(capsys: pytest.CaptureFixture[str]) -> None:
    flagged = {case.intent: found for case in clean_cases() if (found := contradictions_in(case.plan, case.world, MOVES))}
    num_effects = sum(len(beat.effects) for case in clean_cases() for beat in case.plan.beats)

    with capsys.disabled():
        print(f"\nclean plans: {len(clean_cases())}, with {num_effects} effects in them; flagged: {len(flagged)}")  # noqa: T201 - for people
    assert len(set(INTENTS)) == len(clean_cases()) == 100
    assert num_effects >= 30, "plans in which nothing happens are clean for nothing"
    assert not flagged


def test_what_is_planted_in_clean_plans_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    num_planted, num_found = Counter[str](), Counter[str]()
    missed: list[str] = []
    for case in clean_cases():
        for planter in PLANTERS:
            planted = planter(case.plan, case.world)
            if planted is None:
                continue
            plan, expected = planted
            code = expected.split()[0]
            num_planted[code] += 1
            if expected in {told(one) for one in contradictions_in(plan, case.world, MOVES)}:
                num_found[code] += 1
            else:
                missed.append(f"{case.intent}: {expected}")

    with capsys.disabled():
        kinds = ", ".join(f"{code} {num_found[code]}/{number}" for code, number in sorted(num_planted.items()))
        print(f"\nplanted in clean plans: {num_planted.total()}, found: {num_found.total()} ({kinds})")  # noqa: T201 - for people
    assert not missed
    assert all(number >= 10 for number in num_planted.values()), num_planted
    untold = {Code.NOT_INJURED, Code.WEATHER_JUMPS, Code.ONE_ID_TWO_NAMES}
    assert set(num_planted) == set(Code) - untold, "these have no planter"
