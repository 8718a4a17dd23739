"""Purse: what a backend that buys needs and no recipe may hold. Never pickled, logged or stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from pydantic import SecretStr

from episodes.ports import ArtifactStore


@dataclass(frozen=True, kw_only=True, slots=True)
class Purse:
    orders: ArtifactStore
    """What was ordered is written down here."""
    gemini_api_key: SecretStr | None = None
    google_credentials: Path | None = None
    """A service account's key file."""
    openai_video_api_keys: Mapping[str, SecretStr] = field(default_factory=dict)
    """By the server's address, so that none gets another's."""

    def __reduce__(self) -> NoReturn:
        raise TypeError("A purse stays in its process.")
