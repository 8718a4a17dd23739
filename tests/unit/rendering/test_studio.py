from __future__ import annotations

from pathlib import Path

import pytest

from episodes.errors import BadInput, FailureClass
from episodes.job import JobResult, RenderJob
from episodes.ports import Control
from rendering.backend import Keyframes, PictureSource
from rendering.probe import VideoFacts
from rendering.publishing import Publisher
from rendering.renderer import Renderer
from rendering.spool import Entry, Spool
from rendering.studio import Studio
from storage.artifacts.memory import MemoryArtifacts
from tests.builders import a_job
from tests.clips import FakeControl, keyframes_for


class GreyBackend:
    """A VideoBackend that draws two greys, or fails."""

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error

    def keyframes(self, job: RenderJob, pictures: PictureSource, control: Control) -> Keyframes:
        control.check()
        if self._error is not None:
            raise self._error
        control.report(1.0)
        return keyframes_for(job)


class NoPictures:
    def path(self, key: str, sha256: str) -> Path:
        raise AssertionError("greys need no pictures")


def write_a_clip(entry: Entry, keyframes: Keyframes, control: Control) -> VideoFacts:
    control.report(1.0)
    entry.clip.write_bytes(b"a clip")
    entry.poster.write_bytes(b"a poster")
    return VideoFacts(width=64, height=64, fps=8, num_frames=8, duration_s=1.0)


class Bench:
    def __init__(self, home: Path, only: str | None = None) -> None:
        self.artifacts = MemoryArtifacts()
        self.opened: list[str] = []
        self.trouble: dict[str, Exception] = {}
        self.error: Exception | None = None
        spool = Spool(home / "spool", max_bytes=10**9)
        publisher = Publisher(self.artifacts, spool, node="w", make_clip=write_a_clip)
        self.studio = Studio(self.open, publisher, name="w", gpu="0", only=only)

    def open(self, backend: str) -> Renderer:
        self.opened.append(backend)
        if backend in self.trouble:
            raise self.trouble[backend]
        return Renderer(GreyBackend(self.error), NoPictures())


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.slow
def test_a_beat_becomes_a_stored_clip_with_its_result(bench: Bench) -> None:
    job, control = a_job(), FakeControl()
    assert bench.studio.can_make(job.backend)

    result = bench.studio.make(job, control)

    assert result.status == "succeeded"
    assert (result.runtime.renderer, result.runtime.gpu) == ("w", "0")
    assert JobResult.model_validate_json(bench.artifacts.get_bytes(job.result_key)) == result
    assert control.shares == [0.5, 0.5, 1.0], "drawing is one half, publishing the other"


@pytest.mark.slow
def test_a_backend_stays_warm_and_another_one_takes_its_place(bench: Bench) -> None:
    for backend in ("animatic", "animatic", "animatediff", "animatic"):
        assert bench.studio.can_make(backend)

    assert bench.opened == ["animatic", "animatediff", "animatic"]


def test_a_studio_for_one_backend_opens_it_at_once_and_no_other(tmp_path: Path) -> None:
    bench = Bench(tmp_path, only="animatic")

    assert bench.opened == ["animatic"]
    assert bench.studio.can_make("animatic")
    assert not bench.studio.can_make("animatediff")
    assert bench.opened == ["animatic"]


@pytest.mark.slow
def test_a_backend_that_cannot_be_opened_here_is_not_tried_again(bench: Bench) -> None:
    bench.trouble["animatediff"] = BadInput("It needs torch.")

    assert not bench.studio.can_make("animatediff")
    assert not bench.studio.can_make("animatediff")
    assert bench.opened == ["animatediff"]


@pytest.mark.slow
def test_a_backend_that_could_not_be_opened_this_time_is_tried_again(bench: Bench) -> None:
    bench.trouble["animatediff"] = OSError("the download broke off")
    assert not bench.studio.can_make("animatediff")
    bench.trouble.clear()

    assert bench.studio.can_make("animatediff")


@pytest.mark.slow
def test_a_failed_render_is_a_result_with_its_class_and_is_stored(bench: Bench) -> None:
    bench.error = MemoryError()
    job = a_job()
    bench.studio.can_make(job.backend)

    result = bench.studio.make(job, FakeControl())

    assert result.error is not None
    assert result.error.failure_class is FailureClass.RESOURCE
    assert JobResult.model_validate_json(bench.artifacts.get_bytes(job.result_key)) == result


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.5, 1.0])
def test_what_is_told_to_stop_stores_nothing(bench: Bench, share: float) -> None:
    job = a_job()
    bench.studio.can_make(job.backend)

    result = bench.studio.make(job, FakeControl(stop_at_share=share))

    assert result.status == "cancelled"
    assert bench.artifacts.keys("") == []
