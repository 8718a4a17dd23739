"""Keeps artifacts in this process, for tests and for whoever embeds the system for a short while."""

from __future__ import annotations

import io
import shutil
import tempfile
import threading
import uuid
import weakref
from pathlib import Path
from urllib.parse import quote

from episodes.errors import NotFound
from episodes.job import StoredFile
from episodes.ports import Download
from storage.artifacts.copying import Digest, arriving, check_not_empty, check_same, digest_of
from storage.artifacts.keys import check_key, check_prefix


class MemoryArtifacts:
    """An ArtifactStore that forgets everything with its process. Safe for many threads; `uri` is `memory:{key}`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stored: dict[str, tuple[StoredFile, bytes]] = {}
        self._downloads: Path | None = None

    def put_file(self, key: str, path: Path, media_type: str) -> StoredFile:
        return self.put_bytes(key, path.read_bytes(), media_type)

    def put_bytes(self, key: str, data: bytes, media_type: str) -> StoredFile:
        digest = check_not_empty(check_key(key), digest_of(io.BytesIO(data)))
        stored = digest.stored(key, f"memory:{quote(key)}", media_type)
        with self._lock:
            there, _ = self._stored.setdefault(key, (stored, data))
        check_same(key, Digest(size_bytes=there.size_bytes, sha256=there.sha256), digest)
        return there

    def get_bytes(self, key: str) -> bytes:
        try:
            return self._stored[check_key(key)][1]
        except KeyError as error:
            raise NotFound("artifact", key) from error

    def get_file(self, key: str, path: Path) -> None:
        data = self.get_bytes(key)
        with arriving(path) as target:
            target.write(data)

    def head(self, key: str) -> StoredFile | None:
        found = self._stored.get(check_key(key))
        return found and found[0]

    def keys(self, prefix: str) -> list[str]:
        check_prefix(prefix)
        with self._lock:
            return sorted(key for key in self._stored if key.startswith(prefix))

    def delete(self, key: str) -> None:
        with self._lock:
            self._stored.pop(check_key(key), None)

    def download(self, key: str, file_name: str) -> Download:
        """A copy in a temporary folder, which goes when this store does."""
        data = self.get_bytes(key)
        path = self._download_folder() / uuid.uuid4().hex
        path.write_bytes(data)
        return Download(path=path)

    def _download_folder(self) -> Path:
        with self._lock:
            if self._downloads is None:
                self._downloads = Path(tempfile.mkdtemp(prefix="storyworld-"))
                weakref.finalize(self, shutil.rmtree, self._downloads, ignore_errors=True)
            return self._downloads
