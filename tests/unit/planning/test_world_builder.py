"""Worlds grow from uploaded pictures: stored → extracted → empty."""

from __future__ import annotations

import pytest

from episodes.errors import BadInput, Unavailable
from episodes.job import StoredFile
from episodes.world import Light, PictureKind, Prop, World, WorldSource
from planning.world_builder import StoredWorlds
from storage.artifacts.memory import MemoryArtifacts
from storage.memory.worlds import MemoryWorldStore
from tests.builders import a_character, a_place, a_world
from tests.unit.planning.pictures import a_face, a_figure, a_landscape, as_file


class Desk:
    """A builder and what it builds upon."""

    def __init__(self, artifacts: MemoryArtifacts | None = None) -> None:
        self.worlds = MemoryWorldStore()
        self.artifacts = artifacts or MemoryArtifacts()
        self.builder = StoredWorlds(self.worlds, self.artifacts)


class ClosedArtifacts(MemoryArtifacts):
    def put_bytes(self, key: str, data: bytes, media_type: str) -> StoredFile:
        raise Unavailable("The store does not answer.")


def test_a_world_that_nobody_knows_is_empty() -> None:
    desk = Desk()

    loaded = desk.builder.load("nowhere")

    assert (loaded.revision, loaded.source, loaded.world) == (0, WorldSource.EMPTY, World())
    assert not desk.builder.exists("nowhere")
    assert desk.builder.exists("empty")


def test_a_stored_world_is_loaded_as_it_is() -> None:
    desk = Desk()
    desk.worlds.put("w", a_world(), WorldSource.STORED)

    assert desk.builder.load("w").world == a_world()
    assert desk.builder.exists("w")


@pytest.mark.slow
def test_a_sheet_begins_a_world_with_a_character_of_its_name() -> None:
    desk = Desk()

    stored, picture = desk.builder.add_picture("w", "hero_taro-01.PNG", as_file(a_figure()))

    taro = stored.world.characters[0]
    assert (taro.character_id, taro.name, taro.references) == ("hero-taro", "Hero Taro", (picture,))
    assert taro.description == "wears mostly red and dark blue; beige at the head"
    assert picture.kind is PictureKind.SHEET
    assert picture.key == f"worlds/w/images/{picture.sha256}.png"
    assert desk.artifacts.head(picture.key) is not None
    assert (stored.source, stored.revision) == (WorldSource.EXTRACTED, 1)
    assert desk.builder.load("w") == stored


@pytest.mark.slow
def test_a_landscape_begins_a_place_and_a_camera_name_is_numbered() -> None:
    desk = Desk()
    desk.builder.add_picture("w", "IMG_0001.jpg", as_file(a_landscape(), "JPEG"))

    stored, picture = desk.builder.add_picture("w", "IMG_0002.jpg", as_file(a_landscape(sky="#ffffff"), "JPEG"))

    assert [place.name for place in stored.world.places] == ["Place 1", "Place 2"]
    assert stored.world.places[1].light is Light.DAY
    assert picture.key.endswith(".jpg")


@pytest.mark.slow
def test_a_portrait_is_a_character() -> None:
    stored, _ = Desk().builder.add_picture("w", "IMG_1.png", as_file(a_face()))

    assert [c.name for c in stored.world.characters] == ["Character 1"]


@pytest.mark.slow
def test_a_picture_named_like_somebody_becomes_a_further_reference() -> None:
    desk = Desk()
    desk.worlds.put("w", a_world(characters=(a_character("Mika"),), places=(a_place("Rooftop"),)), WorldSource.STORED)

    desk.builder.add_picture("w", "mika_02.png", as_file(a_figure()))
    stored, _ = desk.builder.add_picture("w", "ROOFTOP.jpg", as_file(a_landscape(), "JPEG"))

    assert [len(c.references) for c in stored.world.characters] == [1]
    assert [len(p.references) for p in stored.world.places] == [1]
    assert stored.world.characters[0].description == "red coat", "what somebody wrote stays"
    assert stored.source is WorldSource.STORED


@pytest.mark.slow
def test_a_picture_named_like_a_prop_shows_that_prop() -> None:
    desk = Desk()
    desk.worlds.put("w", a_world(props=(Prop(prop_id="red-key", name="Red key"),)), WorldSource.STORED)

    stored, picture = desk.builder.add_picture("w", "red_key.png", as_file(a_figure()))

    assert stored.world.props[0].references == (picture,)
    assert len(stored.world.characters) == 1


@pytest.mark.slow
def test_the_same_picture_twice_is_one() -> None:
    desk = Desk()
    first, _ = desk.builder.add_picture("w", "a.png", as_file(a_figure()))

    second, _ = desk.builder.add_picture("w", "b.png", as_file(a_figure()))

    assert second == first
    assert len(desk.worlds.pictures("w")) == 1


@pytest.mark.parametrize("data", [b"", b"no picture", as_file(a_landscape())[:200]])
def test_nothing_is_stored_of_bad_bytes(data: bytes) -> None:
    desk = Desk()

    with pytest.raises(BadInput):
        desk.builder.add_picture("w", "a.png", data)

    assert not desk.builder.exists("w")
    assert desk.artifacts.keys("") == []


@pytest.mark.slow
def test_nothing_is_remembered_when_the_bytes_cannot_be_stored() -> None:
    desk = Desk(ClosedArtifacts())

    with pytest.raises(Unavailable):
        desk.builder.add_picture("w", "a.png", as_file(a_figure()))

    assert not desk.builder.exists("w")


@pytest.mark.slow
def test_a_full_world_refuses_before_anything_is_stored() -> None:
    desk = Desk()
    desk.worlds.put("w", World(characters=tuple(a_character(f"C{n}") for n in range(64))), WorldSource.STORED)

    with pytest.raises(BadInput):
        desk.builder.add_picture("w", "another.png", as_file(a_figure()))

    assert desk.artifacts.keys("") == []
    assert desk.worlds.pictures("w") == []


def test_the_empty_world_takes_no_pictures() -> None:
    with pytest.raises(BadInput):
        Desk().builder.add_picture("empty", "a.png", as_file(a_figure()))


@pytest.mark.slow
def test_an_upload_that_was_cut_off_halfway_is_taken_in_at_the_next_load() -> None:
    whole, torn = Desk(), Desk()
    expected, picture = whole.builder.add_picture("w", "hero.png", as_file(a_figure()))
    # the bytes and the upload were stored, then the process died
    torn.artifacts.put_bytes(picture.key, whole.artifacts.get_bytes(picture.key), "image/png")
    torn.worlds.add_picture(whole.worlds.pictures("w")[0])

    assert torn.builder.load("w").world == expected.world


@pytest.mark.slow
def test_a_world_put_without_its_pictures_gets_them_back() -> None:
    desk = Desk()
    _, picture = desk.builder.add_picture("w", "hero.png", as_file(a_figure()))
    desk.worlds.put("w", World(title="edited"), WorldSource.STORED)

    loaded = desk.builder.load("w")

    assert loaded.world.title == "edited"
    assert loaded.world.pictures() == (picture,)


@pytest.mark.slow
def test_a_full_world_can_still_be_loaded() -> None:
    desk = Desk()
    desk.builder.add_picture("w", "hero.png", as_file(a_figure()))
    full = World(characters=tuple(a_character(f"C{n}") for n in range(64)))
    desk.worlds.put("w", full, WorldSource.STORED)

    assert desk.builder.load("w").world == full
