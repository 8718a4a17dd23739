"""The folder where finished clips wait for the store: what it holds survives the process that made it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import structlog
from filelock import FileLock, Timeout

from episodes.errors import BadInput, Conflict
from episodes.job import RenderJob, RuntimeFacts
from episodes.nouns import Noun
from rendering.probe import VideoFacts

SEAL = "sealed.json"
"""The file that an entry is whole with."""
HANDOVER_S = 2.0  # a publisher that was just killed may take a moment to die

log = structlog.get_logger(__name__)


class ClipFacts(Noun):
    """What the result will say about a clip that waits in the spool."""

    runtime: RuntimeFacts
    """As its renderer told it, with the recipe."""
    video: VideoFacts
    began_at_s: float
    """Seconds since 1970, when publishing began: the waiting may outlast this process."""


class _Seal(Noun):
    """What is written last."""

    job: RenderJob
    facts: ClipFacts


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One attempt's folder. Its owner is the only one who writes there."""

    folder: Path
    job: RenderJob

    @property
    def clip(self) -> Path:
        return self.folder / "clip.mp4"

    @property
    def poster(self) -> Path:
        return self.folder / "poster.jpg"

    @property
    def facts(self) -> ClipFacts:
        """Of a sealed entry."""
        return _seal_in(self.folder).facts

    def seal(self, facts: ClipFacts) -> None:
        """Make the clip, its poster and facts survive everything from here on; the seal comes last, and whole or not at all."""
        seal = self.folder / "unfinished.json"
        seal.write_text(_Seal(job=self.job, facts=facts).model_dump_json())
        for file in self.folder.iterdir():
            _sync(file)
        seal.rename(self.folder / SEAL)
        _sync(self.folder)

    def discard(self) -> None:
        """Repeatable. The seal goes first: a crash half-way leaves garbage, never half an entry."""
        (self.folder / SEAL).unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)


class Spool:
    """Entries under one root, for one publisher at a time. Safe from many threads.

    `max_bytes` bounds it softly: a full spool stops its renderers (`has_room`), but what they already made still comes in.
    """

    def __init__(self, root: Path, *, max_bytes: int, patience_s: float = HANDOVER_S) -> None:
        """Raises Conflict when another publisher still works on it after `patience_s`."""
        root.mkdir(parents=True, exist_ok=True)
        self._root = root
        self._max_bytes = max_bytes
        self._lock = FileLock(root / ".lock")
        try:
            self._lock.acquire(timeout=patience_s)
        except Timeout as error:
            raise Conflict(
                f"Another publisher works on the spool {root.name!r}.",
                "Give each publisher its own folder, or stop the other one.",
            ) from error

    def begin(self, job: RenderJob) -> Entry:
        """Open a folder for an attempt. Raises Conflict when it has one already, BadInput when its id makes no folder name."""
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", job.job_id):
            raise BadInput(f"The job_id {job.job_id!r} is not a UUID.", where="job_id")
        entry = Entry(folder=self._root / job.job_id, job=job)
        try:
            entry.folder.mkdir()
        except FileExistsError as error:
            raise Conflict(f"Attempt {job.job_id} is already being published.") from error
        return entry

    def resume(self) -> list[Entry]:
        """What a killed publisher finished but did not store, oldest first. Its unfinished work is deleted. For the start, before `begin`."""
        entries: list[Entry] = []
        for folder in sorted((f for f in self._root.iterdir() if f.is_dir()), key=lambda f: f.stat().st_mtime):
            entry = _reopened(folder)
            if entry is not None:
                entries.append(entry)
            else:
                shutil.rmtree(folder)
        return entries

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder to work in, gone afterwards; what a killed process left of it goes with `resume`."""
        with TemporaryDirectory(dir=self._root, prefix="scratch-") as folder:
            yield Path(folder)

    def has_room(self) -> bool:
        return self.used_bytes() < self._max_bytes

    def used_bytes(self) -> int:
        return sum(_size(Path(folder, name)) for folder, _, names in os.walk(self._root) for name in names)

    def close(self) -> None:
        """Let another publisher have it."""
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def entries_below(root: Path) -> list[Path]:
    """The folders of all entries and scratch work in the spools below `root`, as far as they are there now."""
    return sorted(Path(spool, name) for spool, folders, files in os.walk(root) if ".lock" in files for name in folders)


def _reopened(folder: Path) -> Entry | None:
    """None: it was not finished, or another version of this code wrote it in words that this one does not know."""
    try:
        return Entry(folder=folder, job=_seal_in(folder).job)
    except FileNotFoundError:
        return None
    except ValueError as error:
        log.warning("spool.entry_unreadable", attempt=folder.name, reason=str(error))
        return None


def _seal_in(folder: Path) -> _Seal:
    return _Seal.model_validate_json((folder / SEAL).read_bytes())


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:  # stored and discarded while we were counting
        return 0


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
