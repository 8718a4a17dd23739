"""What happened in a simulated fleet, and the figures that are drawn from it; the same for our dispatch and for its rivals."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from benchmarks.fleet_workload import Workload


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """Of one way to run a fleet."""

    utilisation: float
    """Of the time that renderers were there (starting and loading included), the share in which they rendered what was not lost."""
    small_median_s: float
    """That a beat of a small user waited; of one that never began, until the end."""
    small_95_s: float
    fairness: float
    """Jain's index over the rendering that the large users got, while all of them had beats waiting: 1 is equal shares."""
    loads_per_beat: float
    """How often a model was loaded, per finished beat; 1 minus it are the warm hits."""
    beats_per_s: float


@dataclass(kw_only=True)
class Record:
    """Told by whoever runs a fleet."""

    workload: Workload
    num_done: int = 0
    num_lost: int = 0
    """Beats whose renderer died."""
    num_loads: int = 0
    useful_s: float = 0.0
    there_s: float = 0.0
    """Renderer-seconds."""
    waits_s: dict[tuple[str, str], float] = field(default_factory=dict)
    """(user, beat) of small users → seconds until it began for the first time."""
    got_ms: Counter[str] = field(default_factory=Counter)
    """Large user → milliseconds of rendering begun for it since all large users were there."""

    def __post_init__(self) -> None:
        self._came_s = {wish.user: wish.at_s for wish in self.workload.wishes}
        self._large = {wish.user for wish in self.workload.wishes if wish.is_large}

    def began(self, user: str, beat_id: str, seconds: float, now_s: float) -> None:
        if user not in self._large:
            self.waits_s.setdefault((user, beat_id), now_s - self._came_s[user])
        elif now_s >= self.workload.large_have_come_s:
            self.got_ms[user] += round(seconds * 1000)

    def finished(self, seconds: float) -> None:
        self.num_done += 1
        self.useful_s += seconds

    def goes_on(self, seconds: float) -> None:
        """At the end of the span somebody has rendered at a beat for so long."""
        self.useful_s += seconds

    def figures(self) -> Figures:
        span_s = self.workload.span_s
        small = [wish for wish in self.workload.wishes if not wish.is_large]
        waits = [self.waits_s.get((wish.user, beat.beat_id), span_s - wish.at_s) for wish in small for beat in wish.beats]
        return Figures(
            utilisation=self.useful_s / max(1e-9, self.there_s),
            small_median_s=statistics.median(waits),
            small_95_s=statistics.quantiles(waits, n=20)[-1],
            fairness=jain([self.got_ms[user] for user in sorted(self._large)]),
            loads_per_beat=self.num_loads / max(1, self.num_done),
            beats_per_s=self.num_done / span_s,
        )


def jain(shares: Collection[float]) -> float:
    """Jain, Chiu and Hawe (1984): 1 when all are equal, 1/n when one has everything."""
    squares = sum(share * share for share in shares)
    return sum(shares) ** 2 / (len(shares) * squares) if squares else 1.0
