"""Predicting: the UNet over a whole clip: its windows, its guidance, as many at once as there is room for."""

from __future__ import annotations

from collections.abc import Iterator
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

Windows = tuple[tuple[int, int], ...]
"""Each a clip and the number of a window in it."""


class Guide(Protocol):
    """What steers the UNet beside the prompt, such as a SparseCtrl network."""

    def guides(self, first_frame: int) -> bool:
        """Whether it has a say in the window that begins with this frame of the clip. The others are predicted as without it."""

    def residuals(self, latents_NCFHW: torch.Tensor, timestep: torch.Tensor, prompts_NTD: torch.Tensor) -> Residuals:
        """What is added in the UNet's down blocks and in its middle, for windows that it guides."""


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
        self.starts = window_starts(num_frames)
        self.weights_WF = torch.from_numpy(window_weights(num_frames)).to(wishes.words_BTD.device)
        self.contexts: dict[Windows, Context] = {}
        numbers = range(len(self.starts))
        self._guide = guide
        self._guided = {number for number in numbers if guide is not None and guide.guides(self.starts[number])}
        self._windows = tuple((clip, number) for clip in range(num_clips) for number in numbers)

    def groups(self, windows_at_once: int) -> Iterator[tuple[Windows, Guide | None]]:
        """All windows, so many at once; those that are guided by themselves, with their guide."""
        guided = tuple(window for window in self._windows if window[1] in self._guided)
        plain = tuple(window for window in self._windows if window[1] not in self._guided)
        for windows, guide in ((guided, self._guide), (plain, None)):
            for first in range(0, len(windows), windows_at_once):
                yield windows[first : first + windows_at_once], guide


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
        for windows, guide in task.groups(room.windows_at_once):
            predicted = self._wished(task, scaled, step, windows, guide)
            for (clip, number), window_CFHW in zip(windows, predicted, strict=True):
                at = task.starts[number]
                total[clip, :, at : at + FRAMES.window] += window_CFHW * task.weights_WF[number][:, None, None]
        return total

    def forget(self) -> None:
        """Gives the recorded graphs' memory back."""
        if self._replayer is not None:
            self._replayer.forget()

    def _wished(self, task: Task, scaled: torch.Tensor, step: int, windows: Windows, guide: Guide | None) -> torch.Tensor:
        """With what is not wished taken off, where the recipe has guidance."""
        parts = [scaled[clip, :, task.starts[number] :][:, : FRAMES.window] for clip, number in windows]
        if not self._recipe.has_guidance:
            return self._called(task, torch.stack(parts), step, windows, guide).float()
        unwished, wished = self._called(task, torch.stack(parts + parts), step, windows, guide).float().chunk(2)
        return unwished + self._recipe.guidance * (wished - unwished)

    def _called(self, task: Task, latents: torch.Tensor, step: int, windows: Windows, guide: Guide | None) -> torch.Tensor:
        times_C, context = self._times[step], self._context(task, windows)
        if guide is None:
            return (self._replayer or self._unet)(latents, times_C, context)
        # a recorded graph would keep another 200 MB of residuals for each window, to save one window's launches
        residuals = guide.residuals(latents, self._timesteps[step], task.wishes.words_BTD[self._rows(task, windows)])
        return self._unet(latents, times_C, context, residuals)

    def _context(self, task: Task, windows: Windows) -> Context:
        if windows not in task.contexts:
            rows = self._rows(task, windows)
            pictures = [part[rows] for part in task.wishes.pictures]
            task.contexts[windows] = self._unet.context(task.wishes.words_BTD[rows], pictures)
        return task.contexts[windows]

    def _rows(self, task: Task, windows: Windows) -> list[int]:
        """Of the wishes, one for each window: first those for what is not wished."""
        clips = [clip for clip, _ in windows]
        return [*clips, *(task.num_clips + clip for clip in clips)] if self._recipe.has_guidance else clips
