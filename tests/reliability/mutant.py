"""A fault that could be made in the store of episodes: one small change of its source."""

from __future__ import annotations

from dataclasses import dataclass

_SQL = "storage/episodes_sql"


@dataclass(frozen=True, kw_only=True, slots=True)
class Mutant:
    breaks: str
    """What goes wrong with it, in a few words."""
    file: str
    old: str
    """Stands exactly once in the file."""
    new: str
    about: str = "people"
    """Of which machine (store_machine.MACHINES) the run is that notices it."""


def a_mutant(file: str, breaks: str, old: str, new: str) -> Mutant:
    """`file`: a path, or a file's name in the SQL store."""
    return Mutant(breaks=breaks, file=file if "/" in file else f"{_SQL}/{file}", old=old, new=new)
