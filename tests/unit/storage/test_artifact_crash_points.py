from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from episodes.crash_points import watch
from episodes.errors import NotFound
from storage.artifacts import FolderRecipe, open_artifact_store
from storage.artifacts.crash_points import CrashPoints, kind_of
from storage.artifacts.memory import MemoryArtifacts

KEY = "episodes/e1/beats/b1/video/a1.mp4"


@pytest.fixture
def reached() -> Iterator[list[str]]:
    reached: list[str] = []
    watch(reached.append)
    yield reached
    watch(None)


def test_every_call_has_a_point_before_it_and_one_after(reached: list[str], tmp_path: Path) -> None:
    store = CrashPoints(MemoryArtifacts())

    store.put_bytes(KEY, b"clip", "video/mp4")
    store.get_file(KEY, tmp_path / "clip")
    store.put_file(KEY, tmp_path / "clip", "video/mp4")
    store.get_bytes(KEY)
    store.head(KEY)
    store.download(KEY, "clip.mp4")
    store.keys("episodes/")
    store.delete(KEY)

    calls = ["put_bytes", "get_file", "put_file", "get_bytes", "head", "download"]
    whats = [*(f"{call} video" for call in calls), "keys episodes", "delete video"]
    assert reached == [f"{moment} {what}" for what in whats for moment in ("before", "after")]


def test_a_call_that_fails_has_no_point_after_it(reached: list[str]) -> None:
    with pytest.raises(NotFound):
        CrashPoints(MemoryArtifacts()).get_bytes(KEY)

    assert reached == ["before get_bytes video"]


def test_stores_have_points_only_where_somebody_watches(reached: list[str], tmp_path: Path) -> None:
    watched = open_artifact_store(FolderRecipe(root=tmp_path))
    watch(None)
    plain = open_artifact_store(FolderRecipe(root=tmp_path))

    assert isinstance(watched, CrashPoints)
    assert not isinstance(plain, CrashPoints)


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        (KEY, "video"),
        ("episodes/e1/beats/b1/poster/a1.jpg", "poster"),
        ("episodes/e1/beats/b1/result/a1.json", "result"),
        ("episodes/e1/film/a1.mp4", "film"),
        ("episodes/e1/film/a1.jpg", "film poster"),
        ("episodes/e1/film/a1.srt", "film srt"),
        ("episodes/e1/film/a1.vtt", "film vtt"),
        ("episodes/e1/film/result/a1.json", "film result"),
        ("worlds/w1/images/00ff.png", "world picture"),
        ("sights/00ff/11ee.json", "sight"),
        ("episodes/e1/", "episodes"),
    ],
)
def test_a_point_names_what_lies_under_the_key(key: str, kind: str) -> None:
    assert kind_of(key) == kind
