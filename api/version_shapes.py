"""What the API answers about the versions of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from api.shapes import Shape
from episodes.plan import Plan
from episodes.versions import PlanVersion, VersionNote


class VersionShape(Shape):
    version: int
    """The `plan_version` of the episode at that time."""
    at: datetime
    cause: str
    """What was done: "planned", "beat b2 changed", "restored version 3"."""
    num_beats: int


class VersionListShape(Shape):
    episode_id: str
    versions: list[VersionShape]
    """Newest first: the first of all is how the plan stands."""
    next_before: int | None
    """Give it back as `before` for the next page; null: this was the last."""


class PlanVersionShape(VersionShape):
    episode_id: str
    world_revision: int | None
    """Of the world that it was planned in."""
    plan: Plan


def versions_shape(episode_id: str, notes: Sequence[VersionNote], *, limit: int) -> VersionListShape:
    return VersionListShape(
        episode_id=episode_id,
        versions=[VersionShape(**asdict(note)) for note in notes],
        next_before=notes[-1].version if len(notes) == limit and notes[-1].version > 1 else None,
    )


def plan_version_shape(episode_id: str, kept: PlanVersion) -> PlanVersionShape:
    return PlanVersionShape(
        episode_id=episode_id,
        version=kept.version,
        at=kept.at,
        cause=kept.cause,
        num_beats=kept.num_beats,
        world_revision=kept.world_revision,
        plan=kept.plan,
    )
