"""What lies in a home's folders beside what is stored: clips that wait for the store, and files that are not whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from episodes.audit import Thing
from rendering.spool import entries_below
from storage.artifacts.folder import files_on_their_way


class HomeCensus:
    """Implements Census for this machine. Everything that it finds may be part of work that goes on."""

    def __init__(self, *, spool: Path, outputs: Path | None) -> None:
        """`outputs`: the artifact folder; None: artifacts are kept elsewhere."""
        self._spool = spool
        self._outputs = outputs

    def things(self) -> Iterator[Thing]:
        for folder in entries_below(self._spool):
            where = f"spool/{folder.relative_to(self._spool).as_posix()}"
            yield Thing(where=where, wrong="What lies there was not stored yet.", is_passing=True)
        for file in files_on_their_way(self._outputs) if self._outputs is not None else ():
            wrong = "It is being written, or whoever wrote it was killed."
            yield Thing(where=f"outputs/{file.name}", wrong=wrong, is_passing=True)
