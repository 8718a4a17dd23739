"""Previews: what a clip will look like, at next to no cost, while it is being denoised."""

from __future__ import annotations

from collections.abc import Callable

import torch

from rendering.backend import Frames

Preview = Callable[[int, Frames], None]
"""Given the number of steps done and one frame (height, width, 3), an eighth of the size that is sampled."""

_RED_GREEN_BLUE = (
    (0.3512, 0.2297, 0.3227),
    (0.3250, 0.4974, 0.2350),
    (-0.2829, 0.1762, 0.2721),
    (-0.2120, -0.2616, -0.7177),
)
"""SD 1.5's four latent channels as colours from -1 to 1: the linear fit that ComfyUI previews with."""


def preview_of(clean_CFHW: torch.Tensor) -> torch.Tensor:
    """The middle frame of clean latents as uint8 (height, width, 3), on the latents' device."""
    middle_CHW = clean_CFHW[:, clean_CFHW.shape[1] // 2]
    colours = torch.einsum("chw,cr->hwr", middle_CHW, middle_CHW.new_tensor(_RED_GREEN_BLUE))
    return to_uint8(colours)


def to_uint8(colours: torch.Tensor) -> torch.Tensor:
    """From -1 … 1 to 0 … 255, rounded as the stock pipeline rounds."""
    return ((colours.float() / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8)
