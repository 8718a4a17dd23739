"""The rooftop at dusk and the street at night: paintings in layers, far ones paler."""

from __future__ import annotations

from PIL import Image

from planning.offline.dice import Dice
from planning.worlds.anime_world.drawing.ink import Ink

WIDTH, HEIGHT = 1024, 576


def rooftop() -> Image.Image:
    """A flat roof over a skyline, the sun just above the houses."""
    dice = Dice(seed="rooftop")
    ink = Ink(WIDTH, HEIGHT, scale=2)
    ink.gradient([(0, "#3b3a78"), (0.3, "#8a5a96"), (0.55, "#e8837a"), (0.75, "#ffb36b"), (1, "#ffe3a1")], bottom=420)
    ink.glow((560, 262), 420, "#ffd890", 0.85)
    ink.ellipse((560, 262), (50, 50), "#fff3cf", outline=None)
    for y, x, half, tone in (
        (120, 240, 250, "#a66b9c"),
        (164, 800, 300, "#c9788f"),
        (214, 330, 220, "#ef9a83"),
        (252, 880, 190, "#ffbf86"),
        (92, 720, 160, "#7f5793"),
    ):
        ink.shape([(x - half, y), (x - half * 0.5, y - 12), (x, y - 7), (x + half * 0.4, y - 15), (x + half, y + 1),
                  (x + half * 0.3, y + 10), (x - half * 0.4, y + 8)],
                  tone, outline=None)  # fmt: skip
    _skyline(ink, dice, "far", 34, (330, 60), "#c98a97", None)
    _skyline(ink, dice, "middle", 20, (330, 110), "#8d5f86", "#ffd79a")
    _skyline(ink, dice, "near", 11, (400, 120), "#57406c", "#ffcf7a")
    ink.veil([(0, 330), (WIDTH, 330), (WIDTH, 430), (0, 430)], "#ffb98a", 0.22, blur=14, smooth=False)
    # parapet and floor
    ink.wash([(0, 440), (WIDTH, 440), (WIDTH, HEIGHT), (0, HEIGHT)], [(0, "#8f7690"), (1, "#4f4360")])
    for n in range(-9, 10):
        ink.stroke([(512 + n * 74, 440), (512 + n * 176, HEIGHT)], "#5f506f", 2)
    for y in (456, 480, 514, 558):
        ink.stroke([(0, y), (WIDTH, y)], "#5f506f", 2)
    ink.veil([(560, 440), (760, 440), (980, 580), (420, 580)], "#ffc98f", 0.3, blur=12, smooth=False)
    ink.shape([(0, 404), (WIDTH, 404), (WIDTH, 442), (0, 442)], "#7b6480", shade="#544560", depth=9, line=2.5, smooth=False)
    ink.shape([(0, 396), (WIDTH, 396), (WIDTH, 408), (0, 408)], "#b08f9c", line=2, smooth=False)
    for n in range(18):
        ink.stroke([(18 + n * 60, 396), (18 + n * 60, 344)], "#3d3150", 4)
    for y in (346, 370):
        ink.stroke([(0, y), (WIDTH, y)], "#3d3150", 4)
    _water_tank(ink, 150, 470)
    _stairs_house(ink, 900, 470)
    _cooler(ink, 330, 470)
    return ink.finished().convert("RGB")


def night_street() -> Image.Image:
    """A street running away between lit shops, the moon above, the asphalt wet."""
    dice = Dice(seed="night street")
    ink = Ink(WIDTH, HEIGHT, scale=2)
    ink.gradient([(0, "#0b1030"), (0.6, "#232a5c"), (1, "#4a4580")], bottom=400)
    for n in range(90):
        x, y = dice.number("star", n) % WIDTH, dice.number("star-y", n) % 260
        ink.ellipse((x, y), (0.9 + n % 3 * 0.4, 0.9 + n % 3 * 0.4), "#dfe6ff", outline=None)
    ink.glow((560, 96), 220, "#aebcf2", 0.5)
    ink.ellipse((560, 92), (38, 38), "#f6f1d8", outline=None)
    ink.ellipse((548, 84), (8, 7), "#ddd6bb", outline=None)
    ink.ellipse((572, 104), (11, 9), "#ddd6bb", outline=None)
    _skyline(ink, dice, "far", 26, (300, 70), "#2f3468", "#ffe08a", middle_gap=0)
    ink.wash([(0, 372), (WIDTH, 372), (WIDTH, HEIGHT), (0, HEIGHT)], [(0, "#3a3d66"), (1, "#16182e")])
    for side in (-1, 1):
        _row_of_houses(ink, dice, side)
    ink.shape([(482, 372), (542, 372), (860, 580), (164, 580)], "#24274a", outline=None, smooth=False)
    for y, half, high in ((384, 1.5, 6), (402, 2.6, 10), (430, 4.4, 16), (472, 7, 24), (530, 11, 34)):
        ink.shape(
            [(512 - half, y), (512 + half, y), (512 + half * 1.5, y + high), (512 - half * 1.5, y + high)],
            "#d9d6c0",
            outline=None,
            smooth=False,
        )
    for x, tone in ((250, "#ff5fa8"), (360, "#ffc45a"), (690, "#58d8e8"), (800, "#ffd27a")):
        ink.veil([(x - 26, 430), (x + 26, 430), (x + 44, 580), (x - 44, 580)], tone, 0.3, blur=12, smooth=False)
    for x, foot, size in (
        (120, 560, 1.3),
        (318, 462, 0.75),
        (424, 408, 0.42),
        (906, 560, 1.3),
        (706, 462, 0.75),
        (600, 408, 0.42),
    ):
        _lamp(ink, x, foot, size, 1 if x < 512 else -1)
    return ink.finished().convert("RGB")


def _skyline(
    ink: Ink,
    dice: Dice,
    name: str,
    count: int,
    range_y: tuple[int, int],
    fill: str,
    windows: str | None,
    *,
    middle_gap: int = 0,
) -> None:
    """Houses side by side, their roofs between `range_y[0]` and so much higher; some windows are lit."""
    step = WIDTH / count
    for n in range(count):
        x = n * step - 4
        top = range_y[0] - dice.number(name, "top", n) % range_y[1]
        ink.shape([(x, 450), (x, top), (x + step * 0.96, top), (x + step * 0.96, 450)], fill, outline=None, smooth=False)
        if dice.number(name, "mast", n) % 3 == 0:
            ink.stroke([(x + step * 0.5, top), (x + step * 0.5, top - 22)], fill, 3)
        if windows is None:
            continue
        for row in range(int((430 - top) / 16)):
            for column in range(max(1, int(step / 14)) - 1):
                if dice.number(name, "window", n, row, column) % 5 < 2:
                    left, high = x + 8 + column * 13, top + 10 + row * 16
                    ink.shape(
                        [(left, high), (left + 6, high), (left + 6, high + 8), (left, high + 8)],
                        windows,
                        outline=None,
                        smooth=False,
                    )


def _row_of_houses(ink: Ink, dice: Dice, side: int) -> None:
    """One side of the street in perspective, towards the vanishing point (512, 372)."""
    walls = ("#2b2a55", "#3b2c5c", "#26385f", "#43305a")
    signs = ("#ff5fa8", "#58d8e8", "#ffc45a", "#8fe06a")
    edges = (1.0, 0.62, 0.4, 0.26, 0.17, 0.1)
    for n in range(len(edges) - 1, 0, -1):
        near, far = edges[n - 1], edges[n]
        x0, x1 = 512 + side * 560 * near, 512 + side * 560 * far
        high = 430 + dice.number("house", side, n) % 140
        top0, top1 = 372 - high * near, 372 - high * far
        foot0, foot1 = 372 + 190 * near, 372 + 190 * far
        ink.shape(
            [(x0, foot0), (x0, top0), (x1, top1), (x1, foot1)],
            walls[(n + (side > 0)) % 4],
            outline="#12142c",
            line=2,
            smooth=False,
        )
        for row in range(5):
            for column in range(4):
                if dice.number("lit", side, n, row, column) % 7 < 3:
                    _in_wall(
                        ink,
                        (x0, top0, foot0),
                        (x1, top1, foot1),
                        0.12 + column * 0.22,
                        0.1 + row * 0.125,
                        0.12,
                        0.07,
                        "#ffe39a",
                    )
        _in_wall(ink, (x0, top0, foot0), (x1, top1, foot1), 0.1, 0.78, 0.8, 0.19, "#ffd98a")
        _in_wall(ink, (x0, top0, foot0), (x1, top1, foot1), 0.06, 0.71, 0.88, 0.06, signs[(n * 2 + (side > 0)) % 4])
        _in_wall(ink, (x0, top0, foot0), (x1, top1, foot1), 0.82, 0.4, 0.1, 0.26, signs[(n + 1 + (side > 0)) % 4])


def _in_wall(
    ink: Ink,
    near: tuple[float, float, float],
    far: tuple[float, float, float],
    x: float,
    y: float,
    wide: float,
    high: float,
    colour: str,
) -> None:
    """A window or sign at shares of a wall that runs away from us."""

    def at(across: float, down: float) -> tuple[float, float]:
        top, foot = near[1] + (far[1] - near[1]) * across, near[2] + (far[2] - near[2]) * across
        return near[0] + (far[0] - near[0]) * across, top + (foot - top) * down

    ink.shape([at(x, y), at(x + wide, y), at(x + wide, y + high), at(x, y + high)], colour, outline=None, smooth=False)


def _lamp(ink: Ink, x: float, foot: float, size: float, towards: int) -> None:
    top = foot - 250 * size
    ink.stroke([(x, foot), (x, top)], "#12142c", 7 * size)
    ink.curve(
        [(x, top), (x + towards * 16 * size, top - 18 * size), (x + towards * 46 * size, top - 18 * size)], "#12142c", 6 * size
    )
    lamp = (x + towards * 50 * size, top - 12 * size)
    ink.ellipse(lamp, (16 * size, 8 * size), "#fff2c0", outline=None)
    ink.glow(lamp, 120 * size, "#ffe3a0", 0.75)


def _water_tank(ink: Ink, x: float, foot: float) -> None:
    for dx in (-52, 52):
        ink.stroke([(x + dx, foot), (x + dx * 0.8, foot - 90)], "#332845", 8)
    ink.stroke([(x - 48, foot - 20), (x + 44, foot - 76)], "#332845", 4)
    ink.stroke([(x + 48, foot - 20), (x - 44, foot - 76)], "#332845", 4)
    ink.shape(
        [(x - 66, foot - 86), (x - 66, foot - 190), (x + 66, foot - 190), (x + 66, foot - 86)],
        "#9b6b62",
        shade="#6a4657",
        depth=28,
        line=2.5,
        smooth=False,
    )
    for y in (foot - 112, foot - 164):
        ink.stroke([(x - 66, y), (x + 66, y)], "#5a3c50", 4)
    ink.shape(
        [(x - 76, foot - 188), (x + 76, foot - 188), (x, foot - 236)],
        "#6f4b5c",
        shade="#4b344c",
        depth=16,
        line=2.5,
        smooth=False,
    )


def _stairs_house(ink: Ink, x: float, foot: float) -> None:
    ink.shape(
        [(x - 96, foot), (x - 96, foot - 170), (x + 130, foot - 170), (x + 130, foot)],
        "#8b6c86",
        shade="#5d4a68",
        depth=18,
        line=2.5,
        smooth=False,
    )
    ink.shape(
        [(x - 108, foot - 168), (x + 130, foot - 168), (x + 130, foot - 184), (x - 108, foot - 184)],
        "#b890a0",
        line=2,
        smooth=False,
    )
    ink.shape(
        [(x - 56, foot), (x - 56, foot - 112), (x + 6, foot - 112), (x + 6, foot)],
        "#4a3c58",
        shade="#352b45",
        depth=6,
        line=2.5,
        smooth=False,
    )
    ink.ellipse((x - 4, foot - 54), (3.5, 3.5), "#e8c37a", outline=None)
    ink.ellipse((x - 25, foot - 132), (12, 7), "#ffe7a8", line=2)
    ink.glow((x - 25, foot - 130), 70, "#ffd98a", 0.5)


def _cooler(ink: Ink, x: float, foot: float) -> None:
    ink.shape(
        [(x - 46, foot), (x - 46, foot - 54), (x + 46, foot - 54), (x + 46, foot)],
        "#a894a8",
        shade="#76657f",
        depth=9,
        line=2.5,
        smooth=False,
    )
    ink.ellipse((x, foot - 27), (20, 20), "#5b4c68", line=2)
    for turn in (0, 60, 120):
        ink.ellipse((x, foot - 27), (17, 4), "#8d7b95", turn=turn, outline=None)
