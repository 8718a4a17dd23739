"""SparseCtrl against diffusers' own pipeline, with the tiny model, and from a job to keyframes that begin with a picture."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from episodes.errors import BadInput
from episodes.job import RenderJob
from rendering.backend import Frames, Keyframes
from rendering.backends import BackendRecipe
from rendering.backends.animatediff.backend import AnimateDiffBackend
from rendering.backends.animatediff.loop import Loop
from rendering.backends.animatediff.models import Models
from rendering.backends.animatediff.options import setup_of
from rendering.backends.animatediff.recipes import Recipe
from rendering.backends.animatediff.sparse_control import Opened, with_sparse_control
from rendering.backends.animatediff.tiny import TinyModel
from rendering.backends.weights import Weights
from rendering.progress import Unwatched
from rendering.renderer import Renderer
from tests.builders import a_beat, a_job
from tests.clips import FakeControl
from tests.contract.test_video_backend import Pictures, earlier_clip
from tests.models.loaded import loaded
from tests.models.test_animatediff_loop import SIDE, a_shot, distance

__all__ = ["earlier_clip"]

SCALE = 0.7


def a_recipe(tiny: TinyModel, tier: str = "standard", **options: str) -> Recipe:
    given = {**tiny.options, "tier": tier, "sparse_control": f"{tiny.sparse_control}:{SCALE}", **options}
    return replace(setup_of(BackendRecipe(name="animatediff", options=given)).recipe, num_steps=2)


@pytest.fixture(scope="module")
def models(tiny: TinyModel) -> Models:
    return loaded(a_recipe(tiny))


def a_picture(seed: int = 0) -> Frames:
    return np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3), np.uint8)


def stock(models: Models, recipe: Recipe, picture: Frames) -> Any:
    """What diffusers makes of the same shot and picture."""
    from diffusers import AnimateDiffSparseControlNetPipeline

    pipe = AnimateDiffSparseControlNetPipeline(
        vae=models.vae,
        text_encoder=models.text_encoder,
        tokenizer=models.tokenizer,
        unet=copy.deepcopy(models.unet),
        motion_adapter=None,
        controlnet=models.sparse_control,
        scheduler=copy.deepcopy(models.scheduler),
    )
    pipe.set_progress_bar_config(disable=True)
    made = pipe(
        prompt="a cat",
        negative_prompt="blurry",
        num_frames=16,
        height=SIDE,
        width=SIDE,
        num_inference_steps=recipe.num_steps,
        guidance_scale=recipe.guidance,
        generator=torch.Generator().manual_seed(3),
        conditioning_frames=[Image.fromarray(picture)],
        controlnet_frame_indices=[0],
        controlnet_conditioning_scale=SCALE,
        output_type="latent",
    )
    return made.frames


@pytest.mark.parametrize("guidance", [1.0, 7.5], ids=["plain", "with guidance"])
def test_the_latents_are_those_of_the_stock_pipeline(
    tiny: TinyModel, models: Models, monkeypatch: pytest.MonkeyPatch, guidance: float
) -> None:
    from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution as Encoded

    monkeypatch.setattr(Encoded, "sample", lambda self, generator=None: self.mode())  # stock draws them, another each time
    recipe = replace(a_recipe(tiny), guidance=guidance)
    reference, loop = stock(models, recipe, a_picture()), Loop(models, recipe)

    latents = loop.latents([a_shot()], Unwatched(), guide=Opened(models, a_picture(), SCALE))

    print(f"SparseCtrl, guidance {guidance}: max relative difference {distance(latents, reference):.1e}")  # noqa: T201 - for people
    assert distance(latents, reference) < 1e-4
    assert distance(loop.latents([a_shot()], Unwatched()), reference) > 0.01, "the picture makes no difference"


def test_only_the_window_that_holds_the_first_frame_is_guided(tiny: TinyModel, models: Models) -> None:
    """In one step: in the next the others follow through the frames that they share."""
    loop, guide = Loop(models, replace(a_recipe(tiny), num_steps=1)), Opened(models, a_picture(), SCALE)
    unguided = loop.latents([a_shot(num_frames=28)], Unwatched())

    guided = loop.latents([a_shot(num_frames=28)], Unwatched(), guide=guide)

    assert distance(guided[:, :, :12], unguided[:, :, :12]) > 0.01
    assert distance(guided[:, :, 16:], unguided[:, :, 16:]) < 1e-4


def test_a_long_beat_that_begins_with_a_picture_needs_no_more_room_at_once_and_stays_the_same(
    tiny: TinyModel, models: Models
) -> None:
    recipe, guide = a_recipe(tiny), Opened(models, a_picture(), SCALE)
    apart = replace(recipe, memory=replace(recipe.memory, windows_at_once=1))

    wanted, latents = (Loop(models, one).latents([a_shot(num_frames=28)], Unwatched(), guide=guide) for one in (recipe, apart))

    assert distance(latents, wanted) < 1e-4


def rendered(models: Models, recipe: Recipe, job: RenderJob, pictures: Pictures | None = None) -> Keyframes:
    return Renderer(AnimateDiffBackend(recipe, models), pictures or Pictures()).render(job, FakeControl())


def test_a_beat_that_goes_on_begins_with_the_earlier_clips_last_frame(
    tiny: TinyModel, models: Models, earlier_clip: Any
) -> None:
    start, pictures = earlier_clip
    afresh = a_job(a_beat(duration_s=0.5))
    going_on = afresh.model_copy(update={"input": afresh.input.model_copy(update={"start_frame": start})})

    guided, plain = (rendered(models, a_recipe(tiny), job, pictures) for job in (going_on, afresh))
    ignored = rendered(models, replace(a_recipe(tiny), sparse_control=None, openings=()), going_on, pictures)

    assert (guided.frames_THWC != plain.frames_THWC).any()
    assert guided.recipe["opening"] == "previous clip's last frame: earlier.mp4"
    assert guided.recipe["sparse_control"] == f"{tiny.sparse_control}:{SCALE}"
    assert "start_frame" not in guided.recipe
    assert plain.recipe["opening"] == "none: the beat begins afresh"
    assert ignored.recipe["start_frame"].startswith("not looked at")


def test_a_draft_may_begin_as_the_animatic_draws_it(tiny: TinyModel, models: Models) -> None:
    from diffusers import AutoencoderTiny

    draft = replace(models, vae=AutoencoderTiny.from_pretrained(tiny.tiny_vae))
    job = a_job(a_beat(cast=(), duration_s=0.5))

    drawn, afresh = (rendered(draft, a_recipe(tiny, tier="draft", opening=of), job) for of in ("picture, animatic", "picture"))

    assert drawn.recipe["opening"] == "animatic"
    assert (drawn.frames_THWC != afresh.frames_THWC).any()


def test_warming_up_reaches_the_sparse_control_too(tiny: TinyModel, models: Models) -> None:
    seen: list[torch.Size] = []
    handle = models.sparse_control.register_forward_pre_hook(lambda _, given: seen.append(given[0].shape))

    AnimateDiffBackend(replace(a_recipe(tiny), num_steps=1), models).warm(((64, 64),))
    handle.remove()

    assert seen == [torch.Size((1, 4, 16, 8, 8))]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"use_simplified_condition_embedding": False}, "pictures in colour"),
        ({"layers_per_block": 1}, "another layers_per_block"),
    ],
    ids=["scribbles", "another UNet"],
)
def test_a_network_for_something_else_is_refused_in_a_sentence(
    tiny: TinyModel, models: Models, tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    from diffusers import SparseControlNetModel

    config = {**SparseControlNetModel.load_config(tiny.sparse_control), **changes}
    SparseControlNetModel.from_config(config).save_pretrained(tmp_path)

    with pytest.raises(BadInput, match=said):
        with_sparse_control(models, Weights(repository=str(tmp_path)))
