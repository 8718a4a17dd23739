"""Options: what a fleet's configuration may say about AnimateDiff, read into a recipe. Needs no torch, so a wrong one is found at the start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from episodes.errors import BadInput
from rendering.backends.animatediff.recipes import Recipe, Tier, recipe_of
from rendering.backends.opening import sources_of
from rendering.backends.option_values import DEVICES, device_of, sizes_of, truth_of
from rendering.backends.recipe import BackendRecipe
from rendering.backends.weights import lora_of, scaled_of, weights_of

OPTIONS = {
    "tier": "draft, standard (the default) or master",
    "model": "an SD 1.5 model: a hub id (owner/name, owner/name@revision) or a folder",
    "motion_adapter": "a hub id, a file in one (owner/name/file.safetensors), a folder or a file",
    "tiny_vae": "an AutoencoderTiny for the draft tier",
    "ip_adapter": "IP-Adapter weights for characters' reference pictures: a file like h94/IP-Adapter/models/ip-adapter_sd15.safetensors",
    "sparse_control": "a SparseCtrl network for pictures, with its scale: beats begin with their opening; guoyww/animatediff-sparsectrl-rgb:1.0",
    "opening": "what SparseCtrl has a beat begin with, first come: previous (the default), picture, animatic, separated by commas",
    "lora": "LoRAs, separated by commas, each with its scale: owner/name/file.safetensors:0.8",
    "device": DEVICES,
    "compile": "true (the default) or false: record the UNet as CUDA graphs while it warms up",
    "warm": "sizes of clips to warm up for, like 512x512,1280x720; default: both modes' own",
}
DEFAULT_WARM = ((512, 512), (1280, 720))


@dataclass(frozen=True, kw_only=True, slots=True)
class Setup:
    """A recipe, and where and how it is opened."""

    recipe: Recipe
    device: str | None
    """None: a GPU where there is one, else the CPU."""
    warm_sizes: tuple[tuple[int, int], ...]
    """Widths and heights of clips."""
    kept: Path | None
    """Folder in which fused weights are kept on this disk; None: they are not."""


def setup_of(backend: BackendRecipe) -> Setup:
    """Raises BadInput, which names the option, for anything that can never work."""
    given = backend.options
    if unknown := sorted(set(given) - set(OPTIONS)):
        known = "; ".join(f"{name}: {meaning}" for name, meaning in OPTIONS.items())
        raise BadInput(f"AnimateDiff has no option {unknown[0]!r}.", f"It has {known}.", where=f"options.{unknown[0]}")
    recipe = recipe_of(given.get("tier", Tier.STANDARD))
    home = backend.home
    if "model" in given:
        recipe = replace(recipe, base=weights_of("model", given["model"], home))
    if "motion_adapter" in given:
        recipe = replace(recipe, motion=weights_of("motion_adapter", given["motion_adapter"], home))
    if "tiny_vae" in given and recipe.tiny_vae is not None:
        recipe = replace(recipe, tiny_vae=weights_of("tiny_vae", given["tiny_vae"], home))
    if "ip_adapter" in given:
        recipe = replace(recipe, ip_adapter=weights_of("ip_adapter", given["ip_adapter"], home))
    recipe = _with_opening(recipe, given, home)
    if "lora" in given:
        recipe = replace(recipe, loras=tuple(lora_of(one, home) for one in given["lora"].split(",")))
    if not truth_of("compile", given.get("compile", "true")):
        recipe = replace(recipe, compile=replace(recipe.compile, unet=False))
    return Setup(
        recipe=recipe,
        device=device_of(given.get("device")),
        warm_sizes=sizes_of(given["warm"]) if "warm" in given else DEFAULT_WARM,
        kept=home / "models" / "animatediff" if home is not None else None,
    )


def _with_opening(recipe: Recipe, given: Mapping[str, str], home: Path | None) -> Recipe:
    if "sparse_control" in given:
        weights, scale = scaled_of("sparse_control", given["sparse_control"], home)
        recipe = replace(recipe, sparse_control=weights, sparse_control_scale=scale)
    if "opening" not in given:
        return recipe
    if recipe.sparse_control is None:
        raise BadInput("opening says what SparseCtrl shows, and there is none.", "Give sparse_control too.", "options.opening")
    return replace(recipe, openings=sources_of(given["opening"]))
