"""The episodes that one transaction has locked: what happens to them is collected, and written in bulk at the end."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, ScalarSelect, Select, Update, bindparam, insert, select, update

from episodes.lifecycle import EpisodeState
from episodes.money import Funds
from storage.rules import episode_progress
from storage.tables import EPISODES, EVENTS
from storage.transactions import now_s


@dataclass(kw_only=True, slots=True)
class LockedEpisode:
    """What may change of an episode; the columns of the same names."""

    episode_id: str
    state: EpisodeState
    reason: str
    progress: float
    done_s: float
    total_s: float
    revision: int
    plan_version: int
    world_revision: int | None
    logline: str
    num_beats: int
    num_events: int
    film_num_attempts: int
    film_num_counted: int
    film_num_uncounted: int
    film_troubled_since: float | None
    film_not_before: float
    updated_at: float
    executed_at: float
    cancelled_at: float | None
    budget_micros: int | None
    reserved_micros: int
    spent_micros: int

    @property
    def funds(self) -> Funds:
        return Funds(budget_micros=self.budget_micros, reserved_micros=self.reserved_micros, spent_micros=self.spent_micros)

    def add_done(self, seconds: float) -> None:
        self.done_s += seconds
        self.progress = max(self.progress, episode_progress(self.done_s, self.total_s))


_COLUMNS = [EPISODES.c[name] for name in LockedEpisode.__dataclass_fields__]
_CHANGING = tuple(column.name for column in _COLUMNS[1:])
# in order of their ids, so that two transactions that lock several never wait for each other in a ring
_LOCK = select(now_s().label("now"), *_COLUMNS).order_by(EPISODES.c.episode_id).with_for_update()
_LOCK_IDS = _LOCK.where(EPISODES.c.episode_id.in_(bindparam("ids", expanding=True)))


@cache
def _write(names: tuple[str, ...]) -> Update:
    # `of`: under its own name SQLAlchemy would set the id, and a key that is set makes SQLite look for orphans in every other table
    return update(EPISODES).where(EPISODES.c.episode_id == bindparam("of")).values({name: bindparam(name) for name in names})


def locking(ids: ScalarSelect[str]) -> Select[tuple[float, str]]:
    """The statement that locks the episodes that a subquery names."""
    return _LOCK.where(EPISODES.c.episode_id.in_(ids))


class Ledger:
    """Call `write` at the end of the transaction; without it nothing of this happened."""

    def __init__(self, connection: Connection, lock: Select[tuple[float, str]], parameters: dict[str, list[str]]) -> None:
        self._connection = connection
        self._events: list[dict[str, object]] = []
        self._touched: dict[str, LockedEpisode] = {}
        self._read: dict[str, tuple[Any, ...]] = {}  # Any: columns of a list
        """Episode → what of it may change, as it was found."""
        self.now_s = 0.0
        self.episodes: dict[str, LockedEpisode] = {}
        for row in connection.execute(lock, parameters):
            self.now_s = row.now
            fields: dict[str, Any] = dict(zip(LockedEpisode.__dataclass_fields__, row[1:], strict=True))
            self.episodes[row.episode_id] = LockedEpisode(**{**fields, "state": EpisodeState(row.state)})
            self._read[row.episode_id] = tuple(row[2:])

    @classmethod
    def of(cls, connection: Connection, ids: Iterable[str]) -> Ledger:
        """Ids that nobody knows are missing from `episodes`."""
        return cls(connection, _LOCK_IDS, {"ids": sorted(set(ids))})

    def keep(self, episode: LockedEpisode) -> None:
        """Write its changes."""
        self._touched[episode.episode_id] = episode

    def touch(self, episode: LockedEpisode) -> None:
        """As `keep`, and say that it was changed."""
        self.keep(episode)
        episode.updated_at = self.now_s

    def tell(self, episode: LockedEpisode, event_type: str, **data: object) -> None:
        """Append an event. Numbers have no holes, because the episode's row is locked."""
        self.touch(episode)
        episode.num_events += 1
        self._events.append(
            {
                "episode_id": episode.episode_id,
                "number": episode.num_events,
                "event_type": event_type,
                "data": json.dumps(data),
                "at": self.now_s,
            }
        )

    def enter(self, episode: LockedEpisode, state: EpisodeState, reason: str = "", **data: object) -> None:
        """Move an episode to a state, with its event."""
        episode.state = state
        episode.reason = reason
        if reason:
            data["reason"] = reason
        self.tell(episode, f"episode.{state.lower()}", **data)

    def resume(self, episode: LockedEpisode, state: EpisodeState) -> None:
        """The one move that is not told by the name of where it leads."""
        episode.state = state
        self.tell(episode, "episode.resumed")

    def write(self) -> None:
        if self._events:
            self._connection.execute(insert(EVENTS), self._events)
        changes: dict[tuple[str, ...], list[dict[str, object]]] = {}
        for one in self._touched.values():
            changed = self._changed(one)
            changes.setdefault(tuple(changed), []).append({"of": one.episode_id, **changed})
        for names, rows in changes.items():
            if names:
                self._connection.execute(_write(names), rows)

    def _changed(self, episode: LockedEpisode) -> dict[str, object]:
        """Of two dozen columns a beat's end changes four: most of an update's time goes into its parameters."""
        was = zip(_CHANGING, self._read[episode.episode_id], strict=True)
        return {name: value for name, before in was if (value := getattr(episode, name)) != before}
