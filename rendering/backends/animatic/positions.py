"""Positions: who is told to be on the left, in the middle or on the right of the picture, is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from episodes.shots import Position
from rendering.backends.animatic.actors import Actor
from rendering.backends.animatic.framing import Framing

_SIDES = {Position.LEFT: -2, Position.CENTRE: 0, Position.RIGHT: 2}  # farther out than those who are told nothing
_THIRD = 1 / 6  # of the frame's width, from the middle to where it is divided in three


def as_told(actors: list[Actor]) -> list[Actor]:
    """In the order of `actors`: those with a position from left to right as told, the others on the side where they would be."""
    by_x = sorted(actors, key=lambda actor: actor.x)
    wanted = sorted(by_x, key=_side)
    if wanted == by_x:
        return actors
    apart = min(_between(left, right) for left, right in pairwise(by_x))
    together = not any(actor.faces_left for actor in actors)
    edge = -(sum(actor.width for actor in wanted) + apart * (len(wanted) - 1)) / 2
    xs: dict[int, float] = {}
    for actor in wanted:
        xs[id(actor)] = edge + actor.width / 2
        edge += actor.width + apart
    return [replace(actor, x=xs[id(actor)], faces_left=xs[id(actor)] > 0 and not together) for actor in actors]


def beside(framing: Framing, actors: Sequence[Actor], aspect: float) -> Framing:
    """Where all are told to be on one side, the other one stays free, as far as nobody is cut off."""
    sides = {actor.member.position for actor in actors}
    if len(sides) != 1 or not sides & {Position.LEFT, Position.RIGHT}:
        return framing
    width = framing.tall * aspect
    shown = max(a.x + a.width / 2 for a in actors) - min(a.x - a.width / 2 for a in actors)
    shift = max(0.0, min(width * _THIRD, (width - shown) / 2))
    return replace(framing, x=framing.x + (shift if sides == {Position.LEFT} else -shift))


def _side(actor: Actor) -> int:
    position = actor.member.position
    return _SIDES[position] if position is not None else (actor.x > 0) - (actor.x < 0)


def _between(left: Actor, right: Actor) -> float:
    return (right.x - right.width / 2) - (left.x + left.width / 2)
