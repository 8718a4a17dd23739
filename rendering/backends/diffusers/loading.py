"""Loading: from a recipe to diffusers' own pipelines, with its own from_pretrained: safetensors only, and no code from the hub."""

from __future__ import annotations

import inspect
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from rendering.backends.diffusers.classes import pipeline_class, scheduler_class
from rendering.backends.diffusers.options import Setup
from rendering.backends.diffusers.recipes import Recipe
from rendering.backends.hub import reading
from rendering.backends.libraries import Part, quieten
from rendering.backends.untrained import RANDOM_WEIGHTS

quieten()  # before the first class of theirs is asked for: what it imports talks

log = logging.getLogger("storyworld.diffusers")

HINT = "Give a hub id or a folder of a model for this recipe's pipeline as `save_pretrained` writes it, with safetensors."


@dataclass(frozen=True, kw_only=True, slots=True)
class Pipelines:
    """diffusers' own, in the host's memory, in evaluation mode and without gradients; they share all their parts."""

    text: Part
    """Makes a beat out of its prompt; None where the recipe has none."""
    image: Part
    """Makes a beat out of the picture that it opens with, likewise; may be the same."""
    dtype: torch.dtype
    """Of most of its parts."""
    are_random: bool
    """Nobody trained them: they show that the machinery works, and nothing else."""

    def for_beat(self, *, has_opening: bool) -> Part:
        return self.image if has_opening else self.text

    @property
    def all(self) -> tuple[Part, ...]:
        """Each once."""
        found = [pipeline for pipeline in (self.text, self.image) if pipeline is not None]
        return tuple(found[:1]) if all(pipeline is found[0] for pipeline in found) else tuple(found)

    @property
    def modules(self) -> dict[str, Part]:
        """The networks among their parts, by name."""
        parts = {name: part for pipeline in self.all for name, part in pipeline.components.items()}
        return {name: part for name, part in parts.items() if isinstance(part, torch.nn.Module)}


def load_pipelines(setup: Setup, device: torch.device) -> Pipelines:
    """Everything that the recipe needs, not yet on the device.

    Raises BadInput for what is missing or does not fit the recipe, Unavailable when the hub cannot be reached.
    """
    recipe, began_s = setup.recipe, time.monotonic()
    classes = {name: pipeline_class(name, recipe) for name in (recipe.text_pipeline, recipe.image_pipeline) if name is not None}
    scheduler = scheduler_class(recipe.scheduler) if recipe.scheduler is not None else None
    dtypes = {name: _dtype(kind, device) for name, kind in {"default": recipe.dtype, **recipe.component_dtypes}.items()}
    first = _loaded(setup, next(iter(classes.values())), dtypes)
    if recipe.scheduler is not None and scheduler is not None:
        with reading(setup.weights, "scheduler", hint="Look at the scheduler of the recipe."):
            first.scheduler = scheduler.from_config(first.scheduler.config, **recipe.scheduler.options)
    text, image = (
        _around(first, classes[name]) if name is not None else None for name in (recipe.text_pipeline, recipe.image_pipeline)
    )
    seconds = round(time.monotonic() - began_s, 2)
    log.info("diffusers.loaded", extra={"recipe": recipe.name, "model": setup.weights.label, "seconds": seconds})
    are_random = (Path(setup.weights.repository) / RANDOM_WEIGHTS).exists()
    return Pipelines(text=text, image=image, dtype=dtypes["default"], are_random=are_random)


def _dtype(kind: str, device: torch.device) -> torch.dtype:
    dtype: torch.dtype = getattr(torch, kind)
    return torch.float32 if device.type == "cpu" else dtype


def _loaded(setup: Setup, cls: Part, dtypes: Mapping[str, torch.dtype]) -> Part:
    weights, recipe = setup.weights, setup.recipe
    with reading(weights, "pipeline", hint=HINT):
        pipeline = cls.from_pretrained(
            weights.repository,
            revision=weights.revision,
            variant=weights.variant,
            dtype=dict(dtypes),
            use_safetensors=True,
            trust_remote_code=False,
        )
        _check_parts(pipeline, recipe)
    for lora in setup.loras:
        with reading(lora.weights, "LoRA", hint=HINT):
            _fuse(pipeline, lora.weights.repository, lora.weights.file, lora.weights.revision, lora.scale)
    for part in _modules(pipeline).values():
        part.eval().requires_grad_(False)
    return pipeline


def _check_parts(pipeline: Part, recipe: Recipe) -> None:
    modules = _modules(pipeline)
    if absent := [name for name in (*recipe.compile, *recipe.component_dtypes) if name not in modules]:
        raise ValueError(f"it has no part {absent[0]!r}, which the recipe names.")
    if whole := [name for name in recipe.compile if not getattr(modules[name], "_repeated_blocks", None)]:
        raise ValueError(f"its part {whole[0]!r} has no blocks that repeat, which the recipe would have compiled.")
    for name, part in modules.items():
        empty = next((weight for weight, value in part.named_parameters() if value.is_meta), None)
        if empty is not None:  # they leave it so without a word
            raise ValueError(f"its {name} has no weights for {empty}.")


def _fuse(pipeline: Part, repository: str, file: str | None, revision: str | None, scale: float) -> None:
    """Into the weights themselves, so that it costs nothing per step."""
    if not hasattr(pipeline, "load_lora_weights"):
        raise TypeError(f"{type(pipeline).__name__} takes none.")
    pipeline.load_lora_weights(repository, revision=revision, weight_name=file, use_safetensors=True)
    pipeline.fuse_lora(lora_scale=scale)
    pipeline.unload_lora_weights()


def _around(first: Part, cls: Part) -> Part:
    """A pipeline of this class around the very same parts."""
    if type(first) is cls:
        return first
    wanted = inspect.signature(cls.__init__).parameters
    have = {**first.config, **first.components}
    return cls(**{name: have[name] for name in wanted if name in have})


def _modules(pipeline: Part) -> dict[str, torch.nn.Module]:
    return {name: part for name, part in pipeline.components.items() if isinstance(part, torch.nn.Module)}
