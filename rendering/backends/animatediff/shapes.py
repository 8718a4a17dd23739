"""Shapes: from a clip's size, length and frame rate to frames that AnimateDiff can make, and back. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from episodes.plan import Format
from rendering.backends.animatediff.recipes import Recipe, SizeRule
from rendering.backends.shaping import at_own_speed, size_near


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """What is made, and which of it goes where in the clip."""

    width: int
    height: int
    num_frames: int
    """To be made: 16 + 12k."""
    picks: tuple[int, ...]
    """Of the frames made, those that are kept."""
    indices: tuple[int, ...]
    """Where in the clip each pick stands; motion fills in the rest."""


def shape_of(film_format: Format, num_frames: int, recipe: Recipe, native_side: int) -> Shape:
    """`num_frames`: of the finished clip. Motion runs at the model's own speed: what is made beyond the clip's end is dropped."""
    indices, picks = at_own_speed(num_frames, film_format.fps, recipe.native_fps)
    width, height = legal_size(film_format.width, film_format.height, recipe.size, native_side)
    return Shape(width=width, height=height, num_frames=recipe.frames.at_least(picks[-1] + 1), picks=picks, indices=indices)


def legal_size(width: int, height: int, rule: SizeRule, native_side: int) -> tuple[int, int]:
    """Of the clip's aspect, as far as multiples allow, and of an area between the native one and what the rule allows."""
    native = native_side**2
    return size_near(
        width,
        height,
        multiple=min(rule.multiple, native_side),
        least_pixels=native,
        most_pixels=round(rule.most_native_areas * native),
    )
