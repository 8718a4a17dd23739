"""Wording: measurements as a description that can stand in a prompt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from episodes.world import Light, PictureKind
from planning.extraction.colours import colour_word
from planning.extraction.measure import Measured

_LIGHTS: Final = {Light.DAY: "a bright", Light.DUSK: "a warm, low-lit", Light.NIGHT: "a dim"}
_TINGES: Final = {
    "blue": "bluish", "dark blue": "bluish", "light blue": "bluish", "turquoise": "bluish", "teal": "greenish", "green": "greenish",
    "dark green": "greenish", "light green": "greenish", "olive": "greenish", "red": "reddish", "dark red": "reddish", "pink": "pinkish",
    "orange": "orange-coloured", "yellow": "yellowish", "beige": "sandy", "brown": "brownish", "purple": "purplish", "violet": "purplish",
    "white": "pale", "light grey": "pale", "grey": "grey", "dark grey": "grey", "black": "dark",
}  # fmt: skip


def description_of(measured: Measured) -> str:
    """ "wears mostly red and dark blue"; "a dim, bluish place, mostly dark blue and black"."""
    if measured.kind is PictureKind.PLACE:
        words = _colours(measured.palette)
        if not words:
            return ""
        return f"{_LIGHTS[measured.light]}, {_TINGES[words[0]]} place, mostly {' and '.join(words[:2])}"
    clothes = _colours(measured.body_palette[1:] or measured.body_palette)
    worn = f"wears mostly {' and '.join(clothes[:2])}" if clothes else ""
    head = _colours(measured.body_palette[:1])
    return f"{worn}; {head[0]} at the head" if worn and head and head[0] not in clothes else worn


def _colours(palette: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(colour_word(colour) for colour in palette))
