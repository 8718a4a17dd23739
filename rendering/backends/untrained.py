"""Models that nobody trained: they show that the machinery works, and every frame and recipe says that it shows nothing else."""

from __future__ import annotations

from pathlib import Path

from rendering.backend import BurnIn

RANDOM_WEIGHTS = "RANDOM_WEIGHTS.txt"
"""Lies in the folder of such a model."""
WARNING = BurnIn(label="RANDOM WEIGHTS", subtitle="", show_timecode=False)
"""Stands on every frame."""
CONFESSION = "random: nobody trained this model"
"""Stands in the recipe, under `weights`."""


def mark_as_random(folder: Path) -> None:
    (folder / RANDOM_WEIGHTS).write_text("The weights are random: what this model paints is noise.\n")
