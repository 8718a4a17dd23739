"""Noise: what sampling starts from and what LCM adds on the way, the same on every machine for the same seed."""

from __future__ import annotations

import torch

from rendering.backends.animatediff.models import Models
from rendering.backends.animatediff.windows import FRAMES, noise_order


class Noise:
    """One generator for each clip, drawn in the stock pipeline's order. On the host, whose numbers do not depend on the GPU."""

    def __init__(self, seeds: list[int], models: Models, *, num_frames: int, height: int, width: int) -> None:
        """`height` and `width` in latents."""
        self._models = models
        self._generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        self._orders = [torch.tensor(noise_order(num_frames, seed)) for seed in seeds]
        channels = int(models.unet.config.in_channels)
        self._shape = (1, channels, min(num_frames, FRAMES.window), height, width)

    def on_host(self) -> torch.Tensor:
        """(clips, channels, time, height, width), drawn in the models' type as stock does; frames beyond 16 are the first again, shuffled.

        10 ms for 512 × 512, in which the GPU can encode prompts: may be called from another thread.
        """
        drawn = [torch.randn(self._shape, generator=generator, dtype=self._models.dtype) for generator in self._generators]
        return torch.cat([noise[:, :, order] for noise, order in zip(drawn, self._orders, strict=True)])

    def on_device(self, noise: torch.Tensor) -> torch.Tensor:
        """In float32."""
        return noise.to(self._models.device).float()
