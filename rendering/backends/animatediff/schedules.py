"""Schedules: a diffusers scheduler as constants, so that a denoising step asks the host for nothing.

Euler, DDIM (without noise) and LCM are linear in what a step is given: the next latents are a·latents + b·prediction + c·noise. The
three numbers are read off the scheduler itself, once, by handing it ones and zeros.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch

from episodes.errors import BadInput
from rendering.backends.libraries import Part

LINEAR = ("EulerDiscreteScheduler", "DDIMScheduler", "LCMScheduler")


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One denoising step: what the UNet is told, and how its prediction moves the latents."""

    timestep: float
    input_scale: float
    """Of the latents, before the UNet sees them."""
    keep: float
    """Of the latents that the step began with."""
    move: float
    """Along the UNet's prediction."""
    noise: float
    """Of fresh noise; 0 but for LCM, which adds some after every step but its last."""
    clean_keep: float
    """Of the latents that the step began with, in what it takes for the clean picture …"""
    clean_move: float
    """… and of the UNet's prediction."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    steps: tuple[Step, ...]
    start_scale: float
    """Standard deviation of the noise that sampling starts from."""


def schedule_of(scheduler: Part, num_steps: int) -> Schedule:
    """Read a scheduler off. It stays as it was. Raises BadInput for a scheduler whose steps are not linear."""
    _demand_linear(scheduler)
    probe = copy.deepcopy(scheduler)
    probe.set_timesteps(num_steps)
    timesteps = probe.timesteps
    steps = tuple(_read(probe, index, timestep) for index, timestep in enumerate(timesteps))
    return Schedule(steps=steps, start_scale=float(probe.init_noise_sigma))


def _demand_linear(scheduler: Part) -> None:
    name = type(scheduler).__name__
    if name not in LINEAR:
        raise BadInput(f"Nobody taught the sampler {name}.", f"It knows {', '.join(LINEAR)}.", where="scheduler")
    bent = [option for option in ("clip_sample", "thresholding") if scheduler.config.get(option)]
    if bent:
        raise BadInput(f"{name} with {bent[0]} is not linear.", f"Switch {bent[0]} off.", where=f"scheduler.{bent[0]}")


def _read(probe: Part, index: int, timestep: torch.Tensor) -> Step:
    input_scale = float(probe.scale_model_input(torch.ones(1, dtype=torch.float64), timestep))
    noise = torch.randn(1, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).item()
    still, _ = _stepped(probe, index, timestep, latents=0.0, prediction=0.0)
    kept, clean_keep = _stepped(probe, index, timestep, latents=1.0, prediction=0.0)
    moved, clean_move = _stepped(probe, index, timestep, latents=0.0, prediction=1.0)
    return Step(
        timestep=float(timestep),
        input_scale=input_scale,
        keep=kept - still,
        move=moved - still,
        noise=still / noise,
        clean_keep=clean_keep,
        clean_move=clean_move,
    )


def _stepped(probe: Part, index: int, timestep: torch.Tensor, *, latents: float, prediction: float) -> tuple[float, float]:
    """The next latents and the clean picture, each one number."""
    probe._step_index = index  # a scheduler counts its steps; here the same one is taken several times
    prediction_1, latents_1 = (torch.tensor([number], dtype=torch.float64) for number in (prediction, latents))
    generator = torch.Generator().manual_seed(0)
    next_1, clean_1 = probe.step(prediction_1, timestep, latents_1, generator=generator, return_dict=False)
    return float(next_1), float(clean_1)
