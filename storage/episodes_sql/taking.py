"""Takes for people: asking for them, looking at them, and selecting one."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from episodes.editing import PlanDifference, difference
from episodes.errors import IllegalMove, NotFound
from episodes.lifecycle import HAS_ENDED, BeatMove, BeatState, EpisodeMove, beat_after
from episodes.model import EpisodeView, Take
from storage.episodes_sql.changing import go_on
from storage.episodes_sql.claim import is_repeated
from storage.episodes_sql.editing import Edit, OnlyLooked
from storage.episodes_sql.ledger import Ledger, LockedEpisode
from storage.episodes_sql.reading import Reading
from storage.episodes_sql.takes import add_takes, cancel_take, swap_selected, takes_of
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


class Taking(Reading):
    def ask_for_takes(
        self, episode_id: str, beat_id: str, seeds: Sequence[int | None], *, once: str | None = None
    ) -> list[Take]:
        with self._episode_locked("ask_for_takes", episode_id, once) as (connection, ledger, episode, is_done):
            view = self._view(connection, episode_id)
            there = _known_takes(connection, view, beat_id)
            if is_done:
                return there
            check_takes_allowed(episode_id, episode.state)
            beat = next((one for one in view.beats if one.beat.beat_id == beat_id), None)
            if beat is None:
                raise NotFound("beat", beat_id)
            beat_after(beat_id, beat.state, BeatMove.TAKE)
            chosen = seeds_for(beat.beat.seed, seeds, there, beat.revision)
            add_takes(connection, ledger, episode, beat_id, beat.revision, chosen, first=len(there) + 1)
            return takes_of(connection, episode_id, beat_id, beat.revision)

    def takes(self, episode_id: str, beat_id: str) -> list[Take]:
        with self._reading() as connection:
            return _known_takes(connection, self._view(connection, episode_id), beat_id)

    def cancel_take(self, episode_id: str, beat_id: str, number: int, *, once: str | None = None) -> Take:
        with self._episode_locked("cancel_take", episode_id, once) as (connection, ledger, episode, is_done):
            view = self._view(connection, episode_id)
            take = take_of(_known_takes(connection, view, beat_id), number)
            if is_done or take.state is BeatState.CANCELLED:
                return take
            if take.state.is_ended:
                raise IllegalMove(
                    f"take {number} of beat {beat_id}", take.state, BeatMove.CANCEL, BeatState.CANCELLED, HAS_ENDED
                )
            cancel_take(connection, ledger, episode, beat_id, number)
            return take_of(_known_takes(connection, view, beat_id), number)

    def select_take(
        self, episode_id: str, beat_id: str, number: int, *, dry_run: bool = False, once: str | None = None
    ) -> tuple[PlanDifference, EpisodeView]:
        try:
            with self._writing("select_take") as connection:
                ledger = Ledger.of(connection, [episode_id])
                before = self._view(connection, episode_id)
                take = take_of(_known_takes(connection, before, beat_id), number)
                if is_repeated(connection, once) or take.is_selected:
                    return difference(before, before), before
                episode = ledger.episodes[episode_id]
                check_takes_allowed(episode_id, episode.state)
                check_selectable(take, beat_id, revision_in(before, beat_id))
                _select(connection, ledger, episode, before, beat_id, take)
                ledger.write()
                after = self._view(connection, episode_id)
                found = difference(before, after, retaken=beat_id), after
                if dry_run:
                    raise OnlyLooked(found)
                return found
        except OnlyLooked as looked:
            return looked.found


def _known_takes(connection: Connection, episode: EpisodeView, beat_id: str) -> list[Take]:
    """Raises NotFound where there never was such a beat with a clip."""
    revision = revision_in(episode, beat_id)
    takes = takes_of(connection, episode.episode_id, beat_id, revision)
    if revision is None and not takes:
        raise NotFound("beat", beat_id)
    return takes


def _select(
    connection: Connection, ledger: Ledger, episode: LockedEpisode, before: EpisodeView, beat_id: str, take: Take
) -> None:
    if take.attempt is None:
        raise AssertionError(f"take {take.number} of beat {beat_id} is accepted without an attempt")
    state = state_with_beats_opened(episode.episode_id, episode.state, EpisodeMove.REVISE)
    reseeded = retaken(before, beat_id, take)
    swap_selected(connection, episode.episode_id, beat_id, take.attempt.attempt_id)
    plan, cause = reseeded.plan, take_selected(beat_id, take)
    Edit(connection, ledger, episode, reseeded).apply(plan, reseeded.world_revision, cause, starting_from(before, beat_id))
    ledger.tell(episode, "take.selected", beat_id=beat_id, take=take.number, attempt_id=take.attempt.attempt_id)
    go_on(ledger, episode, state)
