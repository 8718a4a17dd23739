"""Open attempts with their beats, their episodes locked: what every write about an attempt begins with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, and_, bindparam, select

from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from storage.episodes_sql.ledger import Ledger, LockedEpisode, locking
from storage.episodes_sql.rows import is_in
from storage.tables import ATTEMPTS, BEATS

_AMONG = ATTEMPTS.c.attempt_id.in_(bindparam("ids", expanding=True))
_LOCK = locking(select(ATTEMPTS.c.episode_id).where(_AMONG).scalar_subquery())
_HELD = (
    select(
        ATTEMPTS.c.attempt_id,
        ATTEMPTS.c.episode_id,
        ATTEMPTS.c.beat_id,
        ATTEMPTS.c.revision,
        ATTEMPTS.c.number,
        BEATS.c.state,
        BEATS.c.revision.label("beat_revision"),
        BEATS.c.progress,
        BEATS.c.duration_s,
    )
    .join_from(
        ATTEMPTS,
        BEATS,
        and_(BEATS.c.episode_id == ATTEMPTS.c.episode_id, BEATS.c.beat_id == ATTEMPTS.c.beat_id),
        isouter=True,
    )
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
    beat_progress: float
    duration_s: float
    is_wanted: bool
    """Its beat or film still waits for it."""


def hold(connection: Connection, attempt_ids: Iterable[str]) -> tuple[Ledger, dict[str, HeldAttempt]]:
    """Lock the attempts' episodes. Attempts that are closed or unknown are left out."""
    ids = {"ids": list(attempt_ids)}
    ledger = Ledger(connection, _LOCK, ids)
    held = {}
    for row in connection.execute(_HELD, ids):
        episode = ledger.episodes[row.episode_id]
        if row.beat_id is None:
            is_wanted = episode.state is EpisodeState.CUTTING
        else:
            waits = row.state == BeatState.RENDERING and row.beat_revision == row.revision
            is_wanted = waits and episode.state is EpisodeState.EXECUTING
        held[row.attempt_id] = HeldAttempt(
            attempt_id=row.attempt_id,
            episode=episode,
            beat_id=row.beat_id,
            revision=row.revision,
            number=row.number,
            beat_progress=row.progress or 0.0,
            duration_s=row.duration_s or 0.0,
            is_wanted=is_wanted,
        )
    return ledger, held
