"""Who may change which field of a world."""

from __future__ import annotations

import pytest

from episodes.errors import BadInput, FieldsLocked
from episodes.world import Light, Picture, PictureKind, StoredWorld, World, WorldSource
from episodes.world_fields import (
    Claim,
    changed_fields,
    fields_of,
    known_record,
    locked,
    rolled_back,
    taken_in,
    unlocked,
    written,
)
from episodes.world_record import SourceKind, WorldRecord
from tests.builders import a_character, a_place, a_world

PICTURE = Picture(key="worlds/w/images/1.png", sha256="1" * 64, size_bytes=9, width=8, height=8, kind=PictureKind.PLACE)
LOOKS, HOUR = "characters.mika.description", "places.rooftop.light"


def stored(
    world: World | None = None, *, revision: int = 1, source: WorldSource = WorldSource.STORED, **record: object
) -> StoredWorld:
    kept = WorldRecord.model_validate(record)
    return StoredWorld(world_id="w", revision=revision, source=source, world=world or a_world(), record=kept)


def claim(path: str, value: object, kind: SourceKind = SourceKind.MODEL) -> Claim:
    return Claim(path=path, value=value, kind=kind, picture=PICTURE, model="a-model" if kind is SourceKind.MODEL else "")


def renamed(looks: str) -> World:
    return a_world(characters=(a_character(description=looks),))


def offered(one: StoredWorld, *claims: Claim) -> StoredWorld:
    world, record = taken_in(one, one.world, claims)
    return one.model_copy(update={"world": world, "record": record, "revision": one.revision + 1})


@pytest.mark.parametrize(
    ("source", "kind"), [(WorldSource.STORED, SourceKind.PERSON), (WorldSource.EXTRACTED, SourceKind.MEASURED)]
)
def test_of_an_old_world_everything_was_said_by_whoever_made_it(source: WorldSource, kind: SourceKind) -> None:
    sources = known_record(stored(source=source)).sources

    assert {one.kind for one in sources.values()} == {kind}
    assert LOOKS in sources
    assert HOUR not in sources, "day is what is taken for granted where nobody said anything"


def test_what_a_person_writes_is_the_persons_and_the_rest_stays_whose_it_was() -> None:
    record = written(stored(source=WorldSource.EXTRACTED), renamed("blue coat"))

    assert (record.sources[LOOKS].kind, record.sources[LOOKS].since_revision) == (SourceKind.PERSON, 2)
    assert record.sources["characters.mika.name"].kind is SourceKind.MEASURED


def test_what_a_person_names_is_confirmed_even_unchanged() -> None:
    record = written(stored(source=WorldSource.EXTRACTED), a_world(), said=[HOUR, LOOKS])

    assert {record.sources[path].kind for path in (HOUR, LOOKS)} == {SourceKind.PERSON}


def test_what_a_person_empties_stays_empty() -> None:
    emptied = renamed("")
    one = stored(emptied, **written(stored(source=WorldSource.EXTRACTED), emptied).model_dump())

    assert offered(one, claim(LOOKS, "tall")).world == emptied


@pytest.mark.parametrize("present", list(SourceKind))
@pytest.mark.parametrize("new", list(SourceKind))
def test_who_is_believed_less_overwrites_nothing(present: SourceKind, new: SourceKind) -> None:
    sources = {LOOKS: {"kind": present, "since_revision": 1}}

    after = offered(stored(sources=sources), claim(LOOKS, "tall", new))

    order = list(SourceKind)
    assert (after.world.characters[0].description == "tall") == (order.index(new) > order.index(present))


def test_a_claim_says_which_picture_and_model_it_comes_from() -> None:
    source = offered(stored(renamed("")), claim(LOOKS, "tall")).record.sources[LOOKS]

    assert (source.kind, source.picture, source.model, source.since_revision) == (SourceKind.MODEL, "1" * 64, "a-model", 2)


def test_a_claim_without_words_says_nothing() -> None:
    one = stored(source=WorldSource.EXTRACTED)

    assert offered(one, claim(LOOKS, ""), claim(HOUR, None)).world == one.world


@pytest.mark.parametrize("lock", [LOOKS, "characters.mika", "characters"])
def test_what_is_locked_is_changed_by_nobody(lock: str) -> None:
    one = stored(source=WorldSource.EXTRACTED, locked=[lock])

    assert offered(one, claim(LOOKS, "tall")).world == one.world
    with pytest.raises(FieldsLocked) as refused:
        written(one, renamed("blue coat"))
    assert refused.value.paths == (LOOKS,)
    with pytest.raises(FieldsLocked):
        written(one, a_world(characters=()))


def test_a_person_may_say_that_it_is_to_change_all_the_same() -> None:
    one = stored(locked=["characters.mika", HOUR])

    assert written(one, renamed("blue coat"), even_locked=True).locked == ("characters.mika", HOUR)
    assert written(one, a_world(characters=()), even_locked=True).locked == (HOUR,), "nothing is left to lock"


def test_a_lock_on_one_field_leaves_the_others_free() -> None:
    one = stored(source=WorldSource.EXTRACTED, locked=["characters.mika.name"])

    assert offered(one, claim(LOOKS, "tall")).world.characters[0].description == "tall"


def test_locks_come_and_go() -> None:
    once = locked(stored(), ["characters.mika", HOUR])
    assert once.locked == ("characters.mika", HOUR)

    assert unlocked(stored(**once.model_dump()), ["places"]).locked == ("characters.mika",)
    assert unlocked(stored(**once.model_dump()), [LOOKS.replace("mika.description", "mika")]).locked == (HOUR,)


def test_what_is_locked_as_a_whole_is_unlocked_as_a_whole() -> None:
    with pytest.raises(BadInput, match=r"as a part of characters\.mika") as refused:
        unlocked(stored(locked=["characters.mika"]), [HOUR, LOOKS])
    assert refused.value.where == "fields.1"


@pytest.mark.parametrize("path", ["", "characters.nobody", "characters.mik", "style.colour", "title.x", "."])
def test_nothing_can_be_locked_that_is_not_there(path: str) -> None:
    for change in (locked, unlocked):
        with pytest.raises(BadInput, match="names no field"):
            change(stored(), [path])


def test_a_rollback_brings_back_world_and_sources_and_keeps_the_locks_of_now() -> None:
    first = stored(source=WorldSource.EXTRACTED)
    second = stored(renamed("blue coat"), revision=2, locked=[HOUR], unread={"2" * 64: "no"})

    record = rolled_back(second, first)

    assert record.sources == known_record(first).sources
    assert (record.locked, record.unread) == ((HOUR,), {"2" * 64: "no"})
    with pytest.raises(FieldsLocked):
        rolled_back(stored(renamed("blue coat"), revision=2, locked=["characters"]), first)


def test_a_rollback_leaves_out_the_pictures_that_came_since() -> None:
    with_picture = stored(a_world(places=(a_place(references=(PICTURE,)),)), revision=2)

    assert rolled_back(with_picture, stored()).left_out == (PICTURE.sha256,)
    assert rolled_back(stored(revision=3, left_out=[PICTURE.sha256]), with_picture).left_out == ()


def test_every_field_has_a_path_of_its_own() -> None:
    fields = fields_of(a_world(state={"characters": [{"character_id": "mika", "place_id": "rooftop"}]}))

    assert fields["state.characters.mika.place_id"].value == "rooftop"
    assert fields["places.rooftop.light"].value is Light.DAY
    assert not any(path.endswith("_id") for path in fields if path != "state.characters.mika.place_id")
    assert changed_fields(a_world(), renamed("x")) == [LOOKS]
