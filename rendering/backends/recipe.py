"""BackendRecipe: how to open a backend somewhere else. It travels between processes; what it opens never does."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class BackendRecipe:
    """Names a backend and its settings, small enough to be pickled."""

    name: str
    """`animatic`, or `stub`, which means it too."""
    options: dict[str, str] = field(default_factory=dict)
    """What the backend's own page lists; the animatic has none."""
