"""What people change about single beats, in memory: cancelling one, and opening what had ended."""

from __future__ import annotations

from episodes.errors import NotFound
from episodes.lifecycle import BeatMove, BeatState, EpisodeState, beat_after
from episodes.plan import Plan
from episodes.versions import PlanVersion
from storage.memory.rows import BeatRow, EpisodeRow, Rows, moment
from storage.rules import (
    Standing,
    check_beats_can_be_cancelled,
    ended_without_clip,
    is_cancelled_already,
    is_retried_already,
    reopened_with,
    state_with_beats_opened,
    why_cancelled_with,
)


class Changing(Rows):
    def cancel_beat(self, episode_id: str, beat_id: str, *, once: str | None = None) -> EpisodeState:
        with self._once(once) as is_repeated:
            row = self._episode(episode_id)
            if is_repeated:
                return row.state
            check_beats_can_be_cancelled(episode_id, row.state)
            beat = beat_of(row, beat_id)
            if is_cancelled_already(standing(beat)):
                return row.state
            beat_after(beat_id, beat.state, BeatMove.CANCEL)
            self._disown(row, beat_id)
            dependents = row.pending_dependents(beat)
            beat.failed_with_another = False
            self._cancel_beat(row, beat)
            for one in dependents:
                one.failed_with_another = True
                self._cancel_beat(row, one, why_cancelled_with(beat_id))
            return row.state

    def _cancel_beat(self, row: EpisodeRow, beat: BeatRow, reason: str = "") -> None:
        row.move(beat, BeatState.CANCELLED)
        beat.reason = reason
        beat.not_before_s = 0.0
        self._backing_off.discard((row.episode_id, beat.beat.beat_id))
        why = {"reason": reason} if reason else {}
        self._tell(row, "beat.cancelled", beat_id=beat.beat.beat_id, **why)

    def retry_beat(self, episode_id: str, beat_id: str, *, fresh: bool = False, once: str | None = None) -> EpisodeState:
        with self._once(once) as is_repeated:
            row = self._episode(episode_id)
            if is_repeated:
                return row.state
            beat = beat_of(row, beat_id)
            state = state_with_beats_opened(episode_id, row.state)
            if is_retried_already(standing(beat)):
                return state
            beat_after(beat_id, beat.state, BeatMove.RETRY)
            for one in reopened_with(beat_id, standings(row)):
                self._reopen(row, row.beats[one], fresh=fresh)
            self._go_on(row, state)
            return state

    def retry_failed(self, episode_id: str, *, fresh: bool = False, once: str | None = None) -> EpisodeState:
        with self._once(once) as is_repeated:
            row = self._episode(episode_id)
            if is_repeated:
                return row.state
            state = state_with_beats_opened(episode_id, row.state)
            for one in ended_without_clip(episode_id, row.state, standings(row)):
                self._reopen(row, row.beats[one], fresh=fresh)
            self._go_on(row, state)
            return state

    def _keep_version(self, row: EpisodeRow, plan: Plan, world_revision: int | None, cause: str) -> None:
        """The plan is the episode's from now on, at a version of its own."""
        row.plan_version += 1
        row.logline, row.treatment, row.world_revision = plan.logline, plan.treatment, world_revision
        kept = PlanVersion(
            version=row.plan_version,
            at=moment(self._now_s()),
            cause=cause,
            num_beats=len(plan.beats),
            plan=plan,
            world_revision=world_revision,
        )
        row.versions.append(kept)

    def _reopen(self, row: EpisodeRow, beat: BeatRow, *, fresh: bool = False) -> None:
        row.move(beat, BeatState.PENDING)
        beat.forgive()
        beat.is_fresh = beat.is_fresh or fresh
        self._tell(row, "beat.retried", beat_id=beat.beat.beat_id)

    def _go_on(self, row: EpisodeRow, state: EpisodeState) -> None:
        """To the state that opened beats lead to."""
        if row.state is not state:
            row.executed_at_s = self._now_s()
            row.begin_anew()
            self._enter(row, state)


def standings(row: EpisodeRow) -> list[Standing]:
    """Of all beats, in story order."""
    return [standing(beat) for beat in row.beats.values()]


def standing(beat: BeatRow) -> Standing:
    return Standing(
        beat_id=beat.beat.beat_id,
        state=beat.state,
        depends_on=beat.beat.depends_on,
        failed_with_another=beat.failed_with_another,
    )


def beat_of(row: EpisodeRow, beat_id: str) -> BeatRow:
    if beat_id not in row.beats:
        raise NotFound("beat", beat_id)
    return row.beats[beat_id]
