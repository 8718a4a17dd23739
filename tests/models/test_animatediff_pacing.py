"""How the host keeps step with a GPU, on one that is made of notes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from episodes.errors import RenderCancelled
from rendering.backends.animatediff.loop import Loop
from rendering.backends.animatediff.pacing import Pace
from rendering.backends.animatediff.tiny import TinyModel
from tests.clips import FakeControl
from tests.models.loaded import loaded
from tests.models.test_animatediff_loop import a_recipe, a_shot


class FakeGpu:
    """Notes what the host did: launched so many steps, waited for so many, showed something in between."""

    def __init__(self, while_it_works: Callable[[], None] = lambda: None) -> None:
        self.notes: list[str] = []
        self._while_it_works = while_it_works

    def mark(self) -> FakeGpu:
        return self

    def record(self) -> None:
        self.notes.append("launched")

    def synchronize(self) -> None:
        self._while_it_works()
        self.notes.append("done")

    def preview(self, num_done: int, frame: object) -> None:
        self.notes.append(f"shown {num_done}")


def test_the_next_step_is_launched_when_the_one_before_is_done() -> None:
    gpu = FakeGpu()
    pace = Pace(gpu.mark, None)

    for _ in range(2):
        pace.step()

    assert gpu.notes == ["launched", "done"] * 2


def test_a_preview_is_handed_out_while_the_gpu_works_on_the_next_step() -> None:
    gpu = FakeGpu()
    pace = Pace(gpu.mark, gpu.preview)

    for num_done in (1, 2):
        pace.show(num_done, torch.zeros((8, 8, 3), dtype=torch.uint8))
        pace.step()
    pace.finish()

    assert gpu.notes == ["launched", "done", "launched", "shown 1", "done", "shown 2"]


def test_a_preview_that_the_host_made_itself_is_handed_out_at_once() -> None:
    gpu = FakeGpu()
    pace = Pace(None, gpu.preview)

    pace.show(1, torch.zeros((8, 8, 3), dtype=torch.uint8))
    pace.step()

    assert gpu.notes == ["shown 1"]


def test_a_beat_that_is_cancelled_while_a_step_runs_ends_with_that_step(
    tiny: TinyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    control = FakeControl()
    gpu = FakeGpu(while_it_works=control.stop)
    monkeypatch.setattr(Pace, "on", lambda device, preview: Pace(gpu.mark, preview))
    recipe = a_recipe(tiny, "draft")
    loop = Loop(loaded(recipe), recipe)

    with pytest.raises(RenderCancelled):
        loop.render([a_shot()], control)

    assert gpu.notes == ["launched", "done"]


def test_a_beat_that_is_cancelled_while_frames_are_decoded_ends_with_those_frames(
    tiny: TinyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    control = FakeControl(stop_at_share=0.81)
    gpu = FakeGpu()
    monkeypatch.setattr(Pace, "on", lambda device, preview: Pace(gpu.mark, preview))
    recipe = a_recipe(tiny, "draft")
    loop = Loop(loaded(recipe), recipe)

    with pytest.raises(RenderCancelled):
        loop.render([a_shot(num_frames=28)], control)

    assert gpu.notes.count("launched") == recipe.num_steps + 1
