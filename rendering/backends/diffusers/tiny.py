"""Tiny video models with random weights: the real classes, saved as the published ones are, for tests and for trying things out.

`python -m rendering.backends.diffusers.tiny FOLDER` writes them, each with a recipe beside it. What they paint is noise.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rendering.backends.diffusers.recipes import Argument, FrameRule, Recipe, SizeRule, built_in
from rendering.backends.diffusers.tiny_models import MODELS, SIDE
from rendering.backends.libraries import quieten
from rendering.backends.untrained import mark_as_random

_FEWER_WORDS: dict[str, dict[str, Argument]] = {key: {"max_sequence_length": 64} for key in ("ltx", "wan", "wan-5b")}
_FEWEST = 3  # frames of a model that always makes the same number


def make_tiny(kind: str, folder: Path) -> Path:
    """Write one of MODELS into `folder / kind`, if it is not there, and give the path of its recipe."""
    model, recipe = folder / kind, folder / f"{kind}.json"
    if not recipe.exists():
        quieten()
        import torch

        torch.manual_seed(0)
        MODELS[kind]().save_pretrained(model, safe_serialization=True)
        mark_as_random(model)
        recipe.write_text(_recipe_of(kind, model).model_dump_json(indent=1))
    return recipe


def _recipe_of(kind: str, model: Path) -> Recipe:
    """The built-in one, with fewer pixels, frames and steps."""
    whole = built_in(kind)
    size = SizeRule(multiple=min(whole.size.multiple, SIDE // 2), least_pixels=SIDE**2, most_pixels=SIDE**2)
    return whole.model_copy(
        update={
            "model": str(model),
            "variant": None,
            "licence": "",
            "call": {**whole.call, "num_inference_steps": 2, **_FEWER_WORDS.get(kind, {})},
            "frames": _fewer(whole.frames),
            "size": size,
        }
    )


def _fewer(rule: FrameRule) -> FrameRule:
    if rule.least == rule.most:
        return FrameRule(argument=rule.argument, base=_FEWEST, step=1, least=_FEWEST, most=_FEWEST)
    return rule.model_copy(update={"most": rule.base + 2 * rule.step})


if __name__ == "__main__":
    for made in (make_tiny(kind, Path(sys.argv[1]).resolve()) for kind in MODELS):
        sys.stdout.write(f"A tiny model with RANDOM weights, which paints noise, and its recipe: {made}\n")
