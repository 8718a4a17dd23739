"""AnimateDiffBackend: text to frames with an SD 1.5 model and a motion adapter, kept warm."""

from __future__ import annotations

import hashlib
import logging
import time
from dataclasses import replace
from functools import partial

import numpy as np
import torch

from episodes.errors import Unavailable
from episodes.job import RenderInput, RenderJob
from episodes.ports import Control
from episodes.world import Picture
from rendering.backend import Frames, Keyframes, PictureSource
from rendering.backends.animatediff.likeness import NO_LOOKS, Likeness
from rendering.backends.animatediff.loading import load_models
from rendering.backends.animatediff.loop import Loop, Shot
from rendering.backends.animatediff.models import Models
from rendering.backends.animatediff.options import Setup
from rendering.backends.animatediff.recipes import Recipe
from rendering.backends.animatediff.shapes import legal_size, shape_of
from rendering.backends.animatediff.sparse_control import Opened
from rendering.backends.devices import chosen_device, device_name
from rendering.backends.fitting import fitted, unfitted
from rendering.backends.memory import is_shortage
from rendering.backends.opening import Opening, OpeningSource, opening_of
from rendering.backends.untrained import CONFESSION, WARNING
from rendering.previewing import Previews

log = logging.getLogger("storyworld.animatediff")


def open_animatediff(setup: Setup) -> AnimateDiffBackend:
    """Load the models, warm their shapes on a GPU, and only then give the backend out: no beat pays for either.

    Raises BadInput for models or a device that are not there, Unavailable when the hub cannot be reached or the device has no room for the
    models.
    """
    began_s = time.monotonic()
    device = chosen_device(setup.device)
    try:
        backend = AnimateDiffBackend(setup.recipe, load_models(setup.recipe, device, setup.kept))
        if device.type == "cuda":  # a CPU has nothing to choose or record, and would paint for minutes
            backend.warm(setup.warm_sizes)
    except RuntimeError as error:
        if not is_shortage(error):
            raise
        raise Unavailable(
            "The device has no room for AnimateDiff's models.", "Look at what else it holds: nvidia-smi."
        ) from error
    seconds = round(time.monotonic() - began_s, 2)
    log.info("animatediff.ready", extra={"tier": setup.recipe.tier, "device": str(device), "seconds": seconds})
    return backend


class AnimateDiffBackend:
    """Implements VideoBackend and Parkable. Between calls it keeps models, graphs and encoded prompts: the same job gives the same frames."""

    def __init__(self, recipe: Recipe, models: Models) -> None:
        self._recipe = recipe
        self._models = models
        self._loop = Loop(models, recipe)
        self._likeness = Likeness(models) if models.image_encoder is not None else None

    def warm(self, sizes: tuple[tuple[int, int], ...]) -> None:
        """Go through every shape that clips of these sizes need: as many windows as are ever sampled at once, and what is left of longer clips."""
        recipe, native = self._recipe, self._models.native_side
        legal = dict.fromkeys(legal_size(width, height, recipe.size, native) for width, height in sizes)
        lengths = [recipe.frames.window + more * recipe.frames.stride for more in range(recipe.memory.windows_at_once)]
        looks = self._loop.fitting(self._likeness.of_nobody) if self._likeness is not None else NO_LOOKS
        blank = Shot(
            prompt="",
            seed=0,
            num_frames=0,
            width=0,
            height=0,
            image_embeds=looks.embeds,
            negative_image_embeds=looks.negative_embeds,
        )
        self._loop.warm([replace(blank, num_frames=n, width=width, height=height) for width, height in legal for n in lengths])
        if self._models.sparse_control is not None:  # it looks at one window, however long the beat
            for width, height in legal:
                grey = np.full((height, width, 3), 128, np.uint8)
                self._loop.warm([replace(blank, num_frames=lengths[0], width=width, height=height)], self._opened(grey))

    def keyframes(self, job: RenderJob, pictures: PictureSource, control: Control) -> Keyframes:
        asked = job.input
        shape = shape_of(asked.format, job.num_frames, self._recipe, self._models.native_side)
        control.check()
        looks = NO_LOOKS
        if self._likeness is not None:
            looks = self._loop.fitting(partial(self._likeness.of, asked.beat, pictures))
        shot = Shot(
            prompt=_prompt(asked),
            negative_prompt=asked.negative_prompt,
            seed=asked.seed,
            num_frames=shape.num_frames,
            height=shape.height,
            width=shape.width,
            image_embeds=looks.embeds,
            negative_image_embeds=looks.negative_embeds,
        )
        opening = opening_of(job, pictures, self._recipe.openings) if self._models.sparse_control is not None else None
        guide = self._opened(unfitted(opening.picture_HWC, shape.width, shape.height)) if opening is not None else None
        previews = Previews(control)
        [frames] = self._loop.render([shot], control, guide=guide, preview=lambda _, frame_HWC: previews.show(frame_HWC))
        return Keyframes(
            frames_THWC=fitted([frames[pick] for pick in shape.picks], asked.format),
            indices=shape.indices,
            num_frames=job.num_frames,
            burn_in=WARNING if self._models.are_random else None,
            recipe={**self._told(asked, shot, looks.picture), **self._told_of_the_beginning(asked, opening)},
        )

    def park(self) -> None:
        if self._likeness is not None:
            self._likeness.forget()
        self._loop.park()

    def unpark(self) -> None:
        self._loop.unpark()

    def _told(self, asked: RenderInput, shot: Shot, picture: Picture | None) -> dict[str, str]:
        """What it takes to make the same frames again, and what was left undone."""
        recipe = self._recipe
        told = {
            "backend": "animatediff",
            "tier": recipe.tier.value,
            "model": recipe.base.label,
            "motion_adapter": recipe.motion.label,
            "scheduler": recipe.scheduler.class_name,
            "steps": str(recipe.num_steps),
            "guidance": str(recipe.guidance),
            "seed": str(shot.seed),
            "prompt_sha256": hashlib.sha256(shot.prompt.encode()).hexdigest(),
            "made": f"{shot.num_frames} frames of {shot.width}x{shot.height}",
            "dtype": str(self._models.dtype).removeprefix("torch."),
            "device": device_name(self._models.device),
            "torch": torch.__version__,
        }
        if recipe.licences:
            told["licence"] = "; ".join(recipe.licences)
        if recipe.tiny_vae is not None:
            told["tiny_vae"] = recipe.tiny_vae.label
        if recipe.loras:
            told["loras"] = ", ".join(f"{lora.weights.label}:{lora.scale}" for lora in recipe.loras)
        if recipe.ip_adapter is not None:
            told["ip_adapter"] = f"{recipe.ip_adapter.label}:{recipe.ip_adapter_scale}"
            told["likeness"] = picture.key if picture is not None else "nobody here has a picture"
        if self._models.are_random:
            told["weights"] = CONFESSION
        if self._loop.shortages:
            told["memory"] = self._loop.shortages[-1]
        return told

    def _told_of_the_beginning(self, asked: RenderInput, opening: Opening | None) -> dict[str, str]:
        told: dict[str, str] = {}
        if (network := self._recipe.sparse_control) is not None:
            told["sparse_control"] = f"{network.label}:{self._recipe.sparse_control_scale}"
            told["opening"] = opening.label if opening is not None else "none: the beat begins afresh"
        if asked.start_frame is not None and (opening is None or opening.source is not OpeningSource.PREVIOUS):
            told["start_frame"] = "not looked at: AnimateDiff begins every beat afresh"
        return told

    def _opened(self, picture_HWC: Frames) -> Opened:
        return self._loop.fitting(lambda: Opened(self._models, picture_HWC, self._recipe.sparse_control_scale))


def _prompt(asked: RenderInput) -> str:
    """CLIP reads 77 tokens: the prompt's beginning, which holds the shot and what happens."""
    return asked.prompt or asked.beat.description
