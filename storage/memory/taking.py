"""Takes for people, in memory: asking for them, and selecting one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from episodes.editing import PlanDifference, difference, shown_otherwise
from episodes.errors import IllegalMove
from episodes.lifecycle import HAS_ENDED, AttemptState, BeatMove, BeatState, EpisodeMove, beat_after
from episodes.model import EpisodeView, Take
from storage.memory.changing import beat_of
from storage.memory.editing import Editing
from storage.memory.rows import EpisodeRow, TakeRow
from storage.rules import state_with_beats_opened
from storage.takes import (
    check_selectable,
    check_takes_allowed,
    retaken,
    revision_in,
    seeds_for,
    starting_from,
    take_of,
    take_selected,
)


class Taking(Editing):
    def ask_for_takes(
        self, episode_id: str, beat_id: str, seeds: Sequence[int | None], *, once: str | None = None
    ) -> list[Take]:
        with self._once(once) as is_repeated:
            row, there = self._episode(episode_id), self.takes(episode_id, beat_id)
            if is_repeated:
                return there
            check_takes_allowed(episode_id, row.state)
            beat = beat_of(row, beat_id)
            beat_after(beat_id, beat.state, BeatMove.TAKE)
            for number, seed in enumerate(seeds_for(beat.beat.seed, seeds, there, beat.revision), start=len(there) + 1):
                row.takes[beat_id, number] = TakeRow(beat_id=beat_id, number=number, revision=beat.revision, seed=seed)
                self._tell(row, "take.requested", beat_id=beat_id, take=number, seed=seed)
            return self.takes(episode_id, beat_id)

    def cancel_take(self, episode_id: str, beat_id: str, number: int, *, once: str | None = None) -> Take:
        with self._once(once) as is_repeated:
            row, take = self._episode(episode_id), take_of(self.takes(episode_id, beat_id), number)
            if is_repeated or take.state is BeatState.CANCELLED:
                return take
            if take.state.is_ended:
                raise IllegalMove(
                    f"take {number} of beat {beat_id}", take.state, BeatMove.CANCEL, BeatState.CANCELLED, HAS_ENDED
                )
            self._cancel_take(row, row.takes[beat_id, number])
            return take_of(self.takes(episode_id, beat_id), number)

    def select_take(
        self, episode_id: str, beat_id: str, number: int, *, dry_run: bool = False, once: str | None = None
    ) -> tuple[PlanDifference, EpisodeView]:
        with self._once(once) as is_repeated:
            row, before = self._episode(episode_id), self.episode(episode_id)
            take = take_of(self.takes(episode_id, beat_id), number)
            if is_repeated or take.is_selected:
                return difference(before, before), before
            check_takes_allowed(episode_id, row.state)
            check_selectable(take, beat_id, revision_in(before, beat_id))
            after = self._done_or_looked_at(before, lambda: self._select(row, before, beat_id, take), dry_run=dry_run)
            return difference(before, after, retaken=beat_id), after

    def _select(self, row: EpisodeRow, before: EpisodeView, beat_id: str, take: Take) -> None:
        state = state_with_beats_opened(row.episode_id, row.state, EpisodeMove.REVISE)
        of_take = take.attempt.attempt_id if take.attempt is not None else ""
        for attempt in row.attempts[beat_id]:
            if attempt.shown.attempt_id == of_take:
                attempt.shown = replace(attempt.shown, state=AttemptState.SELECTED)
            elif attempt.shown.state is AttemptState.SELECTED:
                attempt.shown = replace(attempt.shown, state=AttemptState.SUPERSEDED)
        reseeded = retaken(before, beat_id, take)
        plan, anew = reseeded.plan, starting_from(before, beat_id)
        changed = shown_otherwise({beat.beat_id: beat for beat in plan.beats}, plan.beats, anew)
        self._edit(row, plan, reseeded.world_revision, changed, take_selected(beat_id, take))
        self._tell(row, "take.selected", beat_id=beat_id, take=take.number, attempt_id=of_take)
        self._go_on(row, state)
