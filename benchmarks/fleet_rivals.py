"""Two dispatchers that a user could write in an evening, with no store, no surveys and no time to decide: they are at their best."""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Protocol

from benchmarks.fleet_record import Record
from benchmarks.fleet_workload import (
    CRASHES_AN_HOUR,
    MODEL_OF,
    NODE_LOSSES_AN_HOUR,
    Wish,
    Workload,
    render_s,
)
from episodes.plan import Beat

LOSSES_A_SECOND = (CRASHES_AN_HOUR + NODE_LOSSES_AN_HOUR) / 3600
"""Of one renderer: a node's loss is everybody's on it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    user: str
    beat: Beat


class Queue(Protocol):
    """Which beat a renderer that is free gets."""

    def add(self, beats: list[Waiting]) -> None: ...

    def give_back(self, one: Waiting) -> None:
        """Its renderer died."""

    def take(self, model: str | None) -> Waiting | None:
        """`model`: what the renderer has warm. None: it has nothing, or there is nothing for it."""


class FirstInFirstOut:
    """All beats in the order of their coming; a renderer takes the oldest that it has the model for, as ours do."""

    def __init__(self) -> None:
        self._of: dict[str, deque[Waiting]] = defaultdict(deque)

    def add(self, beats: list[Waiting]) -> None:
        for one in beats:
            self._of[one.beat.backend].append(one)

    def give_back(self, one: Waiting) -> None:
        self._of[one.beat.backend].appendleft(one)

    def take(self, model: str | None) -> Waiting | None:
        waiting = self._of[model or ""]
        return waiting.popleft() if waiting else None


class RoundRobin:
    """Users in turn, one beat each; any renderer takes any beat, and loads its model where it had another."""

    def __init__(self) -> None:
        self._of: dict[str, deque[Waiting]] = {}
        self._turns: deque[str] = deque()

    def add(self, beats: list[Waiting]) -> None:
        for one in beats:
            self._beats_of(one.user).append(one)

    def give_back(self, one: Waiting) -> None:
        self._beats_of(one.user).appendleft(one)

    def take(self, model: str | None) -> Waiting | None:
        if not self._turns:
            return None
        user = self._turns.popleft()
        one = self._of[user].popleft()
        if self._of[user]:
            self._turns.append(user)
        else:
            del self._of[user]
        return one

    def _beats_of(self, user: str) -> deque[Waiting]:
        if user not in self._of:
            self._turns.append(user)
        return self._of.setdefault(user, deque())


@dataclass(kw_only=True, slots=True)
class _Machine:
    model: str | None
    is_tied: bool
    """To its model."""
    lost_s: float = 0.0
    """When it dies next."""
    num_lives: int = 0
    begins_s: float = 0.0
    """Its work, when the model is loaded."""
    work: Waiting | None = None


def run_rival(workload: Workload, queue: Queue, *, is_tied: bool) -> Record:
    """`is_tied`: renderers keep their model, in the shares of the fleet's kinds, all of them always there."""
    return _Rival(workload, queue, is_tied=is_tied).run()


class _Rival:
    def __init__(self, workload: Workload, queue: Queue, *, is_tied: bool) -> None:
        self._span_s = workload.span_s
        self._queue = queue
        self._record = Record(workload=workload)
        self._random = Random(workload.seed + 1)
        models = [kind.name for kind in workload.kinds() for _ in kind.renderers]
        self._machines = [_Machine(model=model, is_tied=is_tied) for model in models]
        self._idle: dict[str | None, list[_Machine]] = defaultdict(list)
        self._order = count()
        self._events: list[tuple[float, int, Wish | tuple[_Machine, int]]] = []
        for wish in workload.wishes:
            self._push(wish.at_s, wish)
        for machine in self._machines:  # warm, as ours are
            machine.lost_s = self._random.expovariate(LOSSES_A_SECOND)
            self._push(0.0, (machine, machine.num_lives))

    def run(self) -> Record:
        while self._events and self._events[0][0] <= self._span_s:
            now_s, _, event = heapq.heappop(self._events)
            if isinstance(event, Wish):
                self._queue.add([Waiting(user=event.user, beat=beat) for beat in event.beats])
                self._wake(now_s)
            elif event[0].num_lives == event[1]:
                self._end(event[0], now_s)
        for machine in self._machines:
            if machine.work is not None:
                self._record.goes_on(max(0.0, self._span_s - machine.begins_s))
        self._record.there_s = self._span_s * len(self._machines)
        return self._record

    def _push(self, at_s: float, event: Wish | tuple[_Machine, int]) -> None:
        heapq.heappush(self._events, (at_s, next(self._order), event))

    def _be_born_again(self, machine: _Machine, now_s: float) -> None:
        """A tied one loads its model before its first beat."""
        machine.lost_s = now_s + self._random.expovariate(LOSSES_A_SECOND)
        load_s = MODEL_OF[machine.model].load_s if machine.is_tied and machine.model else 0.0
        self._record.num_loads += machine.is_tied
        self._push(now_s + load_s, (machine, machine.num_lives))

    def _wake(self, now_s: float) -> None:
        for model in list(self._idle):
            machines = self._idle[model]
            while machines and self._give(machines[-1], now_s):
                machines.pop()

    def _end(self, machine: _Machine, now_s: float) -> None:
        """It is free: with its beat done, or dead and born again."""
        if machine.work is not None and now_s >= machine.lost_s:
            self._record.num_lost += 1
            self._queue.give_back(machine.work)
            machine.work = None
            machine.model = machine.model if machine.is_tied else None
            machine.num_lives += 1
            self._be_born_again(machine, now_s)
            return
        if machine.work is not None:
            self._record.finished(render_s(machine.work.beat))
            machine.work = None
        if not self._give(machine, now_s):
            self._idle[machine.model if machine.is_tied else None].append(machine)

    def _give(self, machine: _Machine, now_s: float) -> bool:
        one = self._queue.take(machine.model)
        if one is None:
            return False
        seconds, begins_s = render_s(one.beat), now_s
        if machine.model != one.beat.backend:
            self._record.num_loads += 1
            begins_s += MODEL_OF[one.beat.backend].load_s
            machine.model = one.beat.backend
        machine.work, machine.begins_s = one, begins_s
        self._record.began(one.user, one.beat.beat_id, seconds, begins_s)
        if machine.lost_s <= now_s:  # it died while it was idle, and was replaced meanwhile, as if nothing had been
            machine.lost_s = now_s + self._random.expovariate(LOSSES_A_SECOND)
        self._push(min(begins_s + seconds, machine.lost_s), (machine, machine.num_lives))
        return True
