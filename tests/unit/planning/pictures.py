"""Small drawn pictures for tests of extraction."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw

SKIN = (236, 190, 160)


def as_file(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def a_landscape(size: tuple[int, int] = (160, 90), sky: str = "#7ec8f0", ground: str = "#3f9a4a") -> Image.Image:
    """Sky above, ground below, a hill between."""
    picture = Image.new("RGB", size, sky)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, size[1] * 0.6, size[0], size[1]), fill=ground)
    draw.polygon([(0, size[1] * 0.6), (size[0] * 0.4, size[1] * 0.3), (size[0], size[1] * 0.6)], fill="#6b7f8f")
    return picture


def a_figure(coat: str = "#c02020", ground: tuple[int, ...] = (0, 0, 0, 0), num: int = 1) -> Image.Image:
    """A standing figure (or several, side by side) with dark legs on a plain or transparent ground."""
    picture = Image.new("RGBA", (120 * num, 240), ground)
    draw = ImageDraw.Draw(picture)
    for n in range(num):
        x = 120 * n
        draw.ellipse((x + 44, 12, x + 76, 52), fill=SKIN)
        draw.rectangle((x + 36, 52, x + 84, 140), fill=coat)
        draw.rectangle((x + 42, 140, x + 78, 228), fill="#203060")
    return picture


def a_face() -> Image.Image:
    """A drawn face, large, before a street."""
    picture = a_landscape((200, 200), sky="#8aa0b8", ground="#5a6470")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((50, 150, 150, 200), fill="#2040a0")
    draw.ellipse((60, 30, 140, 160), fill=SKIN)
    draw.rectangle((60, 20, 140, 50), fill="#301c10")
    for x in (84, 116):
        draw.ellipse((x - 8, 82, x + 8, 94), fill="#201810")
    draw.line((86, 132, 114, 132), fill="#903030", width=4)
    return picture
