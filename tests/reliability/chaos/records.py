"""What the database says at the end, read past all of StoryWorld's own code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import psycopg


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptRow:
    attempt_id: str
    episode_id: str
    beat_id: str | None
    """None: the film's."""
    revision: int
    state: str
    failure_class: str | None
    reason: str
    renderer: str
    opened_at: float
    ended_at: float | None
    """Seconds since 1970, by the database's clock, which is this machine's."""

    def was_open_at(self, at: float) -> bool:
        return self.opened_at <= at and (self.ended_at is None or self.ended_at > at)


class Records:
    """One connection per question, because the server comes and goes."""

    def __init__(self, url: str) -> None:
        self._url = url

    def attempts(self) -> list[AttemptRow]:
        """As they were opened."""
        columns = "attempt_id, episode_id, beat_id, revision, state, failure_class, reason, renderer, opened_at, ended_at"
        rows = self.rows(f"SELECT {columns} FROM attempts ORDER BY opened_at")
        return [AttemptRow(**dict(zip(columns.split(", "), row, strict=True))) for row in rows]

    def selected(self) -> dict[tuple[str, str | None], str]:
        """Episode and beat (None: the film) → the attempt whose clip (or film) it shows."""
        rows = self.rows("SELECT episode_id, beat_id, attempt_id FROM attempts WHERE state = 'SELECTED'")
        return {(episode_id, beat_id): attempt_id for episode_id, beat_id, attempt_id in rows}

    def makers(self) -> dict[str, str]:
        """Attempt that takes a copy → the attempt that made the clip."""
        rows = self.rows("SELECT attempt_id, reused_from FROM attempts WHERE reused_from IS NOT NULL")
        return {attempt_id: json.loads(source)["attempt_id"] for attempt_id, source in rows}

    def hashes(self) -> dict[str, str]:
        """Key → SHA-256 of every artifact."""
        return dict(self.rows("SELECT key, sha256 FROM artifacts"))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._url, autocommit=True, connect_timeout=5, application_name="chaos") as connection:
            return connection.execute(sql.encode()).fetchall()
