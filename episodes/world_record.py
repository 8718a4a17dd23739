"""What is known about a world's fields beside their values: where each comes from, and which of them are locked.

A field is named by its path: `title`, `style.description`, `characters.mika.description`, `places.rooftop.light`, `props.key.name`,
`relations.mika.taro`, `state.daylight`, `state.characters.mika.clothes`.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from episodes.nouns import Noun, Sha256


class SourceKind(StrEnum):
    """Who said it, from the least to be believed to the most: each may overwrite what one before it said."""

    NUMBERED = "numbered"
    """Nobody: "Character 1"."""
    MEASURED = "measured"
    """In a picture, without a model."""
    MODEL = "model"
    """A vision model, about a picture."""
    FILE_NAME = "file name"
    """Of a picture."""
    PERSON = "person"
    EPISODE = "episode"
    """That somebody had the world move on by."""


class Source(Noun):
    """Where a field's value comes from."""

    kind: SourceKind
    picture: Sha256 | None = None
    """The one that it was measured in, told about, or named after."""
    model: str = Field(default="", max_length=200)
    episode_id: str | None = None
    since_revision: int = Field(ge=1)
    """The world's first revision with this value from there."""


class WorldRecord(Noun):
    """Kept with each revision of a world. An old revision has none: its WorldSource says who made all of it."""

    sources: dict[str, Source] = Field(default_factory=dict)
    """Path → source, of every field that says anything."""
    locked: tuple[str, ...] = ()
    """Paths of fields, or of what has fields: `characters.mika` locks all that it has. Sorted."""
    unread: dict[Sha256, str] = Field(default_factory=dict)
    """Pictures that the vision model should have told about and did not, and why."""
    left_out: tuple[Sha256, ...] = ()
    """Uploaded pictures that somebody does not want in this world; uploading one again brings it back. Sorted."""

    def is_locked(self, path: str) -> bool:
        return any(path == lock or path.startswith(f"{lock}.") for lock in self.locked)


NOTHING_KNOWN = WorldRecord()
