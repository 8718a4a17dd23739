"""Shapes: what a recipe's model makes for a clip, and which of it goes where. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from episodes.plan import Format
from rendering.backends.diffusers.recipes import Recipe
from rendering.backends.shaping import at_own_speed, size_near, stretched


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """What is made, and what becomes of it."""

    width: int
    height: int
    num_frames: int
    """To be made; legal."""
    picks: tuple[int, ...]
    """Of the frames made, those that are kept."""
    indices: tuple[int, ...]
    """Where in the clip each pick stands; motion fills in the rest."""
    slowdown: float
    """1: motion runs at the model's own speed; 2: a clip twice as long as what the model can make."""


def shape_of(film_format: Format, num_frames: int, recipe: Recipe) -> Shape:
    """`num_frames`: of the finished clip. What is made beyond its end is dropped; where it is too long, what can be made is stretched over it."""
    size = recipe.size
    width, height = size_near(
        film_format.width,
        film_format.height,
        multiple=size.multiple,
        least_pixels=size.least_pixels,
        most_pixels=size.most_pixels,
    )
    indices, picks = at_own_speed(num_frames, film_format.fps, recipe.speed.native_fps)
    made, slowdown = recipe.frames.at_least(picks[-1] + 1), 1.0
    if made <= picks[-1]:
        indices, picks = stretched(num_frames, made)
        slowdown = float(Fraction(num_frames * recipe.speed.native_fps, film_format.fps * made))
    return Shape(width=width, height=height, num_frames=made, picks=picks, indices=indices, slowdown=slowdown)
