"""What the API answers about worlds: the shapes of worlds, their history and their pictures on the wire."""

from __future__ import annotations

from datetime import datetime

from api.shapes import Shape
from episodes.world import Picture, World, WorldSource
from episodes.world_record import Source


class WorldShape(Shape):
    world_id: str
    revision: int
    """Give it back as `If-Match` to change exactly this one. 0: never stored."""
    source: WorldSource
    what: str
    """What made this revision, in a sentence; empty where nobody wrote it down."""
    updated_at: datetime | None
    world: World
    sources: dict[str, Source]
    """Path of a field → who said it, for every field that says anything: `characters.mika.description`. Pictures are their own source."""
    locked: list[str]
    """Paths of fields that nothing changes, or of what has fields: `characters.mika`."""
    unread: dict[str, str]
    """SHA-256 of pictures that the vision model told nothing about, and why. Upload one again to have it asked again."""


class WorldSummaryShape(Shape):
    world_id: str
    revision: int
    source: WorldSource
    updated_at: datetime | None
    title: str
    num_characters: int
    num_places: int
    num_pictures: int


class WorldListShape(Shape):
    worlds: list[WorldSummaryShape]


class RevisionShape(Shape):
    revision: int
    source: WorldSource
    what: str
    """What made it, in a sentence; empty where nobody wrote it down."""
    updated_at: datetime


class RevisionListShape(Shape):
    world_id: str
    revisions: list[RevisionShape]
    """Newest first."""
    next_before: int | None
    """Give it back as `before` for the next page; null: this was the last."""


class PictureShape(Shape):
    file_name: str
    url: str
    picture: Picture
    """What was measured in it."""
    unread: str
    """Why the vision model told nothing about it; empty: it did, or none is configured."""


class UploadShape(Shape):
    world_id: str
    revision: int
    """Of the world with the new pictures in it."""
    pictures: list[PictureShape]
