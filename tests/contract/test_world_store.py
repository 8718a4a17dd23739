"""The contract of WorldStore, kept by every implementation."""

from __future__ import annotations

from functools import partial

import pytest

from episodes.errors import NotFound, RevisionConflict
from episodes.ports import WorldStore
from episodes.world import Box, Picture, PictureKind, StoredWorld, UploadedPicture, World, WorldSource
from episodes.world_record import Source, SourceKind, WorldRecord
from tests.builders import a_character, a_world
from tests.contract.at_once import at_once


def an_upload(name: str = "mika.png", world_id: str = "anime", **fields: object) -> UploadedPicture:
    sha256 = name.encode().hex().ljust(64, "0")[:64]
    given = {"world_id": world_id, "file_name": name, "key": f"worlds/{world_id}/images/{sha256}.png", "size_bytes": 9}
    return UploadedPicture.model_validate({**given, "sha256": sha256, **fields})


def a_rich_world() -> World:
    face = Box(x=0.1, y=1 / 3, width=0.25, height=0.3)
    upload = an_upload()
    picture = Picture(
        key=upload.key, sha256=upload.sha256, size_bytes=9, width=64, height=64, kind=PictureKind.PORTRAIT, faces=(face,)
    )
    return a_world(characters=(a_character(references=(picture,), description='赤い "coat" 🎬\n\'; --'),))


def test_a_stored_world_is_found_as_it_was_put(worlds: WorldStore) -> None:
    world = a_rich_world()

    put = worlds.put("anime", world, WorldSource.STORED)

    assert worlds.world("anime") == put
    assert (put.world_id, put.revision, put.source, put.world) == ("anime", 1, WorldSource.STORED, world)
    assert put.updated_at is not None
    assert put.updated_at.tzinfo is not None


def test_a_world_that_was_never_put_is_not_found(worlds: WorldStore) -> None:
    worlds.add_picture(an_upload())  # a picture alone makes no world

    for world_id in ("anime", "nobodys"):
        with pytest.raises(NotFound) as unknown:
            worlds.world(world_id)
        assert (unknown.value.what, unknown.value.name) == ("world", world_id)
    assert worlds.worlds() == []


def test_every_change_is_a_new_revision(worlds: WorldStore) -> None:
    worlds.put("anime", a_world(title="one"), WorldSource.EXTRACTED)

    second = worlds.put("anime", a_world(title="two"), WorldSource.STORED)
    back = worlds.put("anime", a_world(title="one"), WorldSource.STORED)

    assert (second.revision, second.source) == (2, WorldSource.STORED)
    assert back.revision == 3
    assert worlds.world("anime") == back


def test_equal_content_is_no_change(worlds: WorldStore) -> None:
    first = worlds.put("anime", a_rich_world(), WorldSource.EXTRACTED)

    assert worlds.put("anime", a_rich_world(), WorldSource.STORED) == first
    assert worlds.put("anime", a_rich_world(), WorldSource.STORED, expected_revision=0) == first  # a repeated call

    assert worlds.world("anime") == first


def test_a_change_of_an_unexpected_revision_is_a_conflict(worlds: WorldStore) -> None:
    with pytest.raises(RevisionConflict):
        worlds.put("anime", a_world(), WorldSource.STORED, expected_revision=1)
    assert worlds.worlds() == []
    first = worlds.put("anime", a_world(), WorldSource.STORED, expected_revision=0)

    with pytest.raises(RevisionConflict, match="revision 1, not 0"):
        worlds.put("anime", a_world(title="two"), WorldSource.STORED, expected_revision=0)

    assert worlds.world("anime") == first
    assert worlds.put("anime", a_world(title="two"), WorldSource.STORED, expected_revision=1).revision == 2


def test_worlds_are_listed_by_id_each_at_its_newest(worlds: WorldStore) -> None:
    ids = ["b", "a_1", "a-1", "a", "a1", "0"]
    for world_id in ids:
        worlds.put(world_id, a_world(title="old"), WorldSource.STORED)
    worlds.put("a", a_world(title="new"), WorldSource.STORED)

    listed = worlds.worlds()

    assert [w.world_id for w in listed] == sorted(ids)
    assert [w.world.title for w in listed] == ["new" if w.world_id == "a" else "old" for w in listed]


def test_pictures_come_in_upload_order_each_once(worlds: WorldStore) -> None:
    assert worlds.pictures("anime") == []
    uploads = [an_upload(name) for name in ("z.png", "a.png", "m.png")]

    for upload in (*uploads, uploads[1]):
        worlds.add_picture(upload)
    worlds.add_picture(an_upload("other.png", world_id="other"))

    assert worlds.pictures("anime") == uploads


def test_a_picture_under_another_name_is_the_same_picture(worlds: WorldStore) -> None:
    first = an_upload("mika.png")
    worlds.add_picture(first)

    worlds.add_picture(first.model_copy(update={"file_name": "copy of mika.png"}))

    assert worlds.pictures("anime") == [first]


def test_pictures_keep_no_world_from_beginning(worlds: WorldStore) -> None:
    worlds.add_picture(an_upload())

    assert worlds.put("anime", a_world(), WorldSource.EXTRACTED, expected_revision=0).revision == 1
    assert worlds.pictures("anime") == [an_upload()]


def test_of_many_that_expect_the_same_revision_one_wins(worlds: WorldStore) -> None:
    puts = [partial(worlds.put, "anime", a_world(title=f"take {i}"), WorldSource.STORED, 0) for i in range(12)]

    outcomes = at_once(puts)

    assert sum(isinstance(o, StoredWorld) for o in outcomes) == 1
    assert sum(isinstance(o, RevisionConflict) for o in outcomes) == 11
    assert worlds.world("anime").revision == 1


def test_puts_that_expect_nothing_all_get_revisions(worlds: WorldStore) -> None:
    puts = [partial(worlds.put, "anime", a_world(title=f"take {i}"), WorldSource.STORED) for i in range(12)]

    outcomes = at_once(puts)

    assert sorted(o.revision for o in outcomes if isinstance(o, StoredWorld)) == list(range(1, 13))


def test_pictures_that_arrive_together_are_all_kept(worlds: WorldStore) -> None:
    uploads = [an_upload(f"{i % 6}.png") for i in range(12)]

    outcomes = at_once([partial(worlds.add_picture, upload) for upload in uploads])

    assert outcomes == [None] * 12
    assert sorted(p.file_name for p in worlds.pictures("anime")) == [f"{i}.png" for i in range(6)]


def a_record(lock: str = "title") -> WorldRecord:
    source = Source(kind=SourceKind.MODEL, picture="1" * 64, model="a 🎬 model", since_revision=1)
    return WorldRecord(sources={"title": source}, locked=(lock,), unread={"2" * 64: "It refused."}, left_out=("3" * 64,))


def test_a_record_is_kept_with_its_revision(worlds: WorldStore) -> None:
    put = worlds.put("anime", a_world(), WorldSource.STORED, record=a_record(), what="Locked title.")

    assert worlds.world("anime") == put
    assert (put.record, put.what) == (a_record(), "Locked title.")
    assert worlds.worlds() == [put]


def test_another_record_is_another_revision_and_an_equal_one_is_none(worlds: WorldStore) -> None:
    first = worlds.put("anime", a_world(), WorldSource.STORED, record=a_record())

    assert worlds.put("anime", a_world(), WorldSource.STORED, record=a_record(), what="Again.") == first
    assert worlds.put("anime", a_world(), WorldSource.STORED, record=a_record("style")).revision == 2


def test_every_revision_can_be_looked_at(worlds: WorldStore) -> None:
    puts = [worlds.put("anime", a_world(title=f"take {i}"), WorldSource.STORED, what=f"Take {i}.") for i in range(3)]
    worlds.put("other", a_world(), WorldSource.STORED)

    assert [worlds.revision("anime", number) for number in (1, 2, 3)] == puts
    for world_id, number in (("anime", 4), ("anime", 0), ("other", 2), ("nobodys", 1)):
        with pytest.raises(NotFound):
            worlds.revision(world_id, number)


def test_the_history_is_told_from_its_end(worlds: WorldStore) -> None:
    for i in range(1, 6):
        worlds.put("anime", a_world(title=f"take {i}"), WorldSource.STORED, what=f"Take {i}.")

    def told(**page: int) -> list[int]:
        return [note.revision for note in worlds.revisions("anime", **page)]

    assert told() == [5, 4, 3, 2, 1]
    assert told(limit=2) == [5, 4]
    assert told(before=4, limit=2) == [3, 2]
    assert told(before=1) == []
    assert worlds.revisions("nobodys") == []
    newest = worlds.revisions("anime")[0]
    assert (newest.what, newest.source, newest.updated_at) == (
        "Take 5.",
        WorldSource.STORED,
        worlds.world("anime").updated_at,
    )


def test_a_put_that_is_named_has_its_effect_once(worlds: WorldStore) -> None:
    assert not worlds.has_happened("a call")
    worlds.put("anime", a_world(title="one"), WorldSource.STORED, once="a call")
    assert worlds.has_happened("a call")
    since = worlds.put("anime", a_world(title="two"), WorldSource.STORED)

    assert worlds.put("anime", a_world(title="one"), WorldSource.STORED, 0, once="a call") == since

    assert worlds.world("anime") == since


def test_a_named_put_that_was_refused_may_come_again(worlds: WorldStore) -> None:
    worlds.put("anime", a_world(title="one"), WorldSource.STORED)
    with pytest.raises(RevisionConflict):
        worlds.put("anime", a_world(title="two"), WorldSource.STORED, 0, once="a call")

    assert not worlds.has_happened("a call")
    assert worlds.put("anime", a_world(title="two"), WorldSource.STORED, 1, once="a call").revision == 2


def test_of_equal_puts_that_are_named_alike_one_counts(worlds: WorldStore) -> None:
    puts = [partial(worlds.put, "anime", a_world(title=f"take {i}"), WorldSource.STORED, once="a call") for i in range(6)]

    outcomes = at_once(puts)

    assert {o.revision for o in outcomes if isinstance(o, StoredWorld)} == {1}
    assert len(outcomes) == 6
