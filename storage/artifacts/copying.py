"""Moves bytes from stream to stream, measured on the way, and lets files appear whole or not at all."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from episodes.errors import ArtifactConflict, BadInput
from episodes.job import StoredFile

ARRIVING = ".arriving"
"""What a file is called, behind a dot and a fresh name, until it is whole."""

CHUNK_BYTES = 1024 * 1024  # big enough that a chunk's overhead does not show, small enough for any memory


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Digest:
    """What a file is known by."""

    size_bytes: int
    sha256: str

    def stored(self, key: str, uri: str, media_type: str) -> StoredFile:
        return StoredFile(key=key, uri=uri, size_bytes=self.size_bytes, sha256=self.sha256, media_type=media_type)


def digest_of(source: Readable) -> Digest:
    return _measure(_chunks(source))


def copy(source: Readable, target: BinaryIO) -> Digest:
    return _measure(_written(_chunks(source), target))


def check_not_empty(key: str, digest: Digest) -> Digest:
    """Raises BadInput: nobody finishes an empty file, so its writer has a fault."""
    if not digest.size_bytes:
        raise BadInput(f"The file for the key {key!r} is empty.", where="key")
    return digest


def check_same(key: str, there: Digest, ours: Digest) -> None:
    """Raises ArtifactConflict when a key already holds other bytes than ours."""
    if there != ours:
        raise ArtifactConflict(
            f"The key {key!r} already holds other bytes ({there.size_bytes} bytes, sha256 {there.sha256[:12]}…; "
            f"ours are {ours.size_bytes} bytes, {ours.sha256[:12]}…).",
            "A key is written once: store these bytes under a key of their own.",
        )


@contextmanager
def arriving(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its name at the end, replacing what had it; after an error there is none."""
    temporary = path.with_name(f".{uuid.uuid4().hex}{ARRIVING}")
    try:
        with temporary.open("xb") as file:
            yield file
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _chunks(source: Readable) -> Iterator[bytes]:
    while chunk := source.read(CHUNK_BYTES):
        yield chunk


def _written(chunks: Iterator[bytes], target: BinaryIO) -> Iterator[bytes]:
    for chunk in chunks:
        target.write(chunk)
        yield chunk


def _measure(chunks: Iterator[bytes]) -> Digest:
    size_bytes, sha256 = 0, hashlib.sha256()
    for chunk in chunks:
        size_bytes += len(chunk)
        sha256.update(chunk)
    return Digest(size_bytes=size_bytes, sha256=sha256.hexdigest())
