"""Sparse control: a beat begins with a picture, through a SparseCtrl network beside the UNet (arXiv 2311.16933)."""

from __future__ import annotations

from dataclasses import replace

import diffusers
import torch

from rendering.backend import Frames
from rendering.backends.animatediff.models import Models
from rendering.backends.animatediff.reading import read, reading
from rendering.backends.animatediff.unet import Residuals
from rendering.backends.libraries import Part
from rendering.backends.weights import Weights

_SAME = ("block_out_channels", "layers_per_block", "cross_attention_dim")


def with_sparse_control(models: Models, weights: Weights) -> Models:
    """The models, with the network among them. Raises BadInput for one that takes scribbles or was made for another UNet."""
    network = read(diffusers.SparseControlNetModel, weights, None, models.dtype)
    with reading(weights, "SparseCtrl network"):
        if not network.config.use_simplified_condition_embedding or network.config.global_pool_conditions:
            raise ValueError("it wants something else than pictures in colour.")
        if differs := [name for name in _SAME if _listed(network, name) != _listed(models.unet, name)]:
            raise ValueError(f"it was made for a UNet with another {differs[0]}.")
    return replace(models, sparse_control=network.to(models.device).eval().requires_grad_(False))


class Opened:
    """Implements Guide: all clips begin with this picture.

    Only windows that hold a clip's first frame are guided. The network was never trained on a window without any picture, so the others
    are what AnimateDiff paints without it; they follow the first through the frames that they share with it, and cost nothing more.
    """

    def __init__(self, models: Models, picture_HWC: Frames, scale: float) -> None:
        """The picture is of the very size that is sampled."""
        self._network = models.sparse_control
        self._latents_1CHW = _encoded(models, picture_HWC)
        self._scale = scale

    def guides(self, first_frame: int) -> bool:
        return first_frame == 0

    def residuals(self, latents_NCFHW: torch.Tensor, timestep: torch.Tensor, prompts_NTD: torch.Tensor) -> Residuals:
        shown = torch.zeros_like(latents_NCFHW)
        shown[:, :, 0] = self._latents_1CHW
        mask = torch.zeros_like(latents_NCFHW[:, :1])
        mask[:, :, 0] = 1
        down, middle = self._network(
            latents_NCFHW,
            timestep,
            encoder_hidden_states=prompts_NTD.repeat_interleave(latents_NCFHW.shape[2], 0),
            controlnet_cond=shown,
            conditioning_mask=mask,
            conditioning_scale=self._scale,
            return_dict=False,
        )
        return tuple(down), middle


def _encoded(models: Models, picture_HWC: Frames) -> torch.Tensor:
    """The likeliest latents and not drawn ones, so that the same picture is always the same."""
    vae = models.vae.to(models.device)
    pixels = (torch.from_numpy(picture_HWC).permute(2, 0, 1)[None].float() / 255).to(models.device, models.dtype)
    found = vae.encode(pixels * 2 - 1)
    latents: torch.Tensor = found.latents if hasattr(found, "latents") else found.latent_dist.mode()
    return latents * float(vae.config.scaling_factor)


def _listed(network: Part, name: str) -> list[int]:
    """Configurations write one number for all blocks, or one for each."""
    value = network.config[name]
    return list(value) if isinstance(value, (list, tuple)) else [value]
