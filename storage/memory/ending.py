"""How attempts and episodes end, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from episodes.errors import ArtifactConflict
from episodes.job import StoredFile
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from episodes.model import Acceptance, Failure, Lease
from episodes.plan import fallbacks_after
from storage.memory.rows import AttemptRow, BeatRow, EpisodeRow, Failings, Rows, TakeRow
from storage.rules import (
    CAME_TOO_LATE,
    file_of,
    why_failed_with,
    why_fell_back,
    why_no_film,
    why_nothing_to_cut,
    why_partial,
)
from storage.takes import of_take


class Ending(Rows):
    def accept(self, lease: Lease, acceptances: Sequence[Acceptance]) -> list[bool]:
        with self._lock:
            self._lead(lease)
            self._check_files(acceptances)
            return [self._accept_one(acceptance) for acceptance in acceptances]

    def _check_files(self, acceptances: Sequence[Acceptance]) -> None:
        """Before anything changes: all of the call happens or nothing."""
        keys, seen = set[str](), set[str]()
        for acceptance in acceptances:
            attempt = self._open.get(acceptance.attempt_id)
            if attempt is None or acceptance.attempt_id in seen or not self._is_wanted(attempt):
                continue
            seen.add(acceptance.attempt_id)
            file_of(acceptance.result, "film" if attempt.shown.beat_id is None else "video")
            for file in acceptance.result.files.values():
                if file.key in self._keys or file.key in keys:
                    raise ArtifactConflict(f"{file.key} is recorded already.", "A key is written once.")
                keys.add(file.key)

    def _accept_one(self, acceptance: Acceptance) -> bool:
        attempt = self._open.get(acceptance.attempt_id)
        if attempt is None:
            return False
        beat, result, is_paid = self._beat_of(attempt), acceptance.result, acceptance.result.runtime.bought_nothing
        if not self._is_wanted(attempt):
            self._close(attempt, AttemptState.CANCELLED, CAME_TOO_LATE, work_s=result.runtime.render_s, costs_nothing=is_paid)
            return False
        row = self._episodes[attempt.shown.episode_id]
        take = self._take_of(attempt)
        if take is None:
            self._supersede(row, attempt.shown.beat_id)
        self._keys.update(f.key for f in acceptance.result.files.values())
        files = list(result.files.items())
        state = AttemptState.SELECTED if take is None else AttemptState.SUPERSEDED
        self._close(attempt, state, artifacts=files, work_s=result.runtime.render_s, costs_nothing=is_paid)
        attempt.shown = replace(attempt.shown, render_s=result.runtime.render_s or None)
        if take is not None:
            self._accept_take(row, take, attempt, file_of(acceptance.result, "video"))
        elif beat is None:
            self._end_with_film(row, attempt, file_of(acceptance.result, "film"))
        else:
            self._accept_beat(row, beat, attempt, file_of(acceptance.result, "video"))
        return True

    def _supersede(self, row: EpisodeRow, beat_id: str | None) -> None:
        for earlier in row.attempts[beat_id]:
            if earlier.shown.state is AttemptState.SELECTED:
                earlier.shown = replace(earlier.shown, state=AttemptState.SUPERSEDED)

    def _accept_beat(self, row: EpisodeRow, beat: BeatRow, attempt: AttemptRow, video: StoredFile) -> None:
        row.move(beat, BeatState.ACCEPTED)
        row.come_to(beat, 1.0)
        for dependent in row.dependents.get(beat.beat.beat_id, ()):
            row.meet_one(row.beats[dependent])
        self._tell(
            row,
            "beat.accepted",
            beat_id=beat.beat.beat_id,
            attempt_id=attempt.shown.attempt_id,
            attempt=attempt.shown.number,
            video=video.uri,
            duration_s=video.duration_s,
        )

    def _accept_take(self, row: EpisodeRow, take: TakeRow, attempt: AttemptRow, video: StoredFile) -> None:
        take.state, take.progress = BeatState.ACCEPTED, 1.0
        self._tell(
            row,
            "take.ready",
            beat_id=take.beat_id,
            take=take.number,
            attempt_id=attempt.shown.attempt_id,
            attempt=attempt.shown.number,
            video=video.uri,
            duration_s=video.duration_s,
        )

    def _end_with_film(self, row: EpisodeRow, attempt: AttemptRow, film: StoredFile) -> None:
        row.progress = 1.0
        self._tell(row, "film.ready", attempt_id=attempt.shown.attempt_id, film=film.uri)
        reason = why_partial(row.num_in[BeatState.ACCEPTED], len(row.beats))
        if reason:
            self._enter(row, EpisodeState.PARTIALLY_COMPLETED, reason)
        else:
            self._enter(row, EpisodeState.COMPLETED)

    def fail(self, lease: Lease, failures: Sequence[Failure]) -> None:
        with self._lock:
            self._lead(lease)
            for failure in failures:
                attempt = self._open.get(failure.attempt_id)
                if attempt is not None:
                    self._fail_one(attempt, failure)

    def _fail_one(self, attempt: AttemptRow, failure: Failure) -> None:
        row = self._episodes[attempt.shown.episode_id]
        beat = self._beat_of(attempt)
        take, is_wanted = self._take_of(attempt), self._is_wanted(attempt)
        attempt.shown = replace(attempt.shown, failure_class=failure.failure_class)
        attempt.counted = failure.counted
        self._close(attempt, AttemptState.FAILED, failure.reason, work_s=failure.work_s, costs_nothing=failure.bought_nothing)
        self._tell(
            row,
            "attempt.failed",
            beat_id=attempt.shown.beat_id,
            attempt_id=attempt.shown.attempt_id,
            attempt=attempt.shown.number,
            failure_class=failure.failure_class.value,
            reason=failure.reason,
            retry_in_s=failure.retry_in_s if is_wanted else None,
            **of_take(attempt.shown.take),
        )
        if take is not None:
            self._give_take_back_or_up(row, take, failure)
        elif beat is not None:
            beat.failings.add(failure, self._now_s())
            self._give_beat_back_or_up(row, beat, failure)
        elif is_wanted:
            row.film_failings.add(failure, self._now_s())
            self._cut_again_or_end(row, failure)

    def _give_beat_back_or_up(self, row: EpisodeRow, beat: BeatRow, failure: Failure) -> None:
        if failure.retry_in_s is None:
            self._fall_back_or_fail(row, beat, failure.reason)
            return
        row.move(beat, BeatState.PENDING)
        beat.reason = failure.reason
        beat.not_before_s = self._now_s() + failure.retry_in_s
        self._backing_off.add((row.episode_id, beat.beat.beat_id))

    def _cut_again_or_end(self, row: EpisodeRow, failure: Failure) -> None:
        if failure.retry_in_s is not None:
            row.film_not_before_s = self._now_s() + failure.retry_in_s
            return
        self._tell(row, "film.failed", reason=failure.reason)
        reason = why_no_film(failure.reason)
        self._enter(row, EpisodeState.PARTIALLY_COMPLETED, reason)

    def _fall_back_or_fail(self, row: EpisodeRow, beat: BeatRow, reason: str) -> None:
        """The beat is tried by the next backend that its episode names, or fails."""
        left = fallbacks_after(beat.backend, beat.beat.backend, row.request.fallbacks)
        if not left:
            self._fail_beat(row, beat, reason)
            return
        row.move(beat, BeatState.PENDING)
        told = {"from": beat.backend, "to": left[0], "reason": reason}
        beat.fallback_reason = why_fell_back(beat.fallback_reason, beat.backend, reason)
        beat.backend, beat.failings, beat.not_before_s, beat.reason = left[0], Failings(), 0.0, reason
        beat.needs_micros = 0
        self._backing_off.discard((row.episode_id, beat.beat.beat_id))
        self._tell(row, "beat.fell_back", beat_id=beat.beat.beat_id, **told)

    def _fail_beat(self, row: EpisodeRow, beat: BeatRow, reason: str) -> None:
        """The beat fails for good, and with it, in story order, those that can no longer start."""
        doomed = row.pending_dependents(beat)
        self._end_beat(row, beat, reason)
        for one in doomed:
            one.failed_with_another = True
            self._end_beat(row, one, why_failed_with(beat.beat.beat_id))

    def _end_beat(self, row: EpisodeRow, beat: BeatRow, reason: str) -> None:
        row.move(beat, BeatState.FAILED)
        beat.reason = reason
        self._backing_off.discard((row.episode_id, beat.beat.beat_id))
        self._tell(row, "beat.failed", beat_id=beat.beat.beat_id, reason=reason)

    def give_up(self, lease: Lease, episode_id: str, beat_id: str, reason: str, *, take: int | None = None) -> None:
        with self._lock:
            self._lead(lease)
            row = self._episode(episode_id)
            if take is not None:
                self._give_take_up(row, row.takes.get((beat_id, take)), reason)
                return
            beat = row.beats.get(beat_id)
            if beat is not None and row.state is EpisodeState.EXECUTING and beat.state is BeatState.PENDING:
                self._fall_back_or_fail(row, beat, reason)

    def _give_take_up(self, row: EpisodeRow, take: TakeRow | None, reason: str) -> None:
        if take is not None and take.state is BeatState.PENDING and row.state.begins_takes:
            self._fail_take(row, take, reason)

    def _give_take_back_or_up(self, row: EpisodeRow, take: TakeRow, failure: Failure) -> None:
        take.failings.add(failure, self._now_s())
        if failure.retry_in_s is None:
            self._fail_take(row, take, failure.reason)
            return
        take.state, take.reason, take.not_before_s = BeatState.PENDING, failure.reason, self._now_s() + failure.retry_in_s

    def _fail_take(self, row: EpisodeRow, take: TakeRow, reason: str) -> None:
        take.state, take.reason, take.not_before_s = BeatState.FAILED, reason, 0.0
        self._tell(row, "take.failed", beat_id=take.beat_id, take=take.number, reason=reason)

    def close_cancelled(self, lease: Lease, attempt_ids: Sequence[str]) -> None:
        with self._lock:
            self._lead(lease)
            for attempt_id in attempt_ids:
                attempt = self._open.get(attempt_id)
                if attempt is not None and not self._is_wanted(attempt):
                    self._close(attempt, AttemptState.CANCELLED)

    def settle(self, lease: Lease, episode_id: str) -> EpisodeState:
        with self._lock:
            self._lead(lease)
            row = self._episode(episode_id)
            if row.state is EpisodeState.CANCELLING and not self._open_in[episode_id]:
                self._enter(row, EpisodeState.CANCELLED)
            elif row.state is EpisodeState.EXECUTING:
                self._settle_executing(row)
            return row.state

    def _settle_executing(self, row: EpisodeRow) -> None:
        if row.num_in[BeatState.PENDING] or row.num_in[BeatState.RENDERING]:
            return
        if row.num_in[BeatState.ACCEPTED]:
            self._enter(row, EpisodeState.CUTTING)
            return
        first_reason = next((b.reason for b in row.beats.values() if b.state is BeatState.FAILED), "")
        reason = why_nothing_to_cut(len(row.beats), first_reason)
        self._enter(row, EpisodeState.FAILED, reason)
