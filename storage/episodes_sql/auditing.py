"""What an audit reads: page after page of episodes, each page in seven statements and one snapshot."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import BindParameter, Connection, Row, bindparam, func, select

from episodes.audited import ArtifactAudit, AttemptAudit, EpisodeAudit, TakeAudit
from episodes.errors import FailureClass, NotFound
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from storage.episodes_sql.claim import Claim
from storage.episodes_sql.rows import ATTEMPT_COLUMNS, funds, moment
from storage.rules import beat_audit
from storage.tables import ARTIFACTS, ATTEMPTS, BEATS, EPISODES, EVENTS, TAKES

PAGE = 100
"""Episodes; with 100 beats each some 10,000 rows, which one process holds easily."""

_EPISODES = select(
    EPISODES.c.episode_id,
    EPISODES.c.state,
    EPISODES.c.revision,
    EPISODES.c.cancelled_at,
    EPISODES.c.num_events,
    EPISODES.c.budget_micros,
    EPISODES.c.reserved_micros,
    EPISODES.c.spent_micros,
)
_PAGE = _EPISODES.where(EPISODES.c.episode_id > bindparam("after")).order_by(EPISODES.c.episode_id).limit(PAGE)
_ONE = _EPISODES.where(EPISODES.c.episode_id == bindparam("of_episode"))
_IDS: BindParameter[list[str]] = bindparam("ids", expanding=True)
_BEATS = (
    select(BEATS.c.episode_id, BEATS.c.beat_id, BEATS.c.state, BEATS.c.revision)
    .where(BEATS.c.episode_id.in_(_IDS))
    .order_by(BEATS.c.episode_id, BEATS.c.position)
)
_ATTEMPTS = (
    select(*ATTEMPT_COLUMNS).where(ATTEMPTS.c.episode_id.in_(_IDS)).order_by(ATTEMPTS.c.opened_at, ATTEMPTS.c.attempt_id)
)
_ARTIFACTS = (
    select(
        ATTEMPTS.c.episode_id,
        ATTEMPTS.c.state,
        ARTIFACTS.c.key,
        ARTIFACTS.c.artifact_type,
        ARTIFACTS.c.sha256,
        ARTIFACTS.c.size_bytes,
        ARTIFACTS.c.num_frames,
        ARTIFACTS.c.attempt_id,
    )
    .join_from(ARTIFACTS, ATTEMPTS)
    .where(ATTEMPTS.c.episode_id.in_(_IDS))
)
_EVENTS = (
    select(EVENTS.c.episode_id, func.count().label("num_kept"), func.max(EVENTS.c.number).label("newest"))
    .where(EVENTS.c.episode_id.in_(_IDS))
    .group_by(EVENTS.c.episode_id)
)
_TAKES = (
    select(TAKES.c.episode_id, TAKES.c.beat_id, TAKES.c.number, TAKES.c.revision, TAKES.c.state)
    .where(TAKES.c.episode_id.in_(_IDS))
    .order_by(TAKES.c.beat_id, TAKES.c.number)
)
_RETRIES = select(EVENTS.c.episode_id, EVENTS.c.data).where(
    EVENTS.c.episode_id.in_(_IDS), EVENTS.c.event_type == "beat.retried"
)
_KNOWN = select(ATTEMPTS.c.attempt_id).where(ATTEMPTS.c.episode_id == bindparam("of_episode"))
_EXISTS = select(EPISODES.c.episode_id).where(EPISODES.c.episode_id == bindparam("of_episode"))

_Made = TypeVar("_Made")

# Row[Any] below: columns of a table have no types
_EpisodeRow = Row[Any, Any, Any, Any, Any, Any, Any, Any]


class Auditing(Claim):
    def known_attempt_ids(self, episode_id: str) -> set[str]:
        with self._reading() as connection:
            if connection.scalar(_EXISTS, {"of_episode": episode_id}) is None:
                raise NotFound("episode", episode_id)
            return set(connection.scalars(_KNOWN, {"of_episode": episode_id}))

    def audit_episode(self, episode_id: str) -> EpisodeAudit:
        with self._reading() as connection:
            episodes = connection.execute(_ONE, {"of_episode": episode_id}).all()
            if not episodes:
                raise NotFound("episode", episode_id)
            return _audits(connection, episodes)[0]

    def audit_episodes(self) -> Iterator[EpisodeAudit]:
        after = ""
        while page := self._page(after):
            yield from page
            after = page[-1].episode_id

    def _page(self, after: str) -> list[EpisodeAudit]:
        with self._reading() as connection:
            episodes = connection.execute(_PAGE, {"after": after}).all()
            return _audits(connection, episodes) if episodes else []


@dataclass(frozen=True, kw_only=True, slots=True)
class _Of:
    """What belongs to one episode."""

    beats: list[Row[Any]]
    attempts: list[AttemptAudit]
    artifacts: list[ArtifactAudit]
    takes: list[TakeAudit]
    retried: list[str]
    """Beat ids, one for each retry."""
    events: list[Row[Any]]
    """One row, or none."""


def _audits(connection: Connection, episodes: Sequence[_EpisodeRow]) -> list[EpisodeAudit]:
    ids = {"ids": [row.episode_id for row in episodes]}
    beats = _of_episodes(connection.execute(_BEATS, ids), lambda row: row)
    attempts = _of_episodes(connection.execute(_ATTEMPTS, ids), _attempt)
    artifacts = _of_episodes(connection.execute(_ARTIFACTS, ids), _artifact)
    takes = _of_episodes(connection.execute(_TAKES, ids), _take)
    retried = _of_episodes(connection.execute(_RETRIES, ids), lambda row: str(json.loads(row.data)["beat_id"]))
    events = _of_episodes(connection.execute(_EVENTS, ids), lambda row: row)
    return [
        _audit(
            row,
            _Of(
                beats=beats[row.episode_id],
                attempts=attempts[row.episode_id],
                artifacts=artifacts[row.episode_id],
                takes=takes[row.episode_id],
                retried=retried[row.episode_id],
                events=events[row.episode_id],
            ),
        )
        for row in episodes
    ]


def _of_episodes(rows: Iterable[Row[Any]], make: Callable[[Row[Any]], _Made]) -> dict[str, list[_Made]]:
    found: dict[str, list[_Made]] = defaultdict(list)
    for row in rows:
        found[row.episode_id].append(make(row))
    return found


def _audit(row: _EpisodeRow, of: _Of) -> EpisodeAudit:
    cancelled_at = moment(row.cancelled_at) if row.cancelled_at is not None else None
    num_retries = Counter(of.retried)
    of_beat: dict[str | None, list[AttemptAudit]] = defaultdict(list)
    for one in of.attempts:
        of_beat[one.beat_id].append(one)
    return EpisodeAudit(
        episode_id=row.episode_id,
        state=EpisodeState(row.state),
        revision=row.revision,
        cancelled_at=cancelled_at,
        beats=tuple(
            beat_audit(
                b.beat_id,
                BeatState(b.state),
                b.revision,
                of_beat[b.beat_id],
                num_retries=num_retries[b.beat_id],
                cancelled_at=cancelled_at,
            )
            for b in of.beats
        ),
        attempts=tuple(of.attempts),
        artifacts=tuple(sorted(of.artifacts, key=lambda a: a.key)),
        takes=tuple(of.takes),
        num_events=row.num_events,
        num_events_kept=of.events[0].num_kept if of.events else 0,
        newest_event=of.events[0].newest if of.events else 0,
        funds=funds(row),
    )


def _attempt(row: Row[Any]) -> AttemptAudit:
    return AttemptAudit(
        attempt_id=row.attempt_id,
        beat_id=row.beat_id,
        revision=row.revision,
        number=row.number,
        state=AttemptState(row.state),
        backend=row.backend,
        is_unwanted=row.unwanted,
        failure_class=FailureClass(row.failure_class) if row.failure_class is not None else None,
        take=row.take,
        counted=row.counted,
        num_counted_before=row.num_counted_before,
        num_crashes_before=row.num_crashes_before,
        num_uncounted_before=row.num_uncounted_before,
        fence=row.fence,
        opened_at=moment(row.opened_at),
        ended_at=moment(row.ended_at) if row.ended_at is not None else None,
        reserved_micros=row.reserved_micros,
        spent_micros=row.spent_micros,
    )


def _artifact(row: Row[Any]) -> ArtifactAudit:
    return ArtifactAudit(
        key=row.key,
        artifact_type=row.artifact_type,
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        num_frames=row.num_frames,
        attempt_id=row.attempt_id,
        is_selected=row.state == AttemptState.SELECTED,
    )


def _take(row: Row[Any]) -> TakeAudit:
    return TakeAudit(beat_id=row.beat_id, number=row.number, revision=row.revision, state=BeatState(row.state))
