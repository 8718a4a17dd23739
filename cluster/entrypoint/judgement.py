"""What a pod does next: pure, so that every case is a row in the tests.

A worker: network → head answers → Ray runs → and when Ray, the head or its time is over, it ends itself.
A head: network → Ray runs → and Ray is started again when it dies, because its disk may hold the cluster's state.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from cluster.entrypoint.assignment import Assignment, Limits

_TRIES = 3
"""On a busy machine Ray gives up a start after 30 s; a third try that fails has another reason."""
_JOINED_S = 30.0
"""A Ray that has been up for so long has joined: by then it would have given up."""
_LONGEST_PAUSE_S = 60.0
_TIMES_KEPT = 2
"""A place may have been taken just now, by an actor that has no process yet."""


class Life(StrEnum):
    """Of this pod's Ray, as its processes show it."""

    ABSENT = "absent"
    STARTING = "starting"
    UP = "up"
    DRAINED = "drained"
    """Its raylet is gone and `ray start` goes on: the autoscaler has let this node go, or a start is just failing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What there is to see, now."""

    now_s: float
    address: str | None
    """This pod's, where the others reach it; none: not yet."""
    head_answers: bool
    ray: Life
    api_runs: bool
    is_asked_to_stop: bool
    works: bool = True
    """Whether an actor or a task of this pod's Ray has a process. Of a head nobody asks."""
    keeps: bool | None = None
    """What Ray said when it was asked, one look ago, whether a place here is taken; none: it was not, or did not say."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Memory:
    """What a pod keeps in mind from look to look. Seconds are of its own clock."""

    born_s: float
    network_s: float | None = None
    """Since when it has an address."""
    head_seen_s: float | None = None
    ray_started_s: float | None = None
    num_starts: int = 0
    """Of Ray, since it last had joined."""
    up_since_s: float | None = None
    has_joined: bool = False
    drained_since_s: float | None = None
    down_since_s: float | None = None
    unused_since_s: float | None = None
    """Since when there is no process at work, or since Ray was last asked."""
    num_kept: int = 0
    """So often in a row it said that a place is taken."""
    api_started_s: float | None = None
    num_api_starts: int = 0


class Act(StrEnum):
    WAIT = "wait"
    START_RAY = "start ray"
    START_API = "start the API"
    ASK_RAY = "ask Ray"
    """Whether it keeps a place here for anybody."""
    STOP = "stop"
    """Because it was asked to: whoever asks knows what becomes of the pod."""
    END = "end"
    """Delete the pod: nobody needs it, and it bills."""
    GIVE_UP = "give up"
    """Exit, and leave the pod with what is on its disk."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    act: Act
    reason: str = ""


_WAIT = Move(act=Act.WAIT)


def next_move(memory: Memory, seen: Seen, assignment: Assignment) -> tuple[Memory, Move]:
    """What to do, and what to keep in mind until the next look."""
    memory = _remember_work(_remember(memory, seen), seen)
    if seen.is_asked_to_stop:
        return memory, Move(act=Act.STOP, reason="it was asked to stop")
    if assignment.is_head:
        return _of_head(memory, seen, assignment)
    return _of_worker(memory, seen, assignment)


def _remember(memory: Memory, seen: Seen) -> Memory:
    if seen.address is not None and memory.network_s is None:
        memory = replace(memory, network_s=seen.now_s)
    if seen.head_answers:
        memory = replace(memory, head_seen_s=seen.now_s)
    drained_since_s = memory.drained_since_s if memory.drained_since_s is not None else seen.now_s
    memory = replace(memory, drained_since_s=drained_since_s if seen.ray is Life.DRAINED else None)
    if seen.ray is not Life.UP:
        down_since_s = seen.now_s if memory.down_since_s is None else memory.down_since_s
        return replace(memory, up_since_s=None, down_since_s=down_since_s)
    up_since_s = seen.now_s if memory.up_since_s is None else memory.up_since_s
    if seen.now_s - up_since_s < _JOINED_S:
        return replace(memory, up_since_s=up_since_s)
    return replace(memory, up_since_s=up_since_s, has_joined=True, num_starts=0, down_since_s=None)


def _remember_work(memory: Memory, seen: Seen) -> Memory:
    if seen.works or seen.ray is not Life.UP:
        return replace(memory, unused_since_s=None, num_kept=0)
    if seen.keeps is not None:
        memory = replace(memory, num_kept=memory.num_kept + 1 if seen.keeps else 0)
    return memory if memory.unused_since_s is not None else replace(memory, unused_since_s=seen.now_s)


def _of_worker(memory: Memory, seen: Seen, assignment: Assignment) -> tuple[Memory, Move]:
    limits, host = assignment.limits, assignment.head[0]
    if limits.life_s is not None and seen.now_s - memory.born_s > limits.life_s:
        return memory, _end(f"it is older than {limits.life_s / 3600:g} hours")
    if memory.network_s is None:
        return memory, _unless_late(seen, memory.born_s, limits.network_s, "it has no address in the private network")
    if memory.head_seen_s is None:
        return memory, _unless_late(seen, memory.network_s, limits.head_s, f"the head ({host}) does not answer")
    if memory.drained_since_s is not None:
        return memory, _unless_late(
            seen, memory.drained_since_s, limits.drained_s, "the cluster has let it go, and left it there"
        )
    if memory.has_joined and seen.ray is Life.ABSENT:
        return memory, _end("Ray is gone")
    if seen.ray is Life.UP:
        late = _unless_late(seen, memory.head_seen_s, limits.lost_head_s, f"the head ({host}) does not answer any more")
        return _of_unused(memory, seen, limits) if late is _WAIT else (memory, late)
    if seen.ray is Life.STARTING and memory.ray_started_s is not None:
        return memory, _unless_late(seen, memory.ray_started_s, limits.start_s, "Ray does not come up")
    if memory.num_starts >= _TRIES:
        return memory, _end(f"Ray ended {_TRIES} times before it had joined")
    return _started(memory, seen)


def _of_unused(memory: Memory, seen: Seen, limits: Limits) -> tuple[Memory, Move]:
    """Whom nobody needs is let go by the autoscaler, unless its Ray keeps a place that a head had asked for when it died."""
    if memory.num_kept >= _TIMES_KEPT:
        return memory, _end(f"Ray keeps a place here for which there is no process, for {_TIMES_KEPT * limits.unused_s:.0f} s")
    if memory.unused_since_s is None or seen.now_s - memory.unused_since_s <= limits.unused_s:
        return memory, _WAIT
    return replace(memory, unused_since_s=seen.now_s), Move(act=Act.ASK_RAY)


def _of_head(memory: Memory, seen: Seen, assignment: Assignment) -> tuple[Memory, Move]:
    limits = assignment.limits
    if memory.down_since_s is not None and seen.now_s - memory.down_since_s > limits.down_s:
        return memory, Move(act=Act.GIVE_UP, reason=f"Ray has not come up for {limits.down_s:.0f} s")
    if memory.network_s is None:
        return memory, _WAIT
    if seen.ray in (Life.ABSENT, Life.DRAINED) and _rested(memory.ray_started_s, memory.num_starts, seen):
        return _started(memory, seen)
    if seen.ray is Life.UP and not seen.api_runs and _rested(memory.api_started_s, memory.num_api_starts, seen):
        later = replace(memory, api_started_s=seen.now_s, num_api_starts=memory.num_api_starts + 1)
        return later, Move(act=Act.START_API)
    if seen.api_runs and memory.api_started_s is not None and seen.now_s - memory.api_started_s > _LONGEST_PAUSE_S:
        memory = replace(memory, num_api_starts=0)
    return memory, _WAIT


def _started(memory: Memory, seen: Seen) -> tuple[Memory, Move]:
    later = replace(memory, ray_started_s=seen.now_s, num_starts=memory.num_starts + 1)
    return later, Move(act=Act.START_RAY)


def _rested(started_s: float | None, num_starts: int, seen: Seen) -> bool:
    """Twice as long after each start that came to nothing."""
    pause_s = min(2.0**num_starts, _LONGEST_PAUSE_S) if num_starts else 0.0
    return started_s is None or seen.now_s - started_s >= pause_s


def _unless_late(seen: Seen, since_s: float, limit_s: float, what: str) -> Move:
    return _end(f"{what}, for {limit_s:.0f} s") if seen.now_s - since_s > limit_s else _WAIT


def _end(reason: str) -> Move:
    return Move(act=Act.END, reason=reason)
