"""The loop against diffusers' own pipeline, with the tiny model: the same latents, the same frames, whatever is done at once."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from episodes.errors import BadInput, RenderCancelled
from rendering.backend import Frames
from rendering.backends.animatediff.loading import load_models
from rendering.backends.animatediff.loop import Loop, Shot
from rendering.backends.animatediff.models import Models
from rendering.backends.animatediff.options import setup_of
from rendering.backends.animatediff.recipes import Recipe, SchedulerSpec
from rendering.backends.animatediff.schedules import schedule_of
from rendering.backends.animatediff.tiny import TinyModel
from rendering.backends.animatediff.unet import Unet
from rendering.backends.recipe import BackendRecipe
from rendering.previewing import is_shown
from rendering.progress import Unwatched
from tests.models.loaded import CPU, loaded

SIDE = 64
BETAS = (("beta_schedule", "linear"), ("beta_start", 0.00085), ("beta_end", 0.012))
LCM = SchedulerSpec(class_name="LCMScheduler", options=BETAS)


def a_recipe(tiny: TinyModel, tier: str, **changes: Any) -> Recipe:
    setup = setup_of(BackendRecipe(name="animatediff", options={**tiny.options, "tier": tier}))
    return replace(setup.recipe, num_steps=3, **changes)


def a_shot(prompt: str = "a cat", seed: int = 3, num_frames: int = 16) -> Shot:
    return Shot(prompt=prompt, negative_prompt="blurry", seed=seed, num_frames=num_frames, height=SIDE, width=SIDE)


def stock(models: Models, recipe: Recipe, shots: list[Shot], output_type: str) -> Any:
    """What diffusers makes of the same shots."""
    from diffusers import AnimateDiffPipeline

    pipe = AnimateDiffPipeline(
        vae=models.vae,
        text_encoder=models.text_encoder,
        tokenizer=models.tokenizer,
        unet=copy.deepcopy(models.unet),
        motion_adapter=None,
        scheduler=copy.deepcopy(models.scheduler),
    )
    pipe.set_progress_bar_config(disable=True)
    made = pipe(
        prompt=[shot.prompt for shot in shots],
        negative_prompt=[shot.negative_prompt for shot in shots],
        num_frames=shots[0].num_frames,
        height=SIDE,
        width=SIDE,
        num_inference_steps=recipe.num_steps,
        guidance_scale=recipe.guidance,
        generator=[torch.Generator().manual_seed(shot.seed) for shot in shots],
        output_type=output_type,
    )
    return made.frames


def distance(out: torch.Tensor, reference: torch.Tensor) -> float:
    return float((out - reference).abs().max() / reference.abs().max())


@pytest.mark.parametrize(
    ("tier", "changes"),
    [("standard", {}), ("master", {}), ("standard", {"scheduler": LCM})],
    ids=["Euler", "DDIM with guidance", "LCM"],
)
def test_the_latents_are_those_of_the_stock_pipeline(tiny: TinyModel, tier: str, changes: dict[str, Any]) -> None:
    recipe = a_recipe(tiny, tier, **changes)
    models = loaded(recipe)
    shots = [a_shot(), a_shot("a dog", seed=4)]
    reference = stock(models, recipe, shots, "latent")

    latents = Loop(models, recipe).latents(shots, Unwatched())

    print(f"{tier}, {recipe.scheduler.class_name}: max relative difference {distance(latents, reference):.1e}")  # noqa: T201 - for people
    assert distance(latents, reference) < 1e-4


@pytest.mark.parametrize("tier", ["standard", "draft"])
def test_the_frames_are_those_of_the_stock_pipeline(tiny: TinyModel, tier: str) -> None:
    recipe = a_recipe(tiny, tier)
    models = loaded(recipe)
    reference = (stock(models, recipe, [a_shot()], "np")[0] * 255).round()

    [frames] = Loop(models, recipe).render([a_shot()], Unwatched())

    assert frames.shape == (16, SIDE, SIDE, 3)
    assert np.abs(frames.astype(float) - reference).max() <= 1  # where a value lies on the edge between two levels


def test_a_unet_with_any_biases_and_a_guide_predicts_what_stock_predicts(tiny: TinyModel) -> None:
    model = load_models(a_recipe(tiny, "standard"), CPU).unet
    chance = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():  # most biases begin at zero, where a forgotten one would not show
            if parameter.ndim == 1:
                parameter += torch.randn(parameter.shape, generator=chance) * 0.3
        latents, words = torch.randn((2, 4, 16, 8, 8), generator=chance), torch.randn((2, 77, 32), generator=chance)
        residuals = [torch.randn(shape, generator=chance) for shape in skip_shapes(model, latents)]
        timestep = torch.tensor(499.0)
        reference = model(
            latents,
            timestep,
            words.repeat_interleave(16, 0),
            down_block_additional_residuals=tuple(residuals[:-1]),
            mid_block_additional_residual=residuals[-1],
        ).sample
        unet = Unet(model)
        predicted = unet(latents, unet.times([499.0])[0], unet.context(words), (tuple(residuals[:-1]), residuals[-1]))

    print(f"UNet: max relative difference {distance(predicted, reference):.1e}")  # noqa: T201 - for people
    assert distance(predicted, reference) < 1e-4


def skip_shapes(model: Any, latents: torch.Tensor) -> list[tuple[int, ...]]:
    """Of what goes past the middle, in order, and of the middle."""
    num, channels, side = latents.shape[0] * latents.shape[2], model.config.block_out_channels, latents.shape[-1]
    shapes = [(num, channels[0], side, side)]
    for place, width in enumerate(channels):
        shapes += [(num, width, side, side)] * model.config.layers_per_block
        if place < len(channels) - 1:
            side //= 2
            shapes.append((num, width, side, side))
    return [*shapes, shapes[-1]]


def test_a_long_beat_needs_no_more_room_at_once_and_stays_the_same(tiny: TinyModel) -> None:
    recipe = a_recipe(tiny, "standard")
    models = loaded(recipe)
    one_at_a_time = replace(recipe, memory=replace(recipe.memory, windows_at_once=1))

    together = Loop(models, recipe).latents([a_shot(num_frames=28)], Unwatched())
    apart = Loop(models, one_at_a_time).latents([a_shot(num_frames=28)], Unwatched())

    assert together.shape[2] == 28
    assert distance(apart, together) < 1e-4


def test_previews_come_in_order_and_small(tiny: TinyModel) -> None:
    recipe = a_recipe(tiny, "standard")
    seen: list[tuple[int, Frames]] = []

    loop = Loop(loaded(recipe), recipe)
    loop.latents([a_shot()], Unwatched(), preview=lambda num_done, frame: seen.append((num_done, frame)))

    assert [num_done for num_done, _ in seen] == [1, 2, 3]
    assert all(frame.shape == (SIDE // 8, SIDE // 8, 3) and frame.dtype == np.uint8 for _, frame in seen)


def test_a_few_previews_are_enough() -> None:
    def shown(num_steps: int) -> list[int]:
        return [done for done in range(1, num_steps + 1) if is_shown(done, num_steps)]

    assert shown(1) == [1]
    assert shown(4) == [1, 2, 3, 4]
    assert shown(25) == [5, 10, 15, 20, 25]


def test_a_cancelled_beat_ends_before_its_next_step_and_the_loop_goes_on(tiny: TinyModel) -> None:
    recipe = a_recipe(tiny, "standard")
    loop = Loop(loaded(recipe), recipe)
    reference = loop.latents([a_shot()], Unwatched())
    control = CancelledAfter(num_steps=1)

    with pytest.raises(RenderCancelled):
        loop.latents([a_shot()], control)

    assert control.num_reports == 1
    assert torch.equal(loop.latents([a_shot()], Unwatched()), reference)


def test_a_scheduler_that_is_not_linear_is_refused(tiny: TinyModel) -> None:
    from diffusers import DDIMScheduler, DPMSolverMultistepScheduler

    with pytest.raises(BadInput, match="DPMSolverMultistepScheduler"):
        schedule_of(DPMSolverMultistepScheduler(), 4)
    with pytest.raises(BadInput, match="clip_sample"):
        schedule_of(DDIMScheduler(clip_sample=True), 4)


class CancelledAfter:
    """A Control that lets a number of steps be done."""

    def __init__(self, num_steps: int) -> None:
        self._num_steps = num_steps
        self.num_reports = 0

    def check(self) -> None:
        if self.num_reports >= self._num_steps:
            raise RenderCancelled("enough")

    def report(self, share: float) -> None:
        self.num_reports += 1

    def show(self, jpeg: bytes) -> None: ...
