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
from tests.clips import FakeControl, keyframes_for


class FakeBackend:
    """Gives what the function gives, and counts how often it was asked."""

    def __init__(self, make: Callable[[RenderJob], Keyframes]) -> None:
        self._make = make
        self.num_calls = 0

    def keyframes(self, job: RenderJob, pictures: PictureSource, control: Control) -> Keyframes:
        self.num_calls += 1
        return self._make(job)


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
