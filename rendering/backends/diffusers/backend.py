"""DiffusersBackend: a beat's frames with any video pipeline of diffusers that a recipe describes, kept warm."""

from __future__ import annotations

import hashlib
import json
import logging
import time

import diffusers
import numpy as np
import torch

from episodes.job import RenderInput, RenderJob
from episodes.plan import Format
from episodes.ports import Control
from rendering.backend import Frames, Keyframes, PictureSource
from rendering.backends.devices import chosen_device, device_name
from rendering.backends.diffusers.loading import Pipelines, load_pipelines
from rendering.backends.diffusers.options import Setup
from rendering.backends.diffusers.sampling import Sampler, Take
from rendering.backends.diffusers.shapes import Shape, shape_of
from rendering.backends.fitting import fitted, unfitted
from rendering.backends.opening import Opening, OpeningSource, opening_of
from rendering.backends.untrained import CONFESSION, WARNING
from rendering.previewing import Previews
from rendering.progress import Unwatched

log = logging.getLogger("storyworld.diffusers")
_WARM_STEPS = 2  # the fewest for which every scheduler has a schedule


def open_diffusers(setup: Setup) -> DiffusersBackend:
    """Load the model, warm its shapes on a GPU, and only then give the backend out: no beat pays for either.

    Raises BadInput for a model or a device that is not there or does not fit the recipe, Unavailable when the hub cannot be reached.
    """
    began_s = time.monotonic()
    device = chosen_device(setup.device)
    backend = DiffusersBackend(setup, load_pipelines(setup, device), device)
    if device.type == "cuda":  # a CPU has nothing to choose or compile, and would paint for hours
        backend.warm()
    seconds = round(time.monotonic() - began_s, 2)
    log.info("diffusers.ready", extra={"recipe": setup.recipe.name, "device": str(device), "seconds": seconds})
    return backend


class DiffusersBackend:
    """Implements VideoBackend and Parkable. Between calls it keeps nothing but the model: the same job gives the same frames."""

    def __init__(self, setup: Setup, pipelines: Pipelines, device: torch.device) -> None:
        self._setup = setup
        self._recipe = setup.recipe
        self._pipelines = pipelines
        self._device = device
        self._sampler = Sampler(pipelines, setup.recipe, device)

    def warm(self) -> None:
        """Go once through the longest clip of every size, with and without an opening, so that no beat waits for kernels or compiling."""
        if self._setup.compiles:
            self._sampler.compile()
        for width, height in self._setup.warm_sizes:
            film_format = Format(width=width, height=height, fps=self._recipe.speed.native_fps)
            shape = shape_of(film_format, self._recipe.frames.most, self._recipe)
            blank = np.full((shape.height, shape.width, 3), 127, np.uint8)
            openings = [blank] if self._pipelines.image is not None else []
            for opening in (*openings, *([None] if self._pipelines.text is not None else [])):
                self._sampler.sample(_take("", "", 0, shape, opening), Unwatched(), num_steps=_WARM_STEPS)

    def keyframes(self, job: RenderJob, pictures: PictureSource, control: Control) -> Keyframes:
        control.check()
        asked = job.input
        shape = shape_of(asked.format, job.num_frames, self._recipe)
        opening = opening_of(job, pictures, self._recipe.opening)
        previews = Previews(control)
        if opening is not None:
            previews.show(opening.picture_HWC)
        prompt = asked.prompt or asked.beat.description
        inner = unfitted(opening.picture_HWC, shape.width, shape.height) if opening is not None else None
        take = _take(prompt, asked.negative_prompt, asked.seed, shape, inner)
        made = self._sampler.sample(take, control, preview=previews.show)
        frames = fitted([made[pick] for pick in shape.picks], asked.format)
        if opening is not None and opening.source is OpeningSource.PREVIOUS:
            frames[0] = opening.picture_HWC  # the model gives it back a little blurred, which would show at the cut
        return Keyframes(
            frames_THWC=frames,
            indices=shape.indices,
            num_frames=job.num_frames,
            burn_in=WARNING if self._pipelines.are_random else None,
            recipe=self._told(asked, prompt, shape, opening),
        )

    def park(self) -> None:
        self._sampler.release()

    def unpark(self) -> None:
        self._sampler.bring()

    def _told(self, asked: RenderInput, prompt: str, shape: Shape, opening: Opening | None) -> dict[str, str]:
        """What it takes to make the same frames again, and what was done to fit them to the beat."""
        recipe, setup = self._recipe, self._setup
        pipeline = self._pipelines.for_beat(has_opening=opening is not None)
        told = {
            "backend": setup.backend,
            "recipe": recipe.name,
            "model": setup.weights.label,
            "pipeline": type(pipeline).__name__,
            "scheduler": type(pipeline.scheduler).__name__,
            "call": json.dumps(recipe.call),
            "seed": str(asked.seed),
            "prompt_sha256": hashlib.sha256(prompt.encode()).hexdigest(),
            "made": f"{shape.num_frames} frames of {shape.width}x{shape.height}, of which {len(shape.picks)} are kept",
            "speed": "the model's own" if shape.slowdown == 1 else f"{shape.slowdown:.2f} times slower than the model's own",
            "opening": opening.label if opening is not None else "none: from the prompt alone",
            "dtype": str(self._pipelines.dtype).removeprefix("torch."),
            "device": device_name(self._device),
            "torch": torch.__version__,
            "diffusers": diffusers.__version__,
        }
        if setup.weights.licence:
            told["licence"] = setup.weights.licence
        if setup.loras:
            told["loras"] = ", ".join(f"{lora.weights.label}:{lora.scale}" for lora in setup.loras)
        if self._pipelines.are_random:
            told["weights"] = CONFESSION
        if self._sampler.shortages:
            told["memory"] = self._sampler.shortages[-1]
        return told


def _take(prompt: str, negative_prompt: str, seed: int, shape: Shape, opening_HWC: Frames | None) -> Take:
    return Take(
        prompt=prompt,
        negative_prompt=negative_prompt,
        seed=seed,
        num_frames=shape.num_frames,
        width=shape.width,
        height=shape.height,
        opening_HWC=opening_HWC,
    )
