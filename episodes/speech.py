"""Speech: how long words take to say."""

from __future__ import annotations

import unicodedata
from typing import Final

COMFORTABLE_WORDS_PER_MIN: Final = 180
"""Lively talk; people converse in English at about 150. Planners leave a line this much time."""

FASTEST_WORDS_PER_MIN: Final = 275
"""Beyond it, what is said is no longer followed (Foulke and Sticht, 1969, on speech that was compressed in time)."""

_LETTERS_OF_A_WORD: Final = 10
"""A longer word counts as several: German compounds, and scripts that leave no spaces."""

_WORDS_OF_A_SIGN: Final = 0.45
"""A Chinese or Japanese sign against an English word: news in Japanese is read at about 400 signs a minute."""


def num_words(text: str) -> float:
    """English words that take as long to say as this text does, in whatever script."""
    signs = sum(_is_sign(character) for character in text)
    words = "".join(" " if _is_sign(character) else character for character in text).split()
    letters = (sum(character.isalnum() for character in word) for word in words)
    return signs * _WORDS_OF_A_SIGN + sum(max(1.0, n / _LETTERS_OF_A_WORD) for n in letters if n)


def spoken_s(text: str, words_per_min: int = COMFORTABLE_WORDS_PER_MIN) -> float:
    """Seconds that it takes to say the text."""
    return num_words(text) * 60 / words_per_min


def _is_sign(character: str) -> bool:
    """Kanji, kana and hangul stand for a syllable or more each."""
    return unicodedata.name(character, "").startswith(("CJK UNIFIED", "HIRAGANA", "KATAKANA", "HANGUL SYLLABLE"))
