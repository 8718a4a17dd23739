"""Says which keys are good, in one place for every artifact store."""

from __future__ import annotations

import re

from episodes.errors import BadInput

MAX_KEY_BYTES = 300
MAX_PART_BYTES = 255  # the longest name of one file on Linux and macOS; S3 has no such limit
INCOMING = ".incoming"
"""The first part that no key has: files on their way into a folder lie there."""

_NEVER = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\\]")  # control characters, lone surrogates and the backslash
_MEDIA_TYPES = {
    "mp4": "video/mp4",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "json": "application/json",
    "srt": "application/x-subrip",
    "vtt": "text/vtt",
}


def check_key(key: str) -> str:
    """The key itself. Raises BadInput that says what is wrong with it."""
    if wrong := _what_is_wrong(key):
        raise BadInput(f"The key {key[:80]!r} {wrong}.", "Keys look like episodes/e1/film/f1.mp4.", "key")
    return key


def check_prefix(prefix: str) -> str:
    """The prefix itself, if keys can begin with it."""
    wrong = _what_is_wrong(f"{prefix}x")  # one more letter makes a beginning whole
    if wrong and not is_key(prefix):
        raise BadInput(f"No key begins with {prefix[:80]!r}: it {wrong}.", where="prefix")
    return prefix


def is_key(text: str) -> bool:
    return not _what_is_wrong(text)


def media_type_of(key: str) -> str:
    """What a key's ending says about its bytes, for stores that remember nothing beside them."""
    return _MEDIA_TYPES.get(key.rpartition(".")[2].lower(), "application/octet-stream")


def _what_is_wrong(key: str) -> str | None:
    if _NEVER.search(key):
        return "contains a control character, a lone surrogate or a backslash"
    if len(key.encode()) > MAX_KEY_BYTES:
        return f"is longer than {MAX_KEY_BYTES} bytes"
    parts = key.split("/")
    if any(part in ("", ".", "..") for part in parts):
        return "is not relative, or has an empty, '.' or '..' part"
    if any(len(part.encode()) > MAX_PART_BYTES for part in parts):
        return f"has a part of more than {MAX_PART_BYTES} bytes"
    return f"begins with {INCOMING}/, which is the store's own" if parts[0] == INCOMING else None
