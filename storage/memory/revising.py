"""How a planned beat gets another content, in memory."""

from __future__ import annotations

from episodes.lifecycle import BeatMove, BeatState, EpisodeMove, beat_after
from episodes.model import EpisodeView
from episodes.plan import Beat
from storage.memory.changing import Changing, beat_of, standings
from storage.memory.reading import Reading
from storage.memory.rows import BeatRow, EpisodeRow
from storage.rules import check_plan_with, reopened_with, state_with_beats_opened


class Revising(Reading, Changing):
    def revise_beat(self, episode_id: str, beat: Beat) -> EpisodeView:
        with self._lock:
            row = self._episode(episode_id)
            state = state_with_beats_opened(episode_id, row.state, EpisodeMove.REVISE)
            old = beat_of(row, beat.beat_id)
            check_plan_with(beat, (b.beat for b in row.beats.values()), row.treatment)
            self._revise(row, old, beat)
            for one in reopened_with(beat.beat_id, standings(row)):
                if one != beat.beat_id:
                    self._reopen(row, row.beats[one])
            self._go_on(row, state)
            return self.episode(episode_id)

    def _revise(self, row: EpisodeRow, old: BeatRow, beat: Beat) -> None:
        self._disown(row, beat.beat_id)
        self._disown(row, None)
        self._backing_off.discard((row.episode_id, beat.beat_id))
        row.total_s += beat.duration_s - old.beat.duration_s
        row.done_s -= old.progress * old.beat.duration_s
        if old.state is BeatState.ACCEPTED:
            for dependent in row.dependents.get(beat.beat_id, ()):
                row.miss_one(row.beats[dependent])
        state = beat_after(beat.beat_id, old.state, BeatMove.REVISE)
        row.move(old, BeatState.CANCELLED)  # so that it is not startable while its needs change
        row.need(old, beat)
        row.move(old, state)
        old.revision += 1
        row.revision = max(row.revision, old.revision)
        row.plan_version += 1
        old.progress = 0.0
        old.is_fresh = False
        old.forgive()
        self._tell(row, "beat.revised", beat_id=beat.beat_id, revision=old.revision)
