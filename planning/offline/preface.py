"""Preface: ways of asking for a film that are not part of its story, taken off before reading; and what is said in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_KINDS: Final = r"(?:video|film|movie|clip|episode|story|scene|animation|tale|shot|short|picture|anime|cartoon)"
_ASKING: Final = re.compile(
    rf"^\s*(?:please\s+)?(?:(?:make|create|generate|show|render|draw|animate|write|tell|produce|give|film)\s+(?:me\s+|us\s+)?)?"
    rf"(?:an?|the|one|some)\s+(?:\w+\s+){{0,2}}?{_KINDS}\s*(?:of|about|where|in which|that shows|showing|with|:)\s+(?=\S)",
    re.IGNORECASE,
)
_BARE_ASKING: Final = re.compile(
    r"^\s*(?:please\s+)?(?:show|imagine|animate|render|draw)\s+(?:me\s+|us\s+)?(?:how\s+)?(?=\S)", re.IGNORECASE
)
_ONCE: Final = re.compile(r"^\s*once upon a time,?\s+(?:there\s+(?:was|were|lived)\s+)?(?=\S)", re.IGNORECASE)
_THERE: Final = re.compile(r"^\s*there\s+(?:is|are|was|were|lives|lived)\s+(?=\S)", re.IGNORECASE)
_QUOTE: Final = re.compile(r"[\"“”„«»]([^\"“”„«»]{2,300})[\"“”„«»]\s*,?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Intent:
    """The story itself, and the words that somebody speaks in it."""

    story: str
    quotes: tuple[str, ...]


def opened(text: str) -> Intent:
    """ "Make a video of a cat sleeping" → "a cat sleeping". Never leaves nothing."""
    quotes = tuple(match.strip(" ,") for match in _QUOTE.findall(text))
    story = _QUOTE.sub(" ", text).strip() or text
    for pattern in (_ASKING, _ONCE, _BARE_ASKING, _THERE):
        story = pattern.sub("", story, count=1)
    return Intent(story=story, quotes=quotes)
