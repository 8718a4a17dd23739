"""Feelings: what a face shows, read from the words that say what somebody does."""

from __future__ import annotations

import re
from typing import Final

_WORDS: Final = {
    "afraid": r"fear afraid scared terrified frightened alarmed panic trembl nervous",
    "furious": r"angry angrily furious rage\b threaten roar",
    "sad": r"sad(ly|ness)?\b cry\b cries cried crying weep sob(s|bing)?\b mourn lonely lowered\shead",
    "astonished": r"amazed astonish surpris puzzled",
    "happy": r"happy happi smil laugh grin beam cheer joy celebrat danc",
    "proud": r"proud",
    "shy": r"shy",
    "tired": r"yawn tired weakly exhausted breathes\b",
    "determined": r"ready\b brave fight determin",
    "curious": r"search peer notic curious",
}
"""Feeling → the beginnings of words that tell it; the first that is told counts."""

_TELL: Final = {feeling: re.compile(rf"\b(?:{'|'.join(words.split())})") for feeling, words in _WORDS.items()}


def feeling_in(*texts: str) -> str:
    """Of the first text that tells one; empty when none does."""
    found = (feeling for text in texts for feeling, tells in _TELL.items() if tells.search(text.casefold()))
    return next(found, "")
