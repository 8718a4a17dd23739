"""Keeping: fused weights on the local disk, where every start after the first one finds them."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import uuid
from dataclasses import asdict
from pathlib import Path

import diffusers
import torch
import transformers

from rendering.backends.animatediff.reading import Parts, read, read_text_encoder
from rendering.backends.animatediff.recipes import Recipe
from rendering.backends.untrained import RANDOM_WEIGHTS
from rendering.backends.weights import Weights

log = logging.getLogger("storyworld.animatediff")

_ORIGIN = "origin.json"
"""The last file that is written into a folder of fused weights: without it the folder is not whole."""
_PARTS = ("unet", "vae", "text_encoder", "tokenizer", "scheduler")


def fused_name(recipe: Recipe, dtype: torch.dtype) -> str:
    """The folder of a recipe's fused weights: another for whatever changes them. Local sources count by their files' sizes and times."""
    sources = [recipe.base, recipe.motion, *(lora.weights for lora in recipe.loras)]
    told = {
        "weights": [[weights.label, weights.variant, _files_of(weights)] for weights in sources],
        "scales": [lora.scale for lora in recipe.loras],
        "tiny_vae": [recipe.tiny_vae.label, _files_of(recipe.tiny_vae)] if recipe.tiny_vae else None,
        "scheduler": recipe.scheduler.class_name,
        "dtype": str(dtype),
        "diffusers": diffusers.__version__,
    }
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:12]
    return f"{recipe.tier}-{digest}"


def is_kept(folder: Path) -> bool:
    """It is there, and whole."""
    return (folder / _ORIGIN).exists()


def keep(parts: Parts, folder: Path, recipe: Recipe) -> None:
    """Whole or not at all, so that two renderers that start at once do not read each other's halves."""
    arriving = folder.with_name(f"arriving-{uuid.uuid4().hex}")
    try:
        for name in _PARTS:
            getattr(parts, name).save_pretrained(arriving / name)
        if parts.are_random:
            (arriving / RANDOM_WEIGHTS).touch()
        (arriving / _ORIGIN).write_text(json.dumps(asdict(recipe), indent=1))
        if folder.exists() and not is_kept(folder):  # somebody took a part of it away
            shutil.rmtree(folder)
        if not folder.exists():
            arriving.rename(folder)
    except OSError as error:
        if is_kept(folder):  # another renderer was first
            return
        log.warning("animatediff.not_kept", extra={"folder": str(folder), "reason": str(error)})
    finally:
        shutil.rmtree(arriving, ignore_errors=True)


def load_kept(folder: Path, dtype: torch.dtype) -> Parts:
    vae_class = json.loads((folder / "vae" / "config.json").read_text())["_class_name"]
    scheduler_class = json.loads((folder / "scheduler" / "scheduler_config.json").read_text())["_class_name"]
    weights = Weights(repository=str(folder))
    return Parts(
        unet=read(diffusers.UNetMotionModel, weights, "unet", dtype),
        vae=read(getattr(diffusers, vae_class), weights, "vae", dtype),
        text_encoder=read_text_encoder(weights, dtype),
        tokenizer=transformers.CLIPTokenizer.from_pretrained(folder / "tokenizer"),
        scheduler=getattr(diffusers, scheduler_class).from_pretrained(folder / "scheduler"),
        are_random=(folder / RANDOM_WEIGHTS).exists(),
    )


def _files_of(weights: Weights) -> list[list[object]]:
    """Of a local source: what changes when somebody puts other weights there. The hub's are known by their revision."""
    folder = Path(weights.repository)
    if not folder.is_dir():
        return []
    files = [folder / weights.file] if weights.file else sorted(folder.rglob("*.safetensors"))
    return [[str(f.relative_to(folder)), f.stat().st_size, f.stat().st_mtime_ns] for f in files if f.exists()]
