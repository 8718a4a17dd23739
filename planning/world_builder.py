"""StoredWorlds: worlds as episodes see them - stored, else extracted from uploaded pictures, else empty."""

from __future__ import annotations

import logging
from dataclasses import replace

from episodes.errors import BadInput, FieldsLocked
from episodes.ports import ArtifactStore, WorldStore
from episodes.world import EMPTY_WORLD_ID, Picture, StoredWorld, UploadedPicture, WorldSource
from episodes.world_changes import WorldChange, change_world, newest_of
from episodes.world_fields import taken_in
from planning.extraction.decode import Decoded, decode
from planning.extraction.file_names import safe_file_name
from planning.extraction.measure import Measured, measure
from planning.intake import Arrival, take_in
from planning.vision.sight import Eyes, Seen, Unseen

log = logging.getLogger(__name__)


class StoredWorlds:
    """Implements WorldBuilder. Keeps nothing itself, so that any number of processes may do the same at once."""

    def __init__(self, worlds: WorldStore, artifacts: ArtifactStore, eyes: Eyes | None = None) -> None:
        self._worlds = worlds
        self._artifacts = artifacts
        self._eyes = eyes

    def load(self, world_id: str) -> StoredWorld:
        stored = newest_of(self._worlds, world_id)
        known = {picture.sha256 for picture in stored.world.pictures()} | set(stored.record.left_out)
        for upload in self._worlds.pictures(world_id):
            if upload.sha256 in known:
                continue
            picture, measured = _read(upload, decode(self._artifacts.get_bytes(upload.key)))
            arrival = Arrival(picture=picture, measured=measured, file_name=upload.file_name)
            # nobody who only looks at a world waits for a model, or pays for it
            told = None if self._eyes is None else self._eyes.recall(upload.sha256)
            try:
                stored = self._take_in(world_id, arrival, told)
            except (BadInput, FieldsLocked):
                # somebody put a world that has no room for it: theirs is the last word
                log.warning("picture_left_out", extra={"world_id": world_id, "picture": upload.sha256})
        return stored

    def exists(self, world_id: str) -> bool:
        is_stored = world_id == EMPTY_WORLD_ID or newest_of(self._worlds, world_id).revision > 0
        return is_stored or bool(self._worlds.pictures(world_id))

    def add_picture(self, world_id: str, file_name: str, data: bytes) -> tuple[StoredWorld, Picture]:
        if world_id == EMPTY_WORLD_ID:
            raise BadInput(f"The world {EMPTY_WORLD_ID!r} stays empty.", "Choose another world_id.", "world_id")
        decoded = decode(data)
        upload = UploadedPicture(
            world_id=world_id,
            file_name=safe_file_name(file_name),
            key=f"worlds/{world_id}/images/{decoded.sha256}.{decoded.extension}",
            sha256=decoded.sha256,
            size_bytes=len(decoded.data),
        )
        picture, measured = _read(upload, decoded)
        arrival = Arrival(picture=picture, measured=measured, file_name=upload.file_name)
        # a world that is full or locked refuses before anything is stored or paid for
        _changed(newest_of(self._worlds, world_id), arrival, None)
        self._artifacts.put_bytes(upload.key, decoded.data, decoded.media_type)
        self._worlds.add_picture(upload)
        told = None if self._eyes is None else self._eyes.look(decoded)
        return self._take_in(world_id, arrival, told), picture

    def _take_in(self, world_id: str, arrival: Arrival, told: Seen | Unseen | None) -> StoredWorld:
        return change_world(self._worlds, world_id, lambda stored: _changed(stored, arrival, told))


def _changed(stored: StoredWorld, arrival: Arrival, told: Seen | Unseen | None) -> WorldChange:
    if isinstance(told, Seen):
        arrival = replace(arrival, seen=told)
    room, claims = take_in(stored.world, arrival)
    world, record = taken_in(stored, room, claims)
    sha256 = arrival.picture.sha256
    unread = {picture: reason for picture, reason in record.unread.items() if picture != sha256 or told is None}
    if isinstance(told, Unseen):
        unread[sha256] = told.reason
    left_out = tuple(picture for picture in record.left_out if picture != sha256)
    return WorldChange(
        world=world,
        record=record.model_copy(update={"unread": unread, "left_out": left_out}),
        source=WorldSource.STORED if stored.source is WorldSource.STORED else WorldSource.EXTRACTED,
        what=f"Took in the picture {arrival.file_name}.",
    )


def _read(upload: UploadedPicture, decoded: Decoded) -> tuple[Picture, Measured]:
    measured = measure(decoded)
    height, width = decoded.rgba_HWC.shape[:2]
    picture = Picture(
        key=upload.key,
        sha256=upload.sha256,
        size_bytes=upload.size_bytes,
        width=width,
        height=height,
        kind=measured.kind,
        palette=measured.palette,
        light=measured.light,
        faces=measured.faces,
    )
    return picture, measured
