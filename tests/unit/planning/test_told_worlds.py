"""What a vision model tells becomes part of a world where nobody with more say has spoken."""

from __future__ import annotations

from typing import Any

import pytest

from episodes.errors import FieldsLocked
from episodes.world import Character, Outfit, StoredWorld, World, WorldSource
from episodes.world_changes import WorldChange, change_world
from episodes.world_fields import locked, rolled_back
from episodes.world_record import SourceKind
from planning.vision.remembering import RememberingEyes
from planning.vision.sight import Shown, Sight, Unseen
from planning.world_builder import StoredWorlds
from storage.artifacts.memory import MemoryArtifacts
from storage.memory.worlds import MemoryWorldStore
from tests.builders import a_character, a_world
from tests.unit.planning.pictures import a_figure, a_landscape, as_file
from tests.visions import ToldModel, a_sight

HERO = a_sight(Shown.CHARACTER, clothes="red tunic", style="flat colours", name="Taro")
FIGURE, LANDSCAPE = as_file(a_figure()), as_file(a_landscape())


class Desk:
    """A builder with a model that tells this."""

    def __init__(self, *told: Sight | Unseen) -> None:
        self.worlds, self.artifacts, self.model = MemoryWorldStore(), MemoryArtifacts(), ToldModel(*told)
        self.builder = StoredWorlds(self.worlds, self.artifacts, RememberingEyes(self.model, self.artifacts))

    def lock(self, *paths: str) -> None:
        change_world(self.worlds, "w", lambda s: WorldChange(world=s.world, record=locked(s, paths), source=s.source))


def kinds(stored: StoredWorld) -> dict[str, str]:
    return {path: source.kind.value for path, source in stored.record.sources.items()}


@pytest.mark.slow
def test_what_is_told_and_what_is_measured_stand_side_by_side() -> None:
    stored, picture = Desk(HERO).builder.add_picture("w", "IMG_1.png", FIGURE)

    assert stored.world.characters == (
        Character(
            character_id="taro",
            name="Taro",
            description="tall, with grey eyes",
            palette=stored.world.characters[0].palette,
            wardrobe=(Outfit(outfit_id="seen", description="red tunic"),),
            references=(picture,),
        ),
    )
    assert kinds(stored) == {
        "characters.taro.name": "model",
        "characters.taro.description": "model",
        "characters.taro.palette": "measured",
        "characters.taro.wardrobe": "model",
        "style.description": "model",
    }
    source = stored.record.sources["characters.taro.description"]
    assert (source.picture, source.model, source.since_revision) == (picture.sha256, "openai:a-vision-model", 1)
    assert stored.world.clothes_of(stored.world.characters[0]) == "red tunic"


@pytest.mark.slow
def test_a_file_name_is_believed_before_the_model() -> None:
    stored, _ = Desk(HERO).builder.add_picture("w", "jiro.png", FIGURE)

    assert stored.world.characters[0].name == "Jiro"
    assert kinds(stored)["characters.jiro.name"] == "file name"


@pytest.mark.slow
@pytest.mark.parametrize(("shows", "kind"), [(Shown.CHARACTER, "characters"), (Shown.PLACE, "places"), (Shown.PROP, "props")])
def test_the_model_says_what_begins_with_a_picture(shows: Shown, kind: str) -> None:
    stored, _ = Desk(a_sight(shows, description="green, with a brass lid")).builder.add_picture("w", "IMG_1.png", LANDSCAPE)

    (entity,) = getattr(stored.world, kind)
    assert entity.description == "green, with a brass lid"
    assert len((*stored.world.characters, *stored.world.places, *stored.world.props)) == 1


@pytest.mark.slow
def test_a_picture_that_the_model_names_like_somebody_shows_that_one() -> None:
    desk = Desk(HERO)
    desk.worlds.put("w", a_world(characters=(a_character("Taro"),)), WorldSource.STORED)

    stored, picture = desk.builder.add_picture("w", "IMG_1.png", FIGURE)

    assert [c.references for c in stored.world.characters] == [(picture,)]
    assert stored.world.characters[0].description == "red coat", "what somebody wrote stays"


@pytest.mark.slow
def test_what_a_person_left_open_is_filled_in() -> None:
    desk = Desk(HERO)
    desk.worlds.put("w", World(characters=(Character(character_id="taro", name="Taro"),)), WorldSource.STORED)

    stored, _ = desk.builder.add_picture("w", "taro.png", FIGURE)

    assert stored.world.characters[0].description == "tall, with grey eyes"
    assert kinds(stored)["characters.taro.name"] == "person"


@pytest.mark.slow
def test_a_second_picture_retells_nothing() -> None:
    desk = Desk(HERO, a_sight(Shown.CHARACTER, description="short", style="oil on canvas"))
    desk.builder.add_picture("w", "taro.png", FIGURE)

    stored, _ = desk.builder.add_picture("w", "taro 2.png", as_file(a_figure(num=2)))

    assert stored.world.characters[0].description == "tall, with grey eyes"
    assert stored.world.style.description == "flat colours"
    assert len(stored.world.characters[0].references) == 2


@pytest.mark.slow
def test_a_locked_field_stays_and_a_locked_character_takes_no_picture_and_costs_nothing() -> None:
    desk = Desk(HERO)
    empty = Character(character_id="taro", name="Taro")
    desk.worlds.put("w", World(characters=(empty,)), WorldSource.STORED)
    desk.lock("characters.taro.description", "style")

    stored, _ = desk.builder.add_picture("w", "taro.png", FIGURE)
    assert (stored.world.characters[0].description, stored.world.style.description) == ("", "")

    desk.lock("characters.taro")
    with pytest.raises(FieldsLocked):
        desk.builder.add_picture("w", "taro 2.png", as_file(a_figure(num=2)))
    assert len(desk.model.asked) == 1
    assert len(desk.worlds.pictures("w")) == 1


@pytest.mark.slow
def test_a_model_that_fails_costs_no_measured_fact_and_is_told_of() -> None:
    desk = Desk(Unseen(reason="It did not answer."), HERO)

    stored, picture = desk.builder.add_picture("w", "hero.png", FIGURE)

    assert stored.world.characters[0].description == "wears mostly red and dark blue; beige at the head"
    assert stored.record.unread == {picture.sha256: "It did not answer."}
    assert desk.builder.load("w") == stored, "who looks asks nobody"
    again, _ = desk.builder.add_picture("w", "hero.png", FIGURE)
    assert again.record.unread == {}
    assert again.world.characters[0].description == "tall, with grey eyes"
    assert len(desk.model.asked) == 2


@pytest.mark.slow
def test_the_same_picture_in_another_world_is_not_paid_for_again() -> None:
    desk = Desk(HERO)

    told = [desk.builder.add_picture(world_id, "IMG_1.png", FIGURE)[0].world.characters[0] for world_id in ("w", "v", "w")]

    assert {c.description for c in told} == {"tall, with grey eyes"}
    assert len(desk.model.asked) == 1


@pytest.mark.slow
def test_an_upload_that_was_cut_off_is_taken_in_with_what_was_told_by_then() -> None:
    for told_before in (True, False):
        whole, torn = Desk(HERO), Desk(HERO)
        _, picture = whole.builder.add_picture("w", "hero.png", FIGURE)
        for key in whole.artifacts.keys("" if told_before else "worlds/"):
            torn.artifacts.put_bytes(key, whole.artifacts.get_bytes(key), "image/png")
        torn.worlds.add_picture(whole.worlds.pictures("w")[0])

        loaded = torn.builder.load("w")

        assert (loaded.world.characters[0].description == "tall, with grey eyes") is told_before
        assert (picture.sha256 in loaded.record.unread) is not told_before
        assert torn.model.asked == []


@pytest.mark.slow
def test_a_world_that_was_rolled_back_stays_so_until_the_picture_comes_again() -> None:
    desk = Desk(a_sight())
    desk.worlds.put("w", a_world(title="one"), WorldSource.STORED)
    desk.builder.add_picture("w", "harbour.png", LANDSCAPE)
    first = desk.worlds.revision("w", 1)

    def back(stored: StoredWorld) -> WorldChange:
        return WorldChange(world=first.world, record=rolled_back(stored, first))

    rolled = change_world(desk.worlds, "w", back)

    assert rolled.world == a_world(title="one")
    assert desk.builder.load("w") == rolled
    again, picture = desk.builder.add_picture("w", "harbour.png", LANDSCAPE)
    assert picture in again.world.pictures()
    assert again.record.left_out == ()


@pytest.mark.slow
@pytest.mark.parametrize("full", ["characters", "props"])
def test_a_picture_of_a_kind_that_is_full_begins_what_was_measured(full: str) -> None:
    makers: dict[str, Any] = {"characters": a_character, "props": lambda name: {"prop_id": name.lower(), "name": name}}
    desk = Desk(a_sight(Shown(full.removesuffix("s"))))
    desk.worlds.put("w", World(**{full: tuple(makers[full](f"C{n}") for n in range(64))}), WorldSource.STORED)

    stored, picture = desk.builder.add_picture("w", "IMG_1.png", LANDSCAPE)

    assert [place.references for place in stored.world.places] == [(picture,)]


@pytest.mark.slow
def test_every_source_of_a_told_world_is_somebody() -> None:
    stored, _ = Desk(HERO).builder.add_picture("w", "IMG_1.png", FIGURE)

    assert set(kinds(stored).values()) <= {kind.value for kind in SourceKind}
