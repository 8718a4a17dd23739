"""Loop: AnimateDiff's denoising, owned from the prompt to uint8 frames, so that nothing waits that need not.

The same numbers as diffusers' AnimateDiffPipeline gives, which the tests compare it with, and none of its waits: schedules are constants,
prompts are remembered, the prediction comes from an exact rewrite of the UNet, frames become uint8 on the device.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import torch

from episodes.errors import FailureClass, RenderFailed
from episodes.ports import Control
from rendering.backend import Frames
from rendering.backends.animatediff import decoding
from rendering.backends.animatediff.decoding import Decoder, decoder_of
from rendering.backends.animatediff.models import Models
from rendering.backends.animatediff.noise import Noise
from rendering.backends.animatediff.pacing import Pace, Share
from rendering.backends.animatediff.predicting import Guide, Predictor, Task, Wishes
from rendering.backends.animatediff.previews import Preview, preview_of
from rendering.backends.animatediff.prompts import Prompts
from rendering.backends.animatediff.recipes import Recipe
from rendering.backends.animatediff.room import Room
from rendering.backends.animatediff.schedules import schedule_of
from rendering.backends.animatediff.transfer import HostFrames
from rendering.backends.memory import Memory
from rendering.backends.parking import to_device, to_host
from rendering.previewing import is_shown
from rendering.progress import Unwatched

__all__ = ["Guide", "Loop", "Preview", "Shot"]

Result = TypeVar("Result")

DENOISING_SHARE = 0.8
"""Of a clip's work, about: decoding is the rest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shot:
    """One clip to be sampled."""

    prompt: str
    negative_prompt: str = ""
    """Looked at only where the recipe has guidance."""
    seed: int
    num_frames: int
    """16 + 12k."""
    height: int
    width: int
    """Pixels, multiples of 64."""
    image_embeds: tuple[torch.Tensor, ...] = ()
    """For each IP-Adapter (1, images, …), as `prepare_ip_adapter_image_embeds` gives them; empty: none is loaded."""
    negative_image_embeds: tuple[torch.Tensor, ...] = ()
    """The same for no picture; needed where the recipe has guidance."""


class Loop:
    """Samples clips with warm models. One call at a time; the same shots give the same frames."""

    def __init__(self, models: Models, recipe: Recipe) -> None:
        """Takes the models as they are, LoRAs fused. Raises BadInput for a scheduler or models that it cannot read."""
        self._models = models
        self._recipe = recipe
        self._schedule = schedule_of(models.scheduler, recipe.num_steps)
        self._prompts = Prompts(models)
        self._drawer = ThreadPoolExecutor(1, "noise")
        self._memory = Memory(
            Room(windows_at_once=recipe.memory.windows_at_once, decode_chunk=recipe.memory.decode_chunk),
            when_short=self._make_room,
        )
        self._predictor: Predictor | None = self._ready_predictor()
        self._decoder: Decoder | None = self._ready_decoder()

    @property
    def shortages(self) -> tuple[str, ...]:
        """What the device had no room for, in sentences, since the loop was made."""
        return tuple(self._memory.shortages)

    @torch.no_grad()
    def warm(self, shots: Sequence[Shot], guide: Guide | None = None) -> None:
        """Go once through every shape, so that no beat waits for kernels or graphs: all steps have the same, so one is enough."""
        for shot in shots:
            pace = Pace.on(self._models.device, None)
            latents_BCFHW = self._denoised([shot], Unwatched(), guide, pace, num_steps=1)
            self._decode(latents_BCFHW, Unwatched(), pace)

    def fitting(self, work: Callable[[], Result]) -> Result:
        """Something else on the same device, before a clip: what it has no room for is made room for."""
        return self._memory.fitting(lambda _: work())

    @torch.no_grad()
    def render(
        self, shots: Sequence[Shot], control: Control, *, guide: Guide | None = None, preview: Preview | None = None
    ) -> list[Frames]:
        """Frames (time, height, width, 3) of each shot. All shots share number of frames and size.

        Looks at the control before each denoising step and each decoded chunk, reports after it. Raises RenderCancelled,
        torch.OutOfMemoryError when even the least room is too much, RenderFailed when the model makes no numbers.
        """
        pace = Pace.on(self._models.device, preview)
        latents_BCFHW = self._denoised(shots, Share(control=control, end=DENOISING_SHARE), guide, pace)
        return self._decode(latents_BCFHW, Share(control=control, start=DENOISING_SHARE), pace)

    @torch.no_grad()
    def latents(
        self, shots: Sequence[Shot], control: Control, *, guide: Guide | None = None, preview: Preview | None = None
    ) -> torch.Tensor:
        """The denoised latents (shots, 4, time, height/8, width/8), in float32: `render` without decoding."""
        pace = Pace.on(self._models.device, preview)
        latents_BCFHW = self._denoised(shots, control, guide, pace)
        pace.finish()
        return latents_BCFHW

    def park(self) -> None:
        """Let go of the device: of all that was made of the weights, and then of the weights, which wait in the host's memory."""
        self._prompts.forget()
        self._predictor = self._decoder = None
        to_host(self._models.networks)

    def unpark(self) -> None:
        """Back on the device, and ready but for graphs: those of a beat's shape are recorded in its first step.

        Raises torch.OutOfMemoryError when somebody else has taken the device; then some of it is back, which is no harm.
        """
        if self._memory.room.is_offloaded:  # the big ones go in and out by themselves
            to_device(self._models.encoders, self._models.device)
            return
        to_device(self._models.networks, self._models.device)
        self._predictor = self._predictor or self._ready_predictor()
        self._decoder = self._decoder or self._ready_decoder()
        if self._models.device.type == "cuda":
            torch.cuda.synchronize()

    def _denoised(
        self, shots: Sequence[Shot], control: Control, guide: Guide | None, pace: Pace, num_steps: int | None = None
    ) -> torch.Tensor:
        """`num_steps`: of the schedule's, the first; None: all."""
        first, smaller = shots[0], self._models.pixels_per_latent
        if any((shot.num_frames, shot.height, shot.width) != (first.num_frames, first.height, first.width) for shot in shots):
            raise ValueError("Shots that are sampled together share number of frames and size.")
        size = {"num_frames": first.num_frames, "height": first.height // smaller, "width": first.width // smaller}
        noise = Noise([shot.seed for shot in shots], self._models, **size)
        drawing = self._drawer.submit(noise.on_host)
        wishes = self.fitting(partial(self._wishes, shots))
        latents = noise.on_device(drawing.result()) * self._schedule.start_scale
        task = Task(wishes, num_clips=len(shots), num_frames=first.num_frames, guide=guide)
        for index, step in enumerate(self._schedule.steps[:num_steps]):
            control.check()
            prediction = self._memory.fitting(partial(self._predicted, task, latents, index))
            if pace.is_watched and is_shown(index + 1, len(self._schedule.steps)):
                pace.show(index + 1, preview_of(latents[0] * step.clean_keep + prediction[0] * step.clean_move))
            latents = latents * step.keep + prediction * step.move
            if step.noise:
                latents += noise.on_device(noise.on_host()) * step.noise
            pace.step()
            control.report((index + 1) / len(self._schedule.steps))
        if not torch.isfinite(latents).all():  # they would be decoded to black
            raise RenderFailed("The model's pictures are no numbers.", FailureClass.OUTPUT, "Look at its weights and LoRAs.")
        return latents

    def _wishes(self, shots: Sequence[Shot]) -> Wishes:
        words = [shot.prompt for shot in shots]
        pictures = [shot.image_embeds for shot in shots]
        if self._recipe.has_guidance:
            words = [shot.negative_prompt for shot in shots] + words
            pictures = [shot.negative_image_embeds for shot in shots] + pictures
        together = tuple(torch.cat(parts) for parts in zip(*pictures, strict=True))
        return Wishes(words_BTD=self._prompts.encode(words), pictures=together)

    def _predicted(self, task: Task, latents_BCFHW: torch.Tensor, step: int, room: Room) -> torch.Tensor:
        if room.is_offloaded:
            self._decoder = None
            self._models.vae.to("cpu")
        if self._predictor is None:
            self._predictor = self._ready_predictor()
        return self._predictor.predict(task, latents_BCFHW, step, room)

    def _decode(self, latents_BCFHW: torch.Tensor, control: Control, pace: Pace) -> list[Frames]:
        num_clips, _, num_frames, height, width = latents_BCFHW.shape
        latents_NCHW = latents_BCFHW.transpose(1, 2).flatten(0, 1)
        larger = self._models.pixels_per_latent
        host = HostFrames((num_clips * num_frames, height * larger, width * larger, 3), self._models.device)
        done = 0
        while done < len(latents_NCHW):
            control.check()
            chunk = self._memory.fitting(partial(self._decoded, latents_NCHW[done:]))
            host.put(done, chunk)
            done += len(chunk)
            pace.step()
            control.report(done / len(latents_NCHW))
        frames = host.wait()
        return [frames[clip * num_frames : (clip + 1) * num_frames] for clip in range(num_clips)]

    def _decoded(self, latents_NCHW: torch.Tensor, room: Room) -> torch.Tensor:
        if room.is_offloaded:
            self._predictor = None
            to_device(self._models.denoisers, torch.device("cpu"))
        if self._decoder is None:
            self._decoder = self._ready_decoder()
        return decoding.frames_of(self._decoder, latents_NCHW[: room.decode_chunk])

    def _ready_predictor(self) -> Predictor:
        if self._models.device.type == "cuda":
            torch.backends.cudnn.benchmark = True  # shapes are few and come again: cuDNN may try its algorithms out
        to_device(self._models.denoisers, self._models.device)
        return Predictor(self._models, self._recipe, self._schedule)

    def _ready_decoder(self) -> Decoder:
        self._models.vae.to(self._models.device)
        return decoder_of(self._models.vae)

    def _make_room(self) -> None:
        """Recorded graphs keep memory; what is free goes back to the device."""
        if self._predictor is not None:
            self._predictor.forget()
        if self._models.device.type == "cuda":
            torch.cuda.empty_cache()
