"""How worlds become what the API answers."""

from __future__ import annotations

from collections.abc import Sequence

from api.world_shapes import PictureShape, RevisionListShape, RevisionShape, WorldShape, WorldSummaryShape
from episodes.world import Picture, RevisionNote, StoredWorld
from episodes.world_fields import known_record


def world_shape(stored: StoredWorld) -> WorldShape:
    return WorldShape(
        world_id=stored.world_id,
        revision=stored.revision,
        source=stored.source,
        what=stored.what,
        updated_at=stored.updated_at,
        world=stored.world,
        sources=known_record(stored).sources,
        locked=list(stored.record.locked),
        unread=dict(stored.record.unread),
    )


def world_summary_shape(stored: StoredWorld) -> WorldSummaryShape:
    return WorldSummaryShape(
        world_id=stored.world_id,
        revision=stored.revision,
        source=stored.source,
        updated_at=stored.updated_at,
        title=stored.world.title,
        num_characters=len(stored.world.characters),
        num_places=len(stored.world.places),
        num_pictures=len(stored.world.pictures()),
    )


def revisions_shape(world_id: str, notes: Sequence[RevisionNote], *, limit: int) -> RevisionListShape:
    return RevisionListShape(
        world_id=world_id,
        revisions=[RevisionShape(**dict(note)) for note in notes],
        next_before=notes[-1].revision if len(notes) == limit and notes[-1].revision > 1 else None,
    )


def picture_shape(stored: StoredWorld, file_name: str, picture: Picture) -> PictureShape:
    stored_name = picture.key.rsplit("/", 1)[-1]
    return PictureShape(
        file_name=file_name,
        url=f"/worlds/{stored.world_id}/images/{stored_name}",
        picture=picture,
        unread=stored.record.unread.get(picture.sha256, ""),
    )
