"""Rooms: a back wall and a floor with what the place is for, castles and caves."""

from __future__ import annotations

from rendering.backends.animatic.palette import Rgb, darker, lighter, mix
from rendering.backends.animatic.pen import Pen
from rendering.backends.animatic.scenery.easel import Easel
from rendering.backends.animatic.scenery.sky import paint_sky
from rendering.backends.animatic.shapes import box, oval, points, smooth

_WARM: Rgb = (255, 210, 140)
_SKIRTING = -0.07  # v where the wall meets the floor


def paint_room(easel: Easel) -> None:
    pen = _wall(easel, easel.own(0, (226, 204, 182)))
    _floor(easel, easel.own(2, (172, 122, 86)))
    for number, u in easel.cells(pen, 1.7):
        _window(easel, pen, u + 0.35)
        _picture(easel, pen, u - 0.22, number)
    front = easel.layer(0.55)
    for number, u in easel.cells(front, 1.7):
        _shelf(easel, front, u - 0.55, number)
        _lamp(easel, front, u + 0.82)


def paint_cafe(easel: Easel) -> None:
    pen = _wall(easel, easel.own(1, (206, 156, 122)))
    _floor(easel, easel.own(2, (150, 98, 72)))
    for _, u in easel.cells(pen, 1.5):
        _window(easel, pen, u + 0.3, wide=0.34)
        _menu(easel, pen, u - 0.42)
    counter = easel.layer(0.5)
    for number, u in easel.cells(counter, 3.0):
        _counter(easel, counter, u - 0.62, number)
    lamps = easel.layer(0.66)
    _, high = easel.drop(lamps)
    for _, u in easel.cells(lamps, 0.55):
        pen_colour = easel.tone((60, 50, 56))
        lamps.stroke([(u, high), (u, 0.42)], 0.005, pen_colour)
        lamps.fill(
            points((u - 0.05, 0.37), (u + 0.05, 0.37), (u + 0.018, 0.425), (u - 0.018, 0.425)), easel.tone((196, 84, 64))
        )
        lamps.fill(oval((u, 0.37), 0.02, 0.012), (255, 246, 214))
        lamps.glow((u, 0.36), 0.24, _WARM, 0.5)


def paint_school(easel: Easel) -> None:
    pen = _wall(easel, easel.own(0, (222, 216, 190)))
    _floor(easel, easel.own(2, (186, 146, 104)))
    for _, u in easel.cells(pen, 2.4):
        pen.fill(box(u - 0.46, 0.06, u + 0.3, 0.4), easel.tone((130, 92, 66)))
        pen.fill(box(u - 0.44, 0.08, u + 0.28, 0.38), easel.tone((48, 96, 80)))
        for row, length in ((0.32, 0.4), (0.26, 0.52), (0.2, 0.3)):
            pen.stroke([(u - 0.38, row), (u - 0.38 + length, row + 0.004)], 0.006, easel.tone((206, 226, 214)))
        _window(easel, pen, u + 0.62, wide=0.34)
        _window(easel, pen, u + 1.1, wide=0.34)
    desks = easel.layer(0.62)
    wood = easel.tone((196, 146, 94))
    for _, u in easel.cells(desks, 0.55):
        desks.fill(box(u - 0.14, -0.05, u + 0.14, -0.025), wood)
        desks.fill(box(u - 0.14, -0.064, u + 0.14, -0.05), darker(wood, 0.3))
        for leg in (-0.13, 0.115):
            desks.fill(box(u + leg, -0.17, u + leg + 0.014, -0.06), easel.tone((92, 96, 110)))


def paint_castle(easel: Easel) -> None:
    paint_sky(easel)
    far = easel.layer(0.1)
    low, _ = easel.drop(far)
    left, right = easel.span(far)
    far.fill(
        smooth([(left, low), (left, 0.05), (left / 2, 0.1), (0, 0.04), (right / 2, 0.11), (right, 0.05), (right, low)]),
        easel.tone((96, 130, 126), 0.55),
    )
    pen = easel.layer(0.2)
    for number, u in easel.cells(pen, 2.6):
        _castle(easel, pen, u + 0.12, number)
    easel.mist(0.0, 0.1, 0.5, 0.2)
    ground = easel.layer(1.0, lies=True)
    low, _ = easel.drop(ground)
    left, right = easel.span(ground)
    green = easel.tone(easel.own(2, (112, 156, 88)))
    easel.shade(ground, box(left, low, right, 0.0), lighter(green, 0.15), darker(green, 0.14))
    path = easel.tone((216, 190, 150))
    for _, u in easel.cells(ground, 2.6):
        ground.fill(
            smooth(
                [
                    (u + 0.08, 0.0),
                    (u + 0.16, 0.0),
                    (u + 0.1, -0.1),
                    (u + 0.4, -0.3),
                    (u + 0.2, -0.6),
                    (u - 0.5, -0.6),
                    (u - 0.06, -0.2),
                    (u + 0.02, -0.08),
                ]
            ),
            path,
        )
    wall = easel.layer(0.66)
    _battlement(easel, wall)


def paint_cave(easel: Easel) -> None:
    rock = easel.own(1, (132, 112, 140))
    pen = easel.layer(0.0)
    easel.gradient(
        pen, 0.6, -0.1, darker(easel.tone(rock), 0.55), darker(easel.tone(rock), 0.3), darker(easel.tone(rock), 0.45)
    )
    for number, u in easel.cells(pen, 0.8):
        pen.glow((u, 0.08), 0.4, (96, 190, 200) if number % 2 else _WARM, 0.3)
    for depth, dark in ((0.3, 0.3), (0.62, 0.08)):
        sheet = easel.layer(depth)
        low, high = easel.drop(sheet)
        for number, u in easel.cells(sheet, 0.17):
            long = 0.1 + 0.24 * easel.dice(number, 3)
            tone = darker(easel.tone(rock), dark + 0.08 * (number % 2))
            sheet.fill(points((u - 0.1, high), (u + 0.12, high), (u + 0.01, high - long * (0.7 + depth))), tone)
            sheet.fill(
                points(
                    (u - 0.12, low), (u - 0.12, -0.03), (u, 0.14 * easel.dice(number, 4)), (u + 0.12, -0.03), (u + 0.12, low)
                ),
                tone,
            )
            if easel.dice(number, 5) > 0.8:
                sheet.fill(points((u - 0.02, -0.02), (u + 0.01, 0.08), (u + 0.03, -0.02)), (130, 226, 230))
                sheet.glow((u, 0.03), 0.13, (130, 226, 230), 0.5)
    ground = easel.layer(1.0, lies=True)
    low, _ = easel.drop(ground)
    left, right = easel.span(ground)
    floor = easel.tone(rock)
    easel.shade(ground, box(left, low, right, -0.05), darker(floor, 0.45), darker(floor, 0.05))


def _wall(easel: Easel, colour: Rgb) -> Pen:
    pen = easel.layer(0.34)
    wall = easel.tone(colour)
    easel.gradient(pen, 0.6, _SKIRTING, darker(wall, 0.2), lighter(wall, 0.05), darker(wall, 0.06))
    left, right = easel.span(pen)
    pen.fill(box(left, _SKIRTING - 0.5, right, _SKIRTING + 0.03), lighter(wall, 0.3))
    return pen


def _floor(easel: Easel, colour: Rgb) -> None:
    pen = easel.layer(1.0, lies=True)
    low, _ = easel.drop(pen)
    left, right = easel.span(pen)
    floor = easel.tone(colour)
    easel.shade(pen, box(left, low, right, _SKIRTING), darker(floor, 0.18), lighter(floor, 0.08))
    for number, u in easel.cells(pen, 0.2, 8):
        pen.stroke([(u * 0.5, _SKIRTING), (u, low)], 0.004, darker(floor, 0.2 if number % 2 else 0.3))


def _window(easel: Easel, pen: Pen, u: float, wide: float = 0.3) -> None:
    frame = easel.tone((246, 240, 228))
    sky = easel.light.sky
    pen.fill(box(u - wide / 2 - 0.02, 0.07, u + wide / 2 + 0.02, 0.44), frame)
    easel.shade(pen, box(u - wide / 2, 0.09, u + wide / 2, 0.42), sky[0], sky[2])
    roofs = mix(easel.light.haze, (60, 60, 100), 0.35)
    pen.fill(box(u - wide / 2, 0.09, u - wide * 0.2, 0.18), roofs)
    pen.fill(box(u - wide * 0.05, 0.09, u + wide / 2, 0.15), darker(roofs, 0.12))
    if easel.light.is_night:
        pen.fill(oval((u + wide * 0.2, 0.34), 0.028, 0.028), (246, 240, 214))
    pen.fill(box(u - 0.006, 0.09, u + 0.006, 0.42), frame)
    pen.fill(box(u - wide / 2, 0.25, u + wide / 2, 0.262), frame)
    pen.fill(box(u - wide / 2 - 0.035, 0.055, u + wide / 2 + 0.035, 0.075), darker(frame, 0.14))
    curtain = easel.tone(easel.own(1, (206, 96, 88)))
    for side in (-1, 1):
        x = u + side * (wide / 2 + 0.015)
        pen.fill(
            smooth(
                [
                    (x - 0.05, 0.46),
                    (x + 0.05, 0.46),
                    (x + 0.035, 0.25),
                    (x + 0.045, 0.05),
                    (x - 0.045, 0.05),
                    (x - 0.035, 0.25),
                ],
                4,
            ),
            curtain,
        )
        pen.stroke([(x, 0.45), (x - 0.006, 0.06)], 0.006, darker(curtain, 0.25))


def _picture(easel: Easel, pen: Pen, u: float, number: int) -> None:
    pen.fill(box(u - 0.09, 0.2, u + 0.09, 0.36), easel.tone((120, 84, 60)))
    easel.shade(pen, box(u - 0.078, 0.212, u + 0.078, 0.348), easel.tone((150, 206, 226)), easel.tone((240, 214, 150)))
    pen.fill(
        points((u - 0.078, 0.212), (u - 0.02, 0.3), (u + 0.04, 0.212)),
        easel.tone(((90, 140, 110), (150, 100, 130))[number % 2]),
    )


def _shelf(easel: Easel, pen: Pen, u: float, number: int) -> None:
    wood = easel.tone((140, 96, 68))
    pen.fill(box(u - 0.16, -0.12, u + 0.16, 0.26), darker(wood, 0.2))
    books: tuple[Rgb, ...] = ((206, 84, 76), (78, 130, 180), (236, 190, 90), (110, 160, 110), (150, 110, 170))
    for shelf in range(3):
        base = -0.1 + shelf * 0.12
        pen.fill(box(u - 0.15, base, u + 0.15, base + 0.105), darker(wood, 0.5))
        for i in range(9):
            tall = 0.06 + 0.03 * easel.dice(number * 40 + shelf * 10 + i, 61)
            x = u - 0.14 + i * 0.031
            pen.fill(
                box(x, base, x + 0.025, base + tall),
                easel.tone(books[int(easel.dice(number * 40 + shelf * 10 + i, 62) * 5) % 5]),
            )
        pen.fill(box(u - 0.165, base - 0.014, u + 0.165, base), wood)


def _lamp(easel: Easel, pen: Pen, u: float) -> None:
    pen.stroke([(u, -0.13), (u, 0.22)], 0.01, easel.tone((70, 60, 66)))
    pen.fill(oval((u, -0.13), 0.06, 0.014), easel.tone((70, 60, 66)))
    pen.fill(points((u - 0.075, 0.2), (u + 0.075, 0.2), (u + 0.04, 0.31), (u - 0.04, 0.31)), (255, 232, 180))
    pen.glow((u, 0.2), 0.36, _WARM, 0.35 + 0.35 * easel.light.lamps)


def _menu(easel: Easel, pen: Pen, u: float) -> None:
    pen.fill(box(u - 0.13, 0.14, u + 0.13, 0.38), easel.tone((110, 74, 54)))
    pen.fill(box(u - 0.118, 0.152, u + 0.118, 0.368), easel.tone((52, 56, 60)))
    for row in range(5):
        pen.stroke(
            [(u - 0.09, 0.33 - row * 0.036), (u - 0.02 + 0.08 * easel.dice(row, 63), 0.33 - row * 0.036)],
            0.006,
            easel.tone((226, 222, 206)),
        )


def _counter(easel: Easel, pen: Pen, u: float, number: int) -> None:
    wood = easel.tone((122, 76, 56))
    pen.fill(box(u - 0.4, -0.15, u + 0.4, 0.05), wood)
    for i in range(7):
        pen.fill(box(u - 0.38 + i * 0.11, -0.13, u - 0.29 + i * 0.11, 0.03), darker(wood, 0.2))
    pen.fill(box(u - 0.42, 0.05, u + 0.42, 0.075), lighter(wood, 0.3))
    metal = easel.tone((190, 196, 206))
    pen.fill(box(u - 0.3, 0.075, u - 0.1, 0.2), metal)
    pen.fill(box(u - 0.28, 0.13, u - 0.12, 0.17), darker(metal, 0.4))
    for i in range(4):
        x = u + 0.05 + i * 0.08
        pen.fill(box(x, 0.075, x + 0.045, 0.115), easel.tone((250, 244, 232)))
        pen.fill(oval((x + 0.022, 0.115), 0.022, 0.006), easel.tone((120, 78, 56)))


def _castle(easel: Easel, pen: Pen, u: float, number: int) -> None:
    stone = easel.tone(easel.own(1, (206, 192, 190)), 0.18)
    roof = easel.tone((86, 106, 170), 0.12)
    low, _ = easel.drop(pen)
    pen.fill(
        smooth([(u - 0.7, low), (u - 0.62, -0.02), (u - 0.3, 0.06), (u + 0.3, 0.07), (u + 0.6, -0.02), (u + 0.7, low)]),
        easel.tone((108, 146, 100), 0.25),
    )
    for x, wide, tall in ((-0.26, 0.05, 0.26), (0.25, 0.055, 0.3), (-0.12, 0.06, 0.38), (0.12, 0.05, 0.44), (0.0, 0.075, 0.34)):
        _tower(easel, pen, (u + x, 0.03), wide, tall, stone, roof)
    easel.shade(pen, box(u - 0.3, 0.02, u + 0.3, 0.17), stone, darker(stone, 0.16))
    for i in range(12):
        pen.fill(box(u - 0.3 + i * 0.05, 0.165, u - 0.27 + i * 0.05, 0.19), stone)
    pen.fill(smooth([(u - 0.04, 0.02), (u - 0.04, 0.09), (u, 0.12), (u + 0.04, 0.09), (u + 0.04, 0.02)], 4), darker(stone, 0.6))
    for i in range(6):
        shine = easel.light.lamps > 0.2 or (number + i) % 5 == 0
        pen.fill(
            box(u - 0.25 + i * 0.1, 0.1, u - 0.235 + i * 0.1, 0.13),
            (255, 220, 140) if shine and easel.light.lamps else darker(stone, 0.5),
        )


def _tower(easel: Easel, pen: Pen, foot: tuple[float, float], wide: float, tall: float, stone: Rgb, roof: Rgb) -> None:
    u, v = foot
    pen.fill(box(u - wide, v, u + wide, v + tall), stone)
    pen.fill(box(u + wide * 0.35, v, u + wide, v + tall), darker(stone, 0.16))
    pen.fill(points((u - wide * 1.3, v + tall), (u + wide * 1.3, v + tall), (u, v + tall + wide * 3)), roof)
    pen.fill(points((u + wide * 0.4, v + tall), (u + wide * 1.3, v + tall), (u, v + tall + wide * 3)), darker(roof, 0.2))
    top = v + tall + wide * 3
    pen.stroke([(u, top), (u, top + 0.05)], 0.004, darker(stone, 0.5))
    pen.fill(points((u, top + 0.05), (u + 0.05, top + 0.037), (u, top + 0.024)), easel.tone((222, 74, 74)))
    glass = (255, 220, 140) if easel.light.lamps else darker(stone, 0.5)
    pen.fill(oval((u - wide * 0.1, v + tall * 0.78), wide * 0.2, wide * 0.38), glass)


def _battlement(easel: Easel, pen: Pen) -> None:
    """The low wall of the courtyard, behind whoever stands there."""
    stone = easel.tone((172, 162, 168))
    left, right = easel.span(pen)
    easel.shade(pen, box(left, -0.13, right, -0.05), stone, darker(stone, 0.25))
    for number, u in easel.cells(pen, 0.12):
        pen.fill(box(u, -0.055, u + 0.07, -0.015), stone)
        pen.stroke([(u + 0.02 * (number % 3), -0.09), (u + 0.06 + 0.02 * (number % 3), -0.09)], 0.004, darker(stone, 0.3))
