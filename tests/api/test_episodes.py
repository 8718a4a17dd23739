from __future__ import annotations

from typing import Any

import pytest

from episodes.model import RendererNote
from tests.api.rig import Rig, is_problem
from tests.builders import a_kind


async def test_the_four_calls_of_existing_clients_have_their_very_shapes(rig: Rig) -> None:
    created = (await rig.client.post("/episodes", json={"world_id": "anime_world", "intent": "Mika looks around"})).json()
    episode_id = created["episode_id"]
    planned = (await rig.client.post(f"/episodes/{episode_id}/plan")).json()
    executing = (await rig.client.post(f"/episodes/{episode_id}/execute")).json()
    rig.render_all(episode_id)
    rig.cut_film(episode_id)
    episode = (await rig.client.get(f"/episodes/{episode_id}")).json()

    assert created["state"] == "CREATED"
    assert planned["state"] == "PLANNED"
    assert len(planned["beats"]) == 3
    assert executing == {"episode_id": episode_id, "state": "EXECUTING"}
    assert (episode["episode_id"], episode["world_id"], episode["state"]) == (episode_id, "anime_world", "COMPLETED")
    beat = episode["beats"][0]
    assert (beat["beat_id"], beat["state"], beat["description"]) == ("b1", "ACCEPTED", "Mika looks around 0")
    video = beat["artifacts"][0]
    assert (video["type"], video["version"], video["url"]) == ("video", 1, f"/episodes/{episode_id}/beats/b1/video")
    assert video["uri"].startswith("memory:")


async def test_a_finished_episode_shows_its_film_its_attempts_and_100_per_cent(rig: Rig) -> None:
    episode = (await rig.client.get(f"/episodes/{await rig.completed()}")).json()

    assert episode["progress"] == 100
    assert episode["film"]["url"] == f"/episodes/{episode['episode_id']}/film"
    assert [a["type"] for a in episode["artifacts"]] == ["film", "poster", "subtitles_srt", "subtitles_vtt"]
    assert [b["progress"] for b in episode["beats"]] == [100, 100, 100]
    assert episode["beats"][0]["attempts"][0]["state"] == "SELECTED"
    assert episode["film_attempts"][0]["number"] == 1


async def test_a_failed_beat_says_why(rig: Rig) -> None:
    episode_id = await rig.executing()
    rig.render_all(episode_id, fail=["b2"])

    beat = (await rig.client.get(f"/episodes/{episode_id}")).json()["beats"][1]

    assert beat["state"] == "FAILED"
    assert beat["attempts"][0]["reason"] == "no"
    assert beat["attempts"][0]["failure_class"] == "content"


async def test_an_episode_without_a_world_plays_in_the_empty_one(rig: Rig) -> None:
    created = (await rig.client.post("/episodes", json={"intent": "A dog runs"})).json()
    assert created["world_id"] == "empty"


@pytest.mark.parametrize(
    ("asked", "width", "height", "fps"),
    [
        ({}, 512, 512, 24),
        ({"mode": "final"}, 1280, 720, 24),
        ({"mode": "final", "width": 640}, 640, 720, 24),
        ({"mode": "validate", "height": 256, "fps": 12}, 512, 256, 12),
    ],
)
async def test_the_mode_chooses_the_size_that_is_not_given(
    rig: Rig, asked: dict[str, Any], width: int, height: int, fps: int
) -> None:
    created = (await rig.client.post("/episodes", json={"intent": "A dog runs", **asked})).json()
    assert (created["width"], created["height"], created["fps"]) == (width, height, fps)


async def test_executing_twice_changes_nothing_and_wakes_the_coordinator(rig: Rig) -> None:
    episode_id = await rig.executing()
    before = rig.episodes.events(episode_id)

    again = await rig.client.post(f"/episodes/{episode_id}/execute")

    assert again.json() == {"episode_id": episode_id, "state": "EXECUTING"}
    assert rig.episodes.events(episode_id) == before
    assert rig.door.num_wakes == 2


async def test_an_illegal_move_names_both_states(rig: Rig) -> None:
    episode_id = await rig.created()

    problem = is_problem(await rig.client.post(f"/episodes/{episode_id}/execute"), 409, "illegal-move")

    assert (problem["state"], problem["wanted"]) == ("CREATED", "EXECUTING")
    assert "CREATED" in problem["detail"]
    assert rig.door.num_wakes == 0


async def test_an_episode_that_is_being_stopped_is_not_planned_not_even_to_see_that_it_may_not(rig: Rig) -> None:
    episode_id = await rig.executing()
    rig.open(episode_id, "b1")
    assert (await rig.client.post(f"/episodes/{episode_id}/cancel")).json()["state"] == "CANCELLING"
    is_problem(await rig.client.post(f"/episodes/{episode_id}/plan"), 409, "illegal-move")
    assert rig.planner.num_plans == 1


async def test_planning_again_replaces_the_plan(rig: Rig) -> None:
    episode_id = await rig.planned(num_beats=2)
    again = (await rig.client.post(f"/episodes/{episode_id}/plan")).json()
    assert [beat["beat_id"] for beat in again["beats"]] == ["b1", "b2"]
    assert again["world_revision"] == 1


async def test_planning_an_executing_episode_again_wakes_the_coordinator_to_drop_what_renders(rig: Rig) -> None:
    episode_id = await rig.executing()
    attempt_id = rig.open(episode_id, "b1")
    num_wakes = rig.door.num_wakes

    again = (await rig.client.post(f"/episodes/{episode_id}/plan")).json()

    assert (again["state"], again["beats"][0]["state"]) == ("PLANNED", "PENDING")
    assert rig.episodes.unwanted_attempts(rig.lease) == [attempt_id]
    assert rig.door.num_wakes == num_wakes + 1


async def test_an_intent_that_cannot_be_told_is_refused_when_it_is_planned(rig: Rig) -> None:
    episode_id = await rig.created(intent="an untellable story")

    problem = is_problem(await rig.client.post(f"/episodes/{episode_id}/plan"), 422, "bad-input")

    assert problem["errors"] == [{"where": "intent", "message": "This intent cannot be told."}]
    assert (await rig.client.get(f"/episodes/{episode_id}")).json()["state"] == "CREATED"


async def test_cancelling_ends_an_episode_and_may_be_repeated(rig: Rig) -> None:
    episode_id = await rig.executing()
    for _ in range(2):
        answer = await rig.client.post(f"/episodes/{episode_id}/cancel")
        assert answer.json() == {"episode_id": episode_id, "state": "CANCELLED"}
    assert rig.door.num_wakes == 3


async def test_a_failed_beat_is_retried_and_the_episode_opens_again(rig: Rig) -> None:
    episode_id = await rig.executing()
    rig.render_all(episode_id, fail=["b1", "b2", "b3"])
    assert (await rig.client.get(f"/episodes/{episode_id}")).json()["state"] == "FAILED"

    answer = await rig.client.post(f"/episodes/{episode_id}/beats/b2/retry")

    assert answer.json() == {"episode_id": episode_id, "state": "EXECUTING"}
    assert rig.door.num_wakes == 2
    states = [b["state"] for b in (await rig.client.get(f"/episodes/{episode_id}")).json()["beats"]]
    assert states == ["FAILED", "PENDING", "FAILED"]


async def test_a_beat_with_a_clip_is_not_retried(rig: Rig) -> None:
    episode_id = await rig.completed()
    is_problem(await rig.client.post(f"/episodes/{episode_id}/beats/b1/retry"), 409, "illegal-move")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/episodes/nobody"),
        ("POST", "/episodes/nobody/plan"),
        ("POST", "/episodes/nobody/execute"),
        ("POST", "/episodes/nobody/cancel"),
        ("POST", "/episodes/nobody/beats/b1/retry"),
        ("GET", "/episodes/nobody/film"),
        ("GET", "/episodes/nobody/beats/b1/video"),
        ("GET", "/episodes/nobody/events"),
        ("GET", "/episodes/%00"),
        ("GET", "/episodes/%ED%A0%80"),
        ("POST", f"/episodes/{'x' * 5000}/plan"),
    ],
)
async def test_an_unknown_episode_is_not_found(rig: Rig, method: str, path: str) -> None:
    problem = is_problem(await rig.client.request(method, path), 404, "not-found")
    assert len(problem["detail"]) < 200


async def test_an_unknown_world_says_how_to_get_one_and_stores_nothing(rig: Rig) -> None:
    answer = await rig.client.post("/episodes", json={"world_id": "atlantis", "intent": "A dog runs"})

    problem = is_problem(answer, 404, "not-found")

    assert "'atlantis'" in problem["detail"]
    assert "PUT /worlds/{id}" in problem["hint"]
    assert (await rig.client.get("/episodes")).json()["episodes"] == []


async def test_an_unknown_backend_lists_those_that_there_are(rig: Rig) -> None:
    answer = await rig.client.post("/episodes", json={"intent": "A dog runs", "backend": "sora"})

    problem = is_problem(answer, 422, "bad-input")

    assert problem["errors"][0]["where"] == "backend"
    assert "animatic, stub" in problem["detail"]


async def test_a_kind_of_which_the_fleet_has_none_is_no_backend() -> None:
    rig = Rig(kinds=(a_kind("none", 0), a_kind()))

    is_problem(await rig.client.post("/episodes", json={"intent": "A dog runs", "backend": "none"}), 422, "bad-input")


async def test_who_names_no_backend_is_told_in_the_plan_which_was_chosen() -> None:
    rig = Rig(kinds=(a_kind("veo", costs_per_clip=True), a_kind("gpu"), a_kind("animatic")))
    chosen = await rig.created()
    named = await rig.created(backend="veo")
    rig.find(RendererNote(name="renderer:gpu:0", backend="gpu", state="starting", start_failure="No GPU."))

    plans = [(await rig.client.post(f"/episodes/{one}/plan")).json() for one in (chosen, named)]

    assert [{beat["backend"] for beat in plan["beats"]} for plan in plans] == [{"animatic"}, {"veo"}]
    assert [plan["backend"] for plan in plans] == [None, "veo"]


async def test_pages_follow_each_other_newest_first_without_a_gap(rig: Rig) -> None:
    made = [await rig.created() for _ in range(5)]
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await rig.client.get("/episodes", params={"limit": 2, **cursor})).json()
        seen += [e["episode_id"] for e in page["episodes"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == made[::-1]


async def test_the_list_can_be_narrowed_to_a_state_and_a_world(rig: Rig) -> None:
    planned, in_empty = await rig.planned(), await rig.created(world_id="empty")

    by_state = (await rig.client.get("/episodes?state=PLANNED")).json()["episodes"]
    by_world = (await rig.client.get("/episodes?world_id=empty")).json()["episodes"]

    assert [e["episode_id"] for e in by_state] == [planned]
    assert [e["episode_id"] for e in by_world] == [in_empty]
    assert by_state[0]["num_beats"] == 3


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "cursor=%00", "cursor=nonsense", "state=BUSY", "world_id=A b"]
)
async def test_a_list_that_cannot_be_is_refused(rig: Rig, query: str) -> None:
    problem = is_problem(await rig.client.get(f"/episodes?{query}"), 422, "bad-input")
    assert problem["errors"][0]["where"] == query.split("=")[0]
