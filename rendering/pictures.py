"""Stored pictures and clips as local files, fetched once per node and checked against their hash."""

from __future__ import annotations

import hashlib
import os
import time
import uuid
from pathlib import Path

from episodes.errors import FailureClass, NotFound, RenderFailed, Unavailable
from episodes.ports import ArtifactStore

IN_USE_S = 600.0
"""What was asked for this recently is not thrown away: whoever asked may not have opened it yet."""


class StoredPictures:
    """A PictureSource over an artifact store. The folder may be shared by all processes of a node; it needs no lock.

    It is kept under `max_bytes` by throwing away what was not asked for longest, except what was used in the last ten minutes.
    """

    def __init__(self, store: ArtifactStore, folder: Path, *, max_bytes: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._store = store
        self._folder = folder
        self._max_bytes = max_bytes

    def path(self, key: str, sha256: str) -> Path:
        """A local file with these very bytes. Raises RenderFailed (infra) when it cannot be had."""
        kept = self._folder / f"{sha256}{Path(key).suffix}"
        if _is(kept, sha256):
            os.utime(kept)
            return kept
        arriving = self._folder / f"arriving-{uuid.uuid4().hex}"  # what a killed process leaves of it ages like the rest
        try:
            fetch(self._store, key, sha256, arriving)
        except (NotFound, Unavailable) as error:
            raise RenderFailed(f"Cannot get {key!r} from the store: {error}", FailureClass.INFRA) from error
        arriving.replace(kept)
        self._throw_away(keep=kept)
        return kept

    def _throw_away(self, keep: Path) -> None:
        files = sorted(((f.stat(), f) for f in self._folder.iterdir() if f.is_file()), key=lambda pair: pair[0].st_mtime)
        excess = sum(stat.st_size for stat, _ in files) - self._max_bytes
        for stat, file in files:
            if excess <= 0 or stat.st_mtime > time.time() - IN_USE_S:
                return
            if file != keep:
                file.unlink(missing_ok=True)
                excess -= stat.st_size


def fetch(store: ArtifactStore, key: str, sha256: str, path: Path) -> None:
    """Copy stored bytes to `path` and check them. Raises what the store raises, RenderFailed (infra) for other bytes."""
    store.get_file(key, path)
    if not _is(path, sha256):
        path.unlink()
        raise RenderFailed(f"The store holds other bytes under {key!r} than were asked for.", FailureClass.INFRA)


def _is(path: Path, sha256: str) -> bool:
    """The file is there with these bytes; one that a power cut left empty is not."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except FileNotFoundError:
        return False
