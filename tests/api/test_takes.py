"""Takes through the API: asked for, looked at, stopped and selected."""

from __future__ import annotations

from typing import Any

import pytest

from episodes.lifecycle import EpisodeState
from tests.api.rig import CLIP, Rig, is_problem


async def asked(rig: Rig, episode_id: str, beat_id: str = "b1", **body: Any) -> list[dict[str, Any]]:
    answer = await rig.client.post(f"/episodes/{episode_id}/beats/{beat_id}/takes", json=body)
    assert answer.status_code == 202, answer.text
    takes: list[dict[str, Any]] = answer.json()["takes"]
    return takes


async def test_takes_are_asked_for_rendered_looked_at_and_one_is_selected(rig: Rig) -> None:
    episode_id = await rig.completed()
    path = f"/episodes/{episode_id}/beats/b1"
    wakes = rig.door.num_wakes

    first, second, third = await asked(rig, episode_id, count=2, seeds=[41])

    assert (first["is_selected"], first["state"], first["video_url"]) == (True, "ACCEPTED", f"{path}/takes/1/video")
    assert (second["seed"], second["state"], second["video_url"], second["attempt"]) == (41, "PENDING", None, None)
    assert second["waiting"] == "No free renderer for 'animatic' yet."
    assert third["seed"] not in (41, first["seed"])
    assert rig.door.num_wakes == wakes + 1
    rig.render_take(episode_id, "b1", 2)
    listed = (await rig.client.get(f"{path}/takes")).json()["takes"]
    assert [one["state"] for one in listed] == ["ACCEPTED", "ACCEPTED", "PENDING"]
    assert listed[1]["attempt"]["take"] == 2
    assert (await rig.client.get(f"{path}/takes/2/video")).content == CLIP
    assert (await rig.client.head(f"{path}/takes/2/poster")).status_code == 200
    assert (await rig.client.get(f"/episodes/{episode_id}")).json()["state"] == "COMPLETED"

    answer = (await rig.client.post(f"{path}/takes/2/select")).json()

    assert answer["difference"] == {
        "kept": ["b2", "b3"],
        "cancelled": [],
        "removed": [],
        "to_render": [],
        "film_to_recut": True,
    }
    assert (answer["state"], answer["take"], answer["beats"][0]["seed"]) == ("EXECUTING", 2, 41)
    assert answer["beats"][0]["artifacts"][0]["sha256"] == listed[1]["artifacts"][0]["sha256"]


async def test_a_selection_can_be_looked_at_first(rig: Rig) -> None:
    episode_id = await rig.completed()
    await asked(rig, episode_id)
    rig.render_take(episode_id, "b1", 2)
    wakes = rig.door.num_wakes

    answer = (await rig.client.post(f"/episodes/{episode_id}/beats/b1/takes/2/select?dry_run=true")).json()

    assert (answer["dry_run"], answer["difference"]["film_to_recut"]) == (True, True)
    assert rig.episodes.episode(episode_id).state is EpisodeState.COMPLETED
    assert rig.door.num_wakes == wakes


async def test_a_take_is_stopped(rig: Rig) -> None:
    episode_id = await rig.completed()
    await asked(rig, episode_id)
    path = f"/episodes/{episode_id}/beats/b1/takes"

    assert (await rig.client.post(f"{path}/2/cancel")).json()["state"] == "CANCELLED"

    is_problem(await rig.client.post(f"{path}/1/cancel"), 409, "illegal-move")
    is_problem(await rig.client.post(f"{path}/2/select"), 409, "conflict")
    problem = is_problem(await rig.client.get(f"{path}/2/video"), 404, "not-found")
    assert "CANCELLED" in problem["hint"]


@pytest.mark.parametrize("number", ["9", "0", "-1", "two", "1" * 30])
async def test_a_take_that_nobody_asked_for_is_not_found(rig: Rig, number: str) -> None:
    episode_id = await rig.completed()
    path = f"/episodes/{episode_id}/beats/b1/takes/{number}"
    for method, end in (("GET", "video"), ("GET", "poster"), ("POST", "select"), ("POST", "cancel")):
        is_problem(await rig.client.request(method, f"{path}/{end}"), 404, "not-found")


@pytest.mark.parametrize(
    "body", [{"count": 0}, {"count": 9}, {"seeds": [1, 2]}, {"seeds": [-1]}, {"count": 2, "seeds": [5, 5]}, {"cuont": 2}]
)
async def test_takes_that_cannot_be_are_refused_and_none_is_asked_for(rig: Rig, body: dict[str, Any]) -> None:
    episode_id = await rig.completed()
    path = f"/episodes/{episode_id}/beats/b1/takes"

    is_problem(await rig.client.post(path, json=body), 422, "bad-input")

    assert len((await rig.client.get(path)).json()["takes"]) == 1


async def test_takes_need_a_beat_with_a_clip_in_an_episode_that_is_not_cancelled(rig: Rig) -> None:
    planned, cancelled = await rig.planned(), await rig.executing()
    await rig.client.post(f"/episodes/{cancelled}/cancel")
    for episode_id in (planned, cancelled):
        is_problem(await rig.client.post(f"/episodes/{episode_id}/beats/b1/takes", json={}), 409, "illegal-move")
    for path in (
        f"/episodes/{planned}/beats/b9/takes",
        "/episodes/nobody/beats/b1/takes",
        f"/episodes/{planned}/beats/B!/takes",
    ):
        is_problem(await rig.client.post(path, json={}), 404, "not-found")
        is_problem(await rig.client.get(path), 404, "not-found")


async def test_takes_of_what_a_beat_showed_before_are_listed_and_not_selected(rig: Rig) -> None:
    episode_id = await rig.completed()
    await asked(rig, episode_id)
    path = f"/episodes/{episode_id}/beats/b1"
    await rig.client.patch(path, json={"description": "A cat sleeps."})

    takes = (await rig.client.get(f"{path}/takes")).json()["takes"]

    assert [(one["revision"], one["state"], one["is_selected"]) for one in takes] == [
        (1, "ACCEPTED", False),
        (1, "CANCELLED", False),
    ]
    is_problem(await rig.client.post(f"{path}/takes/1/select"), 409, "conflict")
