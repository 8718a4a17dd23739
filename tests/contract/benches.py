"""Episode stores under test, and the hands that do to them what no caller can: let time pass, plan anew under an attempt."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy import Engine, text

from episodes.episode_store import AuditStore, EpisodeStore
from storage.episodes_sql import SqlEpisodeStore
from storage.memory import MemoryEpisodeStore


class Bench(Protocol):
    store: EpisodeStore

    @property
    def audited(self) -> AuditStore:
        """The same store."""

    def another(self) -> EpisodeStore:
        """The store as another process of the same cluster has it."""

    def limited(self, total_micros: int) -> EpisodeStore:
        """Where all episodes together may cost so much: instead of `store`, before anything was done to it."""

    def let_pass(self, seconds: float) -> None:
        """By the database's clock."""

    def plan_anew(self, episode_id: str, beat_id: str) -> None:
        """Raise the beat's revision while it renders."""


class MemoryBench:
    def __init__(self) -> None:
        self._now_s = 1_000_000.0
        self._store = MemoryEpisodeStore(now_s=lambda: self._now_s)
        self.store: EpisodeStore = self._store

    @property
    def audited(self) -> AuditStore:
        return self._store

    def another(self) -> EpisodeStore:
        return self.store  # a process's memory has no second process

    def limited(self, total_micros: int) -> EpisodeStore:
        self._store = MemoryEpisodeStore(now_s=lambda: self._now_s, budget_total_micros=total_micros)
        self.store = self._store
        return self.store

    def let_pass(self, seconds: float) -> None:
        self._now_s += seconds

    def plan_anew(self, episode_id: str, beat_id: str) -> None:
        self._store._episodes[episode_id].beats[beat_id].revision += 1


class SqlBench:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.store: EpisodeStore = self.another()

    @property
    def audited(self) -> AuditStore:
        return SqlEpisodeStore(self._engine, "film-house")

    def another(self) -> EpisodeStore:
        return SqlEpisodeStore(self._engine, "film-house")

    def limited(self, total_micros: int) -> EpisodeStore:
        self.store = SqlEpisodeStore(self._engine, "film-house", total_micros)
        return self.store

    def let_pass(self, seconds: float) -> None:
        """The clock is the database's own, so what it is compared with moves instead."""
        self._do("UPDATE lease SET expires_at = expires_at - :s", s=seconds)
        self._do("UPDATE attempts SET opened_at = opened_at - :s", s=seconds)
        self._do("UPDATE episodes SET executed_at = executed_at - :s", s=seconds)
        self._do("UPDATE beats SET not_before = not_before - :s WHERE not_before > 0", s=seconds)
        self._do("UPDATE takes SET not_before = not_before - :s WHERE not_before > 0", s=seconds)
        self._do("UPDATE episodes SET film_not_before = film_not_before - :s WHERE film_not_before > 0", s=seconds)

    def plan_anew(self, episode_id: str, beat_id: str) -> None:
        self._do("UPDATE beats SET revision = revision + 1 WHERE episode_id = :e AND beat_id = :b", e=episode_id, b=beat_id)

    def _do(self, statement: str, **values: object) -> None:
        with self._engine.begin() as connection:
            connection.execute(text(statement), values)
