"""The versions that an episode's plan has had: each is kept whole, so that it can be taken up again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from episodes.plan import Plan


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionNote:
    """A version without its plan."""

    version: int
    """The `plan_version` that its episode was at then; no number comes twice."""
    at: datetime
    cause: str
    """What was done, in a few words: "planned", "beat b2 changed", "restored version 3"."""
    num_beats: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanVersion(VersionNote):
    plan: Plan
    world_revision: int | None
    """Of the world that it was planned in."""


def restored(version: int) -> str:
    """The cause of a version that brings this one back."""
    return f"restored version {version}"
