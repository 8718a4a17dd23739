"""Keeping: fused weights on the local disk, where every start after the first one finds them.

They are only a copy: what cannot be read any more is made anew from where it came.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import uuid
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import diffusers
import torch
import transformers
from safetensors import SafetensorError

from episodes.errors import StoryWorldError
from rendering.backends.animatediff.reading import Parts, read, read_text_encoder, reading
from rendering.backends.animatediff.recipes import Recipe
from rendering.backends.untrained import RANDOM_WEIGHTS
from rendering.backends.weights import Weights

log = logging.getLogger("storyworld.animatediff")

_ORIGIN = "origin.json"
"""The last file that is written into a folder of fused weights; it tells the sizes of the others. Without it the folder is not whole."""
_PARTS = ("unet", "vae", "text_encoder", "tokenizer", "scheduler")
_TEXTS = (".json", ".txt")


def fused_name(recipe: Recipe, dtype: torch.dtype) -> str:
    """The folder of a recipe's fused weights: another for whatever changes them. Local sources count by their files."""
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


def keep(parts: Parts, folder: Path, recipe: Recipe) -> None:
    """Whole or not at all, so that two renderers that start at once do not read each other's halves, and a power cut leaves none."""
    arriving = folder.with_name(f"arriving-{uuid.uuid4().hex}")
    try:
        for name in _PARTS:
            getattr(parts, name).save_pretrained(arriving / name)
        if parts.are_random:
            (arriving / RANDOM_WEIGHTS).touch()
        _sync(arriving)
        (arriving / _ORIGIN).write_text(json.dumps({"recipe": asdict(recipe), "sizes": _sizes_in(arriving)}, indent=1))
        if folder.exists() and not _is_whole(folder):
            shutil.rmtree(folder)
        if not folder.exists():
            arriving.rename(folder)
    except (OSError, SafetensorError) as error:
        if _is_whole(folder):  # another renderer was first
            return
        log.warning("animatediff.not_kept", extra={"folder": str(folder), "reason": str(error)})
    finally:
        shutil.rmtree(arriving, ignore_errors=True)


def load_kept(folder: Path, dtype: torch.dtype) -> Parts | None:
    """None: nothing is kept there, or it cannot be read any more; then `keep` puts another copy in its place."""
    if not folder.exists():
        return None
    try:
        with reading(Weights(repository=str(folder)), "fused weights"):
            if not _is_whole(folder):  # the libraries would do without some of it, and say nothing
                raise FileNotFoundError("a part of it is missing.")
            return _loaded(folder, dtype)
    except StoryWorldError as error:
        log.warning("animatediff.kept_is_damaged", extra={"folder": str(folder), "reason": error.message})
        with suppress(OSError):  # where it cannot be taken away, every start builds its own
            (folder / _ORIGIN).unlink()
        return None


def _loaded(folder: Path, dtype: torch.dtype) -> Parts:
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


def _is_whole(folder: Path) -> bool:
    try:
        sizes: dict[str, int] = json.loads((folder / _ORIGIN).read_text())["sizes"]
    except (OSError, ValueError, KeyError):
        return False
    return {name: size for name, size in _sizes_in(folder).items() if name in sizes} == sizes


def _sizes_in(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.stat().st_size for path in sorted(folder.rglob("*")) if path.is_file()}


def _sync(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _files_of(weights: Weights) -> list[list[object]]:
    """Of a local source: what changes when somebody puts another model there. The hub's are known by their revision."""
    folder = Path(weights.repository)
    if not folder.is_dir():
        return []
    wanted = sorted(path for path in folder.rglob("*") if path.suffix in (".safetensors", *_TEXTS))
    files = [folder / weights.file] if weights.file else wanted
    return [[str(file.relative_to(folder)), *_known_by(file)] for file in files if file.is_file()]


def _known_by(file: Path) -> tuple[object, ...]:
    """Weights by their size and time, for reading gigabytes takes as long as fusing them."""
    if file.suffix in _TEXTS:
        return (hashlib.sha256(file.read_bytes()).hexdigest(),)
    return file.stat().st_size, file.stat().st_mtime_ns
