"""Shots: how a beat is looked at, beside its size and its move."""

from __future__ import annotations

from enum import StrEnum


class Angle(StrEnum):
    """From how high the camera looks."""

    EYE_LEVEL = "eye level"
    LOW = "low"
    """From below: who is shown is strong or large."""
    HIGH = "high"
    OVERHEAD = "overhead"
    DUTCH = "dutch"
    """The horizon is tilted: something is wrong."""


class KeyframeDensity(StrEnum):
    """How closely a backend that chooses its own keyframes sets them; one whose model makes every frame has no choice."""

    SPARSE = "sparse"
    """Two thirds as many, where that can be: for calm beats."""
    NORMAL = "normal"
    DENSE = "dense"
    """Twice as many, up to what drawing a beat may cost: for what moves fast."""


class Position(StrEnum):
    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"
