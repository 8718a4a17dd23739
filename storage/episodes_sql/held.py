"""Open attempts with their beats, their episodes locked: what every write about an attempt begins with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, and_, bindparam, or_, select, update

from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from episodes.money import cost_of
from storage.episodes_sql.ledger import Ledger, LockedEpisode, locking
from storage.episodes_sql.rows import is_in
from storage.tables import ATTEMPTS, BEATS, EPISODES, TAKES

_AMONG = ATTEMPTS.c.attempt_id.in_(bindparam("ids", expanding=True))
_LOCK = locking(select(ATTEMPTS.c.episode_id).where(_AMONG).scalar_subquery())
_OF_TAKE = and_(
    TAKES.c.episode_id == ATTEMPTS.c.episode_id, TAKES.c.beat_id == ATTEMPTS.c.beat_id, TAKES.c.number == ATTEMPTS.c.take
)
_UNWANTED = (
    select(ATTEMPTS.c.attempt_id)
    .join_from(ATTEMPTS, EPISODES, EPISODES.c.episode_id == ATTEMPTS.c.episode_id)
    .join(
        BEATS,
        and_(
            BEATS.c.episode_id == ATTEMPTS.c.episode_id,
            BEATS.c.beat_id == ATTEMPTS.c.beat_id,
            BEATS.c.revision == ATTEMPTS.c.revision,
            BEATS.c.state == BeatState.RENDERING.value,
        ),
        isouter=True,
    )
    .join(TAKES, and_(_OF_TAKE, TAKES.c.state == BeatState.RENDERING.value), isouter=True)
    .where(
        is_in(AttemptState.OPEN),
        or_(
            ATTEMPTS.c.unwanted,
            and_(ATTEMPTS.c.beat_id.is_(None), EPISODES.c.state != EpisodeState.CUTTING.value),
            and_(
                ATTEMPTS.c.beat_id.is_not(None),
                ATTEMPTS.c.take.is_(None),
                or_(BEATS.c.beat_id.is_(None), EPISODES.c.state.not_in([s.value for s in EpisodeState if s.accepts_clips])),
            ),
            and_(ATTEMPTS.c.take.is_not(None), TAKES.c.number.is_(None)),
        ),
    )
    .order_by(ATTEMPTS.c.opened_at)
)
_OPEN_OF = and_(
    ATTEMPTS.c.episode_id == bindparam("of_episode"),
    ATTEMPTS.c.beat_id.is_not_distinct_from(bindparam("of_beat")),
    is_in(AttemptState.OPEN),
)
_DISOWN = update(ATTEMPTS).where(_OPEN_OF).values(unwanted=True)
_DISOWN_ALL = (
    update(ATTEMPTS).where(ATTEMPTS.c.episode_id == bindparam("of_episode"), is_in(AttemptState.OPEN)).values(unwanted=True)
)
_HELD = (
    select(
        ATTEMPTS.c.attempt_id,
        ATTEMPTS.c.episode_id,
        ATTEMPTS.c.beat_id,
        ATTEMPTS.c.revision,
        ATTEMPTS.c.number,
        ATTEMPTS.c.unwanted,
        ATTEMPTS.c.take,
        ATTEMPTS.c.opened_at,
        ATTEMPTS.c.reserved_micros,
        ATTEMPTS.c.per_hour_micros,
        BEATS.c.state,
        BEATS.c.revision.label("beat_revision"),
        BEATS.c.progress,
        BEATS.c.duration_s,
        TAKES.c.state.label("take_state"),
        TAKES.c.progress.label("take_progress"),
    )
    .join_from(
        ATTEMPTS,
        BEATS,
        and_(BEATS.c.episode_id == ATTEMPTS.c.episode_id, BEATS.c.beat_id == ATTEMPTS.c.beat_id),
        isouter=True,
    )
    .join(TAKES, _OF_TAKE, isouter=True)
    .where(_AMONG, is_in(AttemptState.OPEN))
)


@dataclass(kw_only=True, slots=True)
class HeldAttempt:
    """An attempt that is open, and stays so until this transaction says otherwise."""

    attempt_id: str
    episode: LockedEpisode
    beat_id: str | None
    revision: int
    number: int
    take: int | None
    """As in Attempt."""
    beat_progress: float
    """Of the take, where it is at one."""
    duration_s: float
    is_wanted: bool
    """Its beat, take or film still waits for it."""
    opened_at_s: float
    reserved_micros: int | None
    per_hour_micros: int

    @property
    def is_another(self) -> bool:
        """There may be a clip or film before it."""
        return self.beat_id is None or self.take is not None or self.revision > 1

    def settle(self, ledger: Ledger, work_s: float | None = None, *, costs_nothing: bool = False) -> int:
        """It ends: what was reserved for it is released, and what it has cost is spent, and returned.

        `work_s` None: as long as it was open. `costs_nothing`: it was to be bought, and an attempt before it did, or none.
        """
        worked_s = ledger.now_s - self.opened_at_s if work_s is None else work_s
        cost = (
            0 if costs_nothing and not self.per_hour_micros else cost_of(self.reserved_micros, self.per_hour_micros, worked_s)
        )
        if cost or self.reserved_micros:
            self.episode.reserved_micros -= self.reserved_micros or 0
            self.episode.spent_micros += cost
            ledger.keep(self.episode)
        return cost


def hold(connection: Connection, attempt_ids: Iterable[str]) -> tuple[Ledger, dict[str, HeldAttempt]]:
    """Lock the attempts' episodes. Attempts that are closed or unknown are left out."""
    ids = {"ids": list(attempt_ids)}
    ledger = Ledger(connection, _LOCK, ids)
    held = {}
    for row in connection.execute(_HELD, ids):
        episode = ledger.episodes[row.episode_id]
        if row.beat_id is None:
            waits = episode.state is EpisodeState.CUTTING
        elif row.take is not None:  # whatever takes the beat away from its revision cancels its takes
            waits = row.take_state == BeatState.RENDERING
        else:
            is_of_beat = row.state == BeatState.RENDERING and row.beat_revision == row.revision
            waits = is_of_beat and episode.state.accepts_clips
        held[row.attempt_id] = HeldAttempt(
            attempt_id=row.attempt_id,
            episode=episode,
            beat_id=row.beat_id,
            revision=row.revision,
            number=row.number,
            take=row.take,
            beat_progress=(row.progress if row.take is None else row.take_progress) or 0.0,
            duration_s=row.duration_s or 0.0,
            is_wanted=waits and not row.unwanted,
            opened_at_s=row.opened_at,
            reserved_micros=row.reserved_micros,
            per_hour_micros=row.per_hour_micros,
        )
    return ledger, held


def unwanted(connection: Connection) -> list[str]:
    """The open attempts that `hold` would say nobody wants, oldest first."""
    return list(connection.scalars(_UNWANTED))


def disown(connection: Connection, episode_id: str, beat_id: str | None) -> None:
    """Nobody wants what is open for this beat (None: the film) any more, for ever."""
    connection.execute(_DISOWN, {"of_episode": episode_id, "of_beat": beat_id})


def disown_all(connection: Connection, episode_id: str) -> None:
    """Nobody wants anything any more that is open in this episode."""
    connection.execute(_DISOWN_ALL, {"of_episode": episode_id})
