"""Sampling: a warm pipeline makes the frames of one beat, in as much memory as there is."""

from __future__ import annotations

import gc
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
import torch
from PIL import Image

from episodes.errors import BadInput, FailureClass, RenderFailed
from episodes.ports import Control
from rendering.backend import Frames
from rendering.backends.diffusers.loading import Pipelines
from rendering.backends.diffusers.previews import Colours, Floats, laid_out, watched
from rendering.backends.diffusers.recipes import Argument, Level, Recipe
from rendering.backends.libraries import Part
from rendering.backends.memory import Memory
from rendering.backends.parking import to_host
from rendering.previewing import is_shown

DENOISING_SHARE = 0.9
"""Of a beat's work, about: decoding is the rest."""
_NEXT = {Level.RESIDENT: Level.OFFLOADED, Level.OFFLOADED: Level.TILED}
_SAID = {
    Level.RESIDENT: "the whole model",
    Level.OFFLOADED: "one part of the model at a time",
    Level.TILED: "one part of the model, and a part of each picture, at a time",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    level: Level

    def smaller(self) -> Self | None:
        following = _NEXT.get(self.level)
        return type(self)(level=following) if following is not None else None

    def __str__(self) -> str:
        return _SAID[self.level]


@dataclass(frozen=True, kw_only=True, slots=True)
class Take:
    """One clip to be sampled, of legal size and length."""

    prompt: str
    negative_prompt: str
    seed: int
    num_frames: int
    width: int
    height: int
    opening_HWC: Frames | None = None
    """The picture that it begins with, at this size; None: there is none."""


class Sampler:
    """Keeps the pipelines on their device. One call at a time; the same take gives the same frames."""

    def __init__(self, pipelines: Pipelines, recipe: Recipe, device: torch.device) -> None:
        self._pipelines = pipelines
        self._recipe = recipe
        self._device = device
        self._arranged: tuple[Part, Room] | None = None
        self._colours = Colours()
        self._memory = Memory(Room(level=recipe.memory), when_short=self._make_room)
        self.bring()

    @property
    def shortages(self) -> tuple[str, ...]:
        """What the device had no room for, in sentences, since the sampler was made."""
        return tuple(self._memory.shortages)

    def bring(self) -> None:
        """Onto the device, as far as its room goes."""
        self._memory.fitting(partial(self._arrange, self._pipelines.all[0]))

    def release(self) -> None:
        """Off the device. The next call brings back what it needs."""
        self._let_go()
        to_host(self._pipelines.modules.values())

    def compile(self) -> None:
        """The blocks that repeat, each kind once, when they are first used: a minute or more."""
        for name in self._recipe.compile:
            self._pipelines.modules[name].compile_repeated_blocks()

    def sample(
        self, take: Take, control: Control, *, num_steps: int | None = None, preview: Callable[[Frames], None] | None = None
    ) -> Frames:
        """Frames (time, height, width, 3). `num_steps`: other than the recipe's. `preview`: is given small frames, if any can be had.

        Looks at the control before each denoising step and before decoding, reports after each. Raises RenderCancelled,
        torch.OutOfMemoryError when even the least room is too much, RenderFailed (output) for frames that are none, BadInput for
        another number of frames than the recipe says.
        """
        return self._memory.fitting(partial(self._sampled, take, control, num_steps, preview))

    def _sampled(
        self, take: Take, control: Control, num_steps: int | None, preview: Callable[[Frames], None] | None, room: Room
    ) -> Frames:
        pipeline = self._pipelines.for_beat(has_opening=take.opening_HWC is not None)
        self._arrange(pipeline, room)
        arguments = self._arguments(pipeline, take, room)
        if num_steps is not None:
            arguments["num_inference_steps"] = num_steps
        control.check()
        pipeline.progress_bar = Steps(control)
        latents = Latents(self._colours, pipeline, take, int(str(arguments["num_inference_steps"])), preview)
        try:
            with watched(pipeline.scheduler, latents.see):
                [made] = pipeline(**arguments).frames
        except BaseException:
            pipeline.maybe_free_model_hooks()  # it does so itself only where it ends well
            raise
        finally:
            del pipeline.progress_bar
        if len(made) != take.num_frames:
            message = f"The model made {len(made)} frames, and not the {take.num_frames} that it was asked for."
            raise BadInput(message, "Say in its recipe, under frames, how many it can make.", where="options.recipe")
        frames = _to_uint8(made)
        latents.became(frames)
        control.report(1.0)
        return frames

    def _arguments(self, pipeline: Part, take: Take, room: Room) -> dict[str, object]:
        """What the pipeline takes of what there is: not every one reads a prompt."""
        recipe = self._recipe
        own: dict[str, Argument] = {**recipe.call, **(recipe.call_when_short if room.level is Level.TILED else {})}
        if recipe.speed.argument is not None:
            own[recipe.speed.argument] = recipe.speed.native_fps
        arguments: dict[str, object] = {
            **own,
            recipe.frames.argument: take.num_frames,
            "width": take.width,
            "height": take.height,
            "generator": torch.Generator("cpu").manual_seed(take.seed),  # the same noise on every device
            "output_type": "np",
        }
        if take.opening_HWC is not None:
            arguments["image"] = Image.fromarray(take.opening_HWC)
        if _takes(pipeline, "prompt"):
            arguments["prompt"] = take.prompt
        if _takes(pipeline, "negative_prompt"):
            arguments["negative_prompt"] = take.negative_prompt
        return arguments

    def _arrange(self, pipeline: Part, room: Room) -> None:
        """Hooks belong to one pipeline, and parts to both: whichever works has them."""
        if self._arranged == (pipeline, room):
            return
        self._let_go()
        if room.level is Level.RESIDENT:
            pipeline.to(self._device)
        else:
            pipeline.enable_model_cpu_offload(device=self._device)
        _tile(pipeline.vae, room.level is Level.TILED)
        self._arranged = (pipeline, room)

    def _let_go(self) -> None:
        self._arranged = None
        for pipeline in self._pipelines.all:
            pipeline.remove_all_hooks()

    def _make_room(self) -> None:
        self._let_go()
        gc.collect()  # what a failed try left stands in cycles
        if self._device.type == "cuda":
            torch.cuda.empty_cache()


class Latents:
    """Of one clip, step by step: shown on the way, learnt from at its end."""

    def __init__(
        self, colours: Colours, pipeline: Part, take: Take, num_steps: int, preview: Callable[[Frames], None] | None
    ) -> None:
        self._colours = colours
        config = pipeline.vae.config
        self._num_channels = int(config.get("z_dim") or config.get("latent_channels") or 0)
        self._take = take
        self._num_steps = num_steps
        self._num_done = 0
        self._preview = preview
        self._last_THWC: torch.Tensor | None = None

    def see(self, clean: torch.Tensor) -> None:
        self._num_done += 1
        self._last_THWC = laid_out(clean, self._num_channels, self._take.height, self._take.width)
        if self._preview is None or self._last_THWC is None or not self._colours.are_known:
            return
        if is_shown(self._num_done, self._num_steps):
            picture = self._colours.picture(_on_host(self._last_THWC[len(self._last_THWC) // 2]))
            if picture is not None:
                self._preview(picture)

    def became(self, frames_THWC: Frames) -> None:
        if self._last_THWC is not None:
            self._colours.learn(_on_host(self._last_THWC), frames_THWC)


def _on_host(latents: torch.Tensor) -> Floats:
    found: Floats = latents.double().cpu().numpy()
    return found


class Steps:
    """Stands where a pipeline shows its progress, which every pipeline does after each denoising step; not all take a callback."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._num_done = 0
        self._num_steps = 1

    def __call__(self, *, total: int) -> Self:
        self._num_steps = total
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def update(self) -> None:
        self._num_done += 1
        self._control.report(DENOISING_SHARE * self._num_done / self._num_steps)
        self._control.check()


def _takes(pipeline: Part, argument: str) -> bool:
    return argument in inspect.signature(type(pipeline).__call__).parameters


def _tile(vae: Part, is_wanted: bool) -> None:
    """Where this kind of VAE can."""
    if not hasattr(vae, "use_tiling"):
        return
    if is_wanted:
        vae.enable_tiling()
    else:
        vae.disable_tiling()


def _to_uint8(made_THWC: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Frames:
    """From 0 … 1, frame by frame: a long clip in floats weighs gigabytes."""
    frames = np.empty(made_THWC.shape, np.uint8)
    for frame, made in zip(frames, made_THWC, strict=True):
        if not np.isfinite(made).all():  # half precision overflows in some models, and the clip would be black
            raise RenderFailed(
                "The model made frames that are no numbers.", FailureClass.OUTPUT, "Try another dtype in its recipe."
            )
        np.copyto(frame, np.rint(made * 255), casting="unsafe")
    return frames
