"""Towns: skylines, streets and rooftops."""

from __future__ import annotations

from rendering.backends.animatic.palette import Rgb, darker, lighter, mix
from rendering.backends.animatic.pen import Pen
from rendering.backends.animatic.scenery.easel import Easel
from rendering.backends.animatic.scenery.sky import paint_sky
from rendering.backends.animatic.shapes import box, oval, points

_LAMP: Rgb = (255, 214, 130)


def paint_street(easel: Easel) -> None:
    paint_sky(easel)
    _skyline(easel, depth=0.14, far=0.62, base=-0.01, tall=(0.16, 0.4), wide=0.11)
    _skyline(easel, depth=0.3, far=0.3, base=-0.02, tall=(0.14, 0.34), wide=0.15)
    easel.mist(0.02, 0.12, 0.5, 0.3)
    _street_ground(easel)
    _shops(easel)
    _lamp_posts(easel)


def paint_rooftop(easel: Easel) -> None:
    paint_sky(easel)
    _skyline(easel, depth=0.1, far=0.66, base=-0.1, tall=(0.1, 0.34), wide=0.1)
    _skyline(easel, depth=0.24, far=0.32, base=-0.12, tall=(0.04, 0.26), wide=0.15)
    easel.mist(-0.06, 0.14, 0.55, 0.24)
    pen = easel.layer(1.0, lies=True)
    floor = easel.tone(easel.own(2, (158, 150, 160)))
    left, right = easel.span(pen)
    low, _ = easel.drop(pen)
    easel.shade(pen, box(left, low, right, -0.085), darker(floor, 0.14), lighter(floor, 0.08))
    _perspective_lines(easel, pen, -0.085, low, darker(floor, 0.22), step=0.36)
    _parapet(easel, floor)


def _parapet(easel: Easel, floor: Rgb) -> None:
    """The low wall and the railing behind whoever stands on the roof, a water tank and a stairhead."""
    pen = easel.layer(0.62)
    wall = lighter(easel.tone(easel.own(1, (136, 126, 142))), 0.08)
    left, right = easel.span(pen)
    for number, u in easel.cells(pen, 2.3):
        side = u + 0.62 + 0.4 * easel.dice(number, 3)
        _water_tank(easel, pen, side)
        _stairhead(easel, pen, side - 1.25)
    rail = darker(wall, 0.35)
    for _, u in easel.cells(pen, 0.09):
        pen.fill(box(u, -0.06, u + 0.006, 0.05), rail)
    pen.fill(box(left, 0.045, right, 0.057), rail)
    pen.fill(box(left, 0.0, right, 0.007), rail)
    easel.shade(pen, box(left, -0.1, right, -0.035), wall, darker(wall, 0.3))
    pen.fill(box(left, -0.042, right, -0.03), lighter(wall, 0.3))


def _water_tank(easel: Easel, pen: Pen, u: float) -> None:
    wood = easel.tone((150, 100, 74))
    for leg in (-0.07, 0.055):
        pen.fill(box(u + leg, -0.05, u + leg + 0.014, 0.14), darker(wood, 0.5))
    pen.stroke([(u - 0.06, -0.02), (u + 0.06, 0.12)], 0.008, darker(wood, 0.5))
    easel.shade(pen, box(u - 0.09, 0.12, u + 0.09, 0.29), wood, darker(wood, 0.25))
    pen.fill(box(u - 0.09, 0.12, u - 0.05, 0.29), darker(wood, 0.25))
    for rise in (0.15, 0.2, 0.25):
        pen.fill(box(u - 0.093, rise, u + 0.093, rise + 0.008), darker(wood, 0.45))
    pen.fill(points((u - 0.105, 0.29), (u + 0.105, 0.29), (u, 0.37)), darker(wood, 0.35))


def _stairhead(easel: Easel, pen: Pen, u: float) -> None:
    wall = easel.tone((170, 158, 160))
    easel.shade(pen, box(u - 0.14, -0.09, u + 0.14, 0.2), wall, darker(wall, 0.15))
    pen.fill(box(u - 0.16, 0.19, u + 0.16, 0.215), darker(wall, 0.35))
    pen.fill(box(u - 0.05, -0.09, u + 0.05, 0.11), darker(wall, 0.5))
    if easel.light.lamps:
        pen.fill(oval((u, 0.145), 0.014, 0.014), (255, 236, 180))
        pen.glow((u, 0.145), 0.16, _LAMP, 0.7)


def _skyline(easel: Easel, *, depth: float, far: float, base: float, tall: tuple[float, float], wide: float) -> None:
    pen = easel.layer(depth)
    low, _ = easel.drop(pen)
    what = round(depth * 100)
    for number, u in easel.cells(pen, wide):
        width = wide * (0.72 + 0.5 * easel.dice(number, what))
        height = tall[0] + (tall[1] - tall[0]) * easel.dice(number, what + 1) ** 1.4
        warm = easel.dice(number, what + 2)
        colour = easel.tone(mix((104, 116, 152), (176, 132, 128), warm), far)
        pen.fill(box(u, low, u + width, base + height), colour)
        pen.fill(box(u + width * 0.72, low, u + width, base + height), darker(colour, 0.14))
        if warm > 0.7:
            pen.fill(box(u + width * 0.45, base + height, u + width * 0.5, base + height + 0.05), darker(colour, 0.2))
        _windows(easel, pen, number, (u, base, width, height), colour)


def _windows(easel: Easel, pen: Pen, number: int, house: tuple[float, float, float, float], wall: Rgb) -> None:
    u, base, width, height = house
    columns, rows = max(2, int(width / 0.03)), max(2, int(height / 0.036))
    for column in range(columns):
        for row in range(rows):
            key = number * 4096 + column * 64 + row
            shine = easel.dice(key, 5) < easel.light.lamps * 0.55
            x = u + (column + 0.28) * width / columns
            y = base + height - 0.03 - row * 0.036
            glass = mix(_LAMP, (255, 170, 90), easel.dice(key, 6)) if shine else mix(wall, easel.light.sky[1], 0.22)
            pen.fill(box(x, y, x + 0.45 * width / columns, y + 0.018), glass)


def _street_ground(easel: Easel) -> None:
    pen = easel.layer(1.0, lies=True)
    low, _ = easel.drop(pen)
    left, right = easel.span(pen)
    road = easel.tone(easel.own(2, (104, 104, 118)))
    walk = easel.tone((178, 170, 168))
    easel.shade(pen, box(left, low, right, 0.0), darker(walk, 0.1), walk)
    _perspective_lines(easel, pen, 0.0, -0.14, darker(walk, 0.2), step=0.5)
    easel.shade(pen, box(left, low, right, -0.15), darker(road, 0.18), road)
    pen.fill(box(left, -0.158, right, -0.146), lighter(walk, 0.2))
    for _, u in easel.cells(pen, 0.5):
        pen.fill(points((u, -0.3), (u + 0.26, -0.3), (u + 0.27, -0.312), (u - 0.01, -0.312)), lighter(road, 0.5))


def _perspective_lines(easel: Easel, pen: Pen, top: float, bottom: float, colour: Rgb, *, step: float) -> None:
    left, right = easel.span(pen)
    for _, u in easel.cells(pen, step, 6):
        pen.stroke([(u * 0.45, top), (u, bottom)], 0.0035, colour)
    rise = 0.02
    v = top - rise
    while v > bottom:
        pen.stroke([(left, v), (right, v)], 0.0035, colour)
        rise *= 1.55
        v -= rise


_AWNINGS: tuple[Rgb, ...] = ((222, 84, 78), (70, 150, 150), (240, 176, 70), (110, 110, 190))


def _shops(easel: Easel) -> None:
    """The house fronts right behind the pavement."""
    pen = easel.layer(0.58)
    for number, u in easel.cells(pen, 0.52):
        wall = easel.tone(mix((214, 186, 162), (168, 140, 160), easel.dice(number, 40)))
        wall = mix(wall, easel.tone(easel.own(1, wall)), 0.3)
        height = 0.22 + 0.24 * easel.dice(number, 41)
        easel.shade(pen, box(u, -0.05, u + 0.5, height), lighter(wall, 0.05), darker(wall, 0.12))
        pen.fill(box(u - 0.01, height - 0.012, u + 0.51, height + 0.012), darker(wall, 0.3))
        awning = easel.tone(_AWNINGS[int(easel.dice(number, 42) * 4) % 4])
        _shop_window(easel, pen, u, wall)
        stripes = [(i, box(u + 0.05 + i * 0.05, 0.1, u + 0.1 + i * 0.05, 0.15)) for i in range(8)]
        for i, stripe in stripes:
            pen.fill(stripe, awning if i % 2 else lighter(awning, 0.65))
        for i in range(4 if height > 0.3 else 0):
            x = u + 0.07 + i * 0.11
            shine = easel.dice(number * 8 + i, 43) < easel.light.lamps
            glass = _LAMP if shine else mix(darker(wall, 0.4), easel.light.sky[1], 0.4)
            pen.fill(box(x, 0.2, x + 0.06, 0.29), darker(wall, 0.35))
            pen.fill(box(x + 0.006, 0.206, x + 0.054, 0.284), glass)


def _shop_window(easel: Easel, pen: Pen, u: float, wall: Rgb) -> None:
    shine = easel.light.lamps > 0.3
    glass = (255, 224, 160) if shine else mix((96, 120, 140), easel.light.sky[1], 0.4)
    pen.fill(box(u + 0.06, -0.04, u + 0.3, 0.1), darker(wall, 0.45))
    easel.shade(pen, box(u + 0.07, -0.03, u + 0.29, 0.1), glass, darker(glass, 0.2))
    pen.fill(box(u + 0.35, -0.05, u + 0.44, 0.1), darker(wall, 0.55))
    if shine:
        pen.glow((u + 0.18, 0.0), 0.22, _LAMP, 0.35)


def _lamp_posts(easel: Easel) -> None:
    pen = easel.layer(0.8)
    post = easel.tone((62, 62, 78))
    for number, u in easel.cells(pen, 1.1):
        x = u + 0.35 + 0.2 * easel.dice(number, 60)
        pen.stick((x, -0.13), (x, 0.34), 0.011, 0.008, post)
        pen.stick((x, 0.34), (x + 0.09, 0.36), 0.008, 0.006, post)
        pen.fill(box(x + 0.065, 0.335, x + 0.12, 0.36), post)
        if easel.light.lamps:
            pen.fill(box(x + 0.07, 0.326, x + 0.115, 0.337), (255, 244, 206))
            pen.glow((x + 0.092, 0.32), 0.3, _LAMP, 0.5)
