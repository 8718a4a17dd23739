"""What an audit reads, in memory."""

from __future__ import annotations

from collections.abc import Iterator

from episodes.lifecycle import AttemptState
from episodes.model import ArtifactAudit, AttemptAudit, EpisodeAudit
from storage.memory.rows import AttemptRow, EpisodeRow, Rows, moment
from storage.rules import beat_audit


class Auditing(Rows):
    def known_attempt_ids(self, episode_id: str) -> set[str]:
        with self._lock:
            return {a.shown.attempt_id for attempts in self._episode(episode_id).attempts.values() for a in attempts}

    def audit_episodes(self) -> Iterator[EpisodeAudit]:
        with self._lock:
            ids = sorted(self._episodes)
        for one in ids:
            with self._lock:
                audit = _audit(self._episodes[one])
            yield audit


def _audit(row: EpisodeRow) -> EpisodeAudit:
    begun = sorted(
        (a for attempts in row.attempts.values() for a in attempts), key=lambda a: (a.opened_at_s, a.shown.attempt_id)
    )
    attempts = [_attempt(one) for one in begun]
    cancelled_at = moment(row.cancelled_at_s) if row.cancelled_at_s is not None else None
    artifacts = [
        ArtifactAudit(
            key=one.file.key,
            artifact_type=one.artifact_type,
            sha256=one.file.sha256,
            size_bytes=one.file.size_bytes,
            attempt_id=attempt.shown.attempt_id,
            is_selected=attempt.shown.state is AttemptState.SELECTED,
        )
        for attempt in begun
        for one in attempt.artifacts
    ]
    return EpisodeAudit(
        episode_id=row.episode_id,
        state=row.state,
        revision=row.revision,
        cancelled_at=cancelled_at,
        beats=tuple(
            beat_audit(name, beat.state, beat.revision, (a for a in attempts if a.beat_id == name), cancelled_at)
            for name, beat in row.beats.items()
        ),
        attempts=tuple(attempts),
        artifacts=tuple(sorted(artifacts, key=lambda a: a.key)),
    )


def _attempt(row: AttemptRow) -> AttemptAudit:
    one = row.shown
    return AttemptAudit(
        attempt_id=one.attempt_id,
        beat_id=one.beat_id,
        revision=one.revision,
        number=one.number,
        state=one.state,
        counted=row.counted,
        fence=row.fence,
        opened_at=one.opened_at,
        ended_at=one.ended_at,
    )
