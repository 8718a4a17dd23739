"""Wardrobe: what somebody wears whose description alone says so."""

from __future__ import annotations

import re
from typing import Final

_CLOTHES: Final = (
    "coat|jacket|jumpsuit|suit|dress|gown|kimono|robe|tunic|shirt|blouse|sweater|jumper|hoodie|vest|skirt|trousers|pants|jeans|"
    "shorts|tights|boots|shoes|sneakers|sandals|gloves|cape|cloak|scarf|shawl|hat|cap|hood|helmet|crown|belt|apron|uniform|"
    "armour|armor|pyjamas|pajamas|mask|costume"
)
_NAMES_CLOTHES: Final = re.compile(rf"\b(?:{_CLOTHES})s?\b", re.IGNORECASE)
_BEGINS: Final = re.compile(r"^.*?\b(?:wearing|wears|dressed in|clad in|in)\s+", re.IGNORECASE)
MAX_CHARS: Final = 300


def clothes_in(description: str) -> str:
    """The parts between commas that name clothes, word for word; none: it says nothing of them."""
    worn: list[str] = []
    for part in description.split(","):
        told = part.strip() if worn else _BEGINS.sub("", part.strip())
        if _NAMES_CLOTHES.search(told) and len(", ".join([*worn, told])) <= MAX_CHARS:
            worn.append(told)
    return ", ".join(worn)
