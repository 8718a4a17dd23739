"""Loading: from a recipe to models on a device, the first time from their sources and then from fused weights on the local disk.

Building a UNetMotionModel from a 2D UNet and a motion adapter takes 25 s for SD 1.5; loading the fused one takes under a second.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path

import diffusers
import torch
import transformers

from episodes.errors import BadInput
from rendering.backends.animatediff.keeping import fused_name, keep, load_kept
from rendering.backends.animatediff.likeness import with_ip_adapter
from rendering.backends.animatediff.models import Models
from rendering.backends.animatediff.motion_file import motion_adapter_of
from rendering.backends.animatediff.reading import HINT, Parts, read, read_text_encoder, reading
from rendering.backends.animatediff.recipes import Recipe
from rendering.backends.animatediff.sparse_control import with_sparse_control
from rendering.backends.libraries import Part
from rendering.backends.untrained import RANDOM_WEIGHTS
from rendering.backends.weights import Weights

log = logging.getLogger("storyworld.animatediff")


def load_models(recipe: Recipe, device: torch.device, kept: Path | None = None) -> Models:
    """Everything that the recipe needs, on the device. `kept`: folder of fused weights, looked into first and added to.

    Raises BadInput for what is missing or is no such model, Unavailable when the hub cannot be reached.
    """
    began_s = time.monotonic()
    dtype: torch.dtype = getattr(torch, recipe.dtype)  # on every device, so that a machine without a GPU can warm one with
    folder = kept / fused_name(recipe, dtype) if kept is not None else None
    found = load_kept(folder, dtype) if folder is not None else None
    parts = found or _build(recipe, dtype)
    if folder is not None and found is None:
        keep(parts, folder, recipe)
    models = _onto(device, parts, recipe, torch.float32 if device.type == "cpu" else dtype)
    if recipe.ip_adapter is not None:
        with reading(recipe.ip_adapter, "IP-Adapter"):
            models = with_ip_adapter(models, recipe.ip_adapter, recipe.ip_adapter_scale)
    if recipe.sparse_control is not None:
        models = with_sparse_control(models, recipe.sparse_control)
    seconds = round(time.monotonic() - began_s, 2)
    log.info(
        "animatediff.loaded",
        extra={"tier": recipe.tier, "model": recipe.base.label, "from_kept": found is not None, "seconds": seconds},
    )
    return models


def _build(recipe: Recipe, dtype: torch.dtype) -> Parts:
    base = recipe.base
    unet = read(_unet_class(base), base, "unet", dtype)
    vae = _vae(recipe, dtype)
    text_encoder = read_text_encoder(base, dtype)
    with reading(base, "tokenizer"):
        tokenizer = transformers.CLIPTokenizer.from_pretrained(base.repository, subfolder="tokenizer", revision=base.revision)
        if len(tokenizer) < text_encoder.config.vocab_size:  # without its files it knows no word, and says nothing
            raise ValueError(f"it knows {len(tokenizer)} words, and the text encoder {text_encoder.config.vocab_size}.")
    with reading(base, "scheduler"):
        scheduler = getattr(diffusers, recipe.scheduler.class_name).from_pretrained(
            base.repository, subfolder="scheduler", revision=base.revision
        )
    if not isinstance(unet, diffusers.UNetMotionModel):
        unet = _with_motion(unet, recipe, dtype)
    parts = Parts(
        unet=unet,
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        scheduler=scheduler,
        are_random=(Path(base.repository) / RANDOM_WEIGHTS).exists(),
    )
    _fuse_loras(parts, recipe)
    return parts


def _unet_class(base: Weights) -> Part:
    """UNet2DConditionModel, or the UNetMotionModel of a model that was saved with its motion modules."""
    with reading(base, "UNet"):
        config = diffusers.UNetMotionModel.load_config(base.repository, subfolder="unet", revision=base.revision)
    name = config.get("_class_name")
    if name not in ("UNet2DConditionModel", "UNetMotionModel"):
        raise BadInput(f"The model {base.label!r} is no SD 1.5 model: its UNet is a {name}.", HINT, where="options.model")
    return getattr(diffusers, name)


def _with_motion(unet: Part, recipe: Recipe, dtype: torch.dtype) -> Part:
    motion = recipe.motion
    with reading(motion, "motion adapter"):
        if motion.file is not None:
            return diffusers.UNetMotionModel.from_unet2d(unet, motion_adapter_of(_local_file(motion), unet).to(dtype))
        return diffusers.UNetMotionModel.from_unet2d(unet, read(diffusers.MotionAdapter, motion, None, dtype))


def _vae(recipe: Recipe, dtype: torch.dtype) -> Part:
    if recipe.tiny_vae is not None:
        return read(diffusers.AutoencoderTiny, recipe.tiny_vae, None, dtype)
    return read(diffusers.AutoencoderKL, recipe.base, "vae", dtype)


def _fuse_loras(parts: Parts, recipe: Recipe) -> None:
    """One after the other, each with its own scale, into the weights themselves."""
    if not recipe.loras:
        return
    pipeline = diffusers.AnimateDiffPipeline(
        vae=parts.vae,
        text_encoder=parts.text_encoder,
        tokenizer=parts.tokenizer,
        unet=parts.unet,
        motion_adapter=None,
        scheduler=parts.scheduler,
    )
    for lora in recipe.loras:
        with reading(lora.weights, "LoRA"):
            pipeline.load_lora_weights(
                lora.weights.repository, revision=lora.weights.revision, weight_name=lora.weights.file, use_safetensors=True
            )
        pipeline.fuse_lora(lora_scale=lora.scale)
        pipeline.unload_lora_weights()


def _local_file(weights: Weights) -> Path:
    folder = Path(weights.repository)
    if folder.exists() or folder.is_absolute():
        return folder / str(weights.file)
    from huggingface_hub import hf_hub_download

    return Path(hf_hub_download(weights.repository, weights.file, revision=weights.revision))


def _onto(device: torch.device, parts: Parts, recipe: Recipe, dtype: torch.dtype) -> Models:
    for module in (parts.unet, parts.vae, parts.text_encoder):
        module.to(device=device, dtype=dtype).eval().requires_grad_(False)
    scheduler_class = getattr(diffusers, recipe.scheduler.class_name)
    return Models(
        unet=parts.unet,
        vae=parts.vae,
        text_encoder=parts.text_encoder,
        tokenizer=parts.tokenizer,
        scheduler=scheduler_class.from_config(parts.scheduler.config, **dict(recipe.scheduler.options)),
        device=device,
        dtype=dtype,
        are_random=parts.are_random,
    )
