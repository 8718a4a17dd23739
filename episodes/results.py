"""Finding an attempt's result in the store, when its answer went to nobody."""

from __future__ import annotations

import logging

from pydantic import ValidationError

from episodes.errors import NotFound
from episodes.job import JobResult, result_key
from episodes.model import OpenAttempt
from episodes.ports import ArtifactStore

log = logging.getLogger("storyworld.coordinator")


def stored_result(artifacts: ArtifactStore, attempt: OpenAttempt) -> JobResult | None:
    """What the attempt stored, its files' hashes checked; None when there is nothing whole. Raises Unavailable."""
    return result_under(artifacts, result_key(attempt.episode_id, attempt.beat_id, attempt.attempt_id))


def result_under(artifacts: ArtifactStore, key: str) -> JobResult | None:
    """The same, by the result's key."""
    try:
        result = JobResult.model_validate_json(artifacts.get_bytes(key))
    except NotFound:
        return None
    except ValidationError:
        log.exception("result.unreadable", extra={"key": key})
        return None
    return result if are_whole(artifacts, result) else None


def are_whole(artifacts: ArtifactStore, result: JobResult) -> bool:
    """All files that the result names are there, with the bytes that it names. Raises Unavailable."""
    for kind, file in result.files.items():
        there = artifacts.head(file.key)
        if there is None or there.sha256 != file.sha256:
            log.error("result.broken", extra={"key": file.key, "artifact_type": kind})
            return False
    return True
