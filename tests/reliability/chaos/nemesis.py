"""Does the drawn faults to the cluster, undoes those that end, and writes down what it did to whom."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from tests.reliability.chaos.cluster import SECOND, Cluster
from tests.reliability.chaos.diary import Diary
from tests.reliability.chaos.processes import Member, Role, kill_all, members, send
from tests.reliability.chaos.schedule import Fault, Kind

BUSY_LIMIT_S = 5.0
"""How long to wait for a renderer that has something in hand."""
THERE_LIMIT_S = 30.0
"""How long to wait for anybody at all: on a busy machine an actor that was just killed takes long to come back."""
ROLES = {
    Kind.KILL_RENDERER: Role.RENDERER,
    Kind.FREEZE_RENDERER: Role.RENDERER,
    Kind.KILL_PUBLISHER: Role.PUBLISHER,
    Kind.FREEZE_PUBLISHER: Role.PUBLISHER,
    Kind.KILL_COORDINATOR: Role.COORDINATOR,
    Kind.FREEZE_COORDINATOR: Role.COORDINATOR,
    Kind.KILL_API: Role.API,
}


@dataclass(kw_only=True, slots=True)
class Blow:
    """A fault as it was done; times in seconds since 1970."""

    kind: Kind
    victim: str
    pid: int
    at: float
    ended_at: float

    def __str__(self) -> str:
        whom = f" ({self.victim}, pid {self.pid})" if self.pid else ""
        return f"{self.kind}{whom}, {self.ended_at - self.at:.1f} s"


class Nemesis:
    """One run's faults, one after the other; several may last at once."""

    def __init__(self, cluster: Cluster, schedule: Sequence[Fault], seed: int, say: Callable[[str], object]) -> None:
        self._cluster = cluster
        self._schedule = schedule
        self._random = Random(seed)
        self._say = say
        self._diary = Diary(cluster.home)
        self._undone: list[tuple[float, Blow, Callable[[], None]]] = []
        """When it ends, what it was, and how it is undone."""
        self.blows: list[Blow] = []

    def run(self) -> None:
        """Returns when every fault was done and undone."""
        began_s = time.monotonic()
        for fault in self._schedule:
            while time.monotonic() < began_s + fault.at_s:
                self._undo_due()
                time.sleep(0.05)
            stood_s = time.monotonic()
            self._do(fault)
            if fault.kind is Kind.KILL_EVERYTHING:
                began_s += time.monotonic() - stood_s
        while self._undone:
            self._undo_due()
            time.sleep(0.05)

    def relent(self) -> None:
        """Undo at once whatever still lasts."""
        for _, blow, undo in self._undone:
            self._end(blow, undo)
        self._undone.clear()

    def _undo_due(self) -> None:
        due = [entry for entry in self._undone if entry[0] <= time.monotonic()]
        self._undone = [entry for entry in self._undone if entry not in due]
        for _, blow, undo in due:
            self._end(blow, undo)

    def _end(self, blow: Blow, undo: Callable[[], None]) -> None:
        undo()
        blow.ended_at = time.time()
        self._say(f"over: {blow}")

    def _do(self, fault: Fault) -> None:
        member = self._victim(fault.kind)
        if fault.kind in ROLES and member is None:
            self._say(f"nobody there for: {fault.kind}")
            return
        if fault.kind is Kind.KILL_EVERYTHING:
            self.relent()
        now = time.time()
        blow = Blow(
            kind=fault.kind,
            victim=member.name if member is not None else "",
            pid=member.pid if member is not None else 0,
            at=now,
            ended_at=now,
        )
        self.blows.append(blow)
        undo = self._strike(fault.kind, member, blow)
        self._say(f"done: {blow}")
        if undo is not None:
            self._undone.append((time.monotonic() + fault.lasts_s, blow, undo))

    def _strike(self, kind: Kind, member: Member | None, blow: Blow) -> Callable[[], None] | None:
        """Do it; how it is undone, where it lasts."""
        cluster = self._cluster
        match kind:
            case Kind.KILL_EVERYTHING:
                cluster.kill_everything()
                blow.ended_at = time.time()
                cluster.start()
                return None
            case Kind.KILL_NODE:
                kill_all(cluster.home, SECOND)
                return cluster.start_second
            case Kind.STOP_DATABASE:
                cluster.database.stop()
                return cluster.database.start
            case Kind.CUT_STORE:
                cluster.line.cut()
                return cluster.line.mend
        assert member is not None
        if kind in (Kind.FREEZE_RENDERER, Kind.FREEZE_PUBLISHER, Kind.FREEZE_COORDINATOR):
            send([member.pid], signal.SIGSTOP)
            return lambda: send([member.pid], signal.SIGCONT)
        send([member.pid], signal.SIGKILL)
        return None

    def _victim(self, kind: Kind) -> Member | None:
        """Somebody of the role who works; after a while anybody of the role."""
        role = ROLES.get(kind)
        if role is None:
            return None
        frozen = {blow.pid for _, blow, _ in self._undone}
        began_s = time.monotonic()
        while (waited_s := time.monotonic() - began_s) < THERE_LIMIT_S:
            there = [m for m in members(self._cluster.home, role) if m.pid not in frozen]
            busy = [m for m in there if role is not Role.RENDERER or m.pid in self._rendering()]
            if busy or (there and waited_s > BUSY_LIMIT_S):
                return self._random.choice(busy or there)
            self._undo_due()
            time.sleep(0.05)
        return None

    def _rendering(self) -> set[int]:
        return {r.pid for r in self._diary.renders() if r.ended_at is None and time.time() - r.began_at > 0.1}
