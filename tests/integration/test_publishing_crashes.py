"""A publisher may die at any moment: what it had finished is stored by the next one, what it had not is gone."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from episodes.job import JobResult
from rendering import spool as spool_module
from rendering.ffmpeg import Child
from rendering.publishing import Publisher
from rendering.spool import SEAL, Spool
from storage.artifacts import FolderRecipe, open_artifact_store
from tests.builders import TINY, a_job
from tests.clips import RUNTIME, FakeControl, TroubledStore, decoded, keyframes_for

JOB = a_job()


class Camera:
    """Copies everything on disk at every moment that it is shown: each copy is what a kill at that moment leaves behind."""

    def __init__(self, world: Path, album: Path) -> None:
        self._world = world
        self._album = album
        self.copies: list[Path] = []

    def take(self) -> None:
        copy = self._album / f"{len(self.copies):04}"
        shutil.copytree(self._world, copy, ignore=shutil.ignore_patterns(".lock"))
        self.copies.append(copy)


class WatchedControl(FakeControl):
    def __init__(self, camera: Camera) -> None:
        super().__init__()
        self._camera = camera

    def check(self) -> None:
        self._camera.take()

    def report(self, share: float) -> None:
        self._camera.take()


class WatchedStore(TroubledStore):
    def __init__(self, root: Path, look: Callable[[], None]) -> None:
        super().__init__(before=lambda key: look(), after=lambda key: look())
        self.inner = open_artifact_store(FolderRecipe(root=root))


def a_publisher(world: Path, look: Callable[[], None] = lambda: None) -> tuple[Publisher, Spool, WatchedStore]:
    store = WatchedStore(world / "store", look)
    spool = Spool(world / "spool", max_bytes=10**8)
    return Publisher(store, spool, node="n1"), spool, store


def resumed(world: Path) -> list[JobResult]:
    """What the next publisher does with it."""
    publisher, spool, _ = a_publisher(world)
    with spool:
        results = [publisher.finish(entry, FakeControl()) for entry in publisher.leftovers()]
        assert spool.resume() == []
        assert spool.used_bytes() == 0
    return results


@pytest.fixture
def copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Every state that a kill during one publication can leave behind."""
    world = tmp_path / "world"
    world.mkdir()
    camera = Camera(world, tmp_path / "album")
    sync = spool_module._sync

    def watched_sync(path: Path) -> None:
        camera.take()
        sync(path)

    monkeypatch.setattr(spool_module, "_sync", watched_sync)
    publisher, spool, _ = a_publisher(world, camera.take)
    with spool:
        assert publisher.publish(JOB, keyframes_for(JOB), RUNTIME, WatchedControl(camera)).status == "succeeded"
    camera.take()
    monkeypatch.undo()
    return camera.copies


def test_a_kill_at_any_moment_leaves_a_clip_that_is_stored_or_nothing_at_all(copies: list[Path]) -> None:
    outcomes: list[bool] = []
    for world in copies:
        was_sealed = any((world / "spool").glob(f"*/{SEAL}"))
        was_stored = bool(list((world / "store").rglob(f"result/{JOB.job_id}.json")))

        results = resumed(world)

        store = open_artifact_store(FolderRecipe(root=world / "store"))
        is_stored = store.head(JOB.result_key) is not None
        assert is_stored == (was_sealed or was_stored)
        assert len(results) == was_sealed
        if is_stored:
            audit(world, results)
        outcomes.append(is_stored)

    assert outcomes == sorted(outcomes)  # once it is safe, it stays safe
    assert True in outcomes
    assert False in outcomes


def audit(world: Path, results: list[JobResult]) -> None:
    """The stored result is the one that is answered, and names files that are there with those very hashes."""
    store = open_artifact_store(FolderRecipe(root=world / "store"))
    stored = JobResult.model_validate_json(store.get_bytes(JOB.result_key))
    assert results in ([], [stored])
    assert stored.status == "succeeded"
    for file in stored.files.values():
        there = store.head(file.key)
        assert there is not None
        assert (there.sha256, there.size_bytes) == (file.sha256, file.size_bytes)


def test_a_clip_that_was_resumed_plays(copies: list[Path], tmp_path: Path) -> None:
    world = next(copy for copy in copies if any((copy / "spool").glob(f"*/{SEAL}")))

    resumed(world)

    open_artifact_store(FolderRecipe(root=world / "store")).get_file(JOB.video_key, tmp_path / "clip.mp4")
    assert len(decoded(tmp_path / "clip.mp4", TINY)) == JOB.num_frames


def test_a_cancel_after_the_restart_stores_nothing(copies: list[Path]) -> None:
    world = next(copy for copy in copies if any((copy / "spool").glob(f"*/{SEAL}")))
    publisher, spool, store = a_publisher(world)

    with spool:
        (entry,) = publisher.leftovers()
        result = publisher.finish(entry, FakeControl(stop_at_check=1))

    assert result.status == "cancelled"
    assert store.puts == []
    assert spool.used_bytes() == 0


def wait_while_encoding(world: Path) -> None:
    """Publish up to the fourth frame, say so, and wait to be killed."""

    class Waiting(FakeControl):
        def report(self, share: float) -> None:
            if share == 0.5:
                say("working")
                signal.pause()

    publisher, _, _ = a_publisher(world)
    publisher.publish(JOB, keyframes_for(JOB), RUNTIME, Waiting())


def wait_while_ffmpeg_works_alone(world: Path) -> None:
    """Have ffmpeg do a minute's work that needs nothing from us, and wait to be killed."""
    with Child(["-re", "-f", "lavfi", "-i", "testsrc=duration=60", "-f", "null", "-"], folder=world) as child:
        say("working")
        child.wait(FakeControl())


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


@pytest.mark.parametrize("waiting", [wait_while_encoding, wait_while_ffmpeg_works_alone])
def test_a_killed_publisher_takes_ffmpeg_with_it_and_leaves_its_spool_to_the_next(
    tmp_path: Path, waiting: Callable[[Path], None]
) -> None:
    program = f"from pathlib import Path; from {__name__} import {waiting.__name__} as wait; wait(Path({str(tmp_path)!r}))"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"working\n"
            child = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().strip()
            while not Path(f"/proc/{child}/comm").read_text().startswith("ffmpeg"):
                time.sleep(0.01)  # it is on its leash from the moment it is ffmpeg
            ffmpeg = os.pidfd_open(int(child))
        finally:
            process.kill()

    ended, _, _ = select.select([ffmpeg], [], [], 10)
    os.close(ffmpeg)
    assert ended
    assert resumed(tmp_path) == []
