"""A planner that takes long, or fails, as the API shows it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from episodes.errors import PlannerFailed, PlannerTrouble
from episodes.plan import EpisodeRequest, Plan
from episodes.world import StoredWorld
from episodes.writing import Writing
from tests.api.rig import Rig
from tests.builders import a_plan


class Writer:
    """Fails with `error`, else waits until it may go on."""

    def __init__(self) -> None:
        self.error: PlannerFailed | None = None
        self.began, self.may_go_on = threading.Event(), threading.Event()
        self.num_plans = 0

    def plan(self, episode_id: str, request: EpisodeRequest, world: StoredWorld) -> Plan:
        self.num_plans += 1
        self.began.set()
        self.may_go_on.wait(10)
        if self.error is not None:
            raise self.error
        written = Writing(
            planner="llm", note="", model="openai:tiny", num_calls=1, input_tokens=9, output_tokens=4, cost_micros=17
        )
        return a_plan().model_copy(update={"writing": written})


@pytest.fixture
async def house() -> AsyncIterator[tuple[Rig, Writer]]:
    writer = Writer()
    rig = Rig(planner=writer)
    yield rig, writer
    writer.may_go_on.set()
    await rig.client.aclose()


@pytest.mark.parametrize(
    ("trouble", "status", "name"),
    [
        (PlannerTrouble.UNUSABLE, 502, "planner-failed"),
        (PlannerTrouble.REFUSED, 502, "planner-failed"),
        (PlannerTrouble.DENIED, 502, "planner-failed"),
        (PlannerTrouble.BUSY, 503, "planner-unavailable"),
        (PlannerTrouble.UNREACHABLE, 503, "planner-unavailable"),
        (PlannerTrouble.TOO_SLOW, 504, "planner-too-slow"),
    ],
)
async def test_a_planner_that_fails_is_a_problem_with_its_trouble(
    house: tuple[Rig, Writer], trouble: PlannerTrouble, status: int, name: str
) -> None:
    rig, writer = house
    writer.may_go_on.set()
    writer.error = PlannerFailed("The language model sulks.", trouble, "Be kind.", 7)
    episode_id = await rig.created()

    answer = await rig.client.post(f"/episodes/{episode_id}/plan")

    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (status, f"/docs#{name}")
    assert (problem["detail"], problem["hint"], problem["trouble"]) == ("The language model sulks.", "Be kind.", trouble.value)
    assert answer.headers.get("retry-after") == ("7" if status == 503 else None)
    shown = (await rig.client.get(f"/episodes/{episode_id}")).json()
    assert (shown["state"], shown["beats"]) == ("CREATED", []), "nothing is stored by halves"


async def test_a_beat_that_cannot_be_told_anew_stays_as_it_is(house: tuple[Rig, Writer]) -> None:
    rig, writer = house
    writer.may_go_on.set()
    episode_id = await rig.planned()
    before = (await rig.client.get(f"/episodes/{episode_id}")).json()
    writer.error = PlannerFailed("The language model sulks.", PlannerTrouble.TOO_SLOW, "Be kind.")

    answer = await rig.client.post(f"/episodes/{episode_id}/beats/b2/plan", json={})

    assert (answer.status_code, answer.json()["type"]) == (504, "/docs#planner-too-slow")
    assert (await rig.client.get(f"/episodes/{episode_id}")).json() == before


async def test_others_are_answered_while_a_plan_is_written(house: tuple[Rig, Writer]) -> None:
    rig, writer = house
    episode_id = await rig.created()

    planning = asyncio.create_task(rig.client.post(f"/episodes/{episode_id}/plan"))
    await asyncio.to_thread(writer.began.wait, 10)
    assert (await rig.client.get(f"/episodes/{episode_id}")).json()["state"] == "CREATED"
    assert not planning.done()
    writer.may_go_on.set()

    assert (await planning).json()["state"] == "PLANNED"


async def test_a_repeated_call_is_not_paid_for_twice(house: tuple[Rig, Writer]) -> None:
    rig, writer = house
    episode_id, key = await rig.created(), {"Idempotency-Key": "once"}

    both = [asyncio.create_task(rig.client.post(f"/episodes/{episode_id}/plan", headers=key)) for _ in range(2)]
    await asyncio.to_thread(writer.began.wait, 10)
    writer.may_go_on.set()

    first, second = (answer.json() for answer in await asyncio.gather(*both))
    assert first == second
    assert writer.num_plans == 1


async def test_two_plans_at_once_leave_one_whole_plan(house: tuple[Rig, Writer]) -> None:
    rig, writer = house
    episode_id = await rig.created()

    both = [asyncio.create_task(rig.client.post(f"/episodes/{episode_id}/plan")) for _ in range(2)]
    writer.may_go_on.set()

    assert [answer.status_code for answer in await asyncio.gather(*both)] == [200, 200]
    shown = (await rig.client.get(f"/episodes/{episode_id}")).json()
    assert [beat["beat_id"] for beat in shown["beats"]] == ["b1", "b2", "b3"]
    assert {beat["revision"] for beat in shown["beats"]} == {2}


async def test_who_wrote_a_plan_and_what_it_took_is_shown_and_told(house: tuple[Rig, Writer]) -> None:
    rig, writer = house
    writer.may_go_on.set()
    episode_id = await rig.planned()

    writing = (await rig.client.get(f"/episodes/{episode_id}")).json()["writing"]
    assert (writing["planner"], writing["model"], writing["cost_micros"]) == ("llm", "openai:tiny", 17)
    told = [event for event in rig.episodes.events(episode_id) if event.event_type == "episode.planned"]
    assert [event.data["planner"] for event in told] == ["llm"]
