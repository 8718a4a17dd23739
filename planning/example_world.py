"""The shipped example world, and how it comes into a fresh installation."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from episodes.errors import NotFound, RevisionConflict
from episodes.ports import ArtifactStore, WorldStore
from episodes.world import World, WorldSource

EXAMPLE_WORLD_ID: Final = "anime_world"
_FOLDER: Final = Path(__file__).parent / "worlds" / EXAMPLE_WORLD_ID


def example_world() -> World:
    return World.model_validate_json((_FOLDER / "world.json").read_text(encoding="utf-8"))


def example_pictures() -> dict[str, bytes]:
    """Key in the artifact store → bytes, of every picture that the example world refers to."""
    shipped = {hashlib.sha256(data).hexdigest(): data for data in (path.read_bytes() for path in sorted(_FOLDER.glob("*.png")))}
    return {picture.key: shipped[picture.sha256] for picture in example_world().pictures()}


def seed_example_world(worlds: WorldStore, artifacts: ArtifactStore) -> None:
    """Put the example world where it is not there yet; an edited one is left as it is.

    Repeatable, and safe from several processes at once. Pictures first: a world that is there is whole, and a store that
    lost them (or a new one beside an old database) gets them back.
    """
    for key, data in example_pictures().items():
        if artifacts.head(key) is None:
            artifacts.put_bytes(key, data, "image/png")
    try:
        worlds.world(EXAMPLE_WORLD_ID)
    except NotFound:
        try:
            worlds.put(EXAMPLE_WORLD_ID, example_world(), WorldSource.STORED, expected_revision=0)
        except RevisionConflict:
            return  # another process was a moment faster
