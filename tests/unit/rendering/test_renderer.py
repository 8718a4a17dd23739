from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from episodes.errors import BadInput, FailureClass, RenderCancelled, RenderFailed, Unavailable
from episodes.job import RenderJob
from episodes.ports import Control
from rendering.backend import Keyframes, PictureSource
from rendering.renderer import Renderer
from tests.builders import a_job
from tests.clips import FakeControl, FakeSleep, keyframes_for


class FakeBackend:
    """Gives what the function gives, and counts how often it was asked."""

    def __init__(self, make: Callable[[RenderJob], Keyframes]) -> None:
        self._make = make
        self.num_calls = 0

    def keyframes(self, job: RenderJob, pictures: PictureSource, control: Control) -> Keyframes:
        self.num_calls += 1
        return self._make(job)


class ParkableBackend(FakeBackend):
    """Notes what is done to it, and does not work while it is parked."""

    def __init__(self, while_rendering: Callable[[], None] = lambda: None) -> None:
        super().__init__(keyframes_for)
        self.notes: list[str] = []
        self.failures: list[Exception] = []
        """What goes wrong in the next calls of `park` and `unpark`, one each."""
        self._while_rendering = while_rendering

    def keyframes(self, job: RenderJob, pictures: PictureSource, control: Control) -> Keyframes:
        self.notes.append("rendered")
        self._while_rendering()
        return super().keyframes(job, pictures, control)

    def park(self) -> None:
        self._note("parked")

    def unpark(self) -> None:
        self._note("unparked")

    def _note(self, what: str) -> None:
        self.notes.append(what)
        if self.failures:
            raise self.failures.pop()


class NoPictures:
    def path(self, key: str, sha256: str) -> Path:
        raise AssertionError("nobody asks for pictures here")


class OutOfMemoryError(RuntimeError):
    """As torch names its own."""


def rendered(make: Callable[[RenderJob], Keyframes]) -> Keyframes:
    return Renderer(FakeBackend(make), NoPictures()).render(a_job(), FakeControl())


def test_the_same_backend_serves_one_beat_after_another() -> None:
    backend = FakeBackend(keyframes_for)
    renderer = Renderer(backend, NoPictures())

    first, second = (renderer.render(a_job(), FakeControl()) for _ in range(2))

    assert backend.num_calls == 2
    assert first.indices == second.indices == (0, 7)


@pytest.mark.parametrize(
    ("error", "failure_class"),
    [
        (MemoryError(), FailureClass.RESOURCE),
        (OutOfMemoryError("CUDA out of memory"), FailureClass.RESOURCE),
        (BadInput("the prompt is empty"), FailureClass.CONTENT),
        (ValueError("guidance must be above 0"), FailureClass.CONTENT),
        (Unavailable("no answer"), FailureClass.INFRA),
        (ConnectionResetError("peer"), FailureClass.INFRA),
        (OSError(28, "No space left on device"), FailureClass.INFRA),
        (ZeroDivisionError("division by zero"), FailureClass.OUTPUT),
        (RenderFailed("blocked by the provider", FailureClass.CONTENT), FailureClass.CONTENT),
    ],
)
def test_any_surprise_becomes_a_failure_with_its_class_and_reason(error: Exception, failure_class: FailureClass) -> None:
    def make(job: RenderJob) -> Keyframes:
        raise error

    with pytest.raises(RenderFailed) as caught:
        rendered(make)

    assert caught.value.failure_class is failure_class
    assert str(error) in str(caught.value)


def test_a_job_that_was_cancelled_before_it_began_costs_nothing() -> None:
    backend = FakeBackend(keyframes_for)

    with pytest.raises(RenderCancelled):
        Renderer(backend, NoPictures()).render(a_job(), FakeControl(stop_at_check=1))

    assert backend.num_calls == 0


def test_an_idle_backend_is_parked_once_and_comes_back_with_the_next_beat() -> None:
    backend, clock = ParkableBackend(), FakeSleep()
    renderer = Renderer(backend, NoPictures(), clock.now_s)

    assert [renderer.park(), renderer.park()] == [True, True]
    assert renderer.is_parked
    first, second = (renderer.render(a_job(), FakeControl()) for _ in range(2))

    assert backend.notes == ["parked", "unparked", "rendered", "rendered"]
    assert not renderer.is_parked
    assert first.recipe == {"seed": "7", "unparked_s": "0.00"}
    assert second.recipe == {"seed": "7"}


def test_a_backend_that_renders_is_not_parked() -> None:
    answers: list[bool] = []
    backend = ParkableBackend(while_rendering=lambda: answers.append(renderer.park()))
    renderer = Renderer(backend, NoPictures())

    renderer.render(a_job(), FakeControl())

    assert answers == [False]
    assert not renderer.is_parked
    assert renderer.park()


def test_a_backend_with_nothing_to_park_is_left_alone() -> None:
    renderer = Renderer(FakeBackend(keyframes_for), NoPictures())

    assert not renderer.park()
    assert not renderer.is_parked


def test_a_beat_that_was_cancelled_before_it_began_wakes_nobody() -> None:
    backend = ParkableBackend()
    renderer = Renderer(backend, NoPictures())
    renderer.park()

    with pytest.raises(RenderCancelled):
        renderer.render(a_job(), FakeControl(stop_at_check=1))

    assert renderer.is_parked
    assert backend.notes == ["parked"]


def test_a_device_that_was_taken_meanwhile_is_a_matter_of_resources_and_is_asked_for_again() -> None:
    backend = ParkableBackend()
    renderer = Renderer(backend, NoPictures())
    renderer.park()
    backend.failures = [OutOfMemoryError("CUDA out of memory")]

    with pytest.raises(RenderFailed) as caught:
        renderer.render(a_job(), FakeControl())

    assert caught.value.failure_class is FailureClass.RESOURCE
    assert renderer.is_parked
    assert renderer.render(a_job(), FakeControl()).num_frames == 8


def test_what_could_only_be_parked_in_part_is_brought_back_all_the_same() -> None:
    backend = ParkableBackend()
    renderer = Renderer(backend, NoPictures())
    backend.failures = [MemoryError("no pinned memory")]

    with pytest.raises(RenderFailed, match="no pinned memory"):
        renderer.park()
    renderer.render(a_job(), FakeControl())

    assert backend.notes == ["parked", "unparked", "rendered"]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda k: replace(k, num_frames=9), "counts 9 frames where the job has 8"),
        (lambda k: replace(k, indices=(0, 6)), "do not ascend from 0 to 7"),
        (lambda k: replace(k, indices=(7, 0)), "do not ascend from 0 to 7"),
        (lambda k: replace(k, indices=(0, 3, 7)), r"of shape \(2, 64, 64, 3\)"),
        (lambda k: replace(k, frames_THWC=k.frames_THWC.astype(np.float32)), "made float32 frames"),
        (lambda k: replace(k, frames_THWC=k.frames_THWC[:, :32]), r"of shape \(2, 32, 64, 3\)"),
    ],
)
def test_keyframes_that_break_their_contract_do_not_get_out(spoil: Callable[[Keyframes], Keyframes], words: str) -> None:
    with pytest.raises(RenderFailed, match=words) as caught:
        rendered(lambda job: spoil(keyframes_for(job)))

    assert caught.value.failure_class is FailureClass.OUTPUT
