"""How a plan is changed beat by beat: what shows the same stays, with its clip and whoever renders it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import BindParameter, Connection, bindparam, delete, insert, update

from episodes.editing import PlanDifference, difference, shown_otherwise
from episodes.errors import NotFound
from episodes.lifecycle import BeatMove, BeatState, EpisodeMove, beat_after
from episodes.model import BeatView, EpisodeView
from episodes.plan import Beat, Plan
from episodes.versions import restored
from storage.episodes_sql.changing import go_on, reopen, standings
from storage.episodes_sql.claim import is_repeated
from storage.episodes_sql.failing import FORGIVEN
from storage.episodes_sql.held import disown
from storage.episodes_sql.ledger import Ledger, LockedEpisode
from storage.episodes_sql.people import attempt_numbers, new_beat
from storage.episodes_sql.reading import Reading
from storage.episodes_sql.takes import cancel_takes
from storage.episodes_sql.versions import keep_version, kept_version
from storage.rules import check_plan_version, has_plan, opened_by_edit, plan_with, state_with_beats_opened, unmet_in
from storage.tables import BEATS, DEPENDENCIES

_OF_EPISODE: BindParameter[str] = bindparam("of_episode")
_FORGET_NEEDS = delete(DEPENDENCIES).where(DEPENDENCIES.c.episode_id == _OF_EPISODE)
_REMOVE = delete(BEATS).where(BEATS.c.episode_id == _OF_EPISODE, BEATS.c.beat_id == bindparam("of_beat"))
_REVISE = (
    update(BEATS)
    .where(BEATS.c.episode_id == _OF_EPISODE, BEATS.c.beat_id == bindparam("of_beat"))
    .values(
        revision=bindparam("to_revision"),
        state=bindparam("to_state"),
        reason="",
        failed_with_another=False,
        progress=0.0,
        num_unmet=bindparam("unmet"),
        not_before=0.0,
        **FORGIVEN,
        duration_s=bindparam("lasts_s"),
        backend=bindparam("by"),
        first_backend=None,
        fallback_reason="",
        is_fresh=False,
        beat=bindparam("content"),
    )
)
_PLACE = (
    update(BEATS)
    .where(BEATS.c.episode_id == _OF_EPISODE, BEATS.c.beat_id == bindparam("of_beat"))
    .values(position=bindparam("at"), num_unmet=bindparam("unmet"), beat=bindparam("content"))
)


_Wanted = tuple[Plan, int | None]
"""A plan, and the revision of the world that it was planned in."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _How:
    """A plan is to be changed; as EpisodeStore has it."""

    cause: str
    anew: Collection[str] = ()
    expected: int | None
    dry_run: bool
    once: str | None


class OnlyLooked(Exception):
    """Takes what an edit would come to out of the transaction that is rolled back."""

    def __init__(self, found: tuple[PlanDifference, EpisodeView]) -> None:
        super().__init__(found)
        self.found = found


class Editing(Reading):
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
        def edited(_: Connection, before: EpisodeView) -> _Wanted:
            return plan_with(beats, before), before.world_revision

        how = _How(cause=cause, anew=anew, expected=expected, dry_run=dry_run, once=once)
        return self._change_plan("edit_plan", episode_id, edited, how)

    def restore_plan(
        self, episode_id: str, version: int, *, expected: int | None = None, dry_run: bool = False, once: str | None = None
    ) -> tuple[PlanDifference, EpisodeView]:
        def kept(connection: Connection, _: EpisodeView) -> _Wanted:
            old = kept_version(connection, episode_id, version)
            return old.plan, old.world_revision

        how = _How(cause=restored(version), expected=expected, dry_run=dry_run, once=once)
        return self._change_plan("restore_plan", episode_id, kept, how)

    def _change_plan(
        self, story: str, episode_id: str, wanted: Callable[[Connection, EpisodeView], _Wanted], how: _How
    ) -> tuple[PlanDifference, EpisodeView]:
        try:
            with self._writing(story) as connection:
                ledger = Ledger.of(connection, [episode_id])
                if episode_id not in ledger.episodes:
                    raise NotFound("episode", episode_id)
                episode = ledger.episodes[episode_id]
                before = self._view(connection, episode_id)
                if is_repeated(connection, how.once):
                    return difference(before, before), before
                check_plan_version(episode_id, how.expected, episode.plan_version)
                state = state_with_beats_opened(episode_id, episode.state, EpisodeMove.REVISE)
                plan, world_revision = wanted(connection, before)
                if how.anew or not has_plan(before, plan, world_revision):
                    Edit(connection, ledger, episode, before).apply(plan, world_revision, how.cause, how.anew)
                    go_on(ledger, episode, state)
                ledger.write()
                after = self._view(connection, episode_id)
                found = difference(before, after), after
                if how.dry_run:
                    raise OnlyLooked(found)
                return found
        except OnlyLooked as looked:
            return looked.found


class Edit:
    """One, in the transaction that has locked its episode."""

    def __init__(self, connection: Connection, ledger: Ledger, episode: LockedEpisode, before: EpisodeView) -> None:
        self._connection = connection
        self._ledger = ledger
        self._episode = episode
        self._had = {view.beat.beat_id: view for view in before.beats}
        self._of_episode = {"of_episode": episode.episode_id}

    def apply(self, plan: Plan, world_revision: int | None, cause: str, anew: Collection[str]) -> None:
        beats = plan.beats
        names = {beat.beat_id for beat in beats}
        planned = {one: view.beat for one, view in self._had.items()}
        changed = shown_otherwise(planned, beats, anew)
        removed = [one for one in self._had if one not in names]
        kept = {one: view for one, view in self._had.items() if one in names - changed}
        for one in (*removed, *changed, None):
            disown(self._connection, self._episode.episode_id, one)
        cancel_takes(self._connection, self._ledger, self._episode, [*removed, *changed])
        self._put(beats, changed, removed, kept)
        self._count(beats, kept)
        keep_version(self._connection, self._ledger, self._episode, plan, world_revision, cause)
        self._tell(beats, changed, removed, cause)
        self._open(beats, kept)

    def _put(self, beats: Sequence[Beat], changed: Collection[str], removed: Sequence[str], kept: dict[str, BeatView]) -> None:
        accepted = {one for one, view in kept.items() if view.state is BeatState.ACCEPTED}
        unmet = {beat.beat_id: unmet_in(beat, accepted) for beat in beats}
        self._connection.execute(_FORGET_NEEDS, self._of_episode)
        if removed:
            self._connection.execute(_REMOVE, [{**self._of_episode, "of_beat": one} for one in removed])
        if inserted := [beat for beat in beats if beat.beat_id not in self._had]:
            self._episode.revision += 1  # above whatever an attempt of an earlier beat with this id was of
            numbers = attempt_numbers(self._connection, self._episode.episode_id)
            rows = [new_beat(self._episode, beat, numbers.get(beat.beat_id, 0)) for beat in inserted]
            self._connection.execute(insert(BEATS), [{**row, "num_unmet": unmet[str(row["beat_id"])]} for row in rows])
        there = [beat for beat in beats if beat.beat_id in self._had]
        if revised := [self._revised(beat, unmet[beat.beat_id]) for beat in there if beat.beat_id in changed]:
            self._connection.execute(_REVISE, revised)
        if there:
            self._connection.execute(_PLACE, [self._placed(beat, unmet[beat.beat_id]) for beat in there])
        needs = [
            {"episode_id": self._episode.episode_id, "needed_beat_id": needed, "beat_id": beat.beat_id}
            for beat in beats
            for needed in set(beat.depends_on)
        ]
        if needs:
            self._connection.execute(insert(DEPENDENCIES), needs)

    def _revised(self, beat: Beat, num_unmet: int) -> dict[str, object]:
        old = self._had[beat.beat_id]
        self._episode.revision = max(self._episode.revision, old.revision + 1)
        return {
            **self._of_episode,
            "of_beat": beat.beat_id,
            "to_revision": old.revision + 1,
            "to_state": beat_after(beat.beat_id, old.state, BeatMove.REVISE).value,
            "unmet": num_unmet,
            "lasts_s": beat.duration_s,
            "by": beat.backend,
            "content": beat.model_dump_json(),
        }

    def _placed(self, beat: Beat, num_unmet: int) -> dict[str, object]:
        content = beat.model_dump_json()
        return {**self._of_episode, "of_beat": beat.beat_id, "at": beat.index, "unmet": num_unmet, "content": content}

    def _count(self, beats: Sequence[Beat], kept: dict[str, BeatView]) -> None:
        self._episode.plan_version += 1
        self._episode.num_beats = len(beats)
        self._episode.total_s = sum(beat.duration_s for beat in beats)
        self._episode.done_s = sum(view.progress * view.beat.duration_s for view in kept.values())

    def _tell(self, beats: Sequence[Beat], changed: Collection[str], removed: Sequence[str], cause: str) -> None:
        told = {
            beat.beat_id: beat.beat_id in changed for beat in beats if beat.beat_id not in self._had or beat.beat_id in changed
        }
        version = self._episode.plan_version
        self._ledger.tell(
            self._episode, "plan.edited", version=version, cause=cause, to_render=list(told), removed=list(removed)
        )
        for one in (one for one, is_old in told.items() if is_old):
            self._ledger.tell(self._episode, "beat.revised", beat_id=one, revision=self._had[one].revision + 1)

    def _open(self, beats: Sequence[Beat], kept: dict[str, BeatView]) -> None:
        """What had ended, and is needed or may start now."""
        now = standings(self._connection, self._episode.episode_id)
        new = [beat.beat_id for beat in beats if beat.beat_id not in kept]
        reopen(self._connection, self._ledger, self._episode, opened_by_edit(new, now.values()))
