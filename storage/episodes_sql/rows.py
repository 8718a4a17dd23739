"""From rows to nouns and back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, literal

from episodes.errors import FailureClass
from episodes.job import StoredFile
from episodes.lifecycle import AttemptState
from episodes.model import Artifact, Attempt, ClipSource, OpenAttempt
from episodes.money import Funds
from storage.tables import ARTIFACTS, ATTEMPTS

FILE_COLUMNS = [ARTIFACTS.c[name] for name in StoredFile.model_fields]
OPEN_COLUMNS = [
    ATTEMPTS.c[name] for name in ("attempt_id", "episode_id", "beat_id", "revision", "number", "num_counted_before")
] + [ATTEMPTS.c[name] for name in ("num_crashes_before", "num_uncounted_before", "troubled_since")]
OPEN_COLUMNS += [
    ATTEMPTS.c[name] for name in ("backend", "renderer", "node", "opened_at", "take", "reserved_micros", "per_hour_micros")
]


ATTEMPT_COLUMNS = [column for column in ATTEMPTS.c if column.name != "preview"]
"""Without the picture, which is large and asked for by itself."""
SHOWN_COLUMNS = [*ATTEMPT_COLUMNS, ATTEMPTS.c.preview.is_not(None).label("has_preview")]


def is_in(state: AttemptState) -> ColumnElement[bool]:
    """The attempts in a state, spelled out so that SQLite takes the index of just these."""
    return ATTEMPTS.c.state == literal(state.value, literal_execute=True)


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


# Row[Any] below: SQLAlchemy does not know the types of a row whose columns come from a list


def open_attempt(row: Row[Any]) -> OpenAttempt:
    return OpenAttempt(
        attempt_id=row.attempt_id,
        episode_id=row.episode_id,
        beat_id=row.beat_id,
        revision=row.revision,
        number=row.number,
        num_counted=row.num_counted_before,
        num_crashes=row.num_crashes_before,
        num_uncounted=row.num_uncounted_before,
        troubled_since_s=row.troubled_since,
        backend=row.backend,
        renderer=row.renderer,
        node=row.node,
        opened_at_s=row.opened_at,
        take=row.take,
        reserved_micros=row.reserved_micros,
        per_hour_micros=row.per_hour_micros,
    )


def attempt(row: Row[Any]) -> Attempt:
    return Attempt(
        attempt_id=row.attempt_id,
        episode_id=row.episode_id,
        beat_id=row.beat_id,
        revision=row.revision,
        number=row.number,
        state=AttemptState(row.state),
        renderer=row.renderer,
        node=row.node,
        failure_class=FailureClass(row.failure_class) if row.failure_class is not None else None,
        reason=row.reason,
        opened_at=moment(row.opened_at),
        ended_at=moment(row.ended_at) if row.ended_at is not None else None,
        has_preview=row.has_preview,
        take=row.take,
        seed=row.seed,
        reused_from=clip_source(row.reused_from) if row.reused_from is not None else None,
        reserved_micros=row.reserved_micros,
        spent_micros=row.spent_micros,
        render_s=row.render_s,
    )


def clip_source(text: str) -> ClipSource:
    return ClipSource.model_validate_json(text)


def funds(row: Row[*tuple[Any, ...]]) -> Funds:  # Any: columns of a table have no types
    """Of a row of episodes, whatever else stands in it."""
    return Funds(budget_micros=row.budget_micros, reserved_micros=row.reserved_micros, spent_micros=row.spent_micros)


def stored_file(row: Row[Any]) -> StoredFile:
    return StoredFile(**{name: getattr(row, name) for name in StoredFile.model_fields})


def artifact(row: Row[Any]) -> Artifact:
    return Artifact(artifact_type=row.artifact_type, version=row.version, file=stored_file(row))
