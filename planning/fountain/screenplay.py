"""Screenplay: what a Fountain text says, without its typography."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """A paragraph of what is seen and heard."""

    text: str
    line: int = 0
    """Where it stands, from 1; 0: nowhere yet. So below."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Speech:
    """What one character says without a break."""

    character: str
    text: str
    extension: str = ""
    """Behind the name: `V.O.`, `O.S.`."""
    manner: str = ""
    """In brackets below the name: "whispering"."""
    line: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    setting: str = ""
    """`INT.`, `EXT.`, `INT./EXT.` or `EST.`; empty for a heading that says none."""
    place: str = ""
    """Empty: it was not said, before the first heading."""
    time: str = ""
    """`NIGHT`, `CONTINUOUS`, …; empty: not said."""
    parts: tuple[Action | Speech, ...] = ()
    transition: str = ""
    """Into it: `FADE IN:`; empty: a cut."""
    line: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Screenplay:
    scenes: tuple[Scene, ...]
    title: str = ""
