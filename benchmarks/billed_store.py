"""The in-memory store with a bill: what each of the coordinator's calls would have taken on a database, and what it thought before it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from episodes.lifecycle import EpisodeState
from episodes.model import Acceptance, ActiveEpisode, Failure, FleetSnapshot, Lease, OpenAttempt, Opening, ReadyBeat
from storage.memory import MemoryEpisodeStore

T = TypeVar("T")


GLANCE_S = 2e-6
SURVEY_S = 20e-6
BEAT_S = 400e-6
"""Of the coordinator's own Python, as profiled with 1,000 and 10,000 renderers; what a run really took stands in its table."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """Seconds that a database takes, and the coordinator's own Python; virtual time passes for both."""

    read_s: float
    """A call that reads: a window of ready beats, what is active, what is unwanted."""
    write_s: float
    """A call that writes, whatever it writes."""
    open_s: float
    """An attempt that is opened, beside the call."""
    accept_s: float
    """An attempt that is accepted, or closed as failed, likewise."""
    progress_s: float
    """A beat whose progress is recorded."""
    note_s: float
    """A renderer in the recorded fleet."""
    glance_s: float = GLANCE_S
    """A renderer that a dispatch looks at; each looks at all of them."""
    survey_s: float = SURVEY_S
    """A renderer whose report is taken in, once a second or so."""
    beat_s: float = BEAT_S
    """A beat from its start to its end."""


class BilledStore(MemoryEpisodeStore):
    """Implements EpisodeStore."""

    def __init__(self, cost: Cost, now_s: Callable[[], float]) -> None:
        super().__init__(now_s=now_s)
        self._cost = cost
        self._owed_s = 0.0
        self.billed_s = 0.0
        """In all, of the database's."""
        self.num_calls = 0

    def think(self, seconds: float) -> None:
        """The coordinator was busy for so long; its next call comes so much later."""
        self._owed_s += seconds

    def take_bill(self) -> float:
        """What was not taken yet."""
        owed_s, self._owed_s = self._owed_s, 0.0
        return owed_s

    def active_episodes(self, lease: Lease) -> list[ActiveEpisode]:
        self._owe(self._cost.read_s)
        return super().active_episodes(lease)

    def ready_beats(self, lease: Lease, episode_id: str, *, limit: int, exclude: Sequence[str] = ()) -> list[ReadyBeat]:
        self._owe(self._cost.read_s)
        return super().ready_beats(lease, episode_id, limit=limit, exclude=exclude)

    def next_ready_in_s(self, lease: Lease) -> float | None:
        self._owe(self._cost.read_s)
        return super().next_ready_in_s(lease)

    def unwanted_attempts(self, lease: Lease) -> list[str]:
        self._owe(self._cost.read_s)
        return super().unwanted_attempts(lease)

    def open_attempts(self, lease: Lease, openings: Sequence[Opening]) -> list[OpenAttempt | None]:
        self._owe(self._cost.write_s + self._cost.open_s * len(openings))
        return super().open_attempts(lease, openings)

    def accept(self, lease: Lease, acceptances: Sequence[Acceptance]) -> list[bool]:
        self._owe(self._cost.write_s + self._cost.accept_s * len(acceptances))
        return super().accept(lease, acceptances)

    def fail(self, lease: Lease, failures: Sequence[Failure]) -> None:
        self._owe(self._cost.write_s + self._cost.accept_s * len(failures))
        super().fail(lease, failures)

    def settle(self, lease: Lease, episode_id: str) -> EpisodeState:
        self._owe(self._cost.write_s)
        return super().settle(lease, episode_id)

    def record_progress(self, lease: Lease, shares: Mapping[str, float]) -> None:
        self._owe(self._cost.write_s + self._cost.progress_s * len(shares))
        super().record_progress(lease, shares)

    def record_fleet(self, lease: Lease, snapshot: FleetSnapshot) -> None:
        self.think(self._cost.survey_s * len(snapshot.renderers))  # every survey of a fleet at work has news for it
        self._owe(self._cost.write_s + self._cost.note_s * len(snapshot.renderers))
        super().record_fleet(lease, snapshot)

    def _owe(self, seconds: float) -> None:
        self._owed_s += seconds
        self.billed_s += seconds
        self.num_calls += 1


class PaidInThread:
    """Implements InThread: the work is done at once, and its bill is waited for.

    One after the other: most of a call on SQL is Python's own work, which no two threads do at the same time.
    """

    def __init__(self, store: BilledStore) -> None:
        self._store = store
        self._counter = asyncio.Lock()
        self.took_s = 0.0
        """Real seconds spent in the store; they are no cost of the coordinator's."""

    async def __call__(self, work: Callable[[], T], /) -> T:
        async with self._counter:
            began_s = time.perf_counter()
            try:
                return work()
            finally:
                self.took_s += time.perf_counter() - began_s
                await asyncio.sleep(self._store.take_bill())
