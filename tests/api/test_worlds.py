from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from episodes.world import StoredWorld, World, WorldSource
from storage.memory import MemoryWorldStore
from tests.api.rig import PNG, Rig, is_problem
from tests.builders import a_world

A_WORLD: dict[str, Any] = {"title": "Night market", "characters": [{"character_id": "mika", "name": "Mika"}]}


def a_file(name: str = "mika.png", data: bytes = PNG) -> tuple[str, tuple[str, bytes]]:
    return ("file", (name, data))


async def test_worlds_are_listed_with_what_is_in_them(rig: Rig) -> None:
    (world,) = (await rig.client.get("/worlds")).json()["worlds"]
    assert (world["world_id"], world["revision"], world["num_characters"]) == ("anime_world", 1, 1)


async def test_a_world_is_shown_with_its_revision(rig: Rig) -> None:
    answer = await rig.client.get("/worlds/anime_world")
    assert answer.headers["etag"] == '"1"'
    assert answer.json()["source"] == "stored"
    assert answer.json()["world"] == a_world().model_dump(mode="json")


async def test_the_empty_world_is_always_there(rig: Rig) -> None:
    empty = (await rig.client.get("/worlds/empty")).json()
    assert (empty["revision"], empty["source"]) == (0, "empty")


@pytest.mark.parametrize("world_id", ["atlantis", "Atlantis", "A%20B", "%00", "x" * 100])
async def test_an_unknown_world_is_not_found(rig: Rig, world_id: str) -> None:
    is_problem(await rig.client.get(f"/worlds/{world_id}"), 404, "not-found")


async def test_a_world_that_was_read_can_be_put_back(rig: Rig) -> None:
    read = await rig.client.get("/worlds/anime_world")
    answer = await rig.client.put("/worlds/anime_world", json=read.json()["world"], headers={"If-Match": read.headers["etag"]})
    assert answer.status_code == 200
    assert answer.json()["revision"] == 1


async def test_a_changed_world_is_a_new_revision(rig: Rig) -> None:
    answer = await rig.client.put("/worlds/anime_world", json=A_WORLD)
    assert (answer.status_code, answer.json()["revision"], answer.headers["etag"]) == (200, 2, '"2"')
    assert (await rig.client.get("/worlds/anime_world")).json()["world"]["title"] == "Night market"


@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [
        ({"If-Match": '"1"'}, "", 200),
        ({"If-Match": '"7", "1"'}, "", 200),
        ({"If-Match": "*"}, "", 200),
        ({"If-Match": '"2"'}, "", 412),
        ({"If-Match": "1"}, "", 412),
        ({"If-Match": 'W/"1"'}, "", 412),
        ({"If-None-Match": "*"}, "", 412),
        ({"If-None-Match": '"2"'}, "", 200),
        ({}, "?revision=1", 200),
        ({}, "?revision=0", 409),
        ({}, "?revision=2", 409),
    ],
)
async def test_a_world_is_replaced_only_from_the_revision_that_was_seen(
    rig: Rig, headers: dict[str, str], query: str, status: int
) -> None:
    answer = await rig.client.put(f"/worlds/anime_world{query}", json=A_WORLD, headers=headers)
    if status == 200:
        assert answer.json()["revision"] == 2
    else:
        is_problem(answer, status, "precondition-failed" if headers else "conflict")
        assert (await rig.client.get("/worlds/anime_world")).json()["revision"] == 1


@pytest.mark.parametrize(
    ("headers", "status"), [({"If-None-Match": "*"}, 200), ({"If-Match": "*"}, 412), ({"If-Match": '"0"'}, 412)]
)
async def test_a_new_world_is_not_a_revision_of_anything(rig: Rig, headers: dict[str, str], status: int) -> None:
    assert (await rig.client.put("/worlds/new", json=A_WORLD, headers=headers)).status_code == status


class RacedWorlds(MemoryWorldStore):
    """Somebody else puts between the look and the put."""

    def put(
        self, world_id: str, world: World, source: WorldSource, expected_revision: int | None = None, **more: Any
    ) -> StoredWorld:
        if expected_revision is not None and expected_revision < 2:
            super().put(world_id, World(title="theirs"), source)
        return super().put(world_id, world, source, expected_revision, **more)


async def test_whoever_is_slower_by_a_moment_fails_the_precondition() -> None:
    rig = Rig(worlds=RacedWorlds())
    answer = await rig.client.put("/worlds/anime_world", json=A_WORLD, headers={"If-Match": '"1"'})
    problem = is_problem(answer, 412, "precondition-failed")
    assert "newest revision is 2" in problem["detail"]
    assert (await rig.client.get("/worlds/anime_world")).json()["world"]["title"] == "theirs"


async def test_whoever_expects_nothing_puts_on_top_of_what_came_first() -> None:
    rig = Rig(worlds=RacedWorlds())
    answer = await rig.client.put("/worlds/anime_world", json=A_WORLD)
    assert (answer.status_code, answer.json()["revision"]) == (200, 3)
    assert answer.json()["world"]["title"] == "Night market"


@pytest.mark.parametrize("world_id", ["Big", "a b", "-a", "x" * 65, "empty", "%00"])
async def test_a_world_cannot_begin_under_such_an_id(rig: Rig, world_id: str) -> None:
    problem = is_problem(await rig.client.put(f"/worlds/{world_id}", json=A_WORLD), 422, "bad-input")
    assert problem["errors"][0]["where"] == "world_id"
    is_problem(await rig.client.post(f"/worlds/{world_id}/images", files=[a_file()]), 422, "bad-input")
    assert len((await rig.client.get("/worlds")).json()["worlds"]) == 1


@pytest.mark.parametrize(
    ("world", "where"),
    [
        ({"characters": [{"character_id": "mika", "name": 7}]}, "characters.0.name"),
        ({"characters": [{"character_id": "Mi ka", "name": "Mika"}]}, "characters.0.character_id"),
        ({"characters": [{"character_id": "a", "name": "\u0007"}]}, "characters.0.name"),
        ({"characters": [{"character_id": "a", "name": "A", "palette": ["red"]}]}, "characters.0.palette.0"),
        ({"places": [{"place_id": "a", "name": "A", "light": "noon"}]}, "places.0.light"),
        ({"characters": [{"character_id": f"c{i}", "name": "A"} for i in range(65)]}, "characters"),
        ({"monsters": []}, "monsters"),
        ({"characters": [{"character_id": "a", "name": "A"}] * 2}, ""),
    ],
)
async def test_a_broken_world_is_refused_at_the_place_that_is_wrong(rig: Rig, world: dict[str, Any], where: str) -> None:
    problem = is_problem(await rig.client.put("/worlds/new", json=world), 422, "bad-input")
    assert problem["errors"][0]["where"] == where
    is_problem(await rig.client.get("/worlds/new"), 404, "not-found")


async def test_an_uploaded_picture_is_measured_shown_and_becomes_a_reference(rig: Rig) -> None:
    answer = await rig.client.post("/worlds/market/images", files=[a_file()])
    uploaded = answer.json()["pictures"][0]

    assert answer.status_code == 201
    assert answer.json()["revision"] == 1
    assert uploaded["file_name"] == "mika.png"
    shown = await rig.client.get(uploaded["url"])
    assert (shown.content, shown.headers["content-type"]) == (PNG, "image/png")
    assert (await rig.client.head(uploaded["url"])).headers["content-length"] == str(len(PNG))

    world = {"characters": [{"character_id": "mika", "name": "Mika", "references": [uploaded["picture"]]}]}
    assert (await rig.client.put("/worlds/market", json=world)).status_code == 200


async def test_a_reference_must_lie_among_the_worlds_own_pictures(rig: Rig) -> None:
    picture = (await rig.client.post("/worlds/market/images", files=[a_file()])).json()["pictures"][0]["picture"]
    wrong = [
        ("elsewhere", picture),
        ("market", {**picture, "sha256": "0" * 64}),
        ("market", {**picture, "key": "worlds/market/images/none.png"}),
        ("market", {**picture, "key": "worlds/market/images/../../../secret"}),
        ("market", {**picture, "key": "episodes/e1/film.mp4"}),
    ]
    for world_id, reference in wrong:
        world = {
            "places": [{"place_id": "roof", "name": "Roof", "references": [picture, reference][world_id == "elsewhere" :]}]
        }
        answer = await rig.client.put(f"/worlds/{world_id}", json=world)
        problem = is_problem(answer, 422, "bad-input")
        assert problem["errors"][0]["where"] in ("places.0.references.0", "places.0.references.1")


async def test_several_pictures_come_at_once(rig: Rig) -> None:
    answer = await rig.client.post("/worlds/market/images", files=[a_file("a.png"), a_file("b.png", PNG + b"2")])
    assert [p["file_name"] for p in answer.json()["pictures"]] == ["a.png", "b.png"]


async def test_a_path_in_a_file_name_is_left_out(rig: Rig) -> None:
    answer = await rig.client.post("/worlds/market/images", files=[a_file("C:\\pictures\\..\\mika.png")])
    assert answer.json()["pictures"][0]["file_name"] == "mika.png"


@pytest.mark.parametrize(
    ("files", "where"),
    [
        ([a_file(data=b"")], "file.0"),
        ([a_file(data=b"no picture")], "file.0"),
        ([a_file(), a_file(data=b"")], "file.1"),
        ([a_file("x" * 121)], "file.0.filename"),
        ([a_file("a/")], "file.0.filename"),
        ([("picture", ("a.png", PNG))], "file"),
    ],
)
async def test_a_bad_upload_is_named_and_nothing_of_it_is_stored(rig: Rig, files: Any, where: str) -> None:
    answer = await rig.client.post("/worlds/market/images", files=files)
    problem = is_problem(answer, 422, "bad-input")
    assert problem["errors"][0]["where"] == where
    is_problem(await rig.client.get("/worlds/market"), 404, "not-found")


async def test_a_broken_picture_after_a_good_one_says_that_the_good_one_is_stored(rig: Rig) -> None:
    answer = await rig.client.post("/worlds/market/images", files=[a_file(), a_file(data=b"broken")])
    problem = is_problem(answer, 422, "bad-input")
    assert problem["errors"][0]["where"] == "file.1"
    assert "1 before it" in problem["hint"]
    assert (await rig.client.get("/worlds/market")).status_code == 200


async def test_an_upload_must_be_a_form(rig: Rig) -> None:
    answer = await rig.client.post("/worlds/market/images", content=PNG, headers={"content-type": "image/png"})
    is_problem(answer, 415, "unsupported-media-type")
    is_problem(await rig.client.post("/worlds/market/images"), 422, "bad-input")


PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + PNG


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "The form breaks off before its end."),
        (b"--x", "The form breaks off before its end."),
        (PART, "The form breaks off before its end."),
        (PART + b"--x--", "The form breaks off before its end."),
        (PART + b"\r\n--y--", "The form breaks off before its end."),
        (b"--x--\r\n", "file: It is missing."),
        (b"-x\r\n--x--", "Invalid multipart data."),
    ],
)
async def test_a_broken_form_is_refused_and_says_how_it_is_broken(rig: Rig, body: bytes, detail: str) -> None:
    media_type = {"content-type": "multipart/form-data; boundary=x"}
    problem = is_problem(await rig.client.post("/worlds/market/images", content=body, headers=media_type), 422, "bad-input")
    assert problem["detail"] == detail


async def test_a_form_that_comes_in_drops_is_whole(rig: Rig) -> None:
    async def drops() -> AsyncIterator[bytes]:
        for one in PART + b"\r\n--x--\r\n":
            yield bytes([one])

    answer = await rig.client.post(
        "/worlds/market/images", content=drops(), headers={"content-type": 'multipart/form-data; boundary="x"'}
    )
    assert answer.status_code == 201


@pytest.mark.parametrize("file", ["nothing.png", f"{'0' * 64}.png", f"{'0' * 64}.gif", "..%2f..%2fsecret", "%00"])
async def test_a_picture_that_was_not_uploaded_is_not_found(rig: Rig, file: str) -> None:
    is_problem(await rig.client.get(f"/worlds/anime_world/images/{file}"), 404, "not-found")
