"""Contradictions are told before money is spent: with the plan, on asking, and by refusing to execute it."""

from __future__ import annotations

from typing import Any

from episodes.plan import CameraMove
from tests.api.rig import Rig, is_problem
from tests.builders import a_kind

DIES = {"happens": "dies", "character_id": "mika"}
KEY = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}


async def changed(rig: Rig, episode_id: str, beat_id: str, **fields: Any) -> None:
    answer = await rig.client.patch(f"/episodes/{episode_id}/beats/{beat_id}", json=fields)
    assert answer.status_code == 200, answer.text


async def contradictory(rig: Rig) -> str:
    """Mika dies in b1, and looks around in b2 and b3."""
    episode_id = await rig.planned()
    await changed(rig, episode_id, "b1", effects=[DIES])
    return episode_id


async def told(rig: Rig, episode_id: str) -> list[tuple[str, str, str | None]]:
    answer = (await rig.client.get(f"/episodes/{episode_id}/continuity")).json()
    return [(one["code"], one["beat_id"], one["other_beat_id"]) for one in answer["contradictions"]]


async def test_a_plan_says_where_it_contradicts_itself(rig: Rig) -> None:
    episode_id = await rig.created(duration_s=0.5)

    clean = (await rig.client.post(f"/episodes/{episode_id}/plan")).json()
    assert (clean["state"], clean["dry_run"], clean["contradictions"]) == ("PLANNED", False, [])

    rig.planner.says = "I have come a long way to tell you something."
    [first, *_] = (await rig.client.post(f"/episodes/{episode_id}/plan")).json()["contradictions"]
    assert (first["code"], first["severity"], first["beat_id"]) == ("too-many-words", "error", "b1")
    assert first["what"]
    assert first["suggestion"]


async def test_a_dry_run_shows_the_plan_and_stores_nothing(rig: Rig) -> None:
    episode_id = await rig.created(num_beats=2)
    before = (await rig.client.get(f"/episodes/{episode_id}")).json(), rig.episodes.events(episode_id)

    shown = await rig.client.post(f"/episodes/{episode_id}/plan", params={"dry_run": "true"}, headers=KEY)
    again = await rig.client.post(f"/episodes/{episode_id}/plan", params={"dry_run": "true"}, headers=KEY)

    planned = shown.json()
    assert (planned["dry_run"], planned["state"], planned["contradictions"]) == (True, "CREATED", [])
    assert [(b["beat_id"], b["state"], b["progress"]) for b in planned["beats"]] == [("b1", "PENDING", 0), ("b2", "PENDING", 0)]
    assert again.content == shown.content
    assert ((await rig.client.get(f"/episodes/{episode_id}")).json(), rig.episodes.events(episode_id)) == before


async def test_a_dry_run_of_a_finished_episode_leaves_its_film_alone(rig: Rig) -> None:
    episode_id = await rig.completed()

    planned = (await rig.client.post(f"/episodes/{episode_id}/plan?dry_run=true")).json()

    assert (planned["state"], planned["film"]["version"], planned["beats"][0]["artifacts"]) == ("COMPLETED", 1, [])
    episode = (await rig.client.get(f"/episodes/{episode_id}")).json()
    assert (episode["state"], len(episode["beats"][0]["artifacts"])) == ("COMPLETED", 2)


async def test_a_dry_run_is_refused_where_planning_would_be(rig: Rig) -> None:
    is_problem(await rig.client.post("/episodes/nobody/plan?dry_run=true"), 404, "not-found")
    untellable = await rig.created(intent="something untellable")
    is_problem(await rig.client.post(f"/episodes/{untellable}/plan?dry_run=true"), 422, "bad-input")
    is_problem(await rig.client.post(f"/episodes/{untellable}/plan?dry_run=perhaps"), 422, "bad-input")
    cancelling = await rig.executing()
    rig.open(cancelling, "b1")
    await rig.client.post(f"/episodes/{cancelling}/cancel")
    is_problem(await rig.client.post(f"/episodes/{cancelling}/plan?dry_run=true"), 409, "illegal-move")


async def test_what_was_changed_is_looked_at_too(rig: Rig) -> None:
    created = await rig.created()
    assert await told(rig, created) == []

    episode_id = await contradictory(rig)
    assert await told(rig, episode_id) == [("dead-acts", "b2", "b1"), ("dead-acts", "b3", "b1")]
    whole = (await rig.client.get(f"/episodes/{episode_id}/continuity")).json()
    assert (whole["episode_id"], whole["num_errors"], whole["num_warnings"]) == (episode_id, 2, 0)

    await changed(rig, episode_id, "b1", effects=[])
    assert await told(rig, episode_id) == []
    is_problem(await rig.client.get("/episodes/nobody/continuity"), 404, "not-found")


async def test_a_plan_that_is_put_in_says_where_it_contradicts_itself(rig: Rig) -> None:
    other = await contradictory(rig)
    plan = (await rig.client.get(f"/episodes/{other}/plan")).json()
    episode_id = await rig.created()

    for _ in range(2):  # the same plan again changes nothing, and says the same
        put = (await rig.client.put(f"/episodes/{episode_id}/plan", json=plan)).json()
        assert (put["state"], put["dry_run"]) == ("PLANNED", False)
        assert [(one["code"], one["beat_id"]) for one in put["contradictions"]] == [("dead-acts", "b2"), ("dead-acts", "b3")]
    is_problem(await rig.client.post(f"/episodes/{episode_id}/execute"), 422, "contradictory-plan")


async def test_a_plan_with_errors_is_not_executed(rig: Rig) -> None:
    episode_id = await contradictory(rig)
    before, num_wakes = rig.episodes.events(episode_id), rig.door.num_wakes

    problem = is_problem(await rig.client.post(f"/episodes/{episode_id}/execute", headers=KEY), 422, "contradictory-plan")

    assert "in 2 ways" in problem["detail"]
    assert "Mika" in problem["detail"]
    assert "force=true" in problem["hint"]
    assert [(one["code"], one["beat_id"]) for one in problem["contradictions"]] == [("dead-acts", "b2"), ("dead-acts", "b3")]
    assert [one["where"] for one in problem["errors"]] == ["beats.b2", "beats.b3"]
    assert (rig.episodes.events(episode_id), rig.door.num_wakes) == (before, num_wakes)

    await changed(rig, episode_id, "b2", effects=[{"happens": "revives", "character_id": "mika"}])
    mended = await rig.client.post(f"/episodes/{episode_id}/execute", headers=KEY)
    assert mended.json() == {"episode_id": episode_id, "state": "EXECUTING"}


async def test_it_is_executed_when_somebody_says_so(rig: Rig) -> None:
    episode_id = await contradictory(rig)

    is_problem(await rig.client.post(f"/episodes/{episode_id}/execute?force=perhaps"), 422, "bad-input")
    forced = await rig.client.post(f"/episodes/{episode_id}/execute", params={"force": "true"})

    assert forced.json() == {"episode_id": episode_id, "state": "EXECUTING"}
    again = await rig.client.post(f"/episodes/{episode_id}/execute")
    assert again.json() == forced.json(), "repeating it changes nothing, and refuses nothing"


async def test_a_warning_holds_nobody_up(rig: Rig) -> None:
    episode_id = await rig.planned()
    await changed(rig, episode_id, "b1", effects=[{"happens": "heals", "character_id": "mika"}])
    assert await told(rig, episode_id) == [("not-injured", "b1", None)]

    assert (await rig.client.post(f"/episodes/{episode_id}/execute")).status_code == 200


async def test_a_problem_lists_what_can_be_read_of_a_thousand_contradictions(rig: Rig) -> None:
    episode_id = await rig.planned(num_beats=40)
    await changed(rig, episode_id, "b1", effects=[DIES])

    problem = is_problem(await rig.client.post(f"/episodes/{episode_id}/execute"), 422, "contradictory-plan")

    assert "in 39 ways" in problem["detail"]
    assert len(problem["contradictions"]) == len(problem["errors"]) == 20


async def test_a_camera_move_is_held_against_what_the_kind_can_make() -> None:
    rig = Rig(kinds=(a_kind(), a_kind("svd", camera_moves=(CameraMove.STATIC,))))
    episode_id = await rig.planned()
    await changed(rig, episode_id, "b2", backend="svd", camera_move="pan left")

    assert await told(rig, episode_id) == [("camera-move", "b2", None)]
    kinds = (await rig.client.get("/fleet")).json()["kinds"]
    assert [kind["camera_moves"] for kind in kinds] == [None, ["static"]]


async def test_effects_are_shown_and_strictly_read(rig: Rig) -> None:
    episode_id = await contradictory(rig)

    shown = (await rig.client.get(f"/episodes/{episode_id}")).json()["beats"][0]["effects"]
    assert shown == [{"happens": "dies", "character_id": "mika", "prop_id": None, "to": None, "detail": ""}]
    for wrong in (
        {"happens": "dies"},
        {**DIES, "prop_id": "kite"},
        {"happens": "explodes"},
        {**DIES, "character_id": "No One"},
    ):
        answer = await rig.client.patch(f"/episodes/{episode_id}/beats/b1", json={"effects": [wrong]})
        is_problem(answer, 422, "bad-input")
