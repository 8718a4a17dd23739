"""What a file name says: the name of whoever or whatever is in the picture."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_CAMERA: Final = re.compile(
    r"(img|dsc[fn]?|dscn|pxl|mvimg|screenshot|screen shot|bildschirmfoto|photo|image|picture|pic|untitled|unnamed|download|scan|file|"
    r"p|whatsapp image|received|fb img|snapchat|original|output|result|new)([\s\d.:at-]|am|pm|e)*",
    re.IGNORECASE,
)
_HASH: Final = re.compile(r"[0-9a-f]{8}([0-9a-f-]{8,})?", re.IGNORECASE)
_NOISE: Final = frozenset({
    "copy", "final", "ref", "reference", "sheet", "character", "charsheet", "portrait", "turnaround", "front", "back", "side", "full",
    "body", "view", "photo", "picture", "drawing", "of", "v1", "v2", "v3", "v4",
})  # fmt: skip
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def name_in(file_name: str) -> str:
    """`hero_mika-01.PNG` → "Hero Mika"; "" where the name is a camera's or a program's."""
    stem = re.split(r"[\\/]", file_name)[-1]
    stem = re.sub(r"(\.[A-Za-z0-9]{1,5})+$", "", stem)
    plain = "".join(c if unicodedata.category(c)[0] not in "CZ" else " " for c in unicodedata.normalize("NFC", stem))
    spaced = re.sub(r"[\W_]+", " ", _CAMEL.sub(" ", plain)).strip()
    if _CAMERA.fullmatch(spaced) or _is_hash(spaced):
        return ""
    words = [word for word in spaced.split() if not word.isdigit()]
    telling = [word for word in words if word.casefold() not in _NOISE] or words
    name = " ".join(
        word if not word.islower() and not (word.isupper() and len(word) > 3) else word.capitalize() for word in telling
    )
    return name[:80].strip()


def _is_hash(spaced: str) -> bool:
    joined = spaced.replace(" ", "")
    return bool(_HASH.fullmatch(joined)) and any(c.isdigit() for c in joined)


def safe_file_name(file_name: str) -> str:
    """For keeping: no folders, no control characters, at most 200 characters."""
    last = re.split(r"[\\/]", file_name)[-1]
    return "".join(c for c in last if unicodedata.category(c)[0] != "C")[-200:].strip() or "picture"
