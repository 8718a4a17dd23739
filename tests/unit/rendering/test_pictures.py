from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from episodes.errors import FailureClass, RenderFailed
from rendering.pictures import StoredPictures
from storage.artifacts.memory import MemoryArtifacts
from tests.clips import TroubledStore


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def with_files(*contents: bytes) -> MemoryArtifacts:
    store = MemoryArtifacts()
    for data in contents:
        store.put_bytes(key_of(data), data, "image/png")
    return store


def key_of(data: bytes) -> str:
    return f"worlds/w/images/{sha256_of(data)}.png"


def test_a_picture_is_fetched_once_and_then_found(tmp_path: Path) -> None:
    store = with_files(b"one")
    pictures = StoredPictures(store, tmp_path, max_bytes=100)

    first = pictures.path(key_of(b"one"), sha256_of(b"one"))
    store.delete(key_of(b"one"))

    assert first.read_bytes() == b"one"
    assert first.suffix == ".png"
    assert pictures.path(key_of(b"one"), sha256_of(b"one")) == first


def test_other_bytes_than_asked_for_are_refused_and_not_kept(tmp_path: Path) -> None:
    pictures = StoredPictures(with_files(b"one"), tmp_path, max_bytes=100)

    with pytest.raises(RenderFailed, match="other bytes") as caught:
        pictures.path(key_of(b"one"), sha256_of(b"two"))

    assert caught.value.failure_class is FailureClass.INFRA
    assert list(tmp_path.iterdir()) == []


def test_a_picture_that_is_gone_says_so_as_infra(tmp_path: Path) -> None:
    with pytest.raises(RenderFailed, match="There is no artifact") as caught:
        StoredPictures(MemoryArtifacts(), tmp_path, max_bytes=100).path(key_of(b"one"), sha256_of(b"one"))

    assert caught.value.failure_class is FailureClass.INFRA


def test_a_kept_file_that_a_power_cut_emptied_is_fetched_again(tmp_path: Path) -> None:
    pictures = StoredPictures(with_files(b"one"), tmp_path, max_bytes=100)
    pictures.path(key_of(b"one"), sha256_of(b"one")).write_bytes(b"")

    assert pictures.path(key_of(b"one"), sha256_of(b"one")).read_bytes() == b"one"


def test_what_was_not_asked_for_longest_goes_when_there_is_no_room(tmp_path: Path) -> None:
    pictures = StoredPictures(with_files(b"1" * 40, b"2" * 40, b"3" * 40), tmp_path, max_bytes=100)
    old, older = (pictures.path(key_of(data), sha256_of(data)) for data in (b"1" * 40, b"2" * 40))
    os.utime(old, (2000, 2000))
    os.utime(older, (1000, 1000))

    new = pictures.path(key_of(b"3" * 40), sha256_of(b"3" * 40))

    assert sorted(tmp_path.iterdir()) == sorted([old, new])


def test_what_somebody_may_just_be_opening_stays_even_without_room(tmp_path: Path) -> None:
    pictures = StoredPictures(with_files(b"1" * 40, b"2" * 40), tmp_path, max_bytes=50)

    paths = [pictures.path(key_of(data), sha256_of(data)) for data in (b"1" * 40, b"2" * 40)]

    assert all(path.exists() for path in paths)


def test_a_store_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    pictures = StoredPictures(TroubledStore(), tmp_path, max_bytes=100)

    with pytest.raises(RenderFailed):
        pictures.path("worlds/w/images/x.png", sha256_of(b"x"))

    assert list(tmp_path.iterdir()) == []
