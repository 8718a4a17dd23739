"""Shop: the seam between what is bought and the server that sells it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from episodes.errors import FailureClass, RenderFailed
from episodes.nouns import Noun, Sha256


class Request(Noun):
    """All that decides what is made: two requests with the same fields ask for the same clip."""

    server: str
    """Where it is asked for; no credentials."""
    model: str
    prompt: str
    negative_prompt: str
    seed: int
    seconds: int
    size: str
    """In the server's own words: `16:9 720p`, `1280x720`."""
    first_frame_sha256: Sha256 | None
    """Of the PNG that the clip is to begin with."""
    last_frame_sha256: Sha256 | None = None
    """Of the PNG that it is to end with; never without the first."""

    @property
    def aspect(self) -> float:
        """Width by height of what is made."""
        width, height = re.findall(r"\d+", self.size)[:2]
        return int(width) / int(height)


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """It is bought, and this is what the server calls it from now on."""

    operation: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """It is not bought, for certain."""

    failure: RenderFailed
    """Infra: the same order may be taken later."""
    retry_after_s: float | None = None
    """What the server asked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unclear:
    """The server may have taken the order, or not: its answer was lost."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Working:
    """It is being made."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    clip: bytes
    """A whole video file."""


Take = Callable[[bytes], None]
"""Is given a clip piece by piece. Raises what ends the fetching, RenderCancelled among others: nobody may keep it from coming through."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ready:
    """It is made, and comes in pieces, which may take long."""

    fetch: Callable[[Take], Trouble | Unknown | None]
    """Called once. None: all of it was taken."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Over:
    """No clip will ever come of this order."""

    failure: RenderFailed


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """The server could not be asked now; the order stands."""

    failure: RenderFailed
    retry_after_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Unknown:
    """The server knows no such order: not yet, or not any more."""

    failure: RenderFailed
    """When it stays so."""


class Shop(Protocol):
    """One server's API. Nothing here repeats what may cost money: `order` is one request, made once."""

    def order(self, request: Request, first_frame: bytes | None, last_frame: bytes | None) -> Placed | Refused | Unclear:
        """Buy. Whatever may have reached the server without an answer is Unclear.

        The frames are PNGs; a shop whose backend has no option `ending` is never given a last one.
        """

    def look(self, operation: str) -> Working | Finished | Ready | Over | Trouble | Unknown:
        """How far an order is. Repeatable, from any process, for as long as the server remembers it."""

    def cancel(self, operation: str) -> bool:
        """Ask the server to stop; True: it will make nothing of it. Never raises."""


def is_passing(failure: RenderFailed) -> bool:
    """It may be better a little later."""
    return failure.failure_class is FailureClass.INFRA
