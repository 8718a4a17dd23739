"""Models: the parts of an AnimateDiff pipeline, loaded and ready on their device."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from rendering.backends.libraries import Part


@dataclass(frozen=True, kw_only=True, slots=True)
class Models:
    """diffusers' and transformers' own classes, in evaluation mode and without gradients; they have no static types of use."""

    unet: Part
    """UNetMotionModel, LoRAs fused."""
    vae: Part
    """AutoencoderKL, or the AutoencoderTiny of a recipe that has one."""
    text_encoder: Part
    """CLIPTextModel."""
    tokenizer: Part
    """CLIPTokenizer."""
    scheduler: Part
    """As the recipe says; it keeps state while it samples."""
    image_encoder: Part = None
    """CLIPVisionModelWithProjection, where there is an IP-Adapter."""
    feature_extractor: Part = None
    """CLIPImageProcessor, likewise."""
    sparse_control: Part = None
    """SparseControlNetModel, where beats begin with a picture."""
    device: torch.device
    dtype: torch.dtype
    are_random: bool = False
    """Nobody trained them: they show that the machinery works, and nothing else."""

    @property
    def networks(self) -> tuple[Part, ...]:
        """All that have weights."""
        return (*self.denoisers, self.vae, *self.encoders)

    @property
    def denoisers(self) -> tuple[Part, ...]:
        """Those that work in every denoising step."""
        return tuple(part for part in (self.unet, self.sparse_control) if part is not None)

    @property
    def encoders(self) -> tuple[Part, ...]:
        """Those that stay on the device where there is no room for all: small, and needed before every beat."""
        return tuple(part for part in (self.text_encoder, self.image_encoder) if part is not None)

    @property
    def pixels_per_latent(self) -> int:
        return int(2 ** (len(self.vae.config.block_out_channels) - 1))

    @property
    def native_side(self) -> int:
        """Of the square frames that the UNet was trained on, in pixels."""
        return int(self.unet.config.sample_size) * self.pixels_per_latent
