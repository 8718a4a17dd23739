"""Takes from when they were asked for to their end: which could start, and what becomes of them beside their beat."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import BindParameter, Connection, and_, bindparam, case, func, insert, literal, select, text, update

from episodes.errors import FailureClass
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from episodes.model import Artifact, Attempt, Failure, Take
from storage.episodes_sql.held import HeldAttempt
from storage.episodes_sql.ledger import Ledger, LockedEpisode
from storage.episodes_sql.rows import FILE_COLUMNS, SHOWN_COLUMNS, artifact, attempt, moment
from storage.tables import ARTIFACTS, ATTEMPTS, BEATS, EPISODES, TAKES
from storage.takes import AskedTake, all_takes
from storage.transactions import now_s

_OF_EPISODE: BindParameter[str] = bindparam("of_episode")
_OF_BEAT = and_(TAKES.c.episode_id == _OF_EPISODE, TAKES.c.beat_id == bindparam("of_beat"))
_OF_TAKE = and_(_OF_BEAT, TAKES.c.number == bindparam("of_take"))
IS_LIVE = text("takes.state IN ('PENDING', 'RENDERING')")  # spelled out, as in the index
_ZERO = literal(0, literal_execute=True)
OF_ITS_BEAT = and_(
    BEATS.c.episode_id == TAKES.c.episode_id,
    BEATS.c.beat_id == TAKES.c.beat_id,
    BEATS.c.revision == TAKES.c.revision,
    BEATS.c.state == BeatState.ACCEPTED.value,
)
"""A take is begun while its beat is so."""

EPISODES_WITH_TAKES = select(TAKES.c.episode_id).where(IS_LIVE).distinct()
READY_TAKES = (
    select(
        TAKES.c.beat_id,
        TAKES.c.number,
        TAKES.c.seed,
        TAKES.c.num_counted,
        BEATS.c.beat,
        BEATS.c.revision,
        BEATS.c.num_attempts,
        BEATS.c.backend,
    )
    .join_from(TAKES, BEATS, OF_ITS_BEAT)
    .where(
        TAKES.c.episode_id == _OF_EPISODE,
        IS_LIVE,
        TAKES.c.state == BeatState.PENDING.value,
        TAKES.c.not_before <= now_s(),
    )
    .order_by(BEATS.c.position, TAKES.c.number)
)
BACKING_OFF_TAKES = (
    select(TAKES.c.not_before.label("ends"))
    .join_from(TAKES, EPISODES, EPISODES.c.episode_id == TAKES.c.episode_id)
    .where(IS_LIVE, TAKES.c.not_before > _ZERO, EPISODES.c.state.in_([s.value for s in EpisodeState if s.begins_takes]))
)
START_TAKE = update(TAKES).where(_OF_TAKE).values(state=BeatState.RENDERING.value, reason="", not_before=0.0, needs_micros=0)
COUNT_ATTEMPT = (
    update(BEATS)
    .where(BEATS.c.episode_id == _OF_EPISODE, BEATS.c.beat_id == bindparam("of_beat"))
    .values(num_attempts=bindparam("number"))
)
LACK_FOR_TAKE = update(TAKES).where(_OF_TAKE).values(needs_micros=bindparam("needs"))
COME_TO_WITH_TAKE = update(TAKES).where(_OF_TAKE).values(progress=bindparam("share"))
ACCEPT_TAKE = update(TAKES).where(_OF_TAKE).values(state=BeatState.ACCEPTED.value, progress=1.0)
_COUNT = (
    update(TAKES)
    .where(_OF_TAKE)
    .values(num_counted=TAKES.c.num_counted + 1, num_crashes=TAKES.c.num_crashes + bindparam("crashes"))
)
_SUFFER = (
    update(TAKES)
    .where(_OF_TAKE)
    .values(num_uncounted=TAKES.c.num_uncounted + 1, troubled_since=func.coalesce(TAKES.c.troubled_since, bindparam("since")))
)
_MOVE = update(TAKES).where(_OF_TAKE).values(state=bindparam("to"), reason=bindparam("why"), not_before=bindparam("ready_at"))
_STATE = select(TAKES.c.state).where(_OF_TAKE)
_LIVE = (
    select(TAKES.c.beat_id, TAKES.c.number)
    .where(TAKES.c.episode_id == _OF_EPISODE, IS_LIVE)
    .order_by(TAKES.c.beat_id, TAKES.c.number)
)
_ASKED = (
    select(
        TAKES,
        case((TAKES.c.not_before > now_s(), TAKES.c.not_before)).label("waits_until"),
    )
    .where(_OF_BEAT)
    .order_by(TAKES.c.number)
)
_ATTEMPTS = select(*SHOWN_COLUMNS).where(ATTEMPTS.c.episode_id == _OF_EPISODE, ATTEMPTS.c.beat_id == bindparam("of_beat"))
_FILES = (
    select(ATTEMPTS.c.attempt_id, ARTIFACTS.c.artifact_type, ARTIFACTS.c.version, *FILE_COLUMNS)
    .join_from(ATTEMPTS, ARTIFACTS)
    .where(ATTEMPTS.c.episode_id == _OF_EPISODE, ATTEMPTS.c.beat_id == bindparam("of_beat"))
    .order_by(ARTIFACTS.c.artifact_type)
)
_SELECT_NONE = (
    update(ATTEMPTS)
    .where(
        ATTEMPTS.c.episode_id == _OF_EPISODE,
        ATTEMPTS.c.beat_id == bindparam("of_beat"),
        ATTEMPTS.c.state == AttemptState.SELECTED.value,
    )
    .values(state=AttemptState.SUPERSEDED.value)
)
_SELECT = update(ATTEMPTS).where(ATTEMPTS.c.attempt_id == bindparam("of_attempt")).values(state=AttemptState.SELECTED.value)


def takes_of(connection: Connection, episode_id: str, beat_id: str, beat_revision: int | None) -> list[Take]:
    """By number; `beat_revision` None: the beat is not planned any more."""
    of_beat = {"of_episode": episode_id, "of_beat": beat_id}
    asked = [
        AskedTake(
            number=row.number,
            revision=row.revision,
            seed=row.seed,
            state=BeatState(row.state),
            progress=row.progress,
            reason=row.reason,
            not_before=moment(row.waits_until) if row.waits_until is not None else None,
            needs_micros=row.needs_micros,
        )
        for row in connection.execute(_ASKED, of_beat)
    ]
    attempts: list[Attempt] = [attempt(row) for row in connection.execute(_ATTEMPTS, of_beat)]
    files: dict[str, list[Artifact]] = defaultdict(list)
    for row in connection.execute(_FILES, of_beat):
        files[row.attempt_id].append(artifact(row))
    return all_takes(beat_revision, asked, attempts, {one: tuple(some) for one, some in files.items()})


def add_takes(
    connection: Connection,
    ledger: Ledger,
    episode: LockedEpisode,
    beat_id: str,
    revision: int,
    seeds: Sequence[int],
    first: int,
) -> None:
    """They wait from now on."""
    of_beat = {"episode_id": episode.episode_id, "beat_id": beat_id, "revision": revision, "state": BeatState.PENDING.value}
    numbered = list(enumerate(seeds, start=first))
    connection.execute(insert(TAKES), [{**of_beat, "number": number, "seed": seed} for number, seed in numbered])
    for number, seed in numbered:
        ledger.tell(episode, "take.requested", beat_id=beat_id, take=number, seed=seed)


def swap_selected(connection: Connection, episode_id: str, beat_id: str, attempt_id: str) -> None:
    """Of the beat's attempts this one is selected, and no other any more."""
    connection.execute(_SELECT_NONE, {"of_episode": episode_id, "of_beat": beat_id})
    connection.execute(_SELECT, {"of_attempt": attempt_id})


def cancel_take(connection: Connection, ledger: Ledger, episode: LockedEpisode, beat_id: str, number: int) -> None:
    _move(connection, episode, beat_id, number, BeatState.CANCELLED)
    ledger.tell(episode, "take.cancelled", beat_id=beat_id, take=number)


def cancel_takes(connection: Connection, ledger: Ledger, episode: LockedEpisode, beat_ids: Sequence[str] | None = None) -> None:
    """Those of these beats that wait or render; None: of all. What is open for them is unwanted from then on."""
    for row in connection.execute(_LIVE, {"of_episode": episode.episode_id}).all():
        if beat_ids is None or row.beat_id in beat_ids:
            cancel_take(connection, ledger, episode, row.beat_id, row.number)


def take_failed(connection: Connection, ledger: Ledger, held: HeldAttempt, beat_id: str, take: int, failure: Failure) -> None:
    """It is tried again, or has failed for good: it falls back to no other kind, which would not make another take."""
    of_take = {"of_episode": held.episode.episode_id, "of_beat": beat_id, "of_take": take}
    if failure.counted:
        connection.execute(_COUNT, {**of_take, "crashes": int(failure.failure_class is FailureClass.CRASH)})
    else:
        connection.execute(_SUFFER, {**of_take, "since": ledger.now_s})
    if failure.retry_in_s is None:
        fail_take(connection, ledger, held.episode, beat_id, take, failure.reason)
    else:
        ready_at = ledger.now_s + failure.retry_in_s
        _move(connection, held.episode, beat_id, take, BeatState.PENDING, failure.reason, ready_at)


def give_take_up(connection: Connection, ledger: Ledger, episode: LockedEpisode, beat_id: str, take: int, reason: str) -> None:
    """A pending one fails; others are left alone."""
    of_take = {"of_episode": episode.episode_id, "of_beat": beat_id, "of_take": take}
    if connection.scalar(_STATE, of_take) == BeatState.PENDING and episode.state.begins_takes:
        fail_take(connection, ledger, episode, beat_id, take, reason)


def fail_take(connection: Connection, ledger: Ledger, episode: LockedEpisode, beat_id: str, take: int, reason: str) -> None:
    _move(connection, episode, beat_id, take, BeatState.FAILED, reason)
    ledger.tell(episode, "take.failed", beat_id=beat_id, take=take, reason=reason)


def _move(
    connection: Connection,
    episode: LockedEpisode,
    beat_id: str,
    take: int,
    state: BeatState,
    reason: str = "",
    ready_at: float = 0.0,
) -> None:
    of_take = {"of_episode": episode.episode_id, "of_beat": beat_id, "of_take": take}
    connection.execute(_MOVE, {**of_take, "to": state.value, "why": reason, "ready_at": ready_at})
