"""Which faults come when, drawn from a seed: the same seed and length, the same schedule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random


class Kind(StrEnum):
    KILL_RENDERER = "kill -9 of a renderer"
    FREEZE_RENDERER = "SIGSTOP of a renderer, later SIGCONT"
    KILL_PUBLISHER = "kill -9 of a publisher"
    FREEZE_PUBLISHER = "SIGSTOP of a publisher, later SIGCONT"
    KILL_COORDINATOR = "kill -9 of the coordinator"
    FREEZE_COORDINATOR = "SIGSTOP of the coordinator, later SIGCONT"
    KILL_API = "kill -9 of the API's Serve replica"
    KILL_NODE = "kill -9 of the second node, later started again"
    STOP_DATABASE = "PostgreSQL stopped at once, later started again"
    CUT_STORE = "the line to S3 cut, later mended"
    KILL_EVERYTHING = "kill -9 of all of Ray and Serve, then started again"


@dataclass(frozen=True, kw_only=True, slots=True)
class Habit:
    """How a kind of fault is drawn; seconds."""

    lasts_s: tuple[float, float] = (0.0, 0.0)
    quiet_s: float
    """Until the next fault, so that its own recovery can be seen; frozen actors recover while other things happen."""


HABITS = {
    Kind.KILL_RENDERER: Habit(quiet_s=9),
    Kind.FREEZE_RENDERER: Habit(lasts_s=(40, 50), quiet_s=5),
    Kind.KILL_PUBLISHER: Habit(quiet_s=8),
    Kind.FREEZE_PUBLISHER: Habit(lasts_s=(3, 40), quiet_s=8),
    Kind.KILL_COORDINATOR: Habit(quiet_s=14),
    Kind.FREEZE_COORDINATOR: Habit(lasts_s=(4, 25), quiet_s=26),
    Kind.KILL_API: Habit(quiet_s=8),
    Kind.KILL_NODE: Habit(lasts_s=(3, 10), quiet_s=16),
    Kind.STOP_DATABASE: Habit(lasts_s=(1, 8), quiet_s=14),
    Kind.CUT_STORE: Habit(lasts_s=(2, 12), quiet_s=14),
    Kind.KILL_EVERYTHING: Habit(quiet_s=12),
}
AGAIN = (Kind.KILL_RENDERER, Kind.KILL_COORDINATOR, Kind.KILL_RENDERER)
"""Come more often than once in a round: their recovery is measured."""

ALONE_S = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    at_s: float
    """After the start; while everything is down this clock stands still."""
    kind: Kind
    lasts_s: float

    def __str__(self) -> str:
        lasts = f", for {self.lasts_s:.1f} s" if self.lasts_s else ""
        return f"{self.at_s:6.1f} s  {self.kind}{lasts}"


def draw(seed: int, seconds: float) -> tuple[Fault, ...]:
    """Rounds in which every kind comes at least once, until the time is up; a round that does not fit is hurried so that it does."""
    random = Random(seed)
    faults: list[Fault] = []
    at_s = 2.0
    while True:
        order = _round(random)
        rest_s = seconds - at_s
        length_s = sum(HABITS[kind].quiet_s for kind in order)
        if faults and length_s > rest_s:
            return tuple(faults)
        hurry = min(1.0, rest_s / length_s)
        for kind in order:
            faults.append(Fault(at_s=at_s, kind=kind, lasts_s=_lasts(random, kind, hurry)))
            at_s += HABITS[kind].quiet_s * hurry * random.uniform(0.8, 1.2)


def draw_only(kind: Kind, seed: int, seconds: float) -> tuple[Fault, ...]:
    """One kind of fault, each far from the next: how the system recovers from it when nothing else goes wrong."""
    random = Random(seed)
    moments = range(5, max(6, int(seconds - ALONE_S / 2)), ALONE_S)
    return tuple(Fault(at_s=at_s, kind=kind, lasts_s=_lasts(random, kind, hurry=1.0)) for at_s in moments)


def _round(random: Random) -> Sequence[Kind]:
    """A frozen renderer is noticed late, so it comes first; what comes last undoes everything else."""
    between = [k for k in (*Kind, *AGAIN) if k not in (Kind.FREEZE_RENDERER, Kind.KILL_EVERYTHING)]
    random.shuffle(between)
    return (Kind.FREEZE_RENDERER, *between, Kind.KILL_EVERYTHING)


def _lasts(random: Random, kind: Kind, hurry: float) -> float:
    least_s, most_s = HABITS[kind].lasts_s
    drawn_s = random.uniform(least_s, most_s)
    return drawn_s if kind is Kind.FREEZE_RENDERER else least_s + (drawn_s - least_s) * hurry
