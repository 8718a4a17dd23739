"""Models that many tests share, each set loaded once per process: a loop or a backend only reads them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import torch

from rendering.backends.animatediff.loading import load_models
from rendering.backends.animatediff.models import Models
from rendering.backends.animatediff.recipes import MemoryPlan, Recipe

CPU = torch.device("cpu")


def loaded(recipe: Recipe) -> Models:
    return _loaded(replace(recipe, num_steps=1, guidance=1.0, memory=MemoryPlan()))  # which loading does not look at


@cache
def _loaded(recipe: Recipe) -> Models:
    return load_models(recipe, CPU)
