"""Which artifact store to open: nouns that travel between processes. The credentials do not: each process reads its own settings."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from episodes.errors import BadInput


@dataclass(frozen=True, kw_only=True, slots=True)
class FolderRecipe:
    """A folder of this machine. Raises BadInput for a relative one: it would mean another folder in every process."""

    root: Path

    def __post_init__(self) -> None:
        if not self.root.is_absolute():
            raise BadInput(f"The artifact folder {str(self.root)!r} is not absolute.", where="root")


@dataclass(frozen=True, kw_only=True, slots=True)
class S3Recipe:
    """A bucket of Amazon S3 (`endpoint` None), R2 or any compatible server. Raises BadInput for what can never work."""

    bucket: str
    endpoint: str | None = None
    """`https://host[:port]`, without the bucket."""
    region: str = "auto"
    """R2's word; most compatible servers take any. Amazon needs the real one."""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", self.bucket):
            raise BadInput(
                f"{self.bucket!r} is not the name of a bucket.",
                "Give only its name: 3 to 63 lower-case letters, digits, '.' and '-'.",
                "S3_BUCKET",
            )
        if self.endpoint is None:
            if self.region == "auto":
                raise BadInput(
                    "Amazon S3 needs the region of the bucket.", "Or set S3_ENDPOINT for another server.", "S3_REGION"
                )
            return
        parts = urlsplit(self.endpoint)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise BadInput(f"{self.endpoint!r} is not the address of a server.", "It begins with https://.", "S3_ENDPOINT")
        if parts.path.strip("/") or parts.query or parts.username:
            raise BadInput(
                "The S3 endpoint has more in it than a server's address.",
                "The bucket goes into S3_BUCKET, the credentials into S3_ACCESS_KEY and S3_SECRET_KEY.",
                "S3_ENDPOINT",
            )


ArtifactRecipe = FolderRecipe | S3Recipe


@dataclass(frozen=True, kw_only=True, slots=True)
class S3Credentials:
    """What opens the bucket. Never part of a recipe, a log or a `repr`."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
