"""A world's history is kept, told and brought back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.rig import Rig, is_problem

Json = dict[str, Any]
PATH = "/worlds/anime_world"


async def with_titles(rig: Rig, *titles: str) -> None:
    for title in titles:
        assert (await rig.client.patch(PATH, json={"title": title})).status_code == 200


async def test_the_history_is_told_page_by_page(rig: Rig) -> None:
    await with_titles(rig, "one", "two", "three")

    newest = (await rig.client.get(f"{PATH}/revisions?limit=3")).json()
    oldest = (await rig.client.get(f"{PATH}/revisions", params={"before": newest["next_before"]})).json()

    assert [one["revision"] for one in newest["revisions"]] == [4, 3, 2]
    assert newest["revisions"][0]["what"] == "Changed title."
    assert [one["revision"] for one in oldest["revisions"]] == [1]
    assert oldest["next_before"] is None


async def test_a_world_is_shown_as_it_was(rig: Rig) -> None:
    await with_titles(rig, "one", "two")

    then = await rig.client.get(f"{PATH}/revisions/2")

    assert (then.json()["revision"], then.json()["world"]["title"]) == (2, "one")
    assert then.headers["etag"] == '"3"', "what `If-Match` would have to name"


@pytest.mark.parametrize("revision", ["0", "9", "-1", "1.0", "x", "٣", "9" * 30, "%00"])
async def test_a_revision_that_never_was_is_not_found(rig: Rig, revision: str) -> None:
    is_problem(await rig.client.get(f"{PATH}/revisions/{revision}"), 404, "not-found")


@pytest.mark.parametrize("path", ["/worlds/nowhere/revisions", "/worlds/empty/revisions", "/worlds/nowhere/revisions/1"])
async def test_a_world_that_was_never_stored_has_no_history(rig: Rig, path: str) -> None:
    is_problem(await rig.client.get(path), 404, "not-found")


async def test_a_rollback_is_a_new_revision_equal_to_the_old_one(rig: Rig) -> None:
    await with_titles(rig, "one", "two")
    old = (await rig.client.get(f"{PATH}/revisions/2")).json()

    answer = await rig.client.post(f"{PATH}/rollback", json={"revision": 2})

    assert (answer.status_code, answer.json()["revision"]) == (200, 4)
    assert {name: answer.json()[name] for name in ("world", "sources", "source")} == {
        name: old[name] for name in ("world", "sources", "source")
    }
    assert answer.json()["what"] == "Rolled back to revision 2."
    assert len((await rig.client.get(f"{PATH}/revisions")).json()["revisions"]) == 4


async def test_a_rollback_heeds_if_match_and_locks(rig: Rig) -> None:
    await with_titles(rig, "one", "two")
    is_problem(
        await rig.client.post(f"{PATH}/rollback", json={"revision": 2}, headers={"If-Match": '"2"'}), 412, "precondition-failed"
    )
    await rig.client.post(f"{PATH}/lock", json={"fields": ["title"]})
    is_problem(await rig.client.post(f"{PATH}/rollback", json={"revision": 2}), 409, "locked")

    answer = await rig.client.post(f"{PATH}/rollback?even_locked=true", json={"revision": 2}, headers={"If-Match": '"4"'})

    assert (answer.json()["world"]["title"], answer.json()["locked"]) == ("one", ["title"])


async def test_a_rollback_that_is_repeated_late_takes_nothing_back(rig: Rig) -> None:
    await with_titles(rig, "one", "two")
    key = {"Idempotency-Key": "a-rollback", "If-Match": '"3"'}
    first = await rig.client.post(f"{PATH}/rollback", json={"revision": 2}, headers=key)
    await with_titles(rig, "three")

    again = await rig.client.post(f"{PATH}/rollback", json={"revision": 2}, headers=key)

    assert again.json() == first.json()
    assert (await rig.client.get(PATH)).json()["world"]["title"] == "three"


@pytest.mark.parametrize("body", [{}, {"revision": "1"}, {"revision": 0}, {"revision": True}, {"revision": 2**40}, {"to": 1}])
async def test_a_rollback_to_nothing_is_refused(rig: Rig, body: Json) -> None:
    is_problem(await rig.client.post(f"{PATH}/rollback", json=body), 422, "bad-input")
    is_problem(await rig.client.post(f"{PATH}/rollback", json={"revision": 7}), 404, "not-found")


@pytest.mark.parametrize("fields", [[], ["nothing"], ["characters.nobody"], [7], ["x" * 300], ["title"] * 1001])
async def test_nothing_is_locked_that_is_not_there(rig: Rig, fields: Json) -> None:
    is_problem(await rig.client.post(f"{PATH}/lock", json={"fields": fields}), 422, "bad-input")
    assert (await rig.client.get(PATH)).json()["locked"] == []


async def test_locks_are_part_of_the_history(rig: Rig) -> None:
    await rig.client.post(f"{PATH}/lock", json={"fields": ["style", "title"]})
    answer = await rig.client.post(f"{PATH}/unlock", json={"fields": ["title"]})

    assert (answer.json()["locked"], answer.json()["revision"]) == (["style"], 3)
    assert [one["what"] for one in (await rig.client.get(f"{PATH}/revisions")).json()["revisions"][:2]] == [
        "Unlocked title.",
        "Locked style, title.",
    ]
    again = await rig.client.post(f"{PATH}/lock", json={"fields": ["style"]})
    assert again.json()["revision"] == 3, "nothing changed"


async def test_a_world_moves_on_by_what_an_episode_told(rig: Rig) -> None:
    episode_id = await rig.completed()

    answer = await rig.client.post(f"{PATH}/move-on", json={"episode_id": episode_id})

    assert answer.status_code == 200
    assert answer.json()["what"] == f"Moved on by the episode {episode_id}."
    (mika,) = answer.json()["world"]["state"]["characters"]
    assert (mika["character_id"], mika["place_id"]) == ("mika", "rooftop")
    assert answer.json()["sources"]["state.characters.mika.place_id"] == {
        "kind": "episode",
        "picture": None,
        "model": "",
        "episode_id": episode_id,
        "since_revision": 2,
    }
    again = await rig.client.post(f"{PATH}/move-on", json={"episode_id": episode_id})
    assert again.json()["revision"] == 2, "it stands so already"


async def test_only_an_episode_of_this_world_that_has_its_film_moves_it(rig: Rig) -> None:
    planned, elsewhere = await rig.planned(), await rig.completed(world_id="empty")

    problem = is_problem(await rig.client.post(f"{PATH}/move-on", json={"episode_id": planned}), 409, "conflict")
    assert "PLANNED" in problem["detail"]
    is_problem(await rig.client.post(f"{PATH}/move-on", json={"episode_id": elsewhere}), 422, "bad-input")
    for unknown in ("nobody", "", "../x"):
        is_problem(await rig.client.post(f"{PATH}/move-on", json={"episode_id": unknown}), 404, "not-found")
    assert (await rig.client.get(PATH)).json()["revision"] == 1


async def test_a_lock_holds_the_world_where_it_is(rig: Rig) -> None:
    episode_id = await rig.completed()
    await rig.client.patch(PATH, json={"state": {"daylight": "night"}})
    await rig.client.post(f"{PATH}/lock", json={"fields": ["state.daylight"]})

    is_problem(await rig.client.post(f"{PATH}/move-on", json={"episode_id": episode_id}), 409, "locked")
    answer = await rig.client.post(f"{PATH}/move-on?even_locked=true", json={"episode_id": episode_id})
    assert answer.json()["world"]["state"]["daylight"] == "day"
