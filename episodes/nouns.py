"""What the nouns that people and files bring in have in common: frozen, closed, and free of control characters."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints


class Noun(BaseModel):
    """A frozen value. Unknown fields, NaN and infinity are refused."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        # a cache of values would keep 16,000 texts, few of which are ever read again, and hold memory that films needed for a moment
        cache_strings="keys",
    )


def _plain(text: str) -> str:
    for character in text:
        # Cc: control characters (PostgreSQL refuses NUL), Cs: lone surrogates (no encoding has them)
        if unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t":
            raise ValueError(f"contains the control character U+{ord(character):04X}")
    return text


ID_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,63}$"
COLOUR_PATTERN = r"^#[0-9a-fA-F]{6}$"

Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
"""Lower-case letters, digits, `_` and `-`; 1 to 64 of them; safe in a path and a URL."""

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80), AfterValidator(_plain)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(_plain)]
Colour = Annotated[str, StringConstraints(pattern=COLOUR_PATTERN), AfterValidator(str.lower)]
"""sRGB as `#rrggbb`; kept in lower case."""
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
