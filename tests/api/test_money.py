"""What an episode will take, and what it may cost, through the API."""

from __future__ import annotations

from typing import Any

import pytest

from episodes.model import Opening
from episodes.money import Tariff
from tests.api.rig import Rig, is_problem
from tests.builders import a_kind

HOURLY = Tariff(per_hour_micros=3_600_000)
SOLD = Tariff(sells_clips=True, per_s_micros=100_000, lengths_s=(4, 6))


def a_rig() -> Rig:
    return Rig(kinds=(a_kind(), a_kind("gpu", tariff=HOURLY), a_kind("veo", tariff=SOLD, costs_per_clip=True)))


def refuse(rig: Rig, episode_id: str, beat_id: str, micros: int) -> None:
    beat = next(b for b in rig.episodes.episode(episode_id).beats if b.beat.beat_id == beat_id)
    opening = Opening(
        attempt_id="a1",
        episode_id=episode_id,
        beat_id=beat_id,
        revision=beat.revision,
        backend=beat.backend,
        renderer="r",
        node="n",
        quote_micros=micros,
    )
    assert rig.episodes.open_attempts(rig.lease, [opening]) == [None]


async def test_a_planned_episode_is_estimated() -> None:
    rig = a_rig()
    episode_id = await rig.planned(num_beats=2, duration_s=4.5, backend="veo", budget="5.00")

    answer = await rig.client.get(f"/episodes/{episode_id}/estimate")

    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["beats"][0]["cost"] == {"value": "0.60", "certainty": "exact", "source": "price_per_s"}
    assert told["beats"][0]["seconds"]["certainty"] == "unknown"
    assert (told["cost"]["value"], told["cost"]["certainty"], told["at_most"]) == ("1.20", "exact", "1.20")
    assert told["funds"] == {"budget": "5.00", "reserved": "0.00", "spent": "0.00", "left": "5.00"}
    assert told["total"] is None


async def test_a_plan_that_is_only_looked_at_comes_with_its_estimate() -> None:
    rig = a_rig()
    episode_id = await rig.created(num_beats=2, duration_s=4.5, backend="veo", budget="5.00")

    looked = (await rig.client.post(f"/episodes/{episode_id}/plan?dry_run=true")).json()

    assert looked["estimate"]["beats"][1]["cost"] == {"value": "0.60", "certainty": "exact", "source": "price_per_s"}
    assert (looked["estimate"]["cost"]["value"], looked["estimate"]["at_most"]) == ("1.20", "1.20")
    assert rig.episodes.episode(episode_id).beats == ()
    planned = (await rig.client.post(f"/episodes/{episode_id}/plan")).json()
    assert (planned["dry_run"], planned["estimate"]) == (False, None)
    assert (await rig.client.get(f"/episodes/{episode_id}/estimate")).json() == looked["estimate"]


async def test_another_plan_that_is_only_looked_at_counts_what_was_spent_on_its_beats(rig: Rig) -> None:
    episode_id = await rig.completed(num_beats=2)

    looked = (await rig.client.post(f"/episodes/{episode_id}/plan?dry_run=true")).json()["estimate"]

    assert (await rig.client.post(f"/episodes/{episode_id}/plan")).status_code == 200
    told = (await rig.client.get(f"/episodes/{episode_id}/estimate")).json()
    assert looked == told
    assert [one["beat_id"] for one in looked["beats"]] == ["b1", "b2"]


async def test_an_estimate_needs_a_plan() -> None:
    rig = a_rig()

    is_problem(await rig.client.get(f"/episodes/{await rig.created()}/estimate"), 409, "illegal-move")
    for name in ("01990f6e-7c2a-7b1e-9d55-0a5f4f1c2b3d", "NO-ID"):
        is_problem(await rig.client.get(f"/episodes/{name}/estimate"), 404, "not-found")
        is_problem(await rig.client.put(f"/episodes/{name}/budget", json={"budget": 1}), 404, "not-found")


@pytest.mark.parametrize("budget", [-1, "NaN", "a lot", 0.1234567, 10_000_000, True, []])
async def test_a_budget_is_an_amount_of_dollars(rig: Rig, budget: Any) -> None:
    episode_id = await rig.created()

    problem = is_problem(await rig.client.put(f"/episodes/{episode_id}/budget", json={"budget": budget}), 422, "bad-input")
    is_problem(await rig.client.post("/episodes", json={"intent": "Mika waits", "budget": budget}), 422, "bad-input")

    assert problem["errors"][0]["where"].startswith("budget")


@pytest.mark.parametrize(("budget", "told"), [(5, "5.00"), (0.35, "0.35"), ("0.000001", "0.000001"), (0, "0.00"), (None, None)])
async def test_a_budget_is_said_at_first_and_changed_later(rig: Rig, budget: Any, told: str | None) -> None:
    first = await rig.created(budget=budget)
    assert (await rig.client.get(f"/episodes/{first}")).json()["budget"] == told
    later = await rig.created(budget=7)

    answer = await rig.client.put(f"/episodes/{later}/budget", json={"budget": budget})

    assert answer.status_code == 200, answer.text
    assert answer.json() == {"budget": told, "reserved": "0.00", "spent": "0.00", "left": told}
    assert (await rig.client.get(f"/episodes/{later}")).json()["budget"] == told
    assert rig.door.num_wakes == 1


async def test_a_beat_that_cannot_be_paid_says_so_until_the_budget_is_raised(rig: Rig) -> None:
    async def waiting() -> str:
        told: str = (await rig.client.get(f"/episodes/{episode_id}")).json()["beats"][0]["waiting"]
        return told

    episode_id = await rig.executing(num_beats=1, budget="0.10")
    refuse(rig, episode_id, "b1", 350_000)
    assert await waiting() == "It waits for the episode's budget: 0.35 are needed and 0.10 left."

    await rig.client.put(f"/episodes/{episode_id}/budget", json={"budget": "1.00"})

    assert await waiting() == "No free renderer for 'animatic' yet."
    assert rig.episodes.ready_beats(rig.lease, episode_id, limit=9)


async def test_a_budget_below_what_is_gone_is_a_conflict(rig: Rig) -> None:
    episode_id = await rig.executing(num_beats=1, budget=5)
    opening = Opening(
        attempt_id="a1",
        episode_id=episode_id,
        beat_id="b1",
        revision=1,
        backend="animatic",
        renderer="r",
        node="n",
        quote_micros=900_000,
    )
    (opened,) = rig.episodes.open_attempts(rig.lease, [opening])
    assert opened is not None

    problem = is_problem(await rig.client.put(f"/episodes/{episode_id}/budget", json={"budget": "0.50"}), 409, "conflict")

    assert "0.90" in problem["detail"]
    funds = (await rig.client.put(f"/episodes/{episode_id}/budget", json={"budget": "0.90"})).json()
    assert funds == {"budget": "0.90", "reserved": "0.90", "spent": "0.00", "left": "0.00"}


async def test_what_an_attempt_has_cost_is_shown_when_it_has_ended(rig: Rig) -> None:
    episode_id = await rig.executing(num_beats=1)
    rig.render_all(episode_id)

    episode = (await rig.client.get(f"/episodes/{episode_id}")).json()

    assert [a["cost"] for a in episode["beats"][0]["attempts"]] == ["0.00"]
    assert (episode["budget"], episode["spent"]) == (None, "0.00")
