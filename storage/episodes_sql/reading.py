"""What people and pages read of episodes, each time one snapshot."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, and_, bindparam, case, exists, select

from episodes.errors import NotFound
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from episodes.model import (
    Artifact,
    Attempt,
    BeatView,
    EpisodePage,
    EpisodeSummary,
    EpisodeView,
    Event,
    FleetSnapshot,
    ProgressView,
)
from episodes.money import Funds
from episodes.plan import Beat, EpisodeRequest, Treatment
from storage.cursor import cursor_after, episode_before
from storage.episodes_sql.claim import Claim, queue_is_paused
from storage.episodes_sql.rows import FILE_COLUMNS, SHOWN_COLUMNS, artifact, attempt, funds, is_in, moment
from storage.episodes_sql.takes import IS_LIVE
from storage.rules import unmet
from storage.tables import ARTIFACTS, ATTEMPTS, BEATS, EPISODES, EVENTS, FLEET, TAKES
from storage.transactions import now_s

_OF_EPISODE: BindParameter[str] = bindparam("episode_id")
_SUMMARY_COLUMNS = [column for column in EPISODES.c if column is not EPISODES.c.treatment]
_EPISODE = select(EPISODES).where(EPISODES.c.episode_id == _OF_EPISODE)
_BEATS = (
    select(
        BEATS.c.beat_id,
        BEATS.c.beat,
        BEATS.c.revision,
        BEATS.c.state,
        BEATS.c.progress,
        BEATS.c.reason,
        BEATS.c.backend,
        BEATS.c.fallback_reason,
        BEATS.c.needs_micros,
        case((BEATS.c.not_before > now_s(), BEATS.c.not_before)).label("waits_until"),
    )
    .where(BEATS.c.episode_id == _OF_EPISODE)
    .order_by(BEATS.c.position)
)
_ATTEMPTS = select(*SHOWN_COLUMNS).where(ATTEMPTS.c.episode_id == _OF_EPISODE).order_by(ATTEMPTS.c.number)
_PREVIEW = (
    select(ATTEMPTS.c.preview)
    .join_from(
        ATTEMPTS,
        BEATS,
        and_(
            BEATS.c.episode_id == ATTEMPTS.c.episode_id,
            BEATS.c.beat_id == ATTEMPTS.c.beat_id,
            BEATS.c.revision == ATTEMPTS.c.revision,
            BEATS.c.state == BeatState.RENDERING.value,
        ),
    )
    .where(BEATS.c.episode_id == _OF_EPISODE, BEATS.c.beat_id == bindparam("beat_id"))
    .where(is_in(AttemptState.OPEN), ~ATTEMPTS.c.unwanted)
)
_SELECTED_ARTIFACTS = (
    select(ATTEMPTS.c.beat_id, ATTEMPTS.c.revision, ARTIFACTS.c.artifact_type, ARTIFACTS.c.version, *FILE_COLUMNS)
    .join_from(ATTEMPTS, ARTIFACTS)
    .where(ATTEMPTS.c.episode_id == _OF_EPISODE, is_in(AttemptState.SELECTED))
    .order_by(ARTIFACTS.c.artifact_type)
)
_KNOWN_BEAT = select(BEATS.c.beat_id).where(BEATS.c.episode_id == _OF_EPISODE, BEATS.c.beat_id == bindparam("beat_id"))
_KNOWN = select(EPISODES.c.episode_id).where(EPISODES.c.episode_id == _OF_EPISODE)
_PROGRESS = select(BEATS.c.beat_id, BEATS.c.progress).where(BEATS.c.episode_id == _OF_EPISODE).order_by(BEATS.c.position)
_HAS_TAKES = select(exists().where(TAKES.c.episode_id == _OF_EPISODE, IS_LIVE))
_FLEET = select(FLEET.c.snapshot)
_EVENTS = (
    select(EVENTS)
    .where(EVENTS.c.episode_id == _OF_EPISODE, EVENTS.c.number > bindparam("after"))
    .order_by(EVENTS.c.number)
    .limit(bindparam("limit"))
)
_EVENT_NUMBERS = select(EPISODES.c.episode_id, EPISODES.c.num_events).where(
    EPISODES.c.episode_id.in_(bindparam("ids", expanding=True))
)


class Reading(Claim):
    def episode(self, episode_id: str) -> EpisodeView:
        with self._reading() as connection:
            return self._view(connection, episode_id)

    def _view(self, connection: Connection, episode_id: str) -> EpisodeView:
        """Raises NotFound."""
        return episode_view(connection, episode_id, self._total(connection))

    def episodes(
        self,
        *,
        limit: int = 50,
        cursor: str | None = None,
        state: EpisodeState | None = None,
        world_id: str | None = None,
    ) -> EpisodePage:
        page = select(*_SUMMARY_COLUMNS).order_by(EPISODES.c.episode_id.desc()).limit(limit + 1)
        if cursor is not None:
            page = page.where(EPISODES.c.episode_id < episode_before(cursor))
        if state is not None:
            page = page.where(EPISODES.c.state == state.value)
        if world_id is not None:
            page = page.where(EPISODES.c.world_id == world_id)
        with self._reading() as connection:
            rows = connection.execute(page).all()
        shown = tuple(EpisodeSummary(**_summary(row)) for row in rows[:limit])
        return EpisodePage(episodes=shown, next_cursor=cursor_after(shown[-1].episode_id) if len(rows) > limit else None)

    def events(self, episode_id: str, *, after: int = 0, limit: int = 500) -> list[Event]:
        with self._reading() as connection:
            rows = connection.execute(_EVENTS, {"episode_id": episode_id, "after": after, "limit": limit}).all()
            if not rows:
                _episode(connection, episode_id)
        return [
            Event(
                episode_id=row.episode_id,
                number=row.number,
                event_type=row.event_type,
                data=json.loads(row.data),
                at=moment(row.at),
            )
            for row in rows
        ]

    def fleet(self) -> FleetSnapshot | None:
        with self._reading() as connection:
            return _fleet(connection)

    def latest_event_numbers(self, episode_ids: Sequence[str]) -> dict[str, int]:
        with self._reading() as connection:
            return {row.episode_id: row.num_events for row in connection.execute(_EVENT_NUMBERS, {"ids": list(episode_ids)})}

    def progress(self, episode_id: str) -> ProgressView:
        with self._reading() as connection:
            row = _episode(connection, episode_id)
            beats = connection.execute(_PROGRESS, {"episode_id": episode_id})
            return ProgressView(
                state=EpisodeState(row.state),
                progress=row.progress,
                beats={beat.beat_id: beat.progress for beat in beats},
                has_takes=bool(connection.scalar(_HAS_TAKES, {"episode_id": episode_id})),
            )

    def preview(self, episode_id: str, beat_id: str) -> bytes | None:
        with self._reading() as connection:
            jpeg: bytes | None = connection.scalar(_PREVIEW, {"episode_id": episode_id, "beat_id": beat_id})
            if jpeg is None:
                _beat(connection, episode_id, beat_id)
            return jpeg


def check_known(connection: Connection, episode_id: str) -> None:
    """Raises NotFound."""
    if connection.scalar(_KNOWN, {"episode_id": episode_id}) is None:
        raise NotFound("episode", episode_id)


def episode_view(connection: Connection, episode_id: str, total: Funds | None) -> EpisodeView:
    """`total`: of all episodes together. Raises NotFound."""
    row = _episode(connection, episode_id)
    of_episode = {"episode_id": episode_id}
    attempts: dict[str | None, list[Attempt]] = defaultdict(list)
    for one in connection.execute(_ATTEMPTS, of_episode):
        attempts[one.beat_id].append(attempt(one))
    artifacts: dict[tuple[str | None, int], list[Artifact]] = defaultdict(list)
    for one in connection.execute(_SELECTED_ARTIFACTS, of_episode):
        artifacts[one.beat_id, one.revision if one.beat_id is not None else 0].append(artifact(one))
    rows = connection.execute(_BEATS, of_episode).all()
    states = {beat.beat_id: BeatState(beat.state) for beat in rows}
    planned = [Beat.model_validate_json(beat.beat) for beat in rows]
    return EpisodeView(
        **_summary(row),
        world_revision=row.world_revision,
        plan_version=row.plan_version,
        logline=row.logline,
        treatment=Treatment.model_validate_json(row.treatment),
        beats=tuple(
            BeatView(
                beat=content,
                revision=beat.revision,
                state=states[beat.beat_id],
                progress=beat.progress,
                reason=beat.reason,
                attempts=tuple(attempts.get(beat.beat_id, ())),
                artifacts=tuple(artifacts.get((beat.beat_id, beat.revision), ())),
                not_before=moment(beat.waits_until) if beat.waits_until is not None else None,
                unmet=unmet(content, states),
                backend=beat.backend,
                fallback_reason=beat.fallback_reason,
                needs_micros=beat.needs_micros,
            )
            for beat, content in zip(rows, planned, strict=True)
        ),
        artifacts=tuple(artifacts.get((None, 0), ())),
        film_attempts=tuple(attempts.get(None, ())),
        funds=funds(row),
        total=total,
        queue_is_paused=queue_is_paused(connection),
        fleet=_fleet(connection),
    )


def _fleet(connection: Connection) -> FleetSnapshot | None:
    text = connection.scalar(_FLEET)
    return FleetSnapshot.model_validate_json(text) if text is not None else None


def _episode(connection: Connection, episode_id: str) -> Row[Any]:  # Any: a row of a whole table has no types
    row = connection.execute(_EPISODE, {"episode_id": episode_id}).first()
    if row is None:
        raise NotFound("episode", episode_id)
    return row


def _beat(connection: Connection, episode_id: str, beat_id: str) -> None:
    _episode(connection, episode_id)
    if connection.scalar(_KNOWN_BEAT, {"episode_id": episode_id, "beat_id": beat_id}) is None:
        raise NotFound("beat", beat_id)


def _summary(row: Row[Any]) -> dict[str, Any]:  # Any: fields of EpisodeSummary, checked where they are spread
    return {
        "episode_id": row.episode_id,
        "request": EpisodeRequest.model_validate_json(row.request),
        "state": EpisodeState(row.state),
        "progress": row.progress,
        "created_at": moment(row.created_at),
        "updated_at": moment(row.updated_at),
        "reason": row.reason,
        "num_beats": row.num_beats,
    }
