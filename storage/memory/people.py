"""What people do to episodes, in memory."""

from __future__ import annotations

import uuid_utils

from episodes.errors import NotFound
from episodes.lifecycle import BeatMove, BeatState, EpisodeMove, EpisodeState, beat_after, episode_after
from episodes.model import EpisodeView
from episodes.plan import EpisodeRequest, Plan
from episodes.ports import StoredAnswer
from storage.memory.reading import Reading
from storage.memory.rows import BeatRow, EpisodeRow
from storage.rules import Standing, reopened_with, state_with_beats_opened


class People(Reading):
    def create(self, request: EpisodeRequest) -> EpisodeView:
        with self._lock:
            now_s = self._now_s()
            episode_id = str(uuid_utils.uuid7())
            row = EpisodeRow(episode_id=episode_id, request=request, created_at_s=now_s, updated_at_s=now_s)
            self._episodes[episode_id] = row
            self._tell(row, "episode.created", world_id=request.world_id, intent=request.intent)
            return self.episode(episode_id)

    def save_plan(self, episode_id: str, plan: Plan, world_revision: int) -> EpisodeView:
        with self._lock:
            row = self._episode(episode_id)
            state = episode_after(episode_id, row.state, EpisodeMove.PLAN)
            row.revision += 1
            row.world_revision = world_revision
            row.logline = plan.logline
            row.total_s = sum(b.duration_s for b in plan.beats)
            self._replace_beats(row, plan)
            self._enter(row, state, num_beats=len(plan.beats), world_revision=world_revision)
            return self.episode(episode_id)

    def _replace_beats(self, row: EpisodeRow, plan: Plan) -> None:
        row.beats = {b.beat_id: BeatRow(beat=b, revision=row.revision, num_unmet=len(set(b.depends_on))) for b in plan.beats}
        row.dependents.clear()
        for beat in plan.beats:
            for needed in set(beat.depends_on):
                row.dependents[needed].append(beat.beat_id)
        row.num_in.clear()
        row.num_in[BeatState.PENDING] = len(plan.beats)
        row.startable = [b.index for b in plan.beats if not b.depends_on]

    def execute(self, episode_id: str) -> EpisodeState:
        with self._lock:
            row = self._episode(episode_id)
            state = episode_after(episode_id, row.state, EpisodeMove.EXECUTE)
            if row.state is not state:
                row.executed_at_s = self._now_s()
                self._enter(row, state)
            return state

    def pause(self, episode_id: str) -> EpisodeState:
        with self._lock:
            row = self._episode(episode_id)
            self._enter(row, episode_after(episode_id, row.state, EpisodeMove.PAUSE))
            return row.state

    def resume(self, episode_id: str) -> EpisodeState:
        with self._lock:
            row = self._episode(episode_id)
            state = episode_after(episode_id, row.state, EpisodeMove.RESUME)
            if row.state is not state:
                self._become(row, state)
                self._tell(row, "episode.resumed")
            return state

    def pause_queue(self) -> None:
        with self._lock:
            self._queue_is_paused = True

    def resume_queue(self) -> None:
        with self._lock:
            self._queue_is_paused = False

    def queue_is_paused(self) -> bool:
        with self._lock:
            return self._queue_is_paused

    def cancel(self, episode_id: str) -> EpisodeState:
        with self._lock:
            row = self._episode(episode_id)
            if row.state in (EpisodeState.CANCELLING, EpisodeState.CANCELLED):
                return row.state
            episode_after(episode_id, row.state, EpisodeMove.CANCEL)
            row.cancelled_at_s = self._now_s()
            if self._open_in[episode_id]:
                self._enter(row, EpisodeState.CANCELLING)
                self._cancel_beats(row)
            else:
                self._cancel_beats(row)
                self._enter(row, EpisodeState.CANCELLED)
            return row.state

    def _cancel_beats(self, row: EpisodeRow) -> None:
        for beat_id, beat in row.beats.items():
            if not beat.state.is_ended:
                row.move(beat, BeatState.CANCELLED)
                beat.reason = ""
                self._backing_off.discard((row.episode_id, beat_id))
                self._tell(row, "beat.cancelled", beat_id=beat_id)

    def retry_beat(self, episode_id: str, beat_id: str) -> EpisodeState:
        with self._lock:
            row = self._episode(episode_id)
            if beat_id not in row.beats:
                raise NotFound("beat", beat_id)
            state = state_with_beats_opened(episode_id, row.state)
            beat_after(beat_id, row.beats[beat_id].state, BeatMove.RETRY)
            for one in reopened_with(beat_id, [_standing(b) for b in row.beats.values()]):
                self._reopen(row, row.beats[one])
            if row.state is not state:
                row.executed_at_s = self._now_s()
                row.film_num_counted = 0
                row.film_not_before_s = 0.0
                row.cancelled_at_s = None
                self._enter(row, state)
            return state

    def _reopen(self, row: EpisodeRow, beat: BeatRow) -> None:
        row.move(beat, BeatState.PENDING)
        beat.num_counted = 0
        beat.num_crashes = 0
        beat.not_before_s = 0.0
        beat.reason = ""
        beat.failed_with_another = False
        self._tell(row, "beat.retried", beat_id=beat.beat.beat_id)

    def answer(self, key: str) -> StoredAnswer | None:
        with self._lock:
            return self._answers.get(key)

    def remember_answer(self, key: str, answer: StoredAnswer) -> StoredAnswer:
        with self._lock:
            return self._answers.setdefault(key, answer)


def _standing(row: BeatRow) -> Standing:
    return Standing(
        beat_id=row.beat.beat_id,
        state=row.state,
        depends_on=row.beat.depends_on,
        failed_with_another=row.failed_with_another,
    )
