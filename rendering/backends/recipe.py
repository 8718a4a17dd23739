"""BackendRecipe: how to open a backend somewhere else. It travels between processes; what it opens never does."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class BackendRecipe:
    """Names a backend and its settings, small enough to be pickled."""

    name: str
    """`animatic`, or `stub`, which means it too; `animatediff`, `svd`, `diffusers`."""
    options: dict[str, str] = field(default_factory=dict)
    """What the backend's own page lists; the animatic has none."""
    home: Path | None = None
    """Folder on which relative paths in the options hang, and in which weights are kept; None: none are."""
