"""A plan is changed beat by beat, before and while it is rendered; each change says exactly what it does."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.rig import Rig, is_problem

Json = dict[str, Any]


def names(episode: Json) -> list[str]:
    return [beat["beat_id"] for beat in episode["beats"]]


def difference(**told: Any) -> Json:
    return {"kept": [], "cancelled": [], "removed": [], "to_render": [], "film_to_recut": False, **told}


async def posted(rig: Rig, path: str, body: Json, **how: Any) -> Json:
    answer = await rig.client.post(path, json=body, **how)
    assert answer.status_code == 200, answer.text
    edited: Json = answer.json()
    return edited


async def test_a_beat_is_put_into_a_finished_film(rig: Rig) -> None:
    episode_id = await rig.completed()
    num_wakes = rig.door.num_wakes

    edited = await posted(rig, f"/episodes/{episode_id}/beats", {"after": "b1", "description": "Mika waits.", "seed": 5})

    assert names(edited) == ["b1", "b4", "b2", "b3"]
    assert edited["difference"] == difference(kept=["b1", "b2", "b3"], to_render=["b4"], film_to_recut=True)
    assert (edited["state"], edited["plan_version"], edited["dry_run"]) == ("EXECUTING", 2, False)
    new = edited["beats"][1]
    assert (new["description"], new["seed"], new["caption"], new["index"]) == ("Mika waits.", 5, "", 1)
    assert (new["place"], new["duration_s"]) == (edited["beats"][0]["place"], edited["beats"][0]["duration_s"])
    assert "Mika waits." in new["prompt"]
    assert rig.door.num_wakes == num_wakes + 1


@pytest.mark.parametrize(("after", "order"), [({}, ["b1", "b2", "b3", "b4"]), ({"after": None}, ["b4", "b1", "b2", "b3"])])
async def test_a_beat_is_put_last_or_first(rig: Rig, after: Json, order: list[str]) -> None:
    episode_id = await rig.planned()

    assert names(await posted(rig, f"/episodes/{episode_id}/beats", {"description": "Mika waits.", **after})) == order


async def test_a_beat_is_taken_out_while_it_renders(rig: Rig) -> None:
    episode_id = await rig.executing()
    rig.open(episode_id, "b1")

    answer = await rig.client.delete(f"/episodes/{episode_id}/beats/b1")

    assert answer.status_code == 200, answer.text
    assert names(answer.json()) == ["b2", "b3"]
    assert answer.json()["difference"] == difference(kept=["b2", "b3"], cancelled=["b1"], removed=["b1"])
    is_problem(await rig.client.delete(f"/episodes/{episode_id}/beats/b1"), 404, "not-found")


async def test_the_last_beat_of_all_stays(rig: Rig) -> None:
    episode_id = await rig.planned(num_beats=1)

    is_problem(await rig.client.delete(f"/episodes/{episode_id}/beats/b1"), 422, "bad-input")


async def test_a_beat_gets_another_place_and_nothing_is_rendered(rig: Rig) -> None:
    episode_id = await rig.completed()

    edited = await posted(rig, f"/episodes/{episode_id}/beats/b1/move", {"after": "b3"})

    assert names(edited) == ["b2", "b3", "b1"]
    assert edited["difference"] == difference(kept=["b2", "b3", "b1"], film_to_recut=True)
    again = await posted(rig, f"/episodes/{episode_id}/beats/b1/move", {"after": "b3"})
    assert (again["plan_version"], again["difference"]["film_to_recut"]) == (edited["plan_version"], False)


async def test_a_beat_is_told_anew_and_the_others_stay(rig: Rig) -> None:
    await rig.client.put("/worlds/anime_world", json={"title": "Anime"})
    episode_id = await rig.completed()
    same = await posted(rig, f"/episodes/{episode_id}/beats/b2/plan", {})
    assert same["difference"] == difference(kept=["b1", "b2", "b3"])
    changed = await rig.client.patch(f"/episodes/{episode_id}/beats/b2", json={"description": "Something else."})
    assert changed.json()["difference"]["to_render"] == ["b2"]

    edited = await posted(rig, f"/episodes/{episode_id}/beats/b2/plan", {})

    assert edited["beats"][1]["description"] == same["beats"][1]["description"]
    assert (edited["difference"]["kept"], edited["difference"]["to_render"]) == (["b1", "b3"], ["b2"])


async def test_a_beat_that_the_planner_does_not_tell_is_named(rig: Rig) -> None:
    episode_id = await rig.planned()
    await posted(rig, f"/episodes/{episode_id}/beats", {"description": "Mika waits."})

    is_problem(await rig.client.post(f"/episodes/{episode_id}/beats/b4/plan", json={}), 422, "bad-input")


CHANGES: dict[str, tuple[str, str, Json | None]] = {
    "insert": ("POST", "", {"description": "Mika waits."}),
    "change": ("PATCH", "/b2", {"seed": 99}),
    "remove": ("DELETE", "/b2", None),
    "move": ("POST", "/b2/move", {"after": None}),
    "tell anew": ("POST", "/b2/plan", {"seed": 9}),
}
every_change = pytest.mark.parametrize("change", CHANGES)


async def changed(rig: Rig, episode_id: str, change: str, **how: Any) -> Any:
    method, path, body = CHANGES[change]
    return await rig.client.request(method, f"/episodes/{episode_id}/beats{path}", json=body, **how)


@every_change
async def test_a_look_at_a_change_tells_what_the_change_does_and_does_nothing(rig: Rig, change: str) -> None:
    episode_id = await rig.completed()
    before, num_wakes = rig.episodes.episode(episode_id), rig.door.num_wakes

    looked = (await changed(rig, episode_id, change, params={"dry_run": "true"})).json()

    assert (looked["dry_run"], rig.episodes.episode(episode_id), rig.door.num_wakes) == (True, before, num_wakes)
    done = (await changed(rig, episode_id, change)).json()
    assert (done["difference"], names(done)) == (looked["difference"], names(looked))


@every_change
async def test_a_plan_that_was_changed_meanwhile_is_not_overwritten(rig: Rig, change: str) -> None:
    episode_id = await rig.planned()
    await posted(rig, f"/episodes/{episode_id}/beats/b3/move", {"after": None})
    before = rig.episodes.episode(episode_id)

    late = await changed(rig, episode_id, change, params={"plan_version": 1})
    assert "version 2" in is_problem(late, 409, "conflict")["detail"]
    is_problem(await changed(rig, episode_id, change, headers={"If-Match": '"1"'}), 412, "precondition-failed")
    assert rig.episodes.episode(episode_id) == before
    assert (await changed(rig, episode_id, change, headers={"If-Match": '"1", "2"'})).status_code == 200


@every_change
async def test_what_has_no_plan_or_is_being_cancelled_is_not_changed(rig: Rig, change: str) -> None:
    created = (await rig.client.post("/episodes", json={"intent": "Mika waits"})).json()["episode_id"]
    expected = (404, "not-found") if change == "change" else (409, "illegal-move")
    is_problem(await changed(rig, created, change), *expected)
    is_problem(await changed(rig, "nobody", change), 404, "not-found")
    stopping = await rig.executing()
    rig.open(stopping, "b1")
    await rig.client.post(f"/episodes/{stopping}/cancel")
    is_problem(await changed(rig, stopping, change), 409, "illegal-move")


@every_change
async def test_what_was_cancelled_before_it_had_a_plan_has_none_to_change(rig: Rig, change: str) -> None:
    episode_id = (await rig.client.post("/episodes", json={"intent": "Mika waits"})).json()["episode_id"]
    await rig.client.post(f"/episodes/{episode_id}/cancel")

    expected = (404, "not-found") if change == "change" else (409, "illegal-move")
    assert "plan" in is_problem(await changed(rig, episode_id, change), *expected)["detail"] or change == "change"


async def test_a_beat_is_told_anew_without_a_body_too(rig: Rig) -> None:
    path = f"/episodes/{await rig.planned()}/beats/b2/plan"

    without = await rig.client.post(path)

    assert (without.status_code, without.json()["difference"]) == (
        200,
        (await rig.client.post(path, json={})).json()["difference"],
    )
    is_problem(await rig.client.post(path, content=b"{"), 415, "unsupported-media-type")
    is_problem(await rig.client.post(path, content=b"null", headers={"content-type": "application/json"}), 422, "bad-input")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("", {}),
        ("", {"description": ""}),
        ("", {"description": "Mika waits.", "after": 7}),
        ("", {"description": "Mika waits.", "backend": "hollywood"}),
        ("", {"description": "Mika waits.", "beat_id": "mine"}),
        ("/b1/move", {}),
        ("/b1/move", {"after": "b1"}),
        ("/b1/plan", {"seed": -1}),
    ],
)
async def test_bad_input_is_refused(rig: Rig, path: str, body: Json) -> None:
    episode_id = await rig.planned()

    is_problem(await rig.client.post(f"/episodes/{episode_id}/beats{path}", json=body), 422, "bad-input")


@pytest.mark.parametrize("path", ["", "/b1/move"])
async def test_a_beat_that_nobody_knows_is_followed_by_none(rig: Rig, path: str) -> None:
    episode_id = await rig.planned()
    body = {"after": "b9", **({"description": "Mika waits."} if not path else {})}

    is_problem(await rig.client.post(f"/episodes/{episode_id}/beats{path}", json=body), 404, "not-found")
