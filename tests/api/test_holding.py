"""Holding and stopping: an episode, a beat, or everything; and opening again what ended without a clip."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.rig import Rig, is_problem


async def state_of(rig: Rig, episode_id: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await rig.client.get(f"/episodes/{episode_id}")).json()
    return answer


async def test_a_paused_episode_starts_nothing_until_it_is_resumed(rig: Rig) -> None:
    episode_id = await rig.executing()
    num_wakes = rig.door.num_wakes

    paused = await rig.client.post(f"/episodes/{episode_id}/pause")
    assert (paused.status_code, paused.json()) == (200, {"episode_id": episode_id, "state": "PAUSED"})
    assert rig.episodes.ready_beats(rig.lease, episode_id, limit=9) == []
    assert rig.door.num_wakes == num_wakes + 1

    resumed = await rig.client.post(f"/episodes/{episode_id}/resume")
    assert (resumed.status_code, resumed.json()) == (200, {"episode_id": episode_id, "state": "EXECUTING"})
    assert rig.episodes.ready_beats(rig.lease, episode_id, limit=9)
    assert rig.door.num_wakes == num_wakes + 2


@pytest.mark.parametrize("move", ["pause", "resume"])
async def test_what_is_not_being_rendered_is_not_held_and_has_nothing_to_go_on_with(rig: Rig, move: str) -> None:
    answer = await rig.client.post(f"/episodes/{await rig.planned()}/{move}")
    assert is_problem(answer, 409, "illegal-move")["state"] == "PLANNED"
    assert rig.door.num_wakes == 0


@pytest.mark.parametrize("path", ["pause", "resume", "retry", "beats/b1/cancel"])
async def test_an_unknown_episode_is_not_found(rig: Rig, path: str) -> None:
    for name in ("01990f6e-7c2a-7b1e-9d55-0a5f4f1c2b3d", "NO-ID"):
        is_problem(await rig.client.post(f"/episodes/{name}/{path}"), 404, "not-found")


async def test_the_whole_queue_is_held_and_goes_on(rig: Rig) -> None:
    episode_id = await rig.executing()
    num_wakes = rig.door.num_wakes
    assert (await rig.client.get("/queue")).json() == {"is_paused": False}

    for _ in range(2):  # repeatable
        assert (await rig.client.post("/queue/pause")).json() == {"is_paused": True}
    assert (await rig.client.get("/queue")).json() == {"is_paused": True}
    assert rig.episodes.ready_beats(rig.lease, episode_id, limit=9) == []

    assert (await rig.client.post("/queue/resume")).json() == {"is_paused": False}
    assert (await rig.client.get("/queue")).json() == {"is_paused": False}
    assert rig.episodes.ready_beats(rig.lease, episode_id, limit=9)
    assert rig.door.num_wakes == num_wakes + 3


async def test_a_pending_beat_says_why_it_waits(rig: Rig) -> None:
    async def waiting() -> list[str]:
        return [beat["waiting"] for beat in (await state_of(rig, episode_id))["beats"]]

    episode_id = await rig.planned(num_beats=2)
    assert await waiting() == ["The episode is not executing: it is PLANNED."] * 2
    await rig.client.post(f"/episodes/{episode_id}/execute")
    rig.open(episode_id, "b1")
    assert await waiting() == ["", "No free renderer for 'animatic' yet."]
    await rig.client.post("/queue/pause")
    assert await waiting() == ["", "The queue is paused."]


async def test_one_beat_is_cancelled_and_the_others_go_on(rig: Rig) -> None:
    episode_id = await rig.executing()
    num_wakes = rig.door.num_wakes

    answer = await rig.client.post(f"/episodes/{episode_id}/beats/b2/cancel")

    assert (answer.status_code, answer.json()) == (200, {"episode_id": episode_id, "state": "EXECUTING"})
    states = [beat["state"] for beat in (await state_of(rig, episode_id))["beats"]]
    assert states == ["PENDING", "CANCELLED", "PENDING"]
    assert rig.door.num_wakes == num_wakes + 1


async def test_a_beat_with_a_clip_or_of_no_plan_is_not_cancelled(rig: Rig) -> None:
    episode_id = await rig.completed()
    is_problem(await rig.client.post(f"/episodes/{episode_id}/beats/b1/cancel"), 409, "illegal-move")
    is_problem(await rig.client.post(f"/episodes/{await rig.created()}/beats/b1/cancel"), 409, "illegal-move")
    running = await rig.executing()
    for name in ("b9", "B1"):
        is_problem(await rig.client.post(f"/episodes/{running}/beats/{name}/cancel"), 404, "not-found")


async def test_all_failed_and_cancelled_beats_are_opened_at_once(rig: Rig) -> None:
    episode_id = await rig.executing(num_beats=4)
    rig.render_all(episode_id, fail=["b1", "b3"])
    rig.cut_film(episode_id)
    num_wakes = rig.door.num_wakes

    answer = await rig.client.post(f"/episodes/{episode_id}/retry")

    assert (answer.status_code, answer.json()) == (200, {"episode_id": episode_id, "state": "EXECUTING"})
    states = [beat["state"] for beat in (await state_of(rig, episode_id))["beats"]]
    assert states == ["PENDING", "ACCEPTED", "PENDING", "ACCEPTED"]
    assert rig.door.num_wakes == num_wakes + 1
    assert (await rig.client.post(f"/episodes/{episode_id}/retry")).json() == answer.json()  # its answer got lost, perhaps
    is_problem(await rig.client.post(f"/episodes/{await rig.completed()}/retry"), 409, "illegal-move")
