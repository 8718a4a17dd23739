"""The backend from a job to keyframes, with the tiny model: size, count, order, determinism, prompts, progress, stopping, memory."""

from __future__ import annotations

import weakref
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from episodes.errors import BadInput, FailureClass, RenderCancelled, RenderFailed
from episodes.job import RenderJob
from episodes.plan import Format
from rendering.backends import BackendRecipe, open_backend
from rendering.backends.animatediff.backend import AnimateDiffBackend
from rendering.backends.animatediff.options import setup_of
from rendering.backends.animatediff.recipes import Recipe
from rendering.backends.animatediff.tiny import TinyModel
from rendering.backends.animatediff.unet import Unet
from rendering.renderer import Renderer
from tests.builders import TINY, a_beat, a_job
from tests.clips import FakeControl
from tests.models.loaded import loaded

WIDE = Format(width=128, height=72, fps=24)


def a_recipe(tiny: TinyModel, **options: str) -> Recipe:
    return setup_of(BackendRecipe(name="animatediff", options={**tiny.options, "tier": "draft", **options})).recipe


def a_backend(tiny: TinyModel, **options: str) -> AnimateDiffBackend:
    recipe = a_recipe(tiny, **options)
    return AnimateDiffBackend(recipe, loaded(recipe))


@pytest.fixture(scope="module")
def draft(tiny: TinyModel) -> AnimateDiffBackend:
    return a_backend(tiny)


class NoPictures:
    def path(self, key: str, sha256: str) -> Path:
        raise AssertionError("nobody configured an IP-Adapter")


def render(backend: AnimateDiffBackend, job: RenderJob, control: FakeControl | None = None) -> np.ndarray:
    return Renderer(backend, NoPictures()).render(job, control or FakeControl()).frames_THWC


def changed(job: RenderJob, **fields: object) -> RenderJob:
    return job.model_copy(update={"input": job.input.model_copy(update=fields)})


def unets_at_work(monkeypatch: pytest.MonkeyPatch) -> list[weakref.ref[Unet]]:
    """The rewritten UNets that are called from now on."""
    call, seen = Unet.__call__, list[weakref.ref[Unet]]()

    def watched(self: Unet, *given: Any) -> torch.Tensor:
        seen.append(weakref.ref(self))
        return call(self, *given)

    monkeypatch.setattr(Unet, "__call__", watched)
    return seen


def leave_room_for(num_windows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The UNet runs out of memory as soon as it is given more windows than this in one call."""
    call = Unet.__call__

    def crowded(self: Unet, latents: torch.Tensor, *rest: Any) -> torch.Tensor:
        if len(latents) > num_windows:
            raise torch.OutOfMemoryError("injected")
        return call(self, latents, *rest)

    monkeypatch.setattr(Unet, "__call__", crowded)


def test_a_long_beat_is_forty_keyframes_of_the_clips_size(draft: AnimateDiffBackend) -> None:
    job = a_job(a_beat(duration_s=5.0), film_format=WIDE)

    keys = Renderer(draft, NoPictures()).render(job, FakeControl())

    assert keys.frames_THWC.shape == (40, 72, 128, 3)
    assert keys.indices[:3] == (0, 3, 6)
    assert keys.recipe["made"] == "40 frames of 128x64"


def test_a_clip_tells_the_licences_of_what_made_it(tiny: TinyModel, draft: AnimateDiffBackend) -> None:
    recipe = a_recipe(tiny)
    published = replace(
        recipe, base=replace(recipe.base, licence="OpenRAIL"), motion=replace(recipe.motion, licence="Apache-2.0")
    )

    told = Renderer(AnimateDiffBackend(published, loaded(recipe)), NoPictures()).render(a_job(), FakeControl()).recipe
    untold = Renderer(draft, NoPictures()).render(a_job(), FakeControl()).recipe

    assert told["licence"] == "Apache-2.0; OpenRAIL"
    assert "licence" not in untold, "nobody licensed random weights"


def test_frames_of_a_beat_differ_and_are_no_plain_colour(draft: AnimateDiffBackend) -> None:
    frames = render(draft, a_job())

    assert frames.std() > 1
    assert all((first != second).any() for first, second in pairwise(frames))


def test_seed_and_prompt_decide_and_nothing_else_does(draft: AnimateDiffBackend) -> None:
    job = a_job()
    first = render(draft, job)

    assert (render(draft, job) == first).all()
    assert (render(draft, a_job()) == first).all(), "another attempt at the same beat"
    assert (render(draft, changed(job, seed=8)) != first).any()
    assert (render(draft, changed(job, prompt="a red fox")) != first).any()


def test_the_negative_prompt_counts_where_there_is_guidance(tiny: TinyModel, draft: AnimateDiffBackend) -> None:
    recipe = a_recipe(tiny)
    guided = AnimateDiffBackend(replace(recipe, guidance=4.0), loaded(recipe))
    job = a_job(a_beat(duration_s=0.5))
    darker = changed(job, negative_prompt="bright light")

    assert (render(draft, darker) == render(draft, job)).all()
    assert (render(guided, darker) != render(guided, job)).any()


def test_without_a_prompt_the_description_is_painted(draft: AnimateDiffBackend) -> None:
    beat = a_beat(prompt="", description="Mika waits", duration_s=0.5)

    assert (render(draft, a_job(beat)) == render(draft, changed(a_job(beat), prompt="Mika waits"))).all()


@pytest.mark.parametrize("num_steps", [1, 2, 3])
def test_a_beat_that_is_told_to_stop_stops_before_the_next_step(draft: AnimateDiffBackend, num_steps: int) -> None:
    control = FakeControl(stop_at_share=num_steps * 0.2)

    with pytest.raises(RenderCancelled):
        render(draft, a_job(), control)

    assert len(control.shares) == num_steps


def test_every_denoising_step_is_reported(tiny: TinyModel) -> None:
    control = FakeControl()

    render(a_backend(tiny, tier="master"), a_job(a_beat(duration_s=0.5)), control)

    assert len(control.shares) >= 25
    assert control.shares == sorted(control.shares)
    assert control.shares[-1] == 1


def test_the_recipe_says_what_it_takes_to_make_the_frames_again(tiny: TinyModel, draft: AnimateDiffBackend) -> None:
    recipe = Renderer(draft, NoPictures()).render(a_job(), FakeControl()).recipe

    assert recipe["tier"] == "draft"
    assert recipe["model"] == str(tiny.base)
    assert (recipe["steps"], recipe["scheduler"], recipe["seed"]) == ("4", "EulerDiscreteScheduler", "7")
    assert recipe["weights"] == "random: nobody trained this model"


def test_a_model_that_nobody_trained_says_so_on_every_frame(draft: AnimateDiffBackend) -> None:
    keys = Renderer(draft, NoPictures()).render(a_job(), FakeControl())

    assert keys.burn_in is not None
    assert keys.burn_in.label == "RANDOM WEIGHTS"


def test_a_device_without_room_for_a_beat_takes_it_in_smaller_parts_and_says_so(
    tiny: TinyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, backend = a_job(a_beat(duration_s=3.0)), a_backend(tiny)
    wanted = render(backend, job)
    leave_room_for(1, monkeypatch)

    keys = Renderer(backend, NoPictures()).render(job, FakeControl())

    assert np.abs(keys.frames_THWC.astype(int) - wanted).max() <= 1
    assert keys.recipe["memory"].startswith("No room for 2 windows")


def test_a_device_without_room_for_anything_is_a_matter_of_resources(tiny: TinyModel, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = a_backend(tiny)
    leave_room_for(0, monkeypatch)

    with pytest.raises(RenderFailed) as failed:
        render(backend, a_job())

    assert failed.value.failure_class is FailureClass.RESOURCE


def test_opening_keeps_the_fused_weights_under_the_home(tiny: TinyModel, tmp_path: Path) -> None:
    backend = open_backend(BackendRecipe(name="animatediff", options={**tiny.options, "tier": "draft"}, home=tmp_path))

    assert len(list((tmp_path / "models" / "animatediff").iterdir())) == 1
    assert Renderer(backend, NoPictures()).render(a_job(film_format=TINY), FakeControl()).num_frames == 8


def test_warming_up_goes_through_a_short_and_a_long_clip_of_each_shape_and_changes_nothing(
    tiny: TinyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = a_backend(tiny)
    job, seen = a_job(a_beat(duration_s=0.5)), set[torch.Size]()
    call = Unet.__call__

    def watched(self: Unet, latents: torch.Tensor, *rest: Any) -> torch.Tensor:
        seen.add(latents.shape)
        return call(self, latents, *rest)

    monkeypatch.setattr(Unet, "__call__", watched)
    backend.warm(((512, 512), (64, 64), (1280, 720)))

    assert {tuple(shape) for shape in seen} == {(windows, 4, 16, 8, width) for windows in (1, 2) for width in (8, 16)}
    assert (render(backend, job) == render(a_backend(tiny), job)).all()


def test_a_parked_backend_keeps_its_weights_alone_and_makes_the_same_frames_again(
    draft: AnimateDiffBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    renderer, job, at_work = Renderer(draft, NoPictures()), a_job(a_beat(duration_s=0.5)), unets_at_work(monkeypatch)
    before = renderer.render(job, FakeControl())
    unet = at_work[-1]

    assert renderer.park()
    assert unet() is None, "somebody still holds what was made of the weights"
    after = renderer.render(job, FakeControl())

    assert (after.frames_THWC == before.frames_THWC).all()
    assert set(after.recipe) - set(before.recipe) == {"unparked_s"}


def test_a_gpu_that_is_not_there_is_said_in_a_sentence(tiny: TinyModel) -> None:
    recipe = BackendRecipe(name="animatediff", options={**tiny.options, "device": "cuda:9"})

    with pytest.raises(BadInput, match="This process sees no GPU 'cuda:9'"):
        open_backend(recipe)
