"""What an audit reads, in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from episodes.audited import ArtifactAudit, AttemptAudit, EpisodeAudit, TakeAudit
from episodes.lifecycle import AttemptState
from storage.memory.rows import AttemptRow, EpisodeRow, Rows, moment
from storage.rules import beat_audit


class Auditing(Rows):
    def known_attempt_ids(self, episode_id: str) -> set[str]:
        with self._lock:
            return {a.shown.attempt_id for attempts in self._episode(episode_id).attempts.values() for a in attempts}

    def audit_episode(self, episode_id: str) -> EpisodeAudit:
        with self._lock:
            return _audit(self._episode(episode_id))

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
    num_retries = Counter(e.data["beat_id"] for e in row.events if e.event_type == "beat.retried")
    artifacts = [
        ArtifactAudit(
            key=one.file.key,
            artifact_type=one.artifact_type,
            sha256=one.file.sha256,
            size_bytes=one.file.size_bytes,
            num_frames=one.file.num_frames,
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
            beat_audit(
                name,
                beat.state,
                beat.revision,
                (a for a in attempts if a.beat_id == name),
                num_retries=num_retries[name],
                cancelled_at=cancelled_at,
            )
            for name, beat in row.beats.items()
        ),
        attempts=tuple(attempts),
        artifacts=tuple(sorted(artifacts, key=lambda a: a.key)),
        takes=tuple(
            TakeAudit(beat_id=one.beat_id, number=one.number, revision=one.revision, state=one.state)
            for _, one in sorted(row.takes.items())
        ),
        num_events=len(row.events),
        num_events_kept=len(row.events),
        newest_event=row.events[-1].number if row.events else 0,
        funds=row.funds,
    )


def _attempt(row: AttemptRow) -> AttemptAudit:
    one = row.shown
    return AttemptAudit(
        attempt_id=one.attempt_id,
        beat_id=one.beat_id,
        revision=one.revision,
        number=one.number,
        state=one.state,
        backend=row.backend,
        is_unwanted=row.unwanted,
        failure_class=one.failure_class,
        take=one.take,
        counted=row.counted,
        num_counted_before=row.before.num_counted,
        num_crashes_before=row.before.num_crashes,
        num_uncounted_before=row.before.num_uncounted,
        fence=row.fence,
        opened_at=one.opened_at,
        ended_at=one.ended_at,
        reserved_micros=one.reserved_micros,
        spent_micros=one.spent_micros,
    )
