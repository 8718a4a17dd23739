"""The contract of ArtifactStore, kept by every implementation; then what only a folder can get wrong."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from episodes.errors import ArtifactConflict, BadInput, NotFound
from episodes.job import StoredFile
from episodes.ports import ArtifactStore
from storage.artifacts import FolderRecipe, open_artifact_store
from storage.artifacts.crash_points import CrashPoints
from storage.artifacts.memory import MemoryArtifacts
from tests.contract.at_once import at_once
from tests.contract.s3_servers import CREDENTIALS, S3Server

KEY = "episodes/e1/beats/b1/video/a1.mp4"
CLIP, OTHER_CLIP = b"the clip's bytes", b"the clip's fault"  # of the same length: the hash must tell them apart

AWKWARD_KEYS = [
    "a",
    "x y/ä+%&=?#'\"!~*().txt",
    "世界/雨の屋上 🎬.mp4",
    "a..b/c...d",
    "trailing./dot .",
    "%2F/a%20b+c",
    "a:b;c,@$|<>^`[]{}",
    "-rf/.hidden/--help",
    "e\u0301/é",
    f"{'p' * 200}/{'q' * 99}",
]
BAD_KEYS = [
    "",
    "/a",
    "a/",
    "a//b",
    ".",
    "..",
    "../a",
    "a/./b",
    "a/../../b",
    "a\\b",
    "a\nb",
    "a\0",
    "\ud800",
    "x" * 301,
    ".incoming/a",
]


@pytest.fixture
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], ArtifactStore]:
    def opened(kind: str) -> ArtifactStore:
        match kind:
            case "memory":
                return MemoryArtifacts()
            case "crash points":
                return CrashPoints(MemoryArtifacts())
            case "folder":
                return open_artifact_store(FolderRecipe(root=tmp_path / "out puts"))
            case _:
                server: S3Server = request.getfixturevalue(f"{kind}_server")
                return open_artifact_store(server.fresh_bucket(), CREDENTIALS)

    return opened


@pytest.fixture(params=["memory", "crash points", "folder", "rclone", "moto"])
def store(request: pytest.FixtureRequest, opened: Callable[[str], ArtifactStore]) -> ArtifactStore:
    return opened(request.param)


@pytest.fixture(params=["memory", "folder", "moto"])
def strict_store(request: pytest.FixtureRequest, opened: Callable[[str], ArtifactStore]) -> ArtifactStore:
    """One that keeps write-once among writers of the same instant; rclone cannot."""
    return opened(request.param)


# --- every store ---


def test_what_was_put_comes_back(store: ArtifactStore, tmp_path: Path) -> None:
    stored = store.put_bytes(KEY, CLIP, "video/mp4")

    assert stored.key == KEY
    assert stored.uri.partition(":")[0] in ("memory", "file", "s3")
    assert (stored.size_bytes, stored.sha256) == (len(CLIP), hashlib.sha256(CLIP).hexdigest())
    assert stored.media_type == "video/mp4"
    assert store.get_bytes(KEY) == CLIP
    store.get_file(KEY, tmp_path / "clip.mp4")
    assert (tmp_path / "clip.mp4").read_bytes() == CLIP


def test_a_file_is_stored_like_its_bytes_and_stays_where_it_is(store: ArtifactStore, tmp_path: Path) -> None:
    clip = CLIP * 100_000  # more than one chunk
    (tmp_path / "spooled.mp4").write_bytes(clip)

    stored = store.put_file(KEY, tmp_path / "spooled.mp4", "video/mp4")

    assert stored == store.put_bytes(KEY, clip, "video/mp4")
    assert store.get_bytes(KEY) == clip
    assert (tmp_path / "spooled.mp4").read_bytes() == clip


def test_head_tells_what_put_told(store: ArtifactStore) -> None:
    stored = store.put_bytes(KEY, CLIP, "video/mp4")

    assert store.head(KEY) == stored


def test_the_same_bytes_again_change_nothing(store: ArtifactStore) -> None:
    first = store.put_bytes(KEY, CLIP, "video/mp4")

    assert store.put_bytes(KEY, CLIP, "video/mp4") == first
    assert store.keys("") == [KEY]


def test_other_bytes_are_refused_and_the_first_stay(store: ArtifactStore, tmp_path: Path) -> None:
    store.put_bytes(KEY, CLIP, "video/mp4")
    (tmp_path / "other.mp4").write_bytes(OTHER_CLIP)

    with pytest.raises(ArtifactConflict, match="already holds other bytes"):
        store.put_bytes(KEY, OTHER_CLIP, "video/mp4")
    with pytest.raises(ArtifactConflict, match="already holds other bytes"):
        store.put_file(KEY, tmp_path / "other.mp4", "video/mp4")
    assert store.get_bytes(KEY) == CLIP


def test_an_empty_file_is_refused_and_leaves_nothing(store: ArtifactStore) -> None:
    with pytest.raises(BadInput, match="is empty"):
        store.put_bytes(KEY, b"", "video/mp4")

    assert store.head(KEY) is None
    assert store.keys("") == []


def test_what_was_never_put_is_not_found(store: ArtifactStore, tmp_path: Path) -> None:
    store.put_bytes(KEY, CLIP, "video/mp4")
    target = tmp_path / "in" / "clip.mp4"
    target.parent.mkdir()
    missing = "episodes/e1/beats/b1/video/a2.mp4"

    assert store.head(missing) is None
    for ask in (store.get_bytes, lambda key: store.get_file(key, target), lambda key: store.download(key, "clip.mp4")):
        with pytest.raises(NotFound, match=missing):
            ask(missing)
    assert list(target.parent.iterdir()) == []


def test_the_beginning_of_a_key_is_no_key(store: ArtifactStore) -> None:
    store.put_bytes(KEY, CLIP, "video/mp4")

    assert store.head("episodes/e1") is None
    with pytest.raises(NotFound):
        store.get_bytes("episodes/e1")
    with pytest.raises(NotFound):
        store.download("episodes/e1", "clip.mp4")


def test_get_file_replaces_an_older_copy(store: ArtifactStore, tmp_path: Path) -> None:
    store.put_bytes(KEY, CLIP, "video/mp4")
    (tmp_path / "clip.mp4").write_bytes(b"older and much longer than the new one")

    store.get_file(KEY, tmp_path / "clip.mp4")

    assert (tmp_path / "clip.mp4").read_bytes() == CLIP


def test_keys_are_sorted_and_begin_with_the_prefix(store: ArtifactStore) -> None:
    for key in ("e/10/x", "e/1/b", "e/1/a.mp4", "e/1/a/c", "f/1", "é/1"):
        store.put_bytes(key, CLIP, "video/mp4")

    assert store.keys("") == ["e/1/a.mp4", "e/1/a/c", "e/1/b", "e/10/x", "f/1", "é/1"]
    assert store.keys("e/1") == ["e/1/a.mp4", "e/1/a/c", "e/1/b", "e/10/x"]
    assert store.keys("e/1/") == ["e/1/a.mp4", "e/1/a/c", "e/1/b"]
    assert store.keys("e/1/a") == ["e/1/a.mp4", "e/1/a/c"]
    assert store.keys("e/1/a.mp4") == ["e/1/a.mp4"]
    assert store.keys("e/1/b/") == []
    assert store.keys("nowhere/at/all") == []


def test_a_deleted_key_is_free_again(store: ArtifactStore) -> None:
    store.put_bytes(KEY, CLIP, "video/mp4")

    store.delete(KEY)
    store.delete(KEY)

    assert store.head(KEY) is None
    assert store.keys("") == []
    store.put_bytes(KEY, OTHER_CLIP, "video/mp4")
    assert store.get_bytes(KEY) == OTHER_CLIP


def test_any_good_key_holds_its_bytes(store: ArtifactStore) -> None:
    for number, key in enumerate(AWKWARD_KEYS, start=1):
        store.put_bytes(key, bytes([number]), "application/octet-stream")

    assert store.keys("") == sorted(AWKWARD_KEYS)
    for number, key in enumerate(AWKWARD_KEYS, start=1):
        assert store.get_bytes(key) == bytes([number])
        assert _fetched(store, key) == bytes([number])
        assert store.keys(key) == [other for other in sorted(AWKWARD_KEYS) if other.startswith(key)]


def test_bad_keys_are_refused_by_every_call(store: ArtifactStore, tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(CLIP)
    calls: list[Callable[[str], object]] = [
        lambda key: store.put_file(key, tmp_path / "clip.mp4", "video/mp4"),
        lambda key: store.put_bytes(key, CLIP, "video/mp4"),
        store.get_bytes,
        lambda key: store.get_file(key, tmp_path / "out.mp4"),
        store.head,
        store.delete,
        lambda key: store.download(key, "clip.mp4"),
    ]

    for key in BAD_KEYS:
        for call in calls:
            with pytest.raises(BadInput):
                call(key)
    for prefix in ("/", "../", "a//", "a/../b", "a\\", "a\0"):
        with pytest.raises(BadInput):
            store.keys(prefix)
    assert store.keys("") == []


def test_many_writers_of_the_same_bytes_all_succeed(store: ArtifactStore) -> None:
    outcomes = at_once([lambda: store.put_bytes(KEY, CLIP, "video/mp4")] * 8)

    assert outcomes == [store.head(KEY)] * 8
    assert store.get_bytes(KEY) == CLIP


def test_of_many_writers_of_other_bytes_exactly_one_wins(strict_store: ArtifactStore) -> None:
    clips = [bytes([number]) * 50_000 for number in range(8)]

    outcomes = at_once([partial(strict_store.put_bytes, KEY, clip, "video/mp4") for clip in clips])

    winners = [clip for clip, outcome in zip(clips, outcomes, strict=True) if isinstance(outcome, StoredFile)]
    assert winners == [strict_store.get_bytes(KEY)]
    assert sum(isinstance(outcome, ArtifactConflict) for outcome in outcomes) == len(clips) - 1


def test_a_client_can_fetch_a_download(store: ArtifactStore) -> None:
    store.put_bytes(KEY, CLIP, "video/mp4")

    assert _fetched(store, KEY) == CLIP


# --- a folder ---


def test_a_writer_killed_before_the_link_leaves_no_key(tmp_path: Path) -> None:
    store = open_artifact_store(FolderRecipe(root=tmp_path))

    killed = subprocess.run([sys.executable, "-c", _KILLED_BEFORE_THE_LINK, str(tmp_path), KEY], check=False)

    assert killed.returncode == 9
    assert [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()] == [b"half a clip"]
    assert store.keys("") == []
    assert store.head(KEY) is None
    store.put_bytes(KEY, CLIP, "video/mp4")
    assert store.get_bytes(KEY) == CLIP


_KILLED_BEFORE_THE_LINK = """
import os, pathlib, sys
from storage.artifacts.folder import FolderArtifacts
os.link = lambda *names: os._exit(9)
FolderArtifacts(pathlib.Path(sys.argv[1])).put_bytes(sys.argv[2], b"half a clip", "video/mp4")
"""


def _fetched(store: ArtifactStore, key: str) -> bytes:
    download = store.download(key, "clip.mp4")
    if download.path is not None:
        assert download.url is None
        return download.path.read_bytes()
    assert download.url is not None
    with urllib.request.urlopen(download.url) as answer:
        data: bytes = answer.read()
        return data
