"""How a plan is changed beat by beat, in memory."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Sequence

from episodes.editing import PlanDifference, difference, shown_otherwise
from episodes.lifecycle import BeatMove, EpisodeMove, beat_after
from episodes.model import EpisodeView
from episodes.plan import Beat, Plan
from episodes.versions import restored
from storage.memory.changing import Changing, standings
from storage.memory.reading import Reading, version_of
from storage.memory.rows import BeatRow, EpisodeRow
from storage.rules import check_plan_version, has_plan, opened_by_edit, plan_with, state_with_beats_opened

_Wanted = tuple[Plan, int | None]
"""A plan, and the revision of the world that it was planned in."""


class Editing(Reading, Changing):
    def edit_plan(
        self,
        episode_id: str,
        beats: Sequence[Beat],
        *,
        cause: str = "edited",
        anew: Collection[str] = (),
        expected: int | None = None,
        dry_run: bool = False,
        once: str | None = None,
    ) -> tuple[PlanDifference, EpisodeView]:
        def edited(_: EpisodeRow, before: EpisodeView) -> _Wanted:
            return plan_with(beats, before), before.world_revision

        return self._change(episode_id, edited, cause, anew, expected, dry_run=dry_run, once=once)

    def restore_plan(
        self, episode_id: str, version: int, *, expected: int | None = None, dry_run: bool = False, once: str | None = None
    ) -> tuple[PlanDifference, EpisodeView]:
        def kept(row: EpisodeRow, _: EpisodeView) -> _Wanted:
            old = version_of(row, version)
            return old.plan, old.world_revision

        return self._change(episode_id, kept, restored(version), (), expected, dry_run=dry_run, once=once)

    def _change(
        self,
        episode_id: str,
        wanted: Callable[[EpisodeRow, EpisodeView], _Wanted],
        cause: str,
        anew: Collection[str],
        expected: int | None,
        *,
        dry_run: bool,
        once: str | None,
    ) -> tuple[PlanDifference, EpisodeView]:
        with self._once(once) as is_repeated:
            row, before = self._episode(episode_id), self.episode(episode_id)
            if is_repeated:
                return difference(before, before), before
            check_plan_version(episode_id, expected, row.plan_version)
            state = state_with_beats_opened(episode_id, row.state, EpisodeMove.REVISE)
            plan, world_revision = wanted(row, before)
            if has_plan(before, plan, world_revision) and not anew:
                return difference(before, before), before

            def change() -> None:
                planned = {one: b.beat for one, b in row.beats.items()}
                self._edit(row, plan, world_revision, shown_otherwise(planned, plan.beats, anew), cause)
                self._go_on(row, state)

            after = self._done_or_looked_at(before, change, dry_run=dry_run)
            return difference(before, after), after

    def _done_or_looked_at(self, before: EpisodeView, change: Callable[[], None], *, dry_run: bool) -> EpisodeView:
        """The episode after the change; everything is then as it was before, where it was only to be looked at."""
        kept_aside = copy.deepcopy(self._remembered()) if dry_run else {}
        change()
        after = self.episode(before.episode_id)
        self.__dict__.update(kept_aside)
        return after

    def _remembered(self) -> dict[str, object]:
        return {name: value for name, value in self.__dict__.items() if name not in ("_lock", "_now_s")}

    def _edit(self, row: EpisodeRow, plan: Plan, world_revision: int | None, changed: Collection[str], cause: str) -> None:
        beats = plan.beats
        had, names = row.beats, {beat.beat_id for beat in beats}
        self._keep_version(row, plan, world_revision, cause)
        removed = [one for one in had if one not in names]
        for one in (*removed, *changed):
            self._backing_off.discard((row.episode_id, one))
        for gone in (*removed, *changed, None):
            self._disown(row, gone)
        self._cancel_takes(row, [*removed, *changed])
        if any(one not in had for one in names):
            row.revision += 1
        row.beats = {beat.beat_id: self._put(row, had.get(beat.beat_id), beat, beat.beat_id in changed) for beat in beats}
        row.revision = max(row.revision, *(one.revision for one in row.beats.values()))
        row.total_s = sum(beat.duration_s for beat in beats)
        row.done_s = sum(one.progress * one.beat.duration_s for one in row.beats.values())
        row.count_anew()
        new = [one for one in row.beats if one not in had or one in changed]
        self._tell(row, "plan.edited", version=row.plan_version, cause=cause, to_render=new, removed=removed)
        for one in (one for one in new if one in had):
            self._tell(row, "beat.revised", beat_id=one, revision=row.beats[one].revision)
        for one in opened_by_edit(new, standings(row)):
            self._reopen(row, row.beats[one])

    def _put(self, row: EpisodeRow, old: BeatRow | None, beat: Beat, is_changed: bool) -> BeatRow:
        if old is None:
            return BeatRow(beat=beat, revision=row.revision, backend=beat.backend, num_unmet=0)
        if is_changed:
            beat_after(beat.beat_id, old.state, BeatMove.REVISE)
            return BeatRow(beat=beat, revision=old.revision + 1, backend=beat.backend, num_unmet=0)
        old.beat = beat
        return old
