"""The forest by day and the lighthouse harbour: paintings in layers, far ones paler."""

from __future__ import annotations

from PIL import Image

from planning.offline.dice import Dice
from planning.worlds.anime_world.drawing.ink import Ink, Point

WIDTH, HEIGHT = 1024, 576


def forest() -> Image.Image:
    """Tall trunks in three depths, a path, light falling in from the upper right."""
    dice = Dice(seed="forest")
    ink = Ink(WIDTH, HEIGHT, scale=2)
    ink.gradient([(0, "#e9f6d8"), (0.45, "#c2e3b6"), (1, "#8fc28d")])
    ink.glow((760, 40), 520, "#fff6c8", 0.9)
    _trunks(ink, dice, "far", 26, (8, 16), 330, "#9fcaa4", "#8fbd98")
    _bushes(ink, dice, "far", 330, 34, "#8cc08b", "#79b07e")
    _trunks(ink, dice, "middle", 13, (20, 34), 390, "#6d9c78", "#5a8a6a")
    _crown(ink, dice, "middle", 70, 46, "#6fae72", "#5d9c68")
    _bushes(ink, dice, "middle", 392, 46, "#5f9f62", "#4d8a56")
    ink.wash([(0, 400), (WIDTH, 400), (WIDTH, HEIGHT), (0, HEIGHT)], [(0, "#74b05f"), (1, "#3f7a45")])
    path: list[Point] = [(498, 396), (540, 396), (560, 440), (640, 500), (760, 580), (330, 580), (440, 500), (510, 440)]
    ink.wash(path, [(0, "#d9c79a"), (1, "#b3935f")], smooth=True)
    for n in range(46):
        x, y = float(dice.number("tuft", n) % WIDTH), 410.0 + dice.number("tuft-y", n) % 150
        if not 380 < x < 700:
            _tuft(ink, x, y, 6 + (y - 400) / 14)
    for x, wide in ((30, 74), (236, 46), (846, 56), (988, 92)):
        _big_tree(ink, dice, x, wide)
    _crown(ink, dice, "near", 24, 92, "#3d7f4c", "#2c6540")
    for beam in (
        [(690, -20), (760, -20), (560, 470), (420, 470)],
        [(820, -20), (866, -20), (740, 480), (650, 480)],
        [(560, -20), (600, -20), (340, 430), (270, 430)],
    ):
        ink.veil(beam, "#fffbd6", 0.28, blur=8, smooth=False)
    for n in range(26):
        ink.ellipse((dice.number("mote", n) % WIDTH, dice.number("mote-y", n) % 460), (1.6, 1.6), "#fffce0", outline=None)
    for n in range(16):
        x, y = dice.number("flower", n) % WIDTH, 450 + dice.number("flower-y", n) % 110
        if not 330 < x < 740:
            ink.ellipse((x, y), (4, 3.4), dice.pick(["#ffffff", "#ffd95e", "#f29bb8"], "colour", n), outline=None)
    return ink.finished().convert("RGB")


def harbour() -> Image.Image:
    """A white lighthouse on a green cliff, blue water, boats and a stone quay."""
    dice = Dice(seed="harbour")
    ink = Ink(WIDTH, HEIGHT, scale=2)
    ink.gradient([(0, "#4aa3e0"), (0.5, "#9fd6f2"), (0.62, "#d8f0f6")], bottom=350)
    for cloud in ((170, 130, 1.3), (470, 76, 0.8), (905, 150, 1.1), (690, 210, 0.55)):
        _cloud(ink, *cloud)
    ink.shape([(-20, 336), (120, 296), (240, 316), (330, 288), (440, 322), (560, 338), (-20, 344)], "#8fb6cf", outline=None)
    ink.wash([(0, 334), (WIDTH, 334), (WIDTH, HEIGHT), (0, HEIGHT)], [(0, "#5fb6d6"), (0.4, "#2f8bb8"), (1, "#1f648f")])
    for n in range(70):
        y = 344 + (dice.number("wave", n) % 1000) / 1000 * 150
        x, half = dice.number("wave-x", n) % WIDTH, 6 + (y - 340) / 8
        ink.stroke(
            [(x - half, y), (x + half, y)], dice.pick(["#8fd2e8", "#c8ecf4", "#3f9cc4"], "wave-colour", n), 1 + (y - 340) / 110
        )
    # the cliff with its lighthouse
    ink.shape([(430, 352), (452, 310), (502, 268), (590, 236), (710, 226), (1060, 210), (1060, 372), (660, 376), (520, 366)],
              "#a58f78", shade="#7c6858", depth=20,
              line=2)  # fmt: skip
    ink.shape([(448, 316), (502, 262), (590, 230), (710, 218), (1060, 200), (1060, 252), (760, 262), (630, 272), (550, 290),
              (498, 312)], "#7cbf62", shade="#589a4e",
              depth=10, line=2)  # fmt: skip
    for crack in ([(530, 300), (520, 340), (534, 362)], [(650, 280), (642, 330), (656, 368)], [(760, 270), (768, 330)]):
        ink.curve(crack, "#7c6858", 3, end_width=1.5)
    _lighthouse(ink, 642, 236)
    _house(ink, 780, 234)
    ink.veil([(430, 356), (660, 380), (1060, 374), (1060, 392), (660, 398), (430, 366)], "#e9fbff", 0.6, blur=2)
    _boat(ink, 210, 412, 0.85, "#d9483b")
    _boat(ink, 380, 372, 0.45, "#f0b93a")
    # the quay in front
    ink.wash([(0, 486), (WIDTH, 462), (WIDTH, HEIGHT), (0, HEIGHT)], [(0, "#cfc4b0"), (1, "#9a8c78")])
    ink.stroke([(0, 486), (WIDTH, 462)], "#eee6d4", 5)
    ink.stroke([(0, 496), (WIDTH, 472)], "#81735f", 3)
    for n in range(12):
        x = 20 + n * 92
        ink.stroke([(x, 497 - x * 0.0234), (x - 46 + n * 9, HEIGHT)], "#8d7f6a", 2)
    for y, tilt in ((524, 0.02), (556, 0.016)):
        ink.stroke([(0, y), (WIDTH, y - WIDTH * tilt)], "#8d7f6a", 2)
    for x in (90, 420, 700, 960):
        _bollard(ink, x, 500 - x * 0.0234)
    ink.curve([(92, 480), (130, 462), (150, 440)], "#5d5140", 3)
    for x, y in ((330, 190), (372, 172), (488, 148)):
        ink.curve([(x - 16, y - 4), (x - 6, y - 8), (x, y), (x + 6, y - 8), (x + 16, y - 4)], "#ffffff", 3)
    return ink.finished().convert("RGB")


def _trunks(ink: Ink, dice: Dice, name: str, count: int, wide: tuple[int, int], foot: float, fill: str, shade: str) -> None:
    for n in range(count):
        x = (n + 0.5) * WIDTH / count + dice.number(name, "x", n) % 40 - 20
        half = (wide[0] + dice.number(name, "w", n) % (wide[1] - wide[0])) / 2
        lean = dice.number(name, "lean", n) % 24 - 12
        ink.shape([(x - half + lean, -10), (x + half + lean, -10), (x + half, foot), (x - half, foot)], fill, shade=shade,
                  depth=half * 0.7, outline=None,
                  smooth=False)  # fmt: skip


def _bushes(ink: Ink, dice: Dice, name: str, y: float, size: float, fill: str, shade: str) -> None:
    for n in range(24):
        x = n * WIDTH / 23 + dice.number(name, "bush", n) % 30 - 15
        high = size * (0.7 + (dice.number(name, "high", n) % 60) / 100)
        ink.ellipse((x, y + 12), (size * 1.1, high), fill, shade=shade, depth=size * 0.35, outline=None)


def _crown(ink: Ink, dice: Dice, name: str, y: float, size: float, fill: str, shade: str) -> None:
    """Leaves that hang in from above."""
    for n in range(18):
        x = n * WIDTH / 17 + dice.number(name, "leaf", n) % 40 - 20
        drop = dice.number(name, "drop", n) % round(size)
        # the middle stays open for the sky
        lift = 70 if 300 < x < 800 else 0
        ink.ellipse((x, y - lift + drop * 0.4 - size * 0.4), (size * 1.15, size * 0.8), dice.pick([fill, shade], name,
                  "tone", n), shade=shade,
                    depth=size * 0.25, outline=None)  # fmt: skip


def _big_tree(ink: Ink, dice: Dice, x: float, wide: float) -> None:
    ink.shape([(x - wide * 0.5, -20), (x + wide * 0.5, -20), (x + wide * 0.46, 300), (x + wide * 0.6, 470),
              (x + wide * 1.0, 520), (x, 506), (x - wide * 1.0, 522),
               (x - wide * 0.6, 470), (x - wide * 0.46, 300)], "#6b4f3c", shade="#46332c", light="#8d6a4e", depth=wide * 0.3,
               line=2.5)  # fmt: skip
    for n in range(5):
        top = dice.number("bark", round(x), n) % 330
        at = x + (dice.number("bark-x", round(x), n) % 100 - 50) / 100 * wide * 0.6
        ink.curve([(at, top), (at + 3, top + 40), (at - 2, top + 78)], "#46332c", 3, end_width=1)


def _tuft(ink: Ink, x: float, y: float, size: float) -> None:
    for dx in (-0.7, -0.25, 0.25, 0.7):
        ink.curve([(x + dx * size * 0.5, y), (x + dx * size, y - size * 1.3)], "#2f6b3c", 2.4, end_width=0.8)


def _cloud(ink: Ink, x: float, y: float, size: float) -> None:
    for dx, dy, r in ((-92, 12, 30), (-52, -8, 42), (0, -26, 54), (54, -6, 44), (96, 14, 28)):
        ink.ellipse(
            (x + dx * size, y + dy * size),
            (r * size * 1.15, r * size),
            "#ffffff",
            shade="#d3e6f4",
            depth=12 * size,
            outline=None,
        )
    ink.shape([(x - 122 * size, y + 24 * size), (x - 60 * size, y + 6 * size), (x + 60 * size, y + 6 * size),
              (x + 122 * size, y + 26 * size), (x, y + 40 * size)],
              "#ffffff", shade="#d3e6f4", depth=8 * size, outline=None)  # fmt: skip


def _lighthouse(ink: Ink, x: float, y: float) -> None:
    ink.shape(
        [(x - 34, y + 8), (x - 22, y - 150), (x + 22, y - 150), (x + 34, y + 8)],
        "#fbfaf5",
        shade="#c3c9d6",
        depth=16,
        line=2.5,
        smooth=False,
    )
    for low, high in ((-36, -66), (-96, -126)):
        left, right = 34 - 12 * -low / 158, 34 - 12 * -high / 158
        ink.shape(
            [(x - left, y + low), (x + left, y + low), (x + right, y + high), (x - right, y + high)],
            "#d9483b",
            shade="#a52f30",
            depth=14,
            line=2,
            smooth=False,
        )
    ink.shape([(x - 32, y - 150), (x + 32, y - 150), (x + 32, y - 160), (x - 32, y - 160)], "#4a5560", line=2, smooth=False)
    ink.shape([(x - 17, y - 160), (x + 17, y - 160), (x + 17, y - 192), (x - 17, y - 192)], "#ffe9a0", line=2, smooth=False)
    ink.shape([(x - 25, y - 192), (x + 25, y - 192), (x, y - 218)], "#d9483b", shade="#a52f30", depth=8, line=2.5, smooth=False)
    ink.glow((x, y - 176), 60, "#fff3b8", 0.8)
    ink.shape([(x - 9, y + 8), (x - 9, y - 16), (x + 9, y - 16), (x + 9, y + 8)], "#5a4636", line=2, smooth=False)


def _house(ink: Ink, x: float, y: float) -> None:
    ink.shape(
        [(x - 36, y + 4), (x - 36, y - 36), (x + 40, y - 36), (x + 40, y + 4)],
        "#fbf4e6",
        shade="#cfc4b4",
        depth=10,
        line=2,
        smooth=False,
    )
    ink.shape(
        [(x - 46, y - 34), (x - 24, y - 66), (x + 28, y - 66), (x + 50, y - 34)],
        "#c0563a",
        shade="#8f3b2e",
        depth=10,
        line=2,
        smooth=False,
    )
    for dx in (-20, 14):
        ink.shape(
            [(x + dx, y - 12), (x + dx, y - 26), (x + dx + 14, y - 26), (x + dx + 14, y - 12)], "#7fc4e6", line=2, smooth=False
        )


def _boat(ink: Ink, x: float, y: float, size: float, colour: str) -> None:
    ink.veil(
        [(x - 100 * size, y + 30 * size), (x, y + 24 * size), (x + 100 * size, y + 30 * size), (x, y + 48 * size)],
        "#174d70",
        0.45,
        blur=2,
    )
    ink.stroke([(x, y), (x, y - 136 * size)], "#5a4636", 5 * size)
    ink.shape([(x + 6 * size, y - 130 * size), (x + 76 * size, y - 16 * size), (x + 6 * size, y - 16 * size)], "#ffffff",
              shade="#cfd8e6", depth=12 * size, line=2,
              smooth=False)  # fmt: skip
    ink.shape([(x - 6 * size, y - 112 * size), (x - 6 * size, y - 18 * size), (x - 56 * size, y - 18 * size)], "#fdf3dc",
              shade="#d6c8aa", depth=10 * size, line=2,
              smooth=False)  # fmt: skip
    ink.shape([(x - 96 * size, y - 8 * size), (x + 100 * size, y - 8 * size), (x + 72 * size, y + 34 * size),
              (x - 66 * size, y + 34 * size)], colour,
              shade="#7d2d2c" if colour == "#d9483b" else "#a9741f", depth=14 * size, line=2.5, smooth=False)  # fmt: skip
    ink.stroke([(x - 90 * size, y + 4 * size), (x + 92 * size, y + 4 * size)], "#fff8ea", 6 * size)


def _bollard(ink: Ink, x: float, y: float) -> None:
    ink.shape(
        [(x - 13, y + 22), (x - 11, y - 14), (x + 11, y - 14), (x + 13, y + 22)],
        "#454d58",
        shade="#2c323c",
        depth=7,
        line=2,
        smooth=False,
    )
    ink.ellipse((x, y - 16), (17, 7), "#5b6572", line=2)
