"""Keeps artifacts in a folder of this machine: the keys are its paths."""

from __future__ import annotations

import errno
import fcntl
import io
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from episodes.errors import ArtifactConflict, NotFound, Unavailable
from episodes.job import StoredFile
from episodes.ports import Download
from storage.artifacts.copying import ARRIVING, Digest, arriving, check_not_empty, check_same, copy, digest_of, sync_folder
from storage.artifacts.keys import INCOMING, check_key, check_prefix, is_key, media_type_of

MOST_REMEMBERED = 4096
"""Folders, about 1 MB."""

_NO_LINKS = frozenset({errno.EXDEV, errno.EMLINK, errno.EPERM})
"""Another file system, too many links already, or a file that is somebody else's."""
_NOTHING_THERE = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


class FolderArtifacts:
    """An ArtifactStore in a folder. Several processes may share it.

    Bytes are written and synced under `.incoming/`, locked by their writer, then linked to their key: the link appears with all bytes or
    not at all, and never replaces anything. A file of the same disk is linked to its key as it is. Nothing is remembered beside the
    files: `head` reads the file for its hash and tells the media type from the key's ending. Unlike in S3, no key lies below another
    (`a` and `a/b`): the second one is an ArtifactConflict.
    """

    def __init__(self, root: Path) -> None:
        """Raises Unavailable when the folder is there but cannot be read."""
        self._root = root
        self._incoming = root / INCOMING
        self._lasting: set[Path] = set()
        """Folders whose own names outlive a power cut: none is ever removed."""
        with self._disk():
            self._remove_leftovers()

    def put_file(self, key: str, path: Path, media_type: str) -> StoredFile:
        with path.open("rb") as source:
            return self._put_linked(key, path, source, media_type) or self._put(key, source, media_type)

    def put_bytes(self, key: str, data: bytes, media_type: str) -> StoredFile:
        return self._put(key, io.BytesIO(data), media_type)

    def get_bytes(self, key: str) -> bytes:
        with self._disk(), self._open(key) as file:
            return file.read()

    def get_file(self, key: str, path: Path) -> None:
        with self._open(key) as file, arriving(path) as target:
            copy(file, target)

    def head(self, key: str) -> StoredFile | None:
        try:
            with self._disk(), self._open(key) as file:
                return digest_of(file).stored(key, self._path(key).as_uri(), media_type_of(key))
        except NotFound:
            return None

    def keys(self, prefix: str) -> list[str]:
        folder = self._root / check_prefix(prefix).rpartition("/")[0]
        with self._disk():
            found = (path.relative_to(self._root).as_posix() for path in _files_below(folder))
            return sorted(key for key in found if key.startswith(prefix) and is_key(key))

    def delete(self, key: str) -> None:
        """Folders that become empty stay: a writer may be about to link into them."""
        path = self._path(key)
        with self._disk():
            try:
                path.unlink()
            except _NOTHING_THERE:
                return
            sync_folder(path.parent)

    def download(self, key: str, file_name: str) -> Download:
        path = self._path(key)
        if not path.is_file():
            raise NotFound("artifact", key)
        return Download(path=path)

    def _put(self, key: str, source: BinaryIO, media_type: str) -> StoredFile:
        with self._disk(), self._written(source) as (temporary, digest):
            return self._name(key, temporary, digest, media_type)

    def _put_linked(self, key: str, path: Path, source: BinaryIO, media_type: str) -> StoredFile | None:
        """None: from there a file cannot be linked to its key."""
        self._path(key)  # a bad key is refused before the file is read
        digest = digest_of(source)
        with self._disk():
            os.fsync(source.fileno())
            try:
                return self._name(key, path.resolve(), digest, media_type)
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
        source.seek(0)
        return None

    def _name(self, key: str, file: Path, digest: Digest, media_type: str) -> StoredFile:
        path = self._path(key)
        check_not_empty(key, digest)
        _make_folder(key, path.parent)
        try:
            os.link(file, path)
        except FileExistsError:
            check_same(key, _digest_there(key, path), digest)
        self._make_last(path.parent)
        return digest.stored(key, path.as_uri(), media_type)

    def _make_last(self, folder: Path) -> None:
        """The names in it, and its own; also when somebody else made them, who may not have come to this yet."""
        sync_folder(folder)
        if folder == self._root or folder in self._lasting:
            return
        self._make_last(folder.parent)
        if len(self._lasting) >= MOST_REMEMBERED:
            self._lasting.clear()
        self._lasting.add(folder)

    @contextmanager
    def _written(self, source: BinaryIO) -> Iterator[tuple[Path, Digest]]:
        self._incoming.mkdir(parents=True, exist_ok=True)
        temporary = self._incoming / uuid.uuid4().hex
        try:
            with temporary.open("xb") as file:
                fcntl.flock(file, fcntl.LOCK_EX)  # goes with its writer, however that dies
                digest = copy(source, file)
                file.flush()
                os.fsync(file.fileno())
                yield temporary, digest
        finally:
            temporary.unlink(missing_ok=True)

    def _open(self, key: str) -> BinaryIO:
        path = self._path(key)
        with self._disk():
            try:
                return path.open("rb")
            except _NOTHING_THERE as error:
                raise NotFound("artifact", key) from error

    def _path(self, key: str) -> Path:
        return self._root / check_key(key)

    def _remove_leftovers(self) -> None:
        """Clear what writers left that were killed before they were done."""
        if not self._incoming.is_dir():
            return
        for file in self._incoming.iterdir():
            if _is_left_over(file):
                file.unlink(missing_ok=True)

    @contextmanager
    def _disk(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise Unavailable(
                    f"The disk of the artifact folder {self._root} is full.",
                    "Free some space; nothing was stored by halves.",
                    retry_after_s=60,
                ) from error
            raise Unavailable(
                f"The artifact folder {self._root} cannot be used: {error.strerror}.",
                "It must be readable and writable, on a disk that has hard links.",
            ) from error


def _is_left_over(file: Path) -> bool:
    """Nobody writes it. A writer that is caught between opening and locking finds its file gone, says so, and is asked to try again."""
    try:
        with file.open("rb") as opened:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    except (
        BlockingIOError,
        FileNotFoundError,
    ):  # it is being written; or its writer finished, or another process clears up too
        return False


def files_on_their_way(root: Path) -> list[Path]:
    """Files below `root` that are not whole yet, as far as they are there now; a killed writer's lie there until the folder is opened."""
    found = [Path(place, name) for place, _, names in os.walk(root) for name in names]
    return sorted(file for file in found if file.parent == root / INCOMING or file.name.endswith(ARRIVING))


def _files_below(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder, onerror=_unless_gone):
        yield from (Path(place, name) for name in names)


def _unless_gone(error: OSError) -> None:
    if not isinstance(error, _NOTHING_THERE):
        raise error


def _make_folder(key: str, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise ArtifactConflict(f"The key {key!r} cannot be stored: a file already has the beginning of its name.") from error


def _digest_there(key: str, path: Path) -> Digest:
    try:
        with path.open("rb") as file:
            return digest_of(file)
    except IsADirectoryError as error:
        raise ArtifactConflict(f"The key {key!r} cannot be stored: other keys lie below it.") from error
