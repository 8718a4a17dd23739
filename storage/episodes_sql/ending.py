"""How attempts and episodes end."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, exists, select

from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from episodes.model import Acceptance, Failure, Lease
from storage.episodes_sql.accepting import CLOSE, Acceptor
from storage.episodes_sql.claim import Claim
from storage.episodes_sql.failing import fail_attempt, fall_back_or_fail
from storage.episodes_sql.held import HeldAttempt, hold
from storage.episodes_sql.ledger import Ledger, LockedEpisode
from storage.episodes_sql.rows import is_in
from storage.episodes_sql.takes import give_take_up
from storage.rules import why_nothing_to_cut
from storage.tables import ATTEMPTS, BEATS

_OF_EPISODE = BEATS.c.episode_id == bindparam("of_episode")
_HAS_OPEN = select(exists().where(ATTEMPTS.c.episode_id == bindparam("of_episode"), is_in(AttemptState.OPEN)))
_HAS_BEAT_IN = select(exists().where(_OF_EPISODE, BEATS.c.state.in_(bindparam("states", expanding=True))))
_BEAT_STATE = select(BEATS.c.state).where(_OF_EPISODE, BEATS.c.beat_id == bindparam("of_beat"))
_FIRST_REASON = (
    select(BEATS.c.reason).where(_OF_EPISODE, BEATS.c.state == BeatState.FAILED.value).order_by(BEATS.c.position).limit(1)
)


class Ending(Claim):
    def accept(self, lease: Lease, acceptances: Sequence[Acceptance]) -> list[bool]:
        with self._leading("accept", lease) as connection:
            ledger, held = hold(connection, [a.attempt_id for a in acceptances])
            return Acceptor(connection, ledger, held).accept_all(acceptances)

    def fail(self, lease: Lease, failures: Sequence[Failure]) -> None:
        with self._leading("fail", lease) as connection:
            ledger, held = hold(connection, [f.attempt_id for f in failures])
            for failure in failures:
                attempt = held.pop(failure.attempt_id, None)
                if attempt is not None:
                    fail_attempt(connection, ledger, attempt, failure)
            ledger.write()

    def give_up(self, lease: Lease, episode_id: str, beat_id: str, reason: str, *, take: int | None = None) -> None:
        with self._episode_led("give_up", lease, episode_id) as (connection, ledger, episode):
            if take is not None:
                give_take_up(connection, ledger, episode, beat_id, take, reason)
                return
            state = connection.scalar(_BEAT_STATE, {"of_episode": episode_id, "of_beat": beat_id})
            if state == BeatState.PENDING and episode.state is EpisodeState.EXECUTING:
                fall_back_or_fail(connection, ledger, episode, beat_id, reason)

    def close_cancelled(self, lease: Lease, attempt_ids: Sequence[str]) -> None:
        with self._leading("close_cancelled", lease) as connection:
            ledger, held = hold(connection, attempt_ids)
            closed = [_cancelled(ledger, one) for one in held.values() if not one.is_wanted]
            if closed:
                connection.execute(CLOSE, closed)
            ledger.write()

    def settle(self, lease: Lease, episode_id: str) -> EpisodeState:
        with self._episode_led("settle", lease, episode_id) as (connection, ledger, episode):
            if episode.state is EpisodeState.EXECUTING:
                _settle_executing(connection, ledger, episode)
            elif episode.state is EpisodeState.CANCELLING and not _has_open(connection, episode):
                ledger.enter(episode, EpisodeState.CANCELLED)
            return episode.state


def _cancelled(ledger: Ledger, attempt: HeldAttempt) -> dict[str, object]:
    closed = {"of_attempt": attempt.attempt_id, "to": AttemptState.CANCELLED.value, "why": "", "now": ledger.now_s}
    return {**closed, "spent": attempt.settle(ledger), "took_s": None}


def _settle_executing(connection: Connection, ledger: Ledger, episode: LockedEpisode) -> None:
    if _has_beat_in(connection, episode, BeatState.PENDING, BeatState.RENDERING):
        return
    if _has_beat_in(connection, episode, BeatState.ACCEPTED):
        ledger.enter(episode, EpisodeState.CUTTING)
        return
    first_reason = connection.scalar(_FIRST_REASON, {"of_episode": episode.episode_id}) or ""
    ledger.enter(episode, EpisodeState.FAILED, why_nothing_to_cut(episode.num_beats, first_reason))


def _has_open(connection: Connection, episode: LockedEpisode) -> bool:
    return bool(connection.scalar(_HAS_OPEN, {"of_episode": episode.episode_id}))


def _has_beat_in(connection: Connection, episode: LockedEpisode, *states: BeatState) -> bool:
    parameters = {"of_episode": episode.episode_id, "states": [s.value for s in states]}
    return bool(connection.scalar(_HAS_BEAT_IN, parameters))
