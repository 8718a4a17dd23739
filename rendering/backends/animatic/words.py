"""Reads words: which of several meanings a plain sentence has, by the keywords in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

RAIN = "rain\\b rains\\b rainy\\b raining storm\\b thunderstorm downpour"
SNOW = "snow\\b snows\\b snowy\\b snowing snowfall blizzard"
"""What lets it rain or snow; a raincoat does not."""

Meaning = TypeVar("Meaning", bound=StrEnum)


def meaning_of(text: str, keywords: Mapping[Meaning, str]) -> Meaning | None:
    """The meaning whose keyword comes first in the text; None when there is none.

    Keywords are space-separated stems: "run" also finds "runs" and "running", but not "prune".
    """
    found: list[tuple[int, int, Meaning]] = []
    for rank, (meaning, stems) in enumerate(keywords.items()):
        hit = re.search(rf"\b(?:{'|'.join(stems.split())})", text.lower())
        if hit:
            found.append((hit.start(), rank, meaning))
    return min(found)[2] if found else None


def mentions(text: str, stems: str) -> bool:
    """Whether a word of the text begins with one of the space-separated stems."""
    return re.search(rf"\b(?:{'|'.join(stems.split())})", text.lower()) is not None
