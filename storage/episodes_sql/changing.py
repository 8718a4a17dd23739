"""What people change about single beats: cancelling one, and opening what had ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import BindParameter, Connection, and_, bindparam, or_, select, update

from episodes.errors import NotFound
from episodes.lifecycle import BeatMove, BeatState, EpisodeState, beat_after
from storage.episodes_sql.claim import Claim
from storage.episodes_sql.failing import FIRST_BACKEND, FORGIVEN, pending_dependents
from storage.episodes_sql.held import disown
from storage.episodes_sql.ledger import Ledger, LockedEpisode
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
from storage.tables import BEATS, DEPENDENCIES

_OF_EPISODE: BindParameter[str] = bindparam("of_episode")
_OF_BEAT = and_(BEATS.c.episode_id == _OF_EPISODE, BEATS.c.beat_id == bindparam("of_beat"))
_STANDINGS = (
    select(BEATS.c.beat_id, BEATS.c.state, BEATS.c.failed_with_another)
    .where(BEATS.c.episode_id == _OF_EPISODE)
    .order_by(BEATS.c.position)
)
_NEEDS = select(DEPENDENCIES.c.beat_id, DEPENDENCIES.c.needed_beat_id).where(DEPENDENCIES.c.episode_id == _OF_EPISODE)
_REOPEN_BEAT = (
    update(BEATS)
    .where(_OF_BEAT)
    .values(state=BeatState.PENDING.value, reason="", failed_with_another=False, not_before=0.0, **FORGIVEN)
    .values(backend=FIRST_BACKEND, first_backend=None, fallback_reason="")
    .values(is_fresh=or_(BEATS.c.is_fresh, bindparam("freshly")))
)
_CANCEL_BEAT = (
    update(BEATS)
    .where(_OF_BEAT)
    .values(
        state=BeatState.CANCELLED.value, reason=bindparam("why"), failed_with_another=bindparam("with_another"), not_before=0.0
    )
)


class Changing(Claim):
    def cancel_beat(self, episode_id: str, beat_id: str, *, once: str | None = None) -> EpisodeState:
        with self._episode_locked("cancel_beat", episode_id, once) as (connection, ledger, episode, is_repeated):
            if is_repeated:
                return episode.state
            check_beats_can_be_cancelled(episode_id, episode.state)
            beat = _standing(standings(connection, episode_id), beat_id)
            if is_cancelled_already(beat):
                return episode.state
            beat_after(beat_id, beat.state, BeatMove.CANCEL)
            disown(connection, episode_id, beat_id)
            dependents = pending_dependents(connection, episode_id, beat_id)
            of_beat = {"of_episode": episode_id, "of_beat": beat_id, "why": "", "with_another": False}
            why = why_cancelled_with(beat_id)
            with_it = [{**of_beat, "of_beat": one, "why": why, "with_another": True} for one in dependents]
            connection.execute(_CANCEL_BEAT, [of_beat, *with_it])
            ledger.tell(episode, "beat.cancelled", beat_id=beat_id)
            for one in dependents:
                ledger.tell(episode, "beat.cancelled", beat_id=one, reason=why)
            return episode.state

    def retry_beat(self, episode_id: str, beat_id: str, *, fresh: bool = False, once: str | None = None) -> EpisodeState:
        with self._episode_locked("retry_beat", episode_id, once) as (connection, ledger, episode, is_repeated):
            if is_repeated:
                return episode.state
            beats = standings(connection, episode_id)
            beat = _standing(beats, beat_id)
            state = state_with_beats_opened(episode_id, episode.state)
            if is_retried_already(beat):
                return state
            beat_after(beat_id, beat.state, BeatMove.RETRY)
            reopen(connection, ledger, episode, reopened_with(beat_id, beats.values()), fresh=fresh)
            go_on(ledger, episode, state)
            return state

    def retry_failed(self, episode_id: str, *, fresh: bool = False, once: str | None = None) -> EpisodeState:
        with self._episode_locked("retry_failed", episode_id, once) as (connection, ledger, episode, is_repeated):
            if is_repeated:
                return episode.state
            state = state_with_beats_opened(episode_id, episode.state)
            reopen(
                connection,
                ledger,
                episode,
                ended_without_clip(episode_id, episode.state, standings(connection, episode_id).values()),
                fresh=fresh,
            )
            go_on(ledger, episode, state)
            return state


def reopen(
    connection: Connection, ledger: Ledger, episode: LockedEpisode, beat_ids: Sequence[str], *, fresh: bool = False
) -> None:
    """Beats that ended without a clip → PENDING, with their counted attempts forgiven."""
    if beat_ids:
        rows = [{"of_episode": episode.episode_id, "of_beat": one, "freshly": fresh} for one in beat_ids]
        connection.execute(_REOPEN_BEAT, rows)
    for one in beat_ids:
        ledger.tell(episode, "beat.retried", beat_id=one)


def go_on(ledger: Ledger, episode: LockedEpisode, state: EpisodeState) -> None:
    """To the state that opened beats lead to."""
    if episode.state is not state:
        episode.executed_at = ledger.now_s
        begin_anew(episode)
        ledger.enter(episode, state)


def begin_anew(episode: LockedEpisode) -> None:
    """Forgets how it came to its end before."""
    episode.film_num_counted = 0
    episode.film_num_uncounted = 0
    episode.film_troubled_since = None
    episode.film_not_before = 0.0
    episode.cancelled_at = None


def standings(connection: Connection, episode_id: str) -> dict[str, Standing]:
    """Of all beats, in story order."""
    needs: dict[str, list[str]] = defaultdict(list)
    for beat_id, needed in connection.execute(_NEEDS, {"of_episode": episode_id}):
        needs[beat_id].append(needed)
    return {
        row.beat_id: Standing(
            beat_id=row.beat_id,
            state=BeatState(row.state),
            depends_on=tuple(needs[row.beat_id]),
            failed_with_another=row.failed_with_another,
        )
        for row in connection.execute(_STANDINGS, {"of_episode": episode_id})
    }


def _standing(beats: dict[str, Standing], beat_id: str) -> Standing:
    if beat_id not in beats:
        raise NotFound("beat", beat_id)
    return beats[beat_id]
