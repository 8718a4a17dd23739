"""What the artifact store must hold for one episode: read and hashed anew, because metadata only repeats what was written once."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from episodes.audit.report import Look
from episodes.audit.rules import of_attempt
from episodes.audited import ArtifactAudit, AttemptAudit, EpisodeAudit
from episodes.errors import BadInput, Damaged, NotFound, RenderFailed
from episodes.job import JobResult, result_key
from episodes.ports import ArtifactStore

Decoder = Callable[[Path, ArtifactAudit], None]
"""Decodes a whole video file. Raises RenderFailed that says what is wrong with it."""

T = TypeVar("T")


class Objects:
    """Looks at the objects that SQL has recorded, one at a time, each copied into `folder` for as long as it is looked at."""

    def __init__(self, artifacts: ArtifactStore, folder: Path, decode: Decoder | None) -> None:
        self._artifacts = artifacts
        self._copy = folder / "object"
        self._decode = decode

    def artifact(self, artifact: ArtifactAudit) -> tuple[Look, Look | None]:
        """How its bytes are, and how a selected video decodes (None: nobody asked, or there are no sound bytes)."""
        wrong = self._wrong_with_bytes(artifact)
        bytes_look = Look(where=artifact.key, wrong=wrong)
        is_video = artifact.is_selected and artifact.artifact_type in ("video", "film")
        if self._decode is None or wrong or not is_video:
            return bytes_look, None
        try:
            self._decode(self._copy, artifact)
        except RenderFailed as error:
            return bytes_look, Look(where=artifact.key, wrong=f"It does not decode: {error.message}")
        return bytes_look, Look(where=artifact.key)

    def results(self, episode: EpisodeAudit) -> Iterator[Look]:
        """Of every attempt that left artifacts: its result is there, speaks for it, and names the same bytes."""
        of_attempt_id: dict[str, list[ArtifactAudit]] = defaultdict(list)
        for artifact in episode.artifacts:
            of_attempt_id[artifact.attempt_id].append(artifact)
        for attempt in episode.attempts:
            if attempt.attempt_id in of_attempt_id:
                wrong = self._wrong_with_result(episode, attempt, of_attempt_id[attempt.attempt_id])
                yield Look(where=of_attempt(episode, attempt), wrong=wrong)

    def _wrong_with_bytes(self, artifact: ArtifactAudit) -> str:
        try:
            _twice(lambda: self._artifacts.get_file(artifact.key, self._copy))
        except NotFound:
            return "There is no such object."
        except BadInput as error:
            return f"It cannot be a key: {error.message}"
        except Damaged as error:
            return f"It is damaged, as the store itself says: {error.message}"
        size_bytes, sha256 = self._copy.stat().st_size, _sha256(self._copy)
        if (size_bytes, sha256) == (artifact.size_bytes, artifact.sha256):
            return ""
        return (
            f"It holds {size_bytes} bytes with sha256 {sha256[:12]}…; recorded for attempt {artifact.attempt_id} are "
            f"{artifact.size_bytes} bytes, {artifact.sha256[:12]}…."
        )

    def _wrong_with_result(self, episode: EpisodeAudit, attempt: AttemptAudit, artifacts: list[ArtifactAudit]) -> str:
        key = result_key(episode.episode_id, attempt.beat_id, attempt.attempt_id)
        try:
            result = JobResult.model_validate_json(_twice(lambda: self._artifacts.get_bytes(key)))
        except NotFound:
            return f"Its result {key} is not there."
        except (ValidationError, Damaged):
            return f"Its result {key} cannot be read."
        said = (result.job_id, result.episode_id, result.beat_id)
        if said != (attempt.attempt_id, episode.episode_id, attempt.beat_id):
            return f"Its result {key} speaks for attempt {result.job_id} of episode {result.episode_id}."
        for artifact in artifacts:
            file = result.files.get(artifact.artifact_type)
            if file is None or (file.key, file.sha256) != (artifact.key, artifact.sha256):
                return f"Its result {key} names another {artifact.artifact_type} than is recorded."
        return ""


def _twice(read: Callable[[], T]) -> T:
    """Bytes that were damaged on the way come whole the second time."""
    try:
        return read()
    except Damaged:
        return read()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
