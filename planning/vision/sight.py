"""Sight: what a vision model tells about one picture, and what may come instead of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Protocol

from pydantic import Field

from episodes.nouns import Noun, Prose
from episodes.world import Light
from planning.extraction.decode import Decoded


class Shown(StrEnum):
    """What a picture is about."""

    CHARACTER = "character"
    PLACE = "place"
    PROP = "prop"


class Sight(Noun):
    """Of the picture's subject alone. What cannot be told is left empty."""

    shows: Shown
    """The one thing that the picture is about."""
    name: Annotated[Prose, Field(max_length=80)] = ""
    """Only one that is written in the picture; else empty."""
    description: Annotated[Prose, Field(max_length=600)] = ""
    """What is always true of its looks, in words that an image model can draw from: of a character face, hair, build and age; of a
    place what it is and what stands in it; of a prop shape, material and colour. No clothes, no pose, no action."""
    clothes: Annotated[Prose, Field(max_length=300)] = ""
    """Of a character: what it wears, with colours. Else empty."""
    light: Light | None = None
    """Of a place: what light it lies in. Else null."""
    style: Annotated[Prose, Field(max_length=200)] = ""
    """How the picture is made: "anime, clean line art, cel shading"."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    sight: Sight
    model: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Unseen:
    """The model told nothing."""

    reason: str
    """A sentence."""


class Eyes(Protocol):
    """Tells what is in pictures. Safe to call from many threads at once; never raises for what the model does."""

    def look(self, picture: Decoded) -> Seen | Unseen:
        """May take a minute. A picture that was told about before is not asked about again."""

    def recall(self, sha256: str) -> Seen | Unseen:
        """What was told before; asks nobody."""
