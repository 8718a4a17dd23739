"""What the oracle of the model test makes of a plan that is changed beat by beat."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from episodes.editing import PlanDifference
from episodes.errors import BadInput, IllegalMove, RevisionConflict
from episodes.lifecycle import AttemptState as A
from episodes.lifecycle import BeatState as B
from episodes.lifecycle import EpisodeState as E
from episodes.model import EpisodeView
from episodes.plan import Beat, Plan
from tests.reliability.oracle_looks import Looks
from tests.reliability.oracle_rows import FINAL, Asked, Part, Refused, Story


class EditsPlans(Looks):
    """Stands between what it shows and what people do."""

    def edit_plan(
        self,
        episode_id: str,
        beats: Sequence[Beat],
        *,
        cause: str = "edited",
        anew: Collection[str] = (),
        expected: int | None = None,
        dry_run: bool = False,
    ) -> tuple[PlanDifference, EpisodeView]:
        if dry_run:
            with self._looking():
                return self.edit_plan(episode_id, beats, cause=cause, anew=anew, expected=expected)
        story = self._changeable(episode_id, expected)
        if not _hold_together(beats):
            raise Refused(BadInput)
        plan = Plan(**dict(story.treatment), beats=tuple(beats), logline=story.logline)
        if story.plan == plan and not anew:
            return PlanDifference(kept=tuple(story.parts)), self.episode(episode_id)
        return self._change(story, plan, story.world_revision, cause, anew)

    def restore_plan(
        self, episode_id: str, version: int, *, expected: int | None = None, dry_run: bool = False
    ) -> tuple[PlanDifference, EpisodeView]:
        if dry_run:
            with self._looking():
                return self.restore_plan(episode_id, version, expected=expected)
        story = self._changeable(episode_id, expected)
        old = self.plan_version(episode_id, version)
        if (story.plan, story.world_revision) == (old.plan, old.world_revision):
            return PlanDifference(kept=tuple(story.parts)), self.episode(episode_id)
        return self._change(story, old.plan, old.world_revision, f"restored version {version}", ())

    @contextmanager
    def _looking(self) -> Iterator[None]:
        """Whatever is done in it has not happened afterwards."""
        before = self.__dict__
        self.__dict__ = copy.deepcopy(before)
        try:
            yield
        finally:
            self.__dict__ = before

    def _changeable(self, episode_id: str, expected: int | None) -> Story:
        story = self._story(episode_id)
        if expected not in (None, story.plan_version):
            raise Refused(RevisionConflict)
        if story.state in (E.CREATED, E.CANCELLING):
            raise Refused(IllegalMove, story.state)
        return story

    def _change(
        self, story: Story, plan: Plan, world_revision: int | None, cause: str, anew: Collection[str]
    ) -> tuple[PlanDifference, EpisodeView]:
        had = dict(story.parts)
        has_film = story.state is E.CUTTING or any(t.state is A.SELECTED for t in story.tries_of(None))
        rendered = {one for one, part in had.items() if part.state is B.RENDERING}
        story.keep(self.now_s, plan, world_revision, cause)
        new = self._put(story, plan.beats, anew)
        to_render = set(new) | set(self._open_with(story, new))
        gone = {*to_render, *(one for one in had if one not in story.parts)}
        self._go_on(story)
        change = PlanDifference(
            kept=tuple(one for one in story.parts if one not in to_render),
            cancelled=tuple(one for one in had if one in gone & rendered),
            removed=tuple(one for one in had if one not in story.parts),
            to_render=tuple(one for one in story.parts if one in to_render),
            film_to_recut=has_film and (bool(gone) or list(had) != list(story.parts)),
        )
        return change, self.episode(story.episode_id)

    def _put(self, story: Story, beats: Sequence[Beat], anew: Collection[str]) -> list[str]:
        """The beats that begin anew, or for the first time."""
        had, parts, new = story.parts, dict[str, Part](), list[str]()
        if any(beat.beat_id not in had for beat in beats):
            story.revision += 1
        top = story.revision
        for beat in beats:
            one, old = beat.beat_id, had.get(beat.beat_id)
            is_same = old is not None and one not in anew and beat.starts_from not in new
            if old is not None and is_same and _picture(old.beat) == _picture(beat):
                old.beat = beat
                parts[one] = old
            else:
                parts[one] = Part(beat=beat, revision=top if old is None else old.revision + 1)
                story.forgive(one)
                new.append(one)
        removed = [one for one in had if one not in parts]
        story.disown(*removed, *new, None)
        self._cancel_takes(story, [*removed, *new])
        story.parts = parts
        story.revision = max(top, *(part.revision for part in parts.values()))
        cause = story.versions[-1].cause
        story.tell(self.now_s, "plan.edited", version=story.plan_version, cause=cause, to_render=new, removed=removed)
        for one in new:
            if one in had:
                story.tell(self.now_s, "beat.revised", beat_id=one, revision=parts[one].revision)
        return new

    def _open_with(self, story: Story, new: Sequence[str]) -> list[str]:
        opened = {one for beat_id in new for one in story.opened_with(beat_id)} - set(new)
        for one, part in story.parts.items():
            in_the_way = {d for d in part.beat.depends_on if story.parts[d].has_no_clip} - opened
            if part.has_no_clip and part.ended_with_another and not in_the_way:
                opened.add(one)
        in_order = [one for one in story.parts if one in opened]
        self._reopen(story, in_order)
        return in_order

    # --- what all that opens beats has in common ---

    def _reopen(self, story: Story, beat_ids: Sequence[str], *, fresh: bool = False) -> None:
        for one in beat_ids:
            part = story.parts[one]
            part.is_fresh = part.is_fresh or fresh
            part.state, part.reason, part.not_before, part.ended_with_another = B.PENDING, "", 0.0, False
            part.given_up_by = []
            story.forgive(one)
            story.tell(self.now_s, "beat.retried", beat_id=one)

    def _go_on(self, story: Story) -> None:
        """What was cutting or had ended executes again; what was planned, paused or executing stays so."""
        if story.state is E.CUTTING or story.state in FINAL:
            story.executed_at = self.now_s
            self._forget_its_end(story)
            story.enter(self.now_s, E.EXECUTING)

    def _cancel_takes(self, story: Story, beat_ids: Collection[str]) -> None:
        for one in story.live_takes():
            if one.beat_id in beat_ids:
                self._cancel_asked(story, one)

    def _cancel_asked(self, story: Story, one: Asked) -> None:
        one.state, one.reason, one.not_before = B.CANCELLED, "", 0.0
        story.tell(self.now_s, "take.cancelled", beat_id=one.beat_id, take=story.number_of(one))

    def _forget_its_end(self, story: Story) -> None:
        story.forgive(None)
        story.film_not_before = 0.0
        story.cancelled_at = None


def _picture(beat: Beat) -> Beat:
    """As every beat that shows the same is, wherever it stands."""
    return beat.model_copy(update={"index": 0, "scene_id": None, "effects": (), "depends_on": ()})


def _hold_together(beats: Sequence[Beat]) -> bool:
    seen: list[str] = []
    for place, beat in enumerate(beats):
        needs = set(beat.depends_on)
        if beat.index != place or beat.beat_id in seen or not needs <= set(seen) or beat.starts_from not in {None, *needs}:
            return False
        seen.append(beat.beat_id)
    return bool(seen)
