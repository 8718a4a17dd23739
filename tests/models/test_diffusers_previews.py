"""Previews of diffusers' models: made of latents by what earlier clips have taught."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from rendering.backends.diffusers.loading import load_pipelines
from rendering.backends.diffusers.options import setup_of
from rendering.backends.diffusers.previews import Colours, Floats, clean_of, laid_out, watched
from rendering.backends.diffusers.sampling import Sampler, Take
from rendering.backends.diffusers.tiny import make_tiny
from rendering.backends.recipe import BackendRecipe
from rendering.progress import Unwatched

CPU = torch.device("cpu")
KINDS = ("wan", "wan-5b", "ltx", "svd", "hunyuan-video")


def some_latents(chance: np.random.Generator) -> Floats:
    """(time, height, width, channels), smooth as those of a picture are."""
    small = chance.normal(size=(5, 4, 4, 6))
    return np.stack([cv2.resize(one, (12, 8), interpolation=cv2.INTER_CUBIC) for one in small])


def painted(latents: Floats, colours: Floats) -> np.ndarray:
    """Frames of four times the size, nine where there are five latents, from a linear map."""
    plain = (0.5 + 0.1 * latents @ colours).clip(0, 1)
    large = [cv2.resize(one, (48, 32), interpolation=cv2.INTER_NEAREST) for one in plain[[0, 0, 1, 1, 2, 3, 3, 4, 4]]]
    return (np.stack(large) * 255).round().astype(np.uint8)


def test_what_was_learnt_from_a_clip_shows_the_next() -> None:
    chance = np.random.default_rng(1)
    map_C3 = chance.normal(size=(6, 3))
    colours, first, second = Colours(), some_latents(chance), some_latents(chance)

    assert colours.picture(second[0]) is None, "nobody has taught it yet"
    colours.learn(first, painted(first, map_C3))
    shown = colours.picture(second[0])

    assert shown is not None
    assert shown.shape == (8, 12, 3)
    wanted = cv2.resize(painted(second, map_C3)[0], (12, 8), interpolation=cv2.INTER_AREA).astype(int)
    assert np.abs(shown - wanted).mean() < 3
    assert colours.picture(second[0][..., :4]) is None, "of another model"


@pytest.mark.parametrize("is_flow", [True, False])
def test_clean_latents_are_where_the_noise_ends(is_flow: bool) -> None:
    clean, noise = torch.randn((2, 4)), torch.randn((2, 4))
    before, after = ((1 - s) * clean + s * noise if is_flow else clean + s * noise for s in (0.8, 0.6))

    assert torch.allclose(clean_of(before, after, 0.8, 0.6), clean, atol=1e-5)
    assert torch.equal(clean_of(before, after, 0.0, 0.0), after), "a scheduler that does not tell"


def test_latents_are_read_whichever_way_a_pipeline_has_them() -> None:
    wanted_THWC = torch.randn((5, 2, 3, 6))
    ways = {
        "channels first": wanted_THWC.permute(3, 0, 1, 2),
        "time first": wanted_THWC.permute(0, 3, 1, 2),
        "in a row": wanted_THWC.reshape(30, 6),
    }

    found = {way: laid_out(latents[None], 6, 64, 96) for way, latents in ways.items()}

    assert all(one is not None and torch.equal(one, wanted_THWC) for one in found.values())
    assert laid_out(ways["in a row"][None], 7, 64, 96) is None, "of other channels"
    assert laid_out(torch.randn((1, 31, 6)), 6, 64, 96) is None, "not whole frames"


def test_a_scheduler_that_is_watched_is_itself_again_afterwards() -> None:
    class Scheduler(SimpleNamespace):
        def step(self, model_output: torch.Tensor, timestep: object, sample: torch.Tensor) -> tuple[torch.Tensor]:
            return (sample - model_output,)

    scheduler, seen = Scheduler(), list[torch.Tensor]()

    def fail() -> None:
        with watched(scheduler, seen.append):
            scheduler.step(torch.ones(1), 1, torch.ones(1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert seen == [torch.zeros(1)]
    assert "step" not in vars(scheduler)


@pytest.mark.parametrize("kind", KINDS)
def test_the_second_beat_is_shown_at_each_step_and_stays_as_it_is(kind: str, tiny_videos: Path) -> None:
    setup = setup_of(BackendRecipe(name="diffusers", options={"recipe": str(make_tiny(kind, tiny_videos))}))
    sampler, side, shown = Sampler(load_pipelines(setup, CPU), setup.recipe, CPU), 64, list[Any]()
    opening = np.full((side, side, 3), 90, np.uint8) if setup.recipe.text_pipeline is None else None
    take = Take(
        prompt="a cat",
        negative_prompt="",
        seed=3,
        num_frames=setup.recipe.frames.most,
        width=side,
        height=side,
        opening_HWC=opening,
    )

    first = sampler.sample(take, Unwatched(), preview=shown.append)
    assert shown == []
    second = sampler.sample(take, Unwatched(), preview=shown.append)

    assert len(shown) == setup.recipe.num_steps
    assert all(picture.ndim == 3 and picture.shape[0] == picture.shape[1] < side for picture in shown)
    assert np.abs(second.astype(int) - first).max() <= 1
    middle = cv2.resize(second[len(second) // 2], shown[-1].shape[:2], interpolation=cv2.INTER_AREA).astype(int)
    print(f"{kind}: the last preview is off by {np.abs(shown[-1] - middle).mean():.1f} of 255")  # noqa: T201 - for people
    assert np.abs(shown[-1] - middle).mean() < 25
