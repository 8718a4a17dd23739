"""Options: what a fleet's configuration may say about AnimateDiff, read into a recipe. Needs no torch, so a wrong one is found at the start."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from episodes.errors import BadInput
from rendering.backends.animatediff.recipes import Lora, Recipe, Tier, Weights, recipe_of
from rendering.backends.recipe import BackendRecipe

OPTIONS = {
    "tier": "draft, standard (the default) or master",
    "model": "an SD 1.5 model: a hub id (owner/name, owner/name@revision) or a folder",
    "motion_adapter": "a hub id, a file in one (owner/name/file.safetensors), a folder or a file",
    "tiny_vae": "an AutoencoderTiny for the draft tier",
    "ip_adapter": "IP-Adapter weights for characters' reference pictures: a file like h94/IP-Adapter/models/ip-adapter_sd15.safetensors",
    "lora": "LoRAs, separated by commas, each with its scale: owner/name/file.safetensors:0.8",
    "device": "cuda, cuda:1 or cpu; default: cuda where there is one",
    "compile": "true (the default) or false: record the UNet as CUDA graphs while it warms up",
    "warm": "sizes of clips to warm up for, like 512x512,1280x720; default: 512x512",
}
DEFAULT_WARM = ((512, 512),)


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
        recipe = replace(recipe, base=_weights("model", given["model"], home))
    if "motion_adapter" in given:
        recipe = replace(recipe, motion=_weights("motion_adapter", given["motion_adapter"], home))
    if "tiny_vae" in given and recipe.tiny_vae is not None:
        recipe = replace(recipe, tiny_vae=_weights("tiny_vae", given["tiny_vae"], home))
    if "ip_adapter" in given:
        recipe = replace(recipe, ip_adapter=_weights("ip_adapter", given["ip_adapter"], home))
    if "lora" in given:
        recipe = replace(recipe, loras=tuple(_lora(one, home) for one in given["lora"].split(",")))
    if not _truth("compile", given.get("compile", "true")):
        recipe = replace(recipe, compile=replace(recipe.compile, unet=False))
    return Setup(
        recipe=recipe,
        device=_device(given.get("device")),
        warm_sizes=_sizes(given["warm"]) if "warm" in given else DEFAULT_WARM,
        kept=home / "models" / "animatediff" if home is not None else None,
    )


def _weights(option: str, text: str, home: Path | None) -> Weights:
    """A path stays one where it exists or looks like one; anything else is the hub's: owner/name[/file][@revision]."""
    path = Path(text).expanduser()
    if not path.is_absolute() and home is not None:
        path = home / path
    if path.exists() or text.startswith(("/", ".", "~")):
        if path.suffix == ".safetensors":
            return Weights(repository=str(path.parent), file=path.name)
        return Weights(repository=str(path))
    name, _, revision = text.partition("@")
    parts = name.split("/")
    if len(parts) < 2 or not all(parts):
        hint = "Write owner/name, owner/name@revision or the path of a folder that exists."
        raise BadInput(f"{text!r} is neither a folder nor a hub id.", hint, where=f"options.{option}")
    return Weights(repository="/".join(parts[:2]), file="/".join(parts[2:]) or None, revision=revision or None)


def _lora(text: str, home: Path | None) -> Lora:
    name, _, scale = text.strip().rpartition(":")
    try:
        return Lora(weights=_weights("lora", name or scale, home), scale=float(scale) if name else 1.0)
    except ValueError:
        hint = "Write it like owner/name/file.safetensors:0.8."
        raise BadInput(f"The LoRA {text!r} has no number as its scale.", hint, where="options.lora") from None


def _device(text: str | None) -> str | None:
    if text is None or text == "cpu" or text == "cuda" or (text.startswith("cuda:") and text[5:].isdigit()):
        return text
    raise BadInput(f"{text!r} is no device.", f"It is {OPTIONS['device']}.", where="options.device")


def _truth(option: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise BadInput(f"{option} is {text!r}.", "It is true or false.", where=f"options.{option}")
    return text == "true"


def _sizes(text: str) -> tuple[tuple[int, int], ...]:
    try:
        sizes = tuple((int(width), int(height)) for width, height in (one.split("x") for one in text.split(",")))
    except ValueError:
        raise BadInput(f"{text!r} are no sizes.", "Write them like 512x512,1280x720.", where="options.warm") from None
    if any(not 64 <= side <= 3840 for size in sizes for side in size):
        raise BadInput(f"{text!r} holds a size that no clip has.", "Sides are 64 to 3840 pixels.", where="options.warm")
    return sizes
