"""Single fields of a world are changed, and whose word they are is told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.rig import PNG, Rig, is_problem

Json = dict[str, Any]

MIKA = "/worlds/anime_world/characters/mika"
LOOKS = "characters.mika.description"


async def test_a_field_is_changed_and_the_rest_stays(rig: Rig) -> None:
    before = (await rig.client.get("/worlds/anime_world")).json()["world"]

    answer = await rig.client.patch(MIKA, json={"description": "blue coat"})

    assert (answer.status_code, answer.headers["etag"], answer.json()["revision"]) == (200, '"2"', 2)
    changed = answer.json()["world"]
    assert changed["characters"][0] == {**before["characters"][0], "description": "blue coat"}
    assert {**changed, "characters": 0} == {**before, "characters": 0}
    assert answer.json()["sources"][LOOKS] == {
        "kind": "person",
        "picture": None,
        "model": "",
        "episode_id": None,
        "since_revision": 2,
    }
    assert answer.json()["what"] == f"Changed {LOOKS}."


async def test_how_a_character_is_now_is_changed_bit_by_bit(rig: Rig) -> None:
    await rig.client.patch(MIKA, json={"state": {"clothes": "raincoat", "place_id": "rooftop"}})
    answer = await rig.client.patch(MIKA, json={"state": {"injuries": ["bandaged arm"], "place_id": None}})

    (state,) = answer.json()["world"]["state"]["characters"]
    assert state == {
        "character_id": "mika",
        "clothes": "raincoat",
        "injuries": ["bandaged arm"],
        "is_alive": True,
        "place_id": None,
    }
    assert answer.json()["sources"]["state.characters.mika.clothes"]["since_revision"] == 2
    assert answer.json()["what"] == "Changed state.characters.mika.injuries, state.characters.mika.place_id."


async def test_places_props_and_the_world_as_a_whole_are_changed_alike(rig: Rig) -> None:
    world = (await rig.client.get("/worlds/anime_world")).json()["world"]
    await rig.client.put("/worlds/anime_world", json={**world, "props": [{"prop_id": "key", "name": "Key"}]})
    path = "/worlds/anime_world"

    assert (await rig.client.patch(f"{path}/places/rooftop", json={"light": "night"})).status_code == 200
    assert (await rig.client.patch(f"{path}/props/key", json={"state": {"held_by": "mika"}})).status_code == 200
    relation = {"from_id": "mika", "to_id": "key", "what": "wears it on a string"}
    edit = {"title": "T", "style": {"negative": "photo"}, "relations": [relation], "state": {"daylight": "dusk"}}
    answer = await rig.client.patch(path, json=edit)

    now = answer.json()["world"]
    assert (now["title"], now["style"]["negative"], now["relations"]) == ("T", "photo", [relation])
    assert (now["places"][0]["light"], now["state"]["daylight"]) == ("night", "dusk")
    assert now["state"]["props"] == [{"prop_id": "key", "held_by": "mika", "place_id": None}]
    people = {path for path, source in answer.json()["sources"].items() if source["since_revision"] > 2}
    assert people == {
        "title", "style.negative", "relations.mika.key", "state.daylight", "places.rooftop.light", "state.props.key.held_by",
    }  # fmt: skip


async def test_what_is_confirmed_becomes_a_persons_word(rig: Rig) -> None:
    answer = await rig.client.patch("/worlds/anime_world/places/rooftop", json={"light": "day"})

    assert answer.json()["sources"]["places.rooftop.light"]["kind"] == "person"
    again = await rig.client.patch("/worlds/anime_world/places/rooftop", json={"light": "day"})
    assert again.json()["revision"] == answer.json()["revision"] == 2


async def test_a_colour_may_be_written_in_upper_case(rig: Rig) -> None:
    answer = await rig.client.patch(MIKA, json={"palette": ["#3A7BD5", "#3a7bd5"]})

    assert answer.json()["world"]["characters"][0]["palette"] == ["#3a7bd5", "#3a7bd5"]
    put = await rig.client.put("/worlds/sky", json={"places": [{"place_id": "sky", "name": "Sky", "palette": ["#ABCDEF"]}]})
    assert put.json()["world"]["places"][0]["palette"] == ["#abcdef"]


@pytest.mark.parametrize(
    ("path", "edit", "where"),
    [
        (MIKA, {}, ""),
        (MIKA, {"description": 7}, "description"),
        (MIKA, {"name": None}, "name"),
        (MIKA, {"character_id": "other"}, "character_id"),
        (MIKA, {"palette": ["red"]}, "palette.0"),
        (MIKA, {"state": {}}, "state"),
        (MIKA, {"state": {"is_alive": "no"}}, "state.is_alive"),
        (MIKA, {"wardrobe": [{"outfit_id": "a", "description": "x"}] * 2}, None),
        (MIKA, {"state": {"place_id": "moon"}}, None),
        ("/worlds/anime_world", {"relations": [{"from_id": "mika", "to_id": "moon", "what": "x"}]}, None),
        ("/worlds/anime_world", {"state": {"daylight": "noon"}}, "state.daylight"),
        ("/worlds/anime_world", {"characters": []}, "characters"),
    ],
)
async def test_a_change_that_cannot_be_is_refused_with_its_reason(rig: Rig, path: str, edit: Json, where: str | None) -> None:
    problem = is_problem(await rig.client.patch(path, json=edit), 422, "bad-input")
    assert where is None or problem["errors"][0]["where"] == where
    assert (await rig.client.get("/worlds/anime_world")).json()["revision"] == 1


@pytest.mark.parametrize(
    "path", ["/worlds/nowhere/characters/mika", "/worlds/empty", "/worlds/anime_world/props/mika", MIKA + "x", MIKA + "%00"]
)
async def test_what_is_not_there_is_not_changed(rig: Rig, path: str) -> None:
    edit = {"title": "x"} if path == "/worlds/empty" else {"name": "x"}
    is_problem(await rig.client.patch(path, json=edit), 404, "not-found")


async def test_a_change_is_made_only_to_the_revision_that_was_seen(rig: Rig) -> None:
    edit = {"description": "blue coat"}
    is_problem(await rig.client.patch(MIKA, json=edit, headers={"If-Match": '"7"'}), 412, "precondition-failed")
    assert (await rig.client.patch(MIKA, json=edit, headers={"If-Match": '"1"'})).status_code == 200


async def test_a_reference_that_was_never_uploaded_is_refused(rig: Rig) -> None:
    upload = await rig.client.post("/worlds/anime_world/images", files=[("file", ("a.png", PNG))])
    picture = upload.json()["pictures"][0]["picture"]

    assert (await rig.client.patch(MIKA, json={"references": [picture]})).status_code == 200
    other = {**picture, "key": "worlds/other/images/a.png"}
    problem = is_problem(await rig.client.patch(MIKA, json={"references": [picture, other]}), 422, "bad-input")
    assert problem["errors"][0]["where"] == "characters.0.references.1"


@pytest.mark.parametrize("lock", [LOOKS, "characters.mika"])
async def test_a_locked_field_is_changed_by_who_says_so_only(rig: Rig, lock: str) -> None:
    locked = await rig.client.post("/worlds/anime_world/lock", json={"fields": [lock]})
    assert (locked.status_code, locked.json()["locked"]) == (200, [lock])
    world = locked.json()["world"]
    edit: Json = {"description": "blue coat"}
    rewritten = {**world, "characters": [{**world["characters"][0], **edit}]}

    refused = [
        await rig.client.patch(MIKA, json=edit),
        await rig.client.put("/worlds/anime_world", json=rewritten),
        await rig.client.put("/worlds/anime_world", json={**world, "characters": []}),
    ]

    for answer in refused:
        problem = is_problem(answer, 409, "locked")
        assert {"where": LOOKS, "message": "It is locked."} in problem["errors"]
    answer = await rig.client.patch(f"{MIKA}?even_locked=true", json=edit)
    assert (answer.status_code, answer.json()["locked"]) == (200, [lock])
    await rig.client.post("/worlds/anime_world/unlock", json={"fields": [lock]})
    assert (await rig.client.patch(MIKA, json={"description": "green coat"})).status_code == 200
