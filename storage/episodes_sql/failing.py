"""Attempts that ended without a clip: their beats come back, fall back or fail, and with them those that can no longer start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, and_, bindparam, func, select, update

from episodes.errors import FailureClass
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from episodes.model import Failure
from episodes.plan import EpisodeRequest, fallbacks_after
from storage.episodes_sql.held import HeldAttempt
from storage.episodes_sql.ledger import Ledger, LockedEpisode
from storage.episodes_sql.takes import take_failed
from storage.rules import why_failed_with, why_fell_back, why_no_film
from storage.tables import ATTEMPTS, BEATS, DEPENDENCIES, EPISODES
from storage.takes import of_take

FORGIVEN: Mapping[str, int | None] = {
    "num_counted": 0,
    "num_crashes": 0,
    "num_uncounted": 0,
    "troubled_since": None,
    "needs_micros": 0,
}
"""What a beat's row says of failures, and of money that it lacked, when there were none, or none that still matter."""
FIRST_BACKEND = func.coalesce(BEATS.c.first_backend, BEATS.c.backend)

_FAIL_ATTEMPT = (
    update(ATTEMPTS)
    .where(ATTEMPTS.c.attempt_id == bindparam("of_attempt"))
    .values(
        state=AttemptState.FAILED.value,
        failure_class=bindparam("kind"),
        reason=bindparam("why"),
        counted=bindparam("does_count"),
        ended_at=bindparam("now"),
        spent_micros=bindparam("spent"),
        preview=None,
    )
)
_OF_BEAT = and_(BEATS.c.episode_id == bindparam("of_episode"), BEATS.c.beat_id == bindparam("of_beat"))
_COUNT = (
    update(BEATS)
    .where(_OF_BEAT)
    .values(num_counted=BEATS.c.num_counted + 1, num_crashes=BEATS.c.num_crashes + bindparam("crashes"))
)
_SUFFER = (
    update(BEATS)
    .where(_OF_BEAT)
    .values(num_uncounted=BEATS.c.num_uncounted + 1, troubled_since=func.coalesce(BEATS.c.troubled_since, bindparam("since")))
)
_GIVE_BACK = (
    update(BEATS)
    .where(_OF_BEAT)
    .values(state=BeatState.PENDING.value, reason=bindparam("why"), not_before=bindparam("ready_at"))
)
_CHOICES = (
    select(BEATS.c.backend, FIRST_BACKEND.label("first"), BEATS.c.fallback_reason, EPISODES.c.request)
    .join_from(BEATS, EPISODES, EPISODES.c.episode_id == BEATS.c.episode_id)
    .where(_OF_BEAT)
)
_FALL_BACK = (
    update(BEATS)
    .where(_OF_BEAT)
    .values(
        state=BeatState.PENDING.value,
        reason=bindparam("why"),
        not_before=0.0,
        backend=bindparam("to"),
        first_backend=FIRST_BACKEND,
        fallback_reason=bindparam("because"),
        **FORGIVEN,
    )
)
_FAIL_BEAT = (
    update(BEATS)
    .where(_OF_BEAT)
    .values(
        state=BeatState.FAILED.value,
        reason=bindparam("why"),
        failed_with_another=bindparam("with_another"),
        not_before=0.0,
    )
)
# through pending beats only: behind one that renders or was accepted before its need was revised, others can still start
_NEXT = (
    select(DEPENDENCIES.c.beat_id)
    .join_from(
        DEPENDENCIES, BEATS, and_(BEATS.c.episode_id == DEPENDENCIES.c.episode_id, BEATS.c.beat_id == DEPENDENCIES.c.beat_id)
    )
    .where(DEPENDENCIES.c.episode_id == bindparam("of_episode"), BEATS.c.state == BeatState.PENDING.value)
)
_FIRST = _NEXT.where(DEPENDENCIES.c.needed_beat_id == bindparam("of_beat")).cte("dependents", recursive=True)
_DEPENDENTS = _FIRST.union(_NEXT.where(DEPENDENCIES.c.needed_beat_id == _FIRST.c.beat_id))
_PENDING_DEPENDENTS = (
    select(BEATS.c.beat_id)
    .where(
        BEATS.c.episode_id == bindparam("of_episode"),
        BEATS.c.beat_id.in_(select(_DEPENDENTS.c.beat_id)),
    )
    .order_by(BEATS.c.position)
)


def fail_attempt(connection: Connection, ledger: Ledger, attempt: HeldAttempt, failure: Failure) -> None:
    closed = {
        "of_attempt": attempt.attempt_id,
        "kind": failure.failure_class.value,
        "why": failure.reason,
        "does_count": failure.counted,
        "now": ledger.now_s,
        "spent": attempt.settle(ledger, failure.work_s, costs_nothing=failure.bought_nothing),
    }
    connection.execute(_FAIL_ATTEMPT, closed)
    ledger.tell(
        attempt.episode,
        "attempt.failed",
        beat_id=attempt.beat_id,
        attempt_id=attempt.attempt_id,
        attempt=attempt.number,
        failure_class=failure.failure_class.value,
        reason=failure.reason,
        retry_in_s=failure.retry_in_s if attempt.is_wanted else None,
        **of_take(attempt.take),
    )
    if not attempt.is_wanted:
        return
    if attempt.beat_id is None:
        _cut_again_or_end(ledger, attempt.episode, failure)
    elif attempt.take is not None:
        take_failed(connection, ledger, attempt, attempt.beat_id, attempt.take, failure)
    else:
        _give_back_or_up(connection, ledger, attempt.episode, attempt.beat_id, failure)


def fall_back_or_fail(connection: Connection, ledger: Ledger, episode: LockedEpisode, beat_id: str, reason: str) -> None:
    """The beat is tried by the next backend that its episode names, or fails."""
    of_beat = {"of_episode": episode.episode_id, "of_beat": beat_id}
    at = connection.execute(_CHOICES, of_beat).one()
    left = fallbacks_after(at.backend, at.first, EpisodeRequest.model_validate_json(at.request).fallbacks)
    if not left:
        _fail_beat(connection, ledger, episode, beat_id, reason)
        return
    because = why_fell_back(at.fallback_reason, at.backend, reason)
    connection.execute(_FALL_BACK, {**of_beat, "why": reason, "to": left[0], "because": because})
    ledger.tell(episode, "beat.fell_back", beat_id=beat_id, **{"from": at.backend, "to": left[0], "reason": reason})


def _fail_beat(connection: Connection, ledger: Ledger, episode: LockedEpisode, beat_id: str, reason: str) -> None:
    """The beat fails for good, and with it, in story order, those that can no longer start."""
    of_beat = {"of_episode": episode.episode_id, "of_beat": beat_id}
    ended = [(beat_id, reason, False)]
    for dependent in pending_dependents(connection, episode.episode_id, beat_id):
        ended.append((dependent, why_failed_with(beat_id), True))
    rows = [{**of_beat, "of_beat": one, "why": why, "with_another": inherited} for one, why, inherited in ended]
    connection.execute(_FAIL_BEAT, rows)
    for one, why, _ in ended:
        ledger.tell(episode, "beat.failed", beat_id=one, reason=why)


def pending_dependents(connection: Connection, episode_id: str, beat_id: str) -> Sequence[str]:
    """The beats that cannot start without this one, directly or not, in story order."""
    return connection.scalars(_PENDING_DEPENDENTS, {"of_episode": episode_id, "of_beat": beat_id}).all()


def _give_back_or_up(connection: Connection, ledger: Ledger, episode: LockedEpisode, beat_id: str, failure: Failure) -> None:
    of_beat = {"of_episode": episode.episode_id, "of_beat": beat_id}
    if failure.counted:
        connection.execute(_COUNT, {**of_beat, "crashes": int(failure.failure_class is FailureClass.CRASH)})
    else:
        connection.execute(_SUFFER, {**of_beat, "since": ledger.now_s})
    if failure.retry_in_s is None:
        fall_back_or_fail(connection, ledger, episode, beat_id, failure.reason)
    else:
        ready_at = ledger.now_s + failure.retry_in_s
        connection.execute(_GIVE_BACK, {**of_beat, "why": failure.reason, "ready_at": ready_at})


def _cut_again_or_end(ledger: Ledger, episode: LockedEpisode, failure: Failure) -> None:
    if failure.counted:
        episode.film_num_counted += 1
    else:
        episode.film_num_uncounted += 1
        episode.film_troubled_since = episode.film_troubled_since or ledger.now_s
    if failure.retry_in_s is not None:
        episode.film_not_before = ledger.now_s + failure.retry_in_s
        return
    ledger.tell(episode, "film.failed", reason=failure.reason)
    ledger.enter(episode, EpisodeState.PARTIALLY_COMPLETED, why_no_film(failure.reason))
