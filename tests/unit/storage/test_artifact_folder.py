from __future__ import annotations

import errno
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from episodes.errors import ArtifactConflict, NotFound, Unavailable
from storage.artifacts.folder import FolderArtifacts

KEY = "episodes/e1/film/f1.mp4"


@pytest.fixture
def store(tmp_path: Path) -> FolderArtifacts:
    return FolderArtifacts(tmp_path)


def _files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_uri_is_the_files_address_with_awkward_letters_escaped(store: FolderArtifacts, tmp_path: Path) -> None:
    uri = store.put_bytes("a b/ü#?%.mp4", b"clip", "video/mp4").uri

    assert uri == f"{tmp_path.as_uri()}/a%20b/%C3%BC%23%3F%25.mp4"
    assert Path(unquote(urlsplit(uri).path)).read_bytes() == b"clip"


def test_only_the_stored_file_remains(store: FolderArtifacts, tmp_path: Path) -> None:
    store.put_bytes(KEY, b"clip", "video/mp4")
    store.put_bytes(KEY, b"clip", "video/mp4")
    with pytest.raises(ArtifactConflict):
        store.put_bytes(KEY, b"fault", "video/mp4")

    assert _files_in(tmp_path) == [KEY]


def test_a_file_of_the_same_disk_is_not_copied_and_outlives_its_first_name(tmp_path: Path) -> None:
    store, clip = FolderArtifacts(tmp_path / "artifacts"), tmp_path / "clip.mp4"
    clip.write_bytes(b"clip")

    store.put_file(KEY, clip, "video/mp4")

    assert (tmp_path / "artifacts" / KEY).samefile(clip)
    clip.unlink()
    assert store.get_bytes(KEY) == b"clip"


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EMLINK, errno.EPERM])
def test_a_file_that_cannot_be_linked_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    store, clip = FolderArtifacts(tmp_path / "artifacts"), tmp_path / "clip.mp4"
    clip.write_bytes(b"clip")
    link = os.link

    def link_unless_far_away(source: Path, target: Path) -> None:
        if source == clip:
            raise OSError(number, os.strerror(number))
        link(source, target)

    monkeypatch.setattr(os, "link", link_unless_far_away)

    assert store.put_file(KEY, clip, "video/mp4") == store.head(KEY)
    assert not (tmp_path / "artifacts" / KEY).samefile(clip)


@pytest.mark.parametrize("failing", ["fsync", "link"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_says_so_and_leaves_nothing(
    store: FolderArtifacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str, number: int
) -> None:
    def full(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(os, failing, full)
        with pytest.raises(Unavailable, match=f"The disk of the artifact folder {tmp_path} is full. Free some space"):
            store.put_bytes(KEY, b"clip", "video/mp4")

    assert _files_in(tmp_path) == []
    assert store.put_bytes(KEY, b"clip", "video/mp4") == store.head(KEY)


def test_bytes_and_every_folder_above_them_are_synced_before_put_returns(
    store: FolderArtifacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []

    def noted(descriptor: int) -> None:
        there = os.fstat(descriptor)
        synced.extend(
            path.relative_to(tmp_path).as_posix()
            for path in (tmp_path, *tmp_path.rglob("*"))
            if os.path.samestat(path.stat(), there)
        )

    monkeypatch.setattr(os, "fsync", noted)
    store.put_bytes("a/b/c.mp4", b"clip", "video/mp4")

    incoming, *folders = synced
    assert incoming.startswith(".incoming/")  # the bytes themselves, before they have a name
    assert folders == ["a/b", "a", "."]

    synced.clear()
    FolderArtifacts(tmp_path).put_bytes("a/b/c.mp4", b"clip", "video/mp4")
    assert synced[1:] == folders  # whoever stored them first may not have come to it

    synced.clear()
    store.put_bytes("a/b/d.mp4", b"clip", "video/mp4")
    store.put_bytes("a/e/c.mp4", b"clip", "video/mp4")
    assert [name for name in synced if not name.startswith(".incoming/")] == ["a/b", "a/e", "a"]  # names that last need it once


def test_a_root_that_is_no_folder_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "root").write_bytes(b"")

    with pytest.raises(Unavailable, match="cannot be used: Not a directory"):
        FolderArtifacts(tmp_path / "root").put_bytes(KEY, b"clip", "video/mp4")


def test_opening_a_folder_that_is_not_there_makes_nothing(tmp_path: Path) -> None:
    store = FolderArtifacts(tmp_path / "outputs")

    assert store.keys("") == []
    assert store.head(KEY) is None
    assert not (tmp_path / "outputs").exists()


def test_no_key_lies_below_another(store: FolderArtifacts, tmp_path: Path) -> None:
    store.put_bytes("a/b", b"clip", "video/mp4")

    with pytest.raises(ArtifactConflict, match="'a' cannot be stored: other keys lie below it"):
        store.put_bytes("a", b"clip", "video/mp4")
    for below in ("a/b/c", "a/b/c/d"):
        with pytest.raises(ArtifactConflict, match="a file already has the beginning of its name"):
            store.put_bytes(below, b"clip", "video/mp4")
        assert store.head(below) is None
        store.delete(below)
        with pytest.raises(NotFound):
            store.get_bytes(below)
    store.delete("a")
    assert _files_in(tmp_path) == ["a/b"]


def test_names_that_are_no_keys_are_not_listed(store: FolderArtifacts, tmp_path: Path) -> None:
    store.put_bytes(KEY, b"clip", "video/mp4")
    (tmp_path / "a\\b").write_bytes(b"of somebody else")
    (tmp_path / os.fsdecode(b"\xff.mp4")).write_bytes(b"of somebody else")

    assert store.keys("") == [KEY]


def test_leftovers_of_killed_writers_go_when_the_folder_is_opened(store: FolderArtifacts, tmp_path: Path) -> None:
    store.put_bytes(KEY, b"clip", "video/mp4")
    (tmp_path / ".incoming" / "half").write_bytes(b"half a cl")

    FolderArtifacts(tmp_path)

    assert _files_in(tmp_path) == [KEY]


def test_a_file_that_is_being_written_stays_when_the_folder_is_opened(
    store: FolderArtifacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def link_after_others_came(source: Path, target: Path) -> None:
        FolderArtifacts(tmp_path)
        link(source, target)

    monkeypatch.setattr(os, "link", link_after_others_came)

    store.put_bytes(KEY, b"clip", "video/mp4")

    assert _files_in(tmp_path) == [KEY]


def test_trouble_with_the_readers_own_folder_is_not_blamed_on_the_store(store: FolderArtifacts, tmp_path: Path) -> None:
    store.put_bytes(KEY, b"clip", "video/mp4")

    with pytest.raises(FileNotFoundError):
        store.get_file(KEY, tmp_path / "no such folder" / "clip.mp4")
