"""Names and ids: the id that stands for a name, and names made comparable."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_UNSAFE = re.compile(r"[^a-z0-9]+")


def identifier(name: str, fallback: str) -> str:
    """An Id for a name: "Giant Monster" → `giant-monster`. A name without Latin letters: the fallback and a hash of it."""
    decomposed = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii").lower()
    latin = _UNSAFE.sub("-", decomposed).strip("-")[:48].strip("-")
    if latin and (len(latin) > 1 or len(name) == 1):
        return latin
    return f"{fallback}-{hashlib.sha256(name.encode('utf-8')).hexdigest()[:8]}"


def comparable(name: str) -> str:
    """Equal for names that people would call the same: case, accents' encoding, separators and numbering aside."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(word for word in re.split(r"[\W_]+", folded) if word and not word.isdigit())
