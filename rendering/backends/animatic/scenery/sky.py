"""Skies: gradient, sun or moon, stars, clouds that drift."""

from __future__ import annotations

from rendering.backends.animatic.palette import Rgb, darker, mix
from rendering.backends.animatic.pen import Pen
from rendering.backends.animatic.scenery.easel import Easel
from rendering.backends.animatic.shapes import oval, star


def paint_sky(easel: Easel, *, clouds: float = 1.0) -> None:
    pen = easel.layer(0.0)
    easel.gradient(pen, 0.62, 0.0, *easel.light.sky)
    if easel.light.is_clear:
        if easel.light.is_night:
            paint_stars(easel, pen)
        _paint_sun(easel, pen)
    if clouds:
        _paint_clouds(easel, clouds if easel.light.is_clear else 1.6)


def paint_stars(easel: Easel, pen: Pen, *, low: float = 0.02, every: float = 0.045) -> None:
    for number, u in easel.cells(pen, every):
        for row in range(12):
            key = number * 12 + row
            v = low + row * 0.075 + easel.dice(key, 1) * 0.07
            bright = easel.dice(key, 2)
            if bright < 0.55:
                continue
            where = (u + easel.dice(key, 3) * every, v)
            pen.fill(oval(where, 0.0016 + 0.0018 * bright, 0.0016 + 0.0018 * bright, steps=8), (236, 240, 255))
            if bright > 0.97:
                pen.glow(where, 0.03, (190, 210, 255), 0.5)
                pen.fill(star(where, 0.012, 0.002, 4), (250, 250, 255))


def _paint_sun(easel: Easel, pen: Pen) -> None:
    side = -1 if easel.dice(0, 9) < 0.5 else 1
    aspect = easel.view.width / easel.view.height
    u = side * 0.3 * aspect
    if easel.light.is_night:
        where = (u, 0.4)
        pen.glow(where, 0.34, (150, 175, 240), 0.55)
        pen.fill(oval(where, 0.066, 0.066), (246, 240, 214))
        for du, dv, r in ((-0.02, 0.015, 0.013), (0.018, -0.018, 0.017), (0.022, 0.024, 0.008)):
            pen.fill(oval((u + du, 0.4 + dv), r, r), (226, 216, 190))
    elif easel.light.rim_strength > 0.7 or easel.light.lamps:
        v = 0.075 if easel.light.rim_strength > 0.7 else 0.1
        pen.glow((u, v), 0.6, (255, 214, 140), 0.85)
        pen.fill(oval((u, v), 0.085, 0.085), (255, 240, 200))
    else:
        pen.glow((u, 0.5), 0.5, (255, 250, 222), 0.8)
        pen.fill(oval((u, 0.5), 0.05, 0.05), (255, 253, 240))


def _paint_clouds(easel: Easel, share: float) -> None:
    pen = easel.layer(0.05, drift=0.006)
    top = easel.light.clouds
    below = mix(easel.light.sky[2], darker(top, 0.2), 0.45)
    for number, u in easel.cells(pen, 0.34):
        if easel.dice(number, 11) > 0.62 * share:
            continue
        size = 0.5 + 0.8 * easel.dice(number, 12)
        v = 0.2 + 0.36 * easel.dice(number, 13)
        _paint_cloud(easel, pen, number, (u + 0.2 * easel.dice(number, 14), v), size, (top, below))


def _paint_cloud(easel: Easel, pen: Pen, number: int, where: tuple[float, float], size: float, tones: tuple[Rgb, Rgb]) -> None:
    u, v = where
    puffs = [
        (
            u + (i - 2.5) * 0.042 * size,
            v + 0.02 * size * easel.dice(number, 20 + i),
            (0.028 + 0.03 * easel.dice(number, 30 + i)) * size,
        )
        for i in range(6)
    ]
    for du, dv, r in puffs:
        pen.wash(oval((du, dv - 0.012 * size), r * 1.35, r * 0.8), tones[1], 0.85, 0.008)
    for du, dv, r in puffs:
        pen.wash(oval((du, dv + 0.004 * size), r * 1.25, r * 0.72), tones[0], 0.9, 0.006)
