"""Effects: what a beat changes in the story, for whoever keeps track of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from episodes.nouns import Id, Noun, Prose


class Happening(StrEnum):
    DIES = "dies"
    REVIVES = "revives"
    IS_INJURED = "is injured"
    HEALS = "heals"
    ARRIVES = "arrives"
    """Was not there before; who plays from a scene's beginning on needs none."""
    LEAVES = "leaves"
    """Is not there any more when the beat is over, until it arrives or another scene shows it."""
    CHANGES_CLOTHES = "changes clothes"
    TAKES = "takes"
    """Holds the prop from now on, wherever it was and whoever had it."""
    GIVES = "gives"
    DROPS = "drops"
    """It lies there, for anybody to take."""
    LOSES = "loses"
    """Nobody knows where it is, until somebody finds it."""
    FINDS = "finds"
    """A prop that is found without having been lost was missing from the beginning."""
    USES = "uses"
    TIME_PASSES = "time passes"
    """The next beat of the scene may play at another hour."""


MAX_EFFECTS: Final = 32
"""Of one beat."""


MAX_DETAIL: Final = 200
"""Characters."""


class Effect(Noun):
    """One thing that is otherwise after a beat. Each happening needs its own fields and takes no others."""

    happens: Happening
    character_id: Id | None = None
    """Who does it, or to whom it happens."""
    prop_id: Id | None = None
    """A prop of the world."""
    to: Id | None = None
    """The character who is given the prop."""
    detail: Annotated[Prose, Field(max_length=MAX_DETAIL)] = ""
    """The new clothes ("a blue kimono"), or what is hurt ("the left arm")."""

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Self:
        needed, allowed = _FIELDS[self.happens]
        given = {name for name in _OPTIONAL if getattr(self, name)}
        if missing := sorted(needed - given):
            raise ValueError(f"`{self.happens}` needs {missing[0]}")
        if useless := sorted(given - needed - allowed):
            raise ValueError(f"`{self.happens}` takes no {useless[0]}")
        return self


_OPTIONAL: Final = ("character_id", "prop_id", "to", "detail")
_NONE: Final[frozenset[str]] = frozenset()
_WHO: Final = frozenset(["character_id"])
_WHO_AND_WHAT: Final = frozenset(["character_id", "prop_id"])
_DETAIL: Final = frozenset(["detail"])
_FIELDS: Final[dict[Happening, tuple[frozenset[str], frozenset[str]]]] = {
    Happening.DIES: (_WHO, _NONE),
    Happening.REVIVES: (_WHO, _NONE),
    Happening.IS_INJURED: (_WHO, _DETAIL),
    Happening.HEALS: (_WHO, _DETAIL),
    Happening.ARRIVES: (_WHO, _NONE),
    Happening.LEAVES: (_WHO, _NONE),
    Happening.CHANGES_CLOTHES: (_WHO | _DETAIL, _NONE),
    Happening.TAKES: (_WHO_AND_WHAT, _NONE),
    Happening.GIVES: (_WHO_AND_WHAT | {"to"}, _NONE),
    Happening.DROPS: (_WHO_AND_WHAT, _NONE),
    Happening.LOSES: (_WHO_AND_WHAT, _NONE),
    Happening.FINDS: (_WHO_AND_WHAT, _NONE),
    Happening.USES: (_WHO_AND_WHAT, _NONE),
    Happening.TIME_PASSES: (_NONE, _NONE),
}
"""Happening → the fields that it needs, and those that it may have beside them."""
