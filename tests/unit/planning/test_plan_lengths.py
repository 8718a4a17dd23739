"""Plans of every length, and plans for tests."""

from __future__ import annotations

import pytest

from episodes.plan import EpisodeRequest, Plan
from episodes.world import Character, StoredWorld, World, WorldSource
from planning.example_world import example_world
from planning.offline.planner import OfflinePlanner

EXAMPLE = example_world()


def plan_of(intent: str, world: World = EXAMPLE, num_beats: int = 3, **fields: object) -> Plan:
    request = EpisodeRequest.model_validate({"world_id": "anime_world", "intent": intent, "num_beats": num_beats, **fields})
    stored = StoredWorld(world_id="anime_world", revision=1, source=WorldSource.STORED, world=world)
    return OfflinePlanner().plan("any", request, stored)


@pytest.mark.slow
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
