"""Landscapes: forests, fields, seas, mountains, deserts and what lies beyond the sky."""

from __future__ import annotations

import numpy as np

from rendering.backends.animatic.palette import Rgb, darker, lighter, mix
from rendering.backends.animatic.pen import Pen
from rendering.backends.animatic.scenery.easel import Easel
from rendering.backends.animatic.scenery.sky import paint_sky, paint_stars
from rendering.backends.animatic.shapes import Points, box, moved, oval, points, smooth


def paint_forest(easel: Easel) -> None:
    paint_sky(easel, clouds=0.3)
    green = easel.own(1, (58, 134, 72))
    for depth, far, base, size in ((0.12, 0.62, 0.12, 0.6), (0.24, 0.4, 0.06, 0.85)):
        pen = easel.layer(depth)
        _tree_wall(easel, pen, easel.tone(green, far), base, size)
    easel.mist(0.06, 0.2, 0.6, 0.24)
    pen = easel.layer(1.0, lies=True)
    _meadow(easel, pen, easel.own(2, (112, 148, 72)))
    for depth, far, step in ((0.45, 0.22, 0.34), (0.72, 0.04, 0.62)):
        _trunks(easel, easel.layer(depth), green, depth, far, step)
    _leaves_before(easel, darker(easel.tone(green), 0.55))


def paint_field(easel: Easel) -> None:
    paint_sky(easel)
    green = easel.own(1, (116, 176, 84))
    _hills(easel, easel.layer(0.1), mix(green, (96, 130, 150), 0.5), far=0.55, base=0.02, tall=0.13, step=0.5)
    _hills(easel, easel.layer(0.22), green, far=0.25, base=0.0, tall=0.07, step=0.7)
    pen = easel.layer(1.0, lies=True)
    _meadow(easel, pen, easel.own(2, (108, 172, 80)))
    _flowers(easel, pen)
    _lone_trees(easel, easel.layer(0.5), green)


def paint_sea(easel: Easel) -> None:
    paint_sky(easel)
    sea = easel.own(1, (44, 126, 178))
    pen = easel.layer(0.12)
    low, _ = easel.drop(pen)
    left, right = easel.span(pen)
    easel.shade(pen, box(left, low, right, 0.0), easel.tone(lighter(sea, 0.25), 0.35), easel.tone(darker(sea, 0.15)))
    _glitter(easel, pen)
    _island(easel, easel.layer(0.14))
    _boats(easel, easel.layer(0.26))
    pen = easel.layer(1.0, lies=True)
    left, right = easel.span(pen)
    low, _ = easel.drop(pen)
    sand = easel.tone(easel.own(2, (238, 210, 160)))
    shore = _wavy(left, right, -0.11, 0.012, 0.55)
    pen.fill(_below(moved(shore, 0.0, 0.022), low), easel.tone((236, 250, 255)))
    easel.shade(pen, _below(shore, low), darker(sand, 0.12), sand)
    _pebbles(easel, pen, darker(sand, 0.25))


def paint_mountain(easel: Easel) -> None:
    paint_sky(easel)
    rock = easel.own(1, (112, 118, 146))
    _peaks(easel, easel.layer(0.08), rock, far=0.6, tall=0.44, step=0.42)
    _peaks(easel, easel.layer(0.18), darker(rock, 0.12), far=0.32, tall=0.28, step=0.34)
    easel.mist(0.03, 0.14, 0.6, 0.18)
    pines = easel.layer(0.4)
    _pine_row(easel, pines, easel.tone((54, 96, 84), 0.15))
    pen = easel.layer(1.0, lies=True)
    _meadow(easel, pen, mix(easel.own(2, (120, 140, 108)), (140, 136, 130), 0.35))


def paint_desert(easel: Easel) -> None:
    paint_sky(easel, clouds=0.25)
    sand = easel.own(1, (236, 190, 120))
    _hills(easel, easel.layer(0.1), mix(sand, (206, 130, 96), 0.5), far=0.45, base=0.0, tall=0.12, step=0.8)
    _hills(easel, easel.layer(0.3), sand, far=0.12, base=-0.03, tall=0.07, step=0.9)
    pen = easel.layer(1.0, lies=True)
    left, right = easel.span(pen)
    low, _ = easel.drop(pen)
    colour = easel.tone(sand)
    easel.shade(pen, _below(_wavy(left, right, -0.07, 0.015, 1.1), low), lighter(colour, 0.12), darker(colour, 0.1))
    for number in range(5):
        ripple = _wavy(left, right, -0.13 - number * 0.07, 0.01, 0.8 + 0.1 * number)
        pen.stroke(ripple, 0.005, darker(colour, 0.16))
    _cacti(easel, easel.layer(0.55))


def paint_space(easel: Easel) -> None:
    pen = easel.layer(0.0)
    easel.gradient(pen, 0.6, -0.1, (12, 8, 34), (34, 20, 74), (74, 42, 122))
    for number, u in easel.cells(pen, 0.35):
        hue = ((206, 84, 170), (70, 110, 220), (80, 190, 200))[int(easel.dice(number, 2) * 3) % 3]
        pen.glow((u, 0.1 + 0.5 * easel.dice(number, 3)), 0.38, hue, 0.3)
    paint_stars(easel, pen, low=-0.05, every=0.03)
    far = easel.layer(0.06)
    for number, u in easel.cells(far, 2.6):
        _planet(easel, far, (u + 0.36, 0.36), 0.17, (226, 150, 96), ring=True)
        _planet(easel, far, (u - 0.55, 0.5), 0.06, (110, 190, 210), ring=number % 2 == 0)
    pen = easel.layer(1.0, lies=True)
    left, right = easel.span(pen)
    low, _ = easel.drop(pen)
    ground = mix(easel.own(1, (148, 140, 176)), (148, 140, 176), 0.5)
    easel.shade(pen, _below(_wavy(left, right, -0.05, 0.012, 0.9), low), darker(ground, 0.3), ground)
    for number, u in easel.cells(pen, 0.4):
        v, r = -0.1 - 0.22 * easel.dice(number, 5), 0.03 + 0.05 * easel.dice(number, 6)
        pen.fill(oval((u, v), r, r * 0.3), darker(ground, 0.35))
        pen.fill(oval((u + 0.006, v - 0.006), r * 0.9, r * 0.24), darker(ground, 0.18))


def _below(edge: Points, low: float) -> Points:
    return np.vstack([edge, points((float(edge[-1, 0]), low), (float(edge[0, 0]), low))])


def _wavy(left: float, right: float, v: float, tall: float, period: float) -> Points:
    u = np.linspace(left, right, max(24, int((right - left) * 40)))
    a = 2 * np.pi * u / period
    return np.stack([u, v + tall * (0.6 * np.sin(a) + 0.4 * np.sin(a * 2.3 + 1))], 1)


def _meadow(easel: Easel, pen: Pen, green: Rgb) -> None:
    left, right = easel.span(pen)
    low, _ = easel.drop(pen)
    near, far = easel.tone(green), easel.tone(lighter(green, 0.2), 0.25)
    easel.shade(pen, _below(_wavy(left, right, 0.0, 0.006, 0.7), low), far, darker(near, 0.12))
    for number, u in easel.cells(pen, 0.03):
        v = -0.05 - 0.42 * easel.dice(number, 70)
        size = 0.012 + 0.05 * -v
        blade = darker(near, 0.22) if number % 2 else lighter(near, 0.18)
        for lean in (-0.35, 0.0, 0.4):
            pen.stroke([(u, v), (u + lean * size, v + size)], 0.0035, blade)


def _flowers(easel: Easel, pen: Pen) -> None:
    for number, u in easel.cells(pen, 0.05):
        v = -0.08 - 0.38 * easel.dice(number, 80)
        r = 0.003 - v * 0.014
        petal = ((255, 250, 240), (255, 200, 90), (240, 120, 150), (190, 150, 240))[number % 4]
        pen.fill(oval((u, v), r, r * 0.7, steps=10), easel.tone(petal))


def _hills(easel: Easel, pen: Pen, colour: Rgb, *, far: float, base: float, tall: float, step: float) -> None:
    left, right = easel.span(pen)
    low, _ = easel.drop(pen)
    u = np.linspace(left, right, max(30, int((right - left) * 40)))
    phase = easel.dice(round(tall * 1000), 4) * 6
    v = base + tall * (0.55 + 0.3 * np.sin(2 * np.pi * u / step / 1.9 + phase) + 0.2 * np.sin(2 * np.pi * u / step + 2 * phase))
    tone = easel.tone(colour, far)
    easel.shade(pen, _below(np.stack([u, v], 1), low), lighter(tone, 0.12), darker(tone, 0.06))


def _tree_wall(easel: Easel, pen: Pen, colour: Rgb, base: float, size: float) -> None:
    low, _ = easel.drop(pen)
    left, right = easel.span(pen)
    pen.fill(box(left, low, right, base), colour)
    for number, u in easel.cells(pen, 0.1 * size):
        v = base + 0.16 * size * easel.dice(number, 15)
        r = (0.07 + 0.06 * easel.dice(number, 16)) * size
        pen.fill(oval((u, v), r, r * 1.15), colour if number % 3 else lighter(colour, 0.07))


def _trunks(easel: Easel, pen: Pen, green: Rgb, depth: float, far: float, step: float) -> None:
    _, high = easel.drop(pen)
    what = round(depth * 100)
    foot = -0.16 * depth
    for number, u in easel.cells(pen, step):
        x = u + step * 0.6 * easel.dice(number, what)
        wide = (0.03 + 0.03 * easel.dice(number, what + 1)) * (0.5 + depth)
        bark = easel.tone((112, 80, 66), far)
        bend = 0.08 * (easel.dice(number, what + 2) - 0.5)
        trunk = smooth(
            [
                (x - wide * 1.8, foot),
                (x - wide, foot + 0.09),
                (x - wide * 0.7 + bend, high),
                (x + wide * 0.7 + bend, high),
                (x + wide, foot + 0.09),
                (x + wide * 1.8, foot),
            ]
        )
        pen.fill(trunk, darker(bark, 0.22))
        pen.fill((trunk - (x, 0)) * (0.5, 1.0) + (x + wide * 0.3, 0), bark)
        _crown(
            easel,
            pen,
            number * 16 + what,
            (x + bend * 0.7, 0.3 + 0.34 * depth + 0.1 * easel.dice(number, what + 3)),
            easel.tone(green, far),
            0.6 + depth,
        )
    for number, u in easel.cells(pen, 0.16):
        r = 0.035 + 0.04 * easel.dice(number, what + 5)
        bush = darker(easel.tone(green, far), 0.12 + 0.1 * (number % 2))
        pen.fill(oval((u, foot), r * 1.5, r), bush)


def _crown(easel: Easel, pen: Pen, key: int, where: tuple[float, float], colour: Rgb, size: float) -> None:
    u, v = where
    for tone, lift, shrink in ((darker(colour, 0.26), -0.03, 1.0), (colour, 0.0, 0.86), (lighter(colour, 0.2), 0.035, 0.52)):
        for i in range(6):
            a, r = i * 1.05, (0.075 + 0.05 * easel.dice(key + i, 17)) * size * shrink
            pen.fill(
                oval((u + 0.11 * size * np.cos(a) * shrink, v + lift + 0.07 * size * np.sin(a) * shrink), r, r * 0.82), tone
            )


def _leaves_before(easel: Easel, colour: Rgb) -> None:
    """Dark leaves at the top corners, before everything: they make the picture deep."""
    pen = easel.layer(1.3)
    _, high = easel.drop(pen)
    for number, u in easel.cells(pen, 0.075):
        if abs(np.sin(u * 1.7 + 1.6)) < 0.62:
            continue
        v = high - 0.1 - 0.1 * easel.dice(number, 25)
        for i in range(4):
            pen.fill(oval((u + 0.02 * i, v + 0.03 * i), 0.06, 0.018, 30 + 90 * easel.dice(number * 4 + i, 26)), colour)


def _lone_trees(easel: Easel, pen: Pen, green: Rgb) -> None:
    for number, u in easel.cells(pen, 1.5):
        x = u + 0.5 + 0.3 * easel.dice(number, 90)
        pen.stick((x, -0.08), (x + 0.01, 0.16), 0.022, 0.014, easel.tone((110, 80, 64)))
        _crown(easel, pen, number, (x, 0.24), easel.tone(darker(green, 0.15)), 0.95)


def _glitter(easel: Easel, pen: Pen) -> None:
    shine = mix(easel.light.sky[2], (255, 255, 255), 0.5)
    for number, u in easel.cells(pen, 0.045):
        v = -0.004 - 0.16 * easel.dice(number, 33) ** 1.5
        pen.stroke([(u, v), (u + 0.02 + 0.16 * -v, v)], 0.003 - v * 0.012, mix(easel.tone((60, 140, 190)), shine, 0.6))


def _island(easel: Easel, pen: Pen) -> None:
    for number, u in easel.cells(pen, 2.2):
        x = u - 0.5 + 0.3 * easel.dice(number, 50)
        hill = smooth([(x - 0.3, -0.004), (x - 0.16, 0.05), (x - 0.04, 0.1), (x + 0.08, 0.06), (x + 0.3, -0.004)])
        pen.fill(hill, easel.tone((92, 132, 112), 0.5))


def _boats(easel: Easel, pen: Pen) -> None:
    for number, u in easel.cells(pen, 1.3):
        x, v = u + 0.3 + 0.3 * easel.dice(number, 52), -0.045
        sail = easel.tone(((252, 248, 240), (230, 96, 84), (248, 196, 92))[number % 3])
        pen.fill(points((x - 0.07, v), (x + 0.08, v), (x + 0.05, v - 0.026), (x - 0.05, v - 0.026)), easel.tone((140, 74, 62)))
        pen.fill(points((x, v + 0.008), (x, v + 0.15), (x + 0.075, v + 0.012)), sail)
        pen.fill(points((x - 0.01, v + 0.008), (x - 0.01, v + 0.12), (x - 0.055, v + 0.012)), darker(sail, 0.1))


def _pebbles(easel: Easel, pen: Pen, colour: Rgb) -> None:
    for number, u in easel.cells(pen, 0.06):
        v = -0.15 - 0.3 * easel.dice(number, 54)
        pen.fill(oval((u, v), 0.004 - 0.012 * v, 0.002 - 0.006 * v, steps=10), colour)


def _peaks(easel: Easel, pen: Pen, rock: Rgb, *, far: float, tall: float, step: float) -> None:
    low, _ = easel.drop(pen)
    what = round(tall * 100)
    tone = easel.tone(rock, far)
    for number, u in easel.cells(pen, step):
        height = tall * (0.55 + 0.45 * easel.dice(number, what))
        x, wide = u + 0.4 * step * easel.dice(number, what + 1), step * 0.95
        pen.fill(points((x - wide, low), (x - wide * 0.75, -0.02), (x, height), (x + wide * 0.8, -0.02), (x + wide, low)), tone)
        pen.fill(
            points((x, height), (x + wide * 0.8, -0.02), (x + wide * 0.1, -0.02), (x + 0.03, height * 0.5)), darker(tone, 0.16)
        )
        snow = easel.tone((248, 250, 255), far * 0.6)
        k = height * 0.3
        cap = points(
            (x, height),
            (x + 0.24 * k * 3, height - k),
            (x + 0.1 * k * 3, height - k * 0.8),
            (x, height - k * 1.15),
            (x - 0.1 * k * 3, height - k * 0.75),
            (x - 0.23 * k * 3, height - k),
        )
        pen.fill(cap, snow)


def _pine_row(easel: Easel, pen: Pen, green: Rgb) -> None:
    for number, u in easel.cells(pen, 0.085):
        size = 0.1 + 0.1 * easel.dice(number, 44)
        foot = -0.03 - 0.02 * easel.dice(number, 45)
        for part in range(3):
            v, wide = foot + size * 0.28 * part, size * (0.3 - 0.07 * part)
            tone = green if number % 2 else darker(green, 0.14)
            pen.fill(points((u - wide, v), (u + wide, v), (u, v + size * 0.55)), tone)


def _cacti(easel: Easel, pen: Pen) -> None:
    for number, u in easel.cells(pen, 1.0):
        x = u + 0.3 + 0.4 * easel.dice(number, 71)
        green = easel.tone((84, 140, 96))
        pen.stick((x, -0.09), (x, 0.14), 0.026, 0.024, green)
        for side, rise in ((-1, 0.0), (1, 0.04)):
            pen.stick((x, rise), (x + side * 0.07, rise + 0.01), 0.016, 0.016, green)
            pen.stick((x + side * 0.07, rise + 0.01), (x + side * 0.07, rise + 0.08), 0.016, 0.014, green)


def _planet(easel: Easel, pen: Pen, where: tuple[float, float], r: float, colour: Rgb, *, ring: bool) -> None:
    u, v = where
    pen.glow(where, r * 1.9, colour, 0.4)
    pen.fill(oval(where, r, r, steps=48), darker(colour, 0.45))
    pen.fill(oval((u - r * 0.1, v + r * 0.08), r * 0.88, r * 0.9, steps=48), colour)
    pen.wash(oval((u - r * 0.3, v + r * 0.3), r * 0.5, r * 0.46), lighter(colour, 0.5), 0.6, r * 0.2)
    if ring:
        pen.stroke(oval(where, r * 1.75, r * 0.34, 16, 48)[20:-3], r * 0.09, lighter(colour, 0.4))
