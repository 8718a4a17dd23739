"""Predicting: the UNet over a whole clip: its windows, its guidance, as many at once as there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

from rendering.backends.animatediff.models import Models
from rendering.backends.animatediff.recipes import Recipe
from rendering.backends.animatediff.replaying import Replayer
from rendering.backends.animatediff.room import Room
from rendering.backends.animatediff.schedules import Schedule
from rendering.backends.animatediff.unet import Context, Residuals, Unet
from rendering.backends.animatediff.windows import FRAMES, window_starts, window_weights


class Guide(Protocol):
    """What steers the UNet beside the prompt, such as a SparseCtrl network."""

    def residuals(
        self, latents_NCFHW: torch.Tensor, timestep: torch.Tensor, prompts_NTD: torch.Tensor, first_frames: Sequence[int]
    ) -> Residuals | None:
        """What is added in the UNet's down blocks and in its middle; None: nothing. One first frame (in the clip) for each of the N windows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """What the clips are to show. Clips on the first axis; where there is guidance, `unwished` first and then `wished`."""

    words_BTD: torch.Tensor
    pictures: tuple[torch.Tensor, ...] = ()
    """For each IP-Adapter (B, images, …)."""


class Task:
    """One group of clips that are sampled together, and what is worked out once for all their steps."""

    def __init__(self, wishes: Wishes, *, num_clips: int, num_frames: int, guide: Guide | None) -> None:
        self.wishes = wishes
        self.num_clips = num_clips
        self.guide = guide
        self.starts = window_starts(num_frames)
        self.weights_WF = torch.from_numpy(window_weights(num_frames)).to(wishes.words_BTD.device)
        self.windows = [(clip, number) for clip in range(num_clips) for number in range(len(self.starts))]
        self.contexts: dict[tuple[int, int], Context] = {}


class Predictor:
    """Warm: the rewritten UNet, the schedule's constants, and recorded graphs where there is a GPU."""

    def __init__(self, models: Models, recipe: Recipe, schedule: Schedule) -> None:
        self._recipe = recipe
        self._unet = Unet(models.unet)
        self._dtype = models.dtype
        self._times = self._unet.times([step.timestep for step in schedule.steps])
        self._timesteps = torch.tensor([step.timestep for step in schedule.steps], device=models.device)
        self._input_scales = [step.input_scale for step in schedule.steps]
        self._replayer = Replayer(self._unet) if models.device.type == "cuda" and recipe.compile.unet else None

    def predict(self, task: Task, latents_BCFHW: torch.Tensor, step: int, room: Room) -> torch.Tensor:
        """The noise in the latents, guided, in float32. The same whatever the room."""
        scaled = (latents_BCFHW * self._input_scales[step]).to(self._dtype)
        total = torch.zeros_like(latents_BCFHW)
        for first in range(0, len(task.windows), room.windows_at_once):
            group = slice(first, min(first + room.windows_at_once, len(task.windows)))
            predicted = self._guided(task, scaled, step, group)
            for (clip, number), window_CFHW in zip(task.windows[group], predicted, strict=True):
                at = task.starts[number]
                total[clip, :, at : at + FRAMES.window] += window_CFHW * task.weights_WF[number][:, None, None]
        return total

    def forget(self) -> None:
        """Gives the recorded graphs' memory back."""
        if self._replayer is not None:
            self._replayer.forget()

    def _guided(self, task: Task, scaled: torch.Tensor, step: int, group: slice) -> torch.Tensor:
        parts = [scaled[clip, :, task.starts[number] :][:, : FRAMES.window] for clip, number in task.windows[group]]
        if not self._recipe.has_guidance:
            return self._called(task, torch.stack(parts), step, group).float()
        unwished, wished = self._called(task, torch.stack(parts + parts), step, group).float().chunk(2)
        return unwished + self._recipe.guidance * (wished - unwished)

    def _called(self, task: Task, latents: torch.Tensor, step: int, group: slice) -> torch.Tensor:
        times_C, context = self._times[step], self._context(task, group)
        residuals = self._residuals(task, task.guide, latents, step, group) if task.guide is not None else None
        if residuals is not None:  # a graph would keep another 200 MB for each window, to save a part of one beat's launches
            return self._unet(latents, times_C, context, residuals)
        return (self._replayer or self._unet)(latents, times_C, context)

    def _residuals(self, task: Task, guide: Guide, latents: torch.Tensor, step: int, group: slice) -> Residuals | None:
        starts = [task.starts[number] for _, number in task.windows[group]]
        starts *= len(latents) // len(starts)
        words = task.wishes.words_BTD[self._rows(task, group)]
        return guide.residuals(latents, self._timesteps[step], words, starts)

    def _context(self, task: Task, group: slice) -> Context:
        key = (group.start, group.stop)
        if key not in task.contexts:
            rows = self._rows(task, group)
            pictures = [part[rows] for part in task.wishes.pictures]
            task.contexts[key] = self._unet.context(task.wishes.words_BTD[rows], pictures)
        return task.contexts[key]

    def _rows(self, task: Task, group: slice) -> list[int]:
        """Of the wishes, one for each window: first those for what is not wished."""
        clips = [clip for clip, _ in task.windows[group]]
        return [*clips, *(task.num_clips + clip for clip in clips)] if self._recipe.has_guidance else clips
