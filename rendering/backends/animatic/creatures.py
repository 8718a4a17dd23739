"""Draws who is not a person: monsters, robots, beasts, dragons, birds and blobs, all looking right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from rendering.backends.animatic.acts import Mood
from rendering.backends.animatic.animals import draw_beast, draw_bird, draw_blob, draw_dragon
from rendering.backends.animatic.looks import Body, Looks
from rendering.backends.animatic.pen import Pen
from rendering.backends.animatic.poses import Pose
from rendering.backends.animatic.titans import draw_monster, draw_robot

Draw = Callable[[Pen, Looks, Pose, Mood, float, float, bool], None]

_DRAWN_BY: Mapping[Body, Draw] = MappingProxyType(
    {
        Body.MONSTER: draw_monster,
        Body.ROBOT: draw_robot,
        Body.BEAST: draw_beast,
        Body.DRAGON: draw_dragon,
        Body.BIRD: draw_bird,
        Body.BLOB: draw_blob,
    }
)


def draw_creature(pen: Pen, looks: Looks, pose: Pose, mood: Mood, sway: float, time_s: float, *, blink: bool) -> None:
    """`time_s` moves what always moves: tails and wings."""
    _DRAWN_BY[looks.body](pen, looks, pose, mood, sway, time_s, blink)
