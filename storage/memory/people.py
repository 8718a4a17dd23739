"""What people do to episodes, in memory."""

from __future__ import annotations

import uuid_utils

from episodes.episode_store import StoredAnswer
from episodes.lifecycle import BeatState, EpisodeMove, EpisodeState, episode_after
from episodes.model import EpisodeView
from episodes.money import Funds
from episodes.plan import Beat, EpisodeRequest, Plan
from storage.memory.changing import Changing
from storage.memory.reading import Reading
from storage.memory.rows import BeatRow, EpisodeRow
from storage.rules import check_episode_id, check_same_request, told_of


class People(Reading, Changing):
    def create(self, request: EpisodeRequest, episode_id: str | None = None) -> EpisodeView:
        if episode_id is not None:
            check_episode_id(episode_id)
        with self._lock:
            if episode_id in self._episodes:
                check_same_request(episode_id, request, self._episodes[episode_id].request)
                return self.episode(episode_id)
            now_s = self._now_s()
            episode_id = episode_id or str(uuid_utils.uuid7())
            row = EpisodeRow(
                episode_id=episode_id,
                request=request,
                created_at_s=now_s,
                updated_at_s=now_s,
                funds=Funds(budget_micros=request.budget_micros),
            )
            self._episodes[episode_id] = row
            self._tell(row, "episode.created", world_id=request.world_id, intent=request.intent)
            return self.episode(episode_id)

    def save_plan(
        self, episode_id: str, plan: Plan, world_revision: int, *, cause: str = "planned", once: str | None = None
    ) -> EpisodeView:
        with self._once(once) as is_repeated:
            row = self._episode(episode_id)
            if is_repeated:
                return self.episode(episode_id)
            state = episode_after(episode_id, row.state, EpisodeMove.PLAN)
            row.revision += 1
            self._keep_version(row, plan, world_revision, cause)
            row.total_s = sum(b.duration_s for b in plan.beats)
            row.done_s = 0.0
            row.begin_anew()
            self._drop_beats(row)
            self._replace_beats(row, plan)
            self._cancel_takes(row)
            self._enter(row, state, num_beats=len(plan.beats), world_revision=world_revision, **told_of(plan.writing))
            return self.episode(episode_id)

    def _drop_beats(self, row: EpisodeRow) -> None:
        for beat_id in row.beats:
            self._backing_off.discard((row.episode_id, beat_id))
        for beat_id_or_film in row.attempts:
            self._disown(row, beat_id_or_film)

    def _replace_beats(self, row: EpisodeRow, plan: Plan) -> None:
        row.beats = {b.beat_id: _new_beat(row, b) for b in plan.beats}
        row.dependents.clear()
        for beat in plan.beats:
            for needed in set(beat.depends_on):
                row.dependents[needed].append(beat.beat_id)
        row.num_in.clear()
        row.num_in[BeatState.PENDING] = len(plan.beats)
        row.startable = [b.index for b in plan.beats if not b.depends_on]

    def execute(self, episode_id: str, *, fresh: bool = False, once: str | None = None) -> EpisodeState:
        with self._once(once) as is_repeated:
            row = self._episode(episode_id)
            if is_repeated:
                return row.state
            state = episode_after(episode_id, row.state, EpisodeMove.EXECUTE)
            if row.state is not state:
                row.executed_at_s = self._now_s()
                self._enter(row, state)
                for beat in row.beats.values():
                    beat.is_fresh = beat.is_fresh or fresh
            return state

    def pause(self, episode_id: str, *, once: str | None = None) -> EpisodeState:
        with self._once(once) as is_repeated:
            row = self._episode(episode_id)
            if is_repeated:
                return row.state
            state = episode_after(episode_id, row.state, EpisodeMove.PAUSE)
            if row.state is not state:
                self._enter(row, state)
            return state

    def resume(self, episode_id: str, *, once: str | None = None) -> EpisodeState:
        with self._once(once) as is_repeated:
            row = self._episode(episode_id)
            if is_repeated:
                return row.state
            state = episode_after(episode_id, row.state, EpisodeMove.RESUME)
            if row.state is not state:
                self._become(row, state)
                self._tell(row, "episode.resumed")
            return state

    def pause_queue(self, *, once: str | None = None) -> None:
        with self._once(once) as is_repeated:
            if not is_repeated:
                self._queue_is_paused = True

    def resume_queue(self, *, once: str | None = None) -> None:
        with self._once(once) as is_repeated:
            if not is_repeated:
                self._queue_is_paused = False

    def queue_is_paused(self) -> bool:
        with self._lock:
            return self._queue_is_paused

    def cancel(self, episode_id: str, *, once: str | None = None) -> EpisodeState:
        with self._once(once) as is_repeated:
            row = self._episode(episode_id)
            if is_repeated or row.state in (EpisodeState.CANCELLING, EpisodeState.CANCELLED):
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
        for beat in row.beats.values():
            if not beat.state.is_ended:
                self._cancel_beat(row, beat)
        self._cancel_takes(row)

    def answer(self, key: str) -> StoredAnswer | None:
        with self._lock:
            return self._answers.get(key)

    def remember_answer(self, key: str, answer: StoredAnswer) -> StoredAnswer:
        with self._lock:
            return self._answers.setdefault(key, answer)


def _new_beat(row: EpisodeRow, beat: Beat) -> BeatRow:
    return BeatRow(beat=beat, revision=row.revision, backend=beat.backend, num_unmet=len(set(beat.depends_on)))
