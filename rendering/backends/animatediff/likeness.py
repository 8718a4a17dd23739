"""Likeness: a character looks as in the world's reference picture, which goes in beside the prompt through an IP-Adapter (arXiv 2308.06721)."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import torch
from PIL import Image

from episodes.plan import Beat
from episodes.world import Picture
from rendering.backend import PictureSource
from rendering.backends.animatediff.models import Models
from rendering.backends.libraries import Part
from rendering.backends.references import picture_of_cast, read_on_white
from rendering.backends.weights import Weights

_MOST_REMEMBERED = 256  # of a few kilobytes each


def with_ip_adapter(models: Models, weights: Weights, scale: float) -> Models:
    """The models, with the adapter's cross-attention in their UNet and the image encoder that lies beside it.

    Raises ValueError, OSError or KeyError for what is missing or made for another UNet.
    """
    from transformers import CLIPImageProcessor, CLIPVisionModelWithProjection

    file = PurePosixPath(str(weights.file))
    if file.suffix != ".safetensors":
        raise ValueError(f"{weights.label} names no safetensors file.")
    subfolder = "" if str(file.parent) == "." else str(file.parent)
    encoder = CLIPVisionModelWithProjection.from_pretrained(
        weights.repository,
        subfolder=str(PurePosixPath(subfolder, "image_encoder")),
        revision=weights.revision or "main",
        dtype=models.dtype,
        use_safetensors=True,
    )
    side = encoder.config.image_size
    seeing = replace(
        models,
        image_encoder=encoder.to(models.device).eval().requires_grad_(False),
        feature_extractor=CLIPImageProcessor(size=side, crop_size=side),
    )
    pipeline = stock_pipeline(seeing)
    pipeline.load_ip_adapter(
        weights.repository,
        subfolder=subfolder,
        weight_name=file.name,
        image_encoder_folder=None,
        **({"revision": weights.revision} if weights.revision else {}),
    )
    pipeline.set_ip_adapter_scale(scale)
    models.unet.eval().requires_grad_(False)
    return seeing


@dataclass(frozen=True, kw_only=True, slots=True)
class Looks:
    """What the UNet is told of a picture: always of one, so that its shapes never change."""

    embeds: tuple[torch.Tensor, ...]
    negative_embeds: tuple[torch.Tensor, ...]
    """Of no picture, which is what an adapter was trained to ignore."""
    picture: Picture | None
    """None: nobody in the beat has one."""


NO_LOOKS = Looks(embeds=(), negative_embeds=(), picture=None)
"""For models without an adapter."""


class Likeness:
    """Encodes reference pictures, each once. For models with an IP-Adapter."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._pipeline = stock_pipeline(models)
        self._remembered: OrderedDict[str, tuple[torch.Tensor, torch.Tensor]] = OrderedDict()

    def of(self, beat: Beat, pictures: PictureSource) -> Looks:
        """Of the first character in the beat that has a sheet or a portrait.

        Raises RenderFailed: infra when the picture cannot be had now, content when it is none.
        """
        picture = picture_of_cast(beat)
        if picture is None:
            return self.of_nobody()
        if picture.sha256 not in self._remembered:
            self._encoded(picture.sha256, read_on_white(pictures.path(picture.key, picture.sha256), picture.key))
        embeds, nothing = self._remembered[picture.sha256]
        self._remembered.move_to_end(picture.sha256)
        return Looks(embeds=(embeds,), negative_embeds=(nothing,), picture=picture)

    def of_nobody(self) -> Looks:
        _, nothing = self._encoded("", Image.new("RGB", (64, 64)))
        return Looks(embeds=(nothing,), negative_embeds=(nothing,), picture=None)

    def forget(self) -> None:
        """The embeddings live on the device; parking empties it."""
        self._remembered.clear()

    @torch.no_grad()
    def _encoded(self, name: str, image: Image.Image) -> tuple[torch.Tensor, torch.Tensor]:
        if name not in self._remembered:
            [both] = self._pipeline.prepare_ip_adapter_image_embeds(image, None, self._models.device, 1, True)
            nothing, embeds = both.chunk(2)
            self._remembered[name] = embeds, nothing
            if len(self._remembered) > _MOST_REMEMBERED:
                self._remembered.popitem(last=False)
        return self._remembered[name]


def stock_pipeline(models: Models) -> Part:
    """diffusers' own pipeline around the same modules: its loader and its encoder are used, never its loop."""
    from diffusers import AnimateDiffPipeline

    return AnimateDiffPipeline(
        vae=models.vae,
        text_encoder=models.text_encoder,
        tokenizer=models.tokenizer,
        unet=models.unet,
        motion_adapter=None,
        scheduler=models.scheduler,
        feature_extractor=models.feature_extractor,
        image_encoder=models.image_encoder,
    )
