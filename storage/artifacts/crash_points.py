"""Crash points before and after every call to an artifact store, named by the call and by what lies under the key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from episodes.crash_points import reach
from episodes.job import StoredFile
from episodes.ports import ArtifactStore, Download

T = TypeVar("T")


class CrashPoints:
    """An ArtifactStore that reaches its points around another one's calls."""

    def __init__(self, store: ArtifactStore) -> None:
        self._store = store

    def put_file(self, key: str, path: Path, media_type: str) -> StoredFile:
        return _around("put_file", key, lambda: self._store.put_file(key, path, media_type))

    def put_bytes(self, key: str, data: bytes, media_type: str) -> StoredFile:
        return _around("put_bytes", key, lambda: self._store.put_bytes(key, data, media_type))

    def get_bytes(self, key: str) -> bytes:
        return _around("get_bytes", key, lambda: self._store.get_bytes(key))

    def get_file(self, key: str, path: Path) -> None:
        _around("get_file", key, lambda: self._store.get_file(key, path))

    def head(self, key: str) -> StoredFile | None:
        return _around("head", key, lambda: self._store.head(key))

    def keys(self, prefix: str) -> list[str]:
        return _around("keys", prefix, lambda: self._store.keys(prefix))

    def delete(self, key: str) -> None:
        _around("delete", key, lambda: self._store.delete(key))

    def download(self, key: str, file_name: str) -> Download:
        return _around("download", key, lambda: self._store.download(key, file_name))


def _around(call: str, key: str, do: Callable[[], T]) -> T:
    """An error of the store is no answer that anybody could die after."""
    what = f"{call} {kind_of(key)}"
    reach("before", what)
    answer = do()
    reach("after", what)
    return answer


def kind_of(key: str) -> str:
    """What lies under a key: `video`, `film result`, `world picture`; of a prefix its first part, `episodes`."""
    match key.split("/"):
        case ["episodes", _, "beats", _, kind, _]:
            return kind
        case ["episodes", _, "film", "result", _]:
            return "film result"
        case ["episodes", _, "film", name] if "." in name:
            return {"mp4": "film", "jpg": "film poster"}.get(name.rpartition(".")[2], f"film {name.rpartition('.')[2]}")
        case ["worlds", _, "images", name] if "." in name:
            return "world picture"
        case ["sights", _, _]:
            return "sight"
        case [first, *_]:
            return first
    raise AssertionError("unreachable: splitting gives at least one part")
