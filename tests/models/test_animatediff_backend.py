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

from episodes.errors import BadInput, FailureClass, RenderCancelled, RenderFailed, Unavailable
from episodes.job import RenderJob
from episodes.plan import Format
from rendering.backends import BackendRecipe, open_backend
from rendering.backends.animatediff import decoding
from rendering.backends.animatediff.backend import AnimateDiffBackend
from rendering.backends.animatediff.decoding import Decoder
from rendering.backends.animatediff.loading import load_models
from rendering.backends.animatediff.options import setup_of
from rendering.backends.animatediff.recipes import Recipe
from rendering.backends.animatediff.tiny import TinyModel
from rendering.backends.animatediff.unet import Unet
from rendering.renderer import Renderer
from tests.builders import TINY, a_beat, a_job
from tests.clips import FakeControl
from tests.models.loaded import CPU, loaded

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


def test_whatever_the_device_has_no_room_for_is_tried_again_with_more_room_and_said(
    tiny: TinyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = a_backend(tiny)
    encoder = type(loaded(a_recipe(tiny)).text_encoder)
    short_once(encoder, "forward", monkeypatch)

    keys = Renderer(backend, NoPictures()).render(a_job(), FakeControl())

    assert keys.recipe["memory"].startswith("No room for 4 windows")


def test_a_device_without_room_for_the_models_is_tried_again_later(tiny: TinyModel, monkeypatch: pytest.MonkeyPatch) -> None:
    short_once(type(loaded(a_recipe(tiny)).vae), "to", monkeypatch)

    with pytest.raises(Unavailable, match="no room for AnimateDiff's models"):
        open_backend(BackendRecipe(name="animatediff", options={**tiny.options, "tier": "draft"}))


def short_once(owner: type, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of memory, the next time that this is called."""
    work, calls = getattr(owner, name), iter([True])

    def crowded(self: Any, *given: Any, **named: Any) -> Any:
        if next(calls, False):
            raise torch.OutOfMemoryError("injected")
        return work(self, *given, **named)

    monkeypatch.setattr(owner, name, crowded)


def test_pictures_that_are_no_numbers_are_no_clip(tiny: TinyModel) -> None:
    recipe = a_recipe(tiny)
    models = load_models(recipe, CPU)
    with torch.no_grad():
        models.unet.conv_out.bias[:] = float("nan")

    with pytest.raises(RenderFailed, match="no numbers") as failed:
        render(AnimateDiffBackend(recipe, models), a_job())

    assert failed.value.failure_class is FailureClass.OUTPUT


def test_no_beat_meets_a_shape_that_was_not_warm(tiny: TinyModel, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = replace(a_recipe(tiny), num_steps=1)  # the steps of a clip have the same shapes
    backend = AnimateDiffBackend(recipe, loaded(recipe))
    seen = shapes_at_work(monkeypatch)
    backend.warm(((512, 512), (64, 64), (1280, 720)))
    warm = set(seen)
    seen.clear()

    for duration_s in (0.5, 3.0, 5.0, 6.0, 11.0):
        render(backend, a_job(a_beat(duration_s=duration_s), film_format=WIDE))

    assert seen
    assert seen <= warm
    assert {shape[0] for shape in warm if len(shape) == 5} == {1, 2, 3, 4}
    job = a_job(a_beat(duration_s=0.5))
    assert (render(backend, job) == render(AnimateDiffBackend(recipe, loaded(recipe)), job)).all()


def shapes_at_work(monkeypatch: pytest.MonkeyPatch) -> set[tuple[int, ...]]:
    """Of what the UNet and the decoder are given from now on; the decoder's have four numbers."""
    seen = set[tuple[int, ...]]()
    call, decode = Unet.__call__, decoding.frames_of

    def watched(self: Unet, latents: torch.Tensor, *rest: Any) -> torch.Tensor:
        seen.add(tuple(latents.shape))
        return call(self, latents, *rest)

    def decoded(decoder: Decoder, latents: torch.Tensor) -> torch.Tensor:
        seen.add(tuple(latents.shape))
        return decode(decoder, latents)

    monkeypatch.setattr(Unet, "__call__", watched)
    monkeypatch.setattr(decoding, "frames_of", decoded)
    return seen


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
    recipe = BackendRecipe(name="animatediff", options={**tiny.options, "device": "cuda"})

    with pytest.raises(BadInput, match="This process sees no GPU"):
        open_backend(recipe)
