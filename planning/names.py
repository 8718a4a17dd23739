"""Names and ids: the id that stands for a name, and names made comparable."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")
_UNSAFE = re.compile(r"[^a-z0-9]+")


def identifier(name: str, fallback: str) -> str:
    """An Id for a name: "Giant Monster" → `giant-monster`. A name without Latin letters: the fallback and a hash of it."""
    decomposed = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii").lower()
    latin = _UNSAFE.sub("-", decomposed).strip("-")[:48].strip("-")
    if latin and (len(latin) > 1 or len(name) == 1):
        return latin
    return f"{fallback}-{hashlib.sha256(name.encode('utf-8')).hexdigest()[:8]}"


def exact(name: str) -> str:
    """Equal for one name however it is written: case, accents' encoding and separators aside. "Room 1" is not "Room 2"."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(word for word in re.split(r"[\W_]+", folded) if word) or folded


def comparable(name: str) -> str:
    """Equal for names that differ in their numbering at most, as pictures of one character do: "hero 2" is "hero"."""
    return " ".join(word for word in exact(name).split() if any(c.isalnum() for c in word) and not word.isdigit())


def is_numbered(name: str) -> bool:
    """ "Guard 2": one of several that share the rest of their name."""
    return any(word.isdigit() for word in exact(name).split())


def meant_by(name: str, named: Mapping[str, T]) -> T | None:
    """Whoever has this name; a name without a number can mean the only one that has one: "Robot" → "Robot 1"."""
    if (found := next((one for known, one in named.items() if exact(known) == exact(name)), None)) is not None:
        return found
    alike = [one for known, one in named.items() if comparable(known) == comparable(name)]
    return alike[0] if len(alike) == 1 and comparable(name) and not is_numbered(name) else None
