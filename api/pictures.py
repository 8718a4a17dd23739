"""Pictures of worlds: uploads on their way to the builder, and references to what was uploaded."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from fastapi import UploadFile

from api.parts import ApiLimits, ApiParts
from api.world_shapes import PictureShape, UploadShape
from api.world_shaping import picture_shape
from episodes.errors import BadInput, TooLarge
from episodes.ports import WorldBuilder
from episodes.world import Picture, World

MAX_FILE_NAME = 120  # characters


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload:
    file_name: str
    content: BinaryIO
    size_bytes: int


def checked_uploads(files: Sequence[UploadFile], limits: ApiLimits) -> list[Upload]:
    """All that can be said without decoding, of all files before any is stored. Raises BadInput, TooLarge."""
    if len(files) > limits.max_pictures:
        raise TooLarge(f"These are more than {limits.max_pictures} pictures at once.", "Send them in several requests.", "file")
    return [_checked(place, file, limits) for place, file in enumerate(files)]


def _checked(place: int, file: UploadFile, limits: ApiLimits) -> Upload:
    size_bytes = file.size or 0
    if size_bytes == 0:
        raise BadInput("The picture is empty.", "Send a PNG, JPEG or WebP file.", f"file.{place}")
    if size_bytes > limits.max_picture_bytes:
        raise TooLarge(f"The picture is larger than {limits.max_picture_bytes} bytes.", "Make it smaller.", f"file.{place}")
    return Upload(file_name=_plain_name(place, file.filename or ""), content=file.file, size_bytes=size_bytes)


def _plain_name(place: int, given: str) -> str:
    """The last part of what may be a path; a name in the world is made of it."""
    name = given.replace("\\", "/").rsplit("/", 1)[-1].strip()
    is_plain = all(unicodedata.category(c) not in ("Cc", "Cs") for c in name)
    if not name or len(name) > MAX_FILE_NAME or not is_plain:
        raise BadInput(
            f"A picture's file name has 1 to {MAX_FILE_NAME} characters, and no control characters.",
            "Name it after what it shows: `saitama.png`.",
            f"file.{place}.filename",
        )
    return name


def store_pictures(builder: WorldBuilder, world_id: str, uploads: Sequence[Upload]) -> UploadShape:
    """One after the other. A broken one stops here; those before it are stored, each whole, and sending them again is harmless."""
    shapes: list[PictureShape] = []
    revision = 0
    for place, upload in enumerate(uploads):
        try:
            stored, picture = builder.add_picture(world_id, upload.file_name, upload.content.read())
        except BadInput as error:
            hint = f"{error.hint} The {place} before it are stored.".strip() if place else error.hint
            raise type(error)(error.message, hint, f"file.{place}") from error
        shapes.append(picture_shape(stored, upload.file_name, picture))
        revision = stored.revision
    return UploadShape(world_id=world_id, revision=revision, pictures=shapes)


_PICTURE_FILE = re.compile(r"[0-9a-f]{64}\.(png|jpg)")


def is_picture_file(name: str) -> bool:
    """It is named as stored pictures are, after their hash: safe in a key."""
    return _PICTURE_FILE.fullmatch(name) is not None


def picture_key(world_id: str, file_name: str) -> str:
    return f"worlds/{world_id}/images/{file_name}"


def check_references(parts: ApiParts, world_id: str, world: World) -> None:
    """Raises BadInput for a reference picture that does not lie among the world's own."""
    for where, picture in _references(world):
        if not _is_key_of(world_id, picture.key) or not _lies_there(parts, picture):
            raise BadInput(
                "This picture was not uploaded to this world.",
                "POST it to /worlds/{id}/images first, and take `key` and `sha256` from the answer.",
                where,
            )


def _is_key_of(world_id: str, key: str) -> bool:
    file_name = key.rsplit("/", 1)[-1]
    return is_picture_file(file_name) and key == picture_key(world_id, file_name)


def _references(world: World) -> Iterator[tuple[str, Picture]]:
    owners = [(f"characters.{i}", c.references) for i, c in enumerate(world.characters)]
    owners += [(f"places.{i}", p.references) for i, p in enumerate(world.places)]
    owners += [(f"props.{i}", p.references) for i, p in enumerate(world.props)]
    for where, references in owners:
        for place, picture in enumerate(references):
            yield f"{where}.references.{place}", picture


def _lies_there(parts: ApiParts, picture: Picture) -> bool:
    stored = parts.artifacts.head(picture.key)
    return stored is not None and stored.sha256 == picture.sha256
