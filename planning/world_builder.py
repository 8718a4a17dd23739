"""StoredWorlds: worlds as episodes see them - stored, else extracted from uploaded pictures, else empty."""

from __future__ import annotations

import logging
from typing import Final

from episodes.errors import BadInput, NotFound, RevisionConflict
from episodes.ports import ArtifactStore, WorldStore
from episodes.world import EMPTY_WORLD_ID, Picture, StoredWorld, UploadedPicture, World, WorldSource
from planning.extraction.decode import Decoded, decode
from planning.extraction.file_names import safe_file_name
from planning.extraction.measure import Measured, measure
from planning.intake import take_in

log = logging.getLogger(__name__)

_MAX_TRIES: Final = 50  # each failed try means that somebody else's succeeded, so this many uploads at once get through


class StoredWorlds:
    """Implements WorldBuilder. Keeps nothing itself, so that any number of processes may do the same at once."""

    def __init__(self, worlds: WorldStore, artifacts: ArtifactStore) -> None:
        self._worlds = worlds
        self._artifacts = artifacts

    def load(self, world_id: str) -> StoredWorld:
        stored = self._stored(world_id)
        known = {picture.sha256 for picture in stored.world.pictures()}
        for upload in self._worlds.pictures(world_id):
            if upload.sha256 in known:
                continue
            picture, measured = _read(upload, decode(self._artifacts.get_bytes(upload.key)))
            try:
                stored = self._take_in(upload, picture, measured)
            except BadInput:
                # somebody put a world that has no room for it: theirs is the last word
                log.warning("picture_left_out", extra={"world_id": world_id, "picture": upload.sha256})
        return stored

    def exists(self, world_id: str) -> bool:
        return world_id == EMPTY_WORLD_ID or self._stored(world_id).revision > 0 or bool(self._worlds.pictures(world_id))

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
        # a full world refuses before anything is stored
        picture, measured = _read(upload, decoded)
        take_in(self._stored(world_id).world, picture, measured, upload.file_name)
        self._artifacts.put_bytes(upload.key, decoded.data, decoded.media_type)
        self._worlds.add_picture(upload)
        return self._take_in(upload, picture, measured), picture

    def _stored(self, world_id: str) -> StoredWorld:
        try:
            return self._worlds.world(world_id)
        except NotFound:
            return StoredWorld(world_id=world_id, revision=0, source=WorldSource.EMPTY, world=World())

    def _take_in(self, upload: UploadedPicture, picture: Picture, measured: Measured) -> StoredWorld:
        for attempt in range(_MAX_TRIES):
            stored = self._stored(upload.world_id)
            world = take_in(stored.world, picture, measured, upload.file_name)
            source = WorldSource.STORED if stored.source is WorldSource.STORED else WorldSource.EXTRACTED
            try:
                return self._worlds.put(upload.world_id, world, source, expected_revision=stored.revision)
            except RevisionConflict:
                if attempt + 1 == _MAX_TRIES:
                    raise
        raise AssertionError("unreachable: the last try returns or raises")


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
