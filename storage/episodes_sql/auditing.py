"""What an audit reads: page after page of episodes, each page in four statements and one snapshot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import BindParameter, Connection, Row, bindparam, select

from episodes.errors import NotFound
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from episodes.model import ArtifactAudit, AttemptAudit, EpisodeAudit
from storage.episodes_sql.claim import Claim
from storage.episodes_sql.rows import moment
from storage.rules import beat_audit
from storage.tables import ARTIFACTS, ATTEMPTS, BEATS, EPISODES

PAGE = 100
"""Episodes; with 100 beats each some 10,000 rows, which one process holds easily."""

_PAGE = (
    select(EPISODES.c.episode_id, EPISODES.c.state, EPISODES.c.revision, EPISODES.c.cancelled_at)
    .where(EPISODES.c.episode_id > bindparam("after"))
    .order_by(EPISODES.c.episode_id)
    .limit(PAGE)
)
_IDS: BindParameter[list[str]] = bindparam("ids", expanding=True)
_BEATS = (
    select(BEATS.c.episode_id, BEATS.c.beat_id, BEATS.c.state, BEATS.c.revision)
    .where(BEATS.c.episode_id.in_(_IDS))
    .order_by(BEATS.c.episode_id, BEATS.c.position)
)
_ATTEMPTS = select(ATTEMPTS).where(ATTEMPTS.c.episode_id.in_(_IDS)).order_by(ATTEMPTS.c.opened_at, ATTEMPTS.c.attempt_id)
_ARTIFACTS = (
    select(
        ATTEMPTS.c.episode_id,
        ATTEMPTS.c.state,
        ARTIFACTS.c.key,
        ARTIFACTS.c.artifact_type,
        ARTIFACTS.c.sha256,
        ARTIFACTS.c.size_bytes,
        ARTIFACTS.c.attempt_id,
    )
    .join_from(ARTIFACTS, ATTEMPTS)
    .where(ATTEMPTS.c.episode_id.in_(_IDS))
)
_KNOWN = select(ATTEMPTS.c.attempt_id).where(ATTEMPTS.c.episode_id == bindparam("of_episode"))
_EXISTS = select(EPISODES.c.episode_id).where(EPISODES.c.episode_id == bindparam("of_episode"))

_Made = TypeVar("_Made")

# Row[Any] below: columns of a table have no types


class Auditing(Claim):
    def known_attempt_ids(self, episode_id: str) -> set[str]:
        with self._reading() as connection:
            if connection.scalar(_EXISTS, {"of_episode": episode_id}) is None:
                raise NotFound("episode", episode_id)
            return set(connection.scalars(_KNOWN, {"of_episode": episode_id}))

    def audit_episodes(self) -> Iterator[EpisodeAudit]:
        after = ""
        while page := self._page(after):
            yield from page
            after = page[-1].episode_id

    def _page(self, after: str) -> list[EpisodeAudit]:
        with self._reading() as connection:
            episodes = connection.execute(_PAGE, {"after": after}).all()
            return _audits(connection, episodes) if episodes else []


def _audits(connection: Connection, episodes: Sequence[Row[Any, Any, Any, Any]]) -> list[EpisodeAudit]:
    ids = {"ids": [row.episode_id for row in episodes]}
    beats = _of_episodes(connection.execute(_BEATS, ids), lambda row: row)
    attempts = _of_episodes(connection.execute(_ATTEMPTS, ids), _attempt)
    artifacts = _of_episodes(connection.execute(_ARTIFACTS, ids), _artifact)
    return [_audit(row, beats[row.episode_id], attempts[row.episode_id], artifacts[row.episode_id]) for row in episodes]


def _of_episodes(rows: Iterable[Row[Any]], make: Callable[[Row[Any]], _Made]) -> dict[str, list[_Made]]:
    found: dict[str, list[_Made]] = defaultdict(list)
    for row in rows:
        found[row.episode_id].append(make(row))
    return found


def _audit(
    row: Row[Any, Any, Any, Any], beats: list[Row[Any]], attempts: list[AttemptAudit], artifacts: list[ArtifactAudit]
) -> EpisodeAudit:
    cancelled_at = moment(row.cancelled_at) if row.cancelled_at is not None else None
    of_beat: dict[str | None, list[AttemptAudit]] = defaultdict(list)
    for one in attempts:
        of_beat[one.beat_id].append(one)
    return EpisodeAudit(
        episode_id=row.episode_id,
        state=EpisodeState(row.state),
        revision=row.revision,
        cancelled_at=cancelled_at,
        beats=tuple(beat_audit(b.beat_id, BeatState(b.state), b.revision, of_beat[b.beat_id], cancelled_at) for b in beats),
        attempts=tuple(attempts),
        artifacts=tuple(sorted(artifacts, key=lambda a: a.key)),
    )


def _attempt(row: Row[Any]) -> AttemptAudit:
    return AttemptAudit(
        attempt_id=row.attempt_id,
        beat_id=row.beat_id,
        revision=row.revision,
        number=row.number,
        state=AttemptState(row.state),
        counted=row.counted,
        fence=row.fence,
        opened_at=moment(row.opened_at),
        ended_at=moment(row.ended_at) if row.ended_at is not None else None,
    )


def _artifact(row: Row[Any]) -> ArtifactAudit:
    return ArtifactAudit(
        key=row.key,
        artifact_type=row.artifact_type,
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        attempt_id=row.attempt_id,
        is_selected=row.state == AttemptState.SELECTED,
    )
