"""Draws a person's head in its own frame: the centre at (0, 0), half a head high is 1, looking right."""

from __future__ import annotations

import numpy as np

from rendering.backends.animatic.acts import Mood
from rendering.backends.animatic.looks import Hair, Looks
from rendering.backends.animatic.palette import WHITE, Rgb, darker, lighter, mix
from rendering.backends.animatic.pen import Pen
from rendering.backends.animatic.shapes import Point, Points, oval, points, smooth

_FACE = smooth(
    [
        (-0.72, 0.25),
        (-0.6, 0.78),
        (0.0, 1.0),
        (0.6, 0.8),
        (0.78, 0.25),
        (0.72, -0.25),
        (0.46, -0.72),
        (0.2, -0.93),
        (-0.08, -0.86),
        (-0.52, -0.45),
    ]
)
_EYES: tuple[Point, Point] = ((-0.1, -0.08), (0.52, -0.08))
"""Near and far: the head is turned by about a third."""


def draw_head(pen: Pen, looks: Looks, mood: Mood, mouth: float, sway: float, *, blink: bool) -> None:
    _draw_ear(pen, looks)
    pen.body(_FACE, looks.skin)
    pen.fill(
        smooth([(-0.66, 0.2), (-0.5, -0.4), (-0.08, -0.82), (0.2, -0.9), (0.0, -0.72), (-0.36, -0.3), (-0.46, 0.25)]),
        darker(looks.skin, 0.13),
    )
    _draw_features(pen, looks, mood, mouth, blink=blink or mood is Mood.ASLEEP)
    _draw_hair(pen, looks, sway)
    if looks.glasses:
        for x, y in _EYES:
            ring = oval((x, y), 0.27, 0.24)
            pen.stroke(np.vstack([ring, ring[:1]]), 0.05)
    if looks.beard:
        pen.body(
            smooth([(-0.5, -0.4), (-0.1, -0.45), (0.2, -0.36), (0.6, -0.42), (0.5, -1.0), (0.2, -1.4), (-0.2, -1.05)]),
            looks.hair_colour,
        )
    _draw_hat(pen, looks)


def _draw_ear(pen: Pen, looks: Looks) -> None:
    pen.body(oval((-0.68, -0.06), 0.15, 0.22), looks.skin)
    pen.fill(oval((-0.67, -0.06), 0.07, 0.12), darker(looks.skin, 0.2))


def _draw_features(pen: Pen, looks: Looks, mood: Mood, mouth: float, *, blink: bool) -> None:
    if mood in (Mood.HAPPY, Mood.SAD, Mood.SCARED):
        blush = mix(looks.skin, (250, 110, 110), 0.4)
        pen.wash(oval((-0.28, -0.36), 0.17, 0.1), blush, 0.8, 0.05)
        pen.wash(oval((0.62, -0.36), 0.11, 0.09), blush, 0.8, 0.05)
    for side, centre in enumerate(_EYES):
        _draw_eye(pen, looks, mood, centre, 0.86 if side else 1.0, blink=blink)
        _draw_brow(pen, looks, mood, centre, inner=-1 if side else 1)
    pen.stroke([(0.34, -0.26), (0.37, -0.38), (0.3, -0.4)], 0.035, darker(looks.skin, 0.45))
    _draw_mouth(pen, mood, mouth)
    if mood is Mood.SAD:
        for x in (-0.16, 0.5):
            pen.fill(smooth([(x, -0.3), (x + 0.07, -0.5), (x, -0.6), (x - 0.07, -0.5)]), (140, 206, 255))


def _draw_eye(pen: Pen, looks: Looks, mood: Mood, centre: Point, width: float, *, blink: bool) -> None:
    x, y = centre
    if blink:
        pen.curve([(x - 0.18 * width, y), (x, y - 0.09), (x + 0.18 * width, y)], 0.055)
        return
    tall = {Mood.ASTONISHED: 0.36, Mood.SCARED: 0.34, Mood.ANGRY: 0.2, Mood.DETERMINED: 0.23, Mood.SAD: 0.26}.get(mood, 0.29)
    white = oval((x, y), 0.19 * width, tall)
    pen.fill(white, WHITE)
    small = 0.55 if mood in (Mood.ASTONISHED, Mood.SCARED) else 1.0
    iris_x, iris_y = x + 0.035, y - 0.015
    pen.fill(oval((iris_x, iris_y), 0.14 * width * small, min(tall, 0.25) * 0.9 * small), darker(looks.eyes, 0.25))
    pen.fill(oval((iris_x, iris_y - 0.06 * small), 0.1 * width * small, 0.13 * small), lighter(looks.eyes, 0.25))
    pen.fill(oval((iris_x, iris_y), 0.065 * width * small, 0.11 * small), (24, 18, 34))
    pen.disc((iris_x - 0.05, iris_y + 0.09 * small), 0.05, WHITE)
    lid = [
        (x - 0.2 * width, y + tall * 0.3),
        (x - 0.08, y + tall * 0.92),
        (x + 0.08, y + tall * 0.95),
        (x + 0.21 * width, y + tall * 0.45),
    ]
    pen.curve(lid, 0.075)
    if looks.feminine:
        pen.stroke([(x - 0.18 * width, y + tall * 0.5), (x - 0.29 * width, y + tall * 0.72)], 0.045)


def _draw_brow(pen: Pen, looks: Looks, mood: Mood, centre: Point, inner: int) -> None:
    """`inner` is the side of the nose: +1 to the right."""
    x, y = centre[0], centre[1] + 0.42
    slant = {Mood.ANGRY: -0.16, Mood.DETERMINED: -0.12, Mood.SAD: 0.13, Mood.SCARED: 0.14}.get(mood, 0.0)
    lift = {Mood.ASTONISHED: 0.12, Mood.HAPPY: 0.06, Mood.SCARED: 0.06, Mood.ANGRY: -0.08, Mood.DETERMINED: -0.05}.get(
        mood, 0.0
    )
    left, right = (slant, 0.0) if inner < 0 else (0.0, slant)
    colour = darker(looks.hair_colour if looks.hair is not Hair.BALD else (60, 44, 40), 0.45)
    pen.curve([(x - 0.19, y + lift + left), (x, y + lift + slant / 2 + 0.04), (x + 0.19, y + lift + right)], 0.065, colour)


def _draw_mouth(pen: Pen, mood: Mood, opened: float) -> None:
    x, y = 0.2, -0.58
    if opened > 0.25:
        wide = 0.17 if mood in (Mood.HAPPY, Mood.ANGRY, Mood.DETERMINED) else 0.12
        tall = 0.06 + 0.15 * opened
        top = y + 0.06
        shape = smooth(
            [(x - wide, top), (x, top + 0.02), (x + wide, top), (x + wide * 0.6, top - tall), (x - wide * 0.6, top - tall)]
        )
        pen.outline(shape, 0.7)
        pen.fill(shape, (120, 36, 44))
        pen.fill(oval((x, top - tall * 0.85), wide * 0.55, tall * 0.32), (236, 120, 120))
        return
    bend = {Mood.HAPPY: -0.09, Mood.CALM: -0.03, Mood.SAD: 0.08, Mood.SCARED: 0.06, Mood.ANGRY: 0.05}.get(mood, 0.0)
    pen.curve([(x - 0.15, y), (x, y + bend), (x + 0.15, y)], 0.05)


def draw_back_hair(pen: Pen, looks: Looks, sway: float) -> None:
    """What hangs behind the body; drawn before it."""
    colour = darker(looks.hair_colour, 0.22)
    s = -0.35 * sway
    if looks.hair is Hair.LONG:
        pen.body(
            smooth(
                [(-0.7, 0.6), (0.4, 0.6), (0.5, -0.6), (0.2 + s, -1.9), (-0.5 + s, -2.2), (-1.15 + s, -1.95), (-1.05, -0.6)]
            ),
            colour,
        )
    elif looks.hair is Hair.TAIL:
        pen.body(
            smooth(
                [
                    (-0.6, 0.75),
                    (-1.05, 0.9),
                    (-1.5 + s, 0.3),
                    (-1.55 + 1.5 * s, -0.9),
                    (-1.25 + 1.5 * s, -1.3),
                    (-1.15 + s, -0.5),
                    (-0.75, 0.35),
                ]
            ),
            colour,
        )
    elif looks.hair is Hair.BUN:
        pen.body(oval((-0.62, 0.92), 0.42, 0.4), looks.hair_colour)
    elif looks.hair is Hair.BOB:
        pen.body(
            smooth([(-0.8, 0.5), (0.5, 0.6), (0.75, -0.3), (0.5, -0.85), (-0.6 + s * 0.3, -0.95), (-1.0 + s * 0.3, -0.6)]),
            colour,
        )


def _draw_hair(pen: Pen, looks: Looks, sway: float) -> None:
    colour, shine = looks.hair_colour, lighter(looks.hair_colour, 0.3)
    if looks.hair is Hair.BALD:
        pen.fill(oval((0.2, 0.66), 0.17, 0.08, -18), mix(looks.skin, WHITE, 0.75))
    elif looks.hair is Hair.SPIKY:
        pen.body(_spikes(sway), colour)
        pen.fill(points((-0.35, 0.75), (-0.1, 1.02), (-0.02, 0.72), (0.2, 0.98), (0.24, 0.7), (0.0, 0.62)), shine)
    else:
        pen.body(_cap(looks), colour)
        pen.curve([(-0.52, 0.62), (-0.2, 0.8), (0.25, 0.82)], 0.09, shine)
    if looks.ears:
        for x in (-0.45, 0.4):
            pen.body(points((x - 0.28, 0.75), (x - 0.05, 1.55), (x + 0.28, 0.85)), colour)
            pen.fill(points((x - 0.14, 0.85), (x - 0.04, 1.32), (x + 0.14, 0.9)), (244, 170, 170))
    if looks.horns:
        for x in (-0.4, 0.45):
            pen.body(points((x - 0.13, 0.85), (x + 0.02, 1.5), (x + 0.15, 0.88)), (240, 226, 200))


def _cap(looks: Looks) -> Points:
    """Hair on the skull, and a fringe that ends in a few points."""
    low = -0.55 if looks.feminine else -0.15
    return smooth(
        [
            (-0.8, low), (-0.95, 0.35), (-0.72, 0.95), (-0.05, 1.2), (0.62, 1.02), (0.9, 0.45), (0.84, 0.12), (0.7, 0.45),
            (0.5, 0.24), (0.4, 0.56), (0.14, 0.22), (0.02, 0.58), (-0.3, 0.16), (-0.38, 0.46), (-0.56, 0.1),
        ],
        4,
    )  # fmt: skip


def _spikes(sway: float) -> Points:
    s = -0.1 * sway
    return points(
        (-0.72, -0.1), (-1.08 + s, 0.05), (-0.9, 0.35), (-1.22 + s, 0.6), (-0.84, 0.78), (-0.92 + s, 1.25), (-0.46, 1.02), (-0.25 + s, 1.5),
        (0.06, 1.08), (0.42 + s, 1.42), (0.5, 1.0), (0.98 + s, 1.12), (0.8, 0.7), (1.02, 0.42), (0.76, 0.5), (0.6, 0.2), (0.42, 0.56),
        (0.2, 0.18), (0.04, 0.56), (-0.24, 0.16), (-0.34, 0.5), (-0.56, 0.12), (-0.6, 0.2),
    )  # fmt: skip


def _draw_hat(pen: Pen, looks: Looks) -> None:
    if looks.hat is None:
        return
    colour: Rgb = looks.hat
    if "witch" in looks.detail or "wizard" in looks.detail:
        pen.body(smooth([(-1.5, 0.5), (0.0, 0.78), (1.5, 0.5), (0.0, 0.42)]), darker(colour, 0.15))
        pen.body(smooth([(-0.75, 0.62), (-0.45, 1.5), (-0.75, 2.35), (0.15, 1.75), (0.75, 0.62)], 5), colour)
    else:
        pen.body(smooth([(-0.9, 0.5), (-0.8, 1.05), (0.0, 1.34), (0.8, 1.05), (0.9, 0.5), (0.0, 0.42)]), colour)
        pen.body(smooth([(0.4, 0.55), (1.35, 0.42), (1.3, 0.3), (0.5, 0.32)]), darker(colour, 0.25))
