"""Who renders what next, and what becomes of a failed attempt. Pure: every case is a table row in the tests."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heapreplace
from random import Random

from episodes.errors import FailureClass
from episodes.fleet import RendererReport, RendererState
from episodes.model import ReadyBeat

MAX_COUNTED_ATTEMPTS = 3
"""Pods vanish in pairs when a host reboots; a third try lands elsewhere."""

MAX_CRASHES = 2
"""One death may be the machine's; a beat that kills a second renderer is a poison pill and holds nobody else up."""

MAX_UNCOUNTED_ATTEMPTS = 20
"""With the back-off below about half an hour of a store or network that is down."""

MAX_TROUBLED_S = 2 * 3600.0
"""Attempts that wait long before they fail must not go on for days: somebody should look at it."""

FIRST_BACK_OFF_S = 0.5
LONGEST_BACK_OFF_S = 120.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """One active episode at the moment of choosing."""

    episode_id: str
    num_rendering: int
    last_start: int
    """Rises with every start of any episode; 0: nothing was started for it yet."""
    ready: Sequence[ReadyBeat]
    """In story order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Start:
    ready: ReadyBeat
    renderer: str
    node: str


def choose_starts(candidates: Sequence[Candidate], fleet: Sequence[RendererReport], idle: Collection[str]) -> list[Start]:
    """Give idle renderers to ready beats: beat by beat to the episode with the fewest in flight, then the least recently served.

    `idle` names the renderers that may be given one beat each; `fleet` is everybody, so that a beat can wait for somebody
    who has not failed it yet.
    """
    free = _Free(fleet, idle)
    # a beat that finds nobody finds nobody later either, since the free only become fewer: each is looked at once
    queues = {c.episode_id: iter(c.ready) for c in candidates}
    turns = [(c.num_rendering, c.last_start, place, c.episode_id) for place, c in enumerate(candidates)]
    heapify(turns)
    next_start = max((c.last_start for c in candidates), default=0) + 1
    starts: list[Start] = []
    while turns and free:
        num_rendering, _, place, episode_id = turns[0]
        start = free.next_start(queues[episode_id])
        if start is None:
            heappop(turns)
            continue
        starts.append(start)
        heapreplace(turns, (num_rendering + 1, next_start, place, episode_id))
        next_start += 1
    return starts


_WILL_COME = frozenset({RendererState.BUSY, RendererState.STARTING, RendererState.IDLE})


class _Free:
    """Renderers that may be given a beat, by their backends; false when there are none."""

    def __init__(self, fleet: Sequence[RendererReport], idle: Collection[str]) -> None:
        names = set(idle)
        free = [r for r in fleet if r.name in names]
        self._of: defaultdict[str, OrderedDict[str, RendererReport]] = defaultdict(OrderedDict)
        for renderer in sorted(free, key=lambda r: r.is_parked):  # one that is parked has to come back first
            self._of[renderer.backend][renderer.name] = renderer
        self._num = len(free)
        # also who was idle when last asked: it is not among the free, so it was given a beat since, or is in doubt until the next survey
        self._will_come: defaultdict[str, list[str]] = defaultdict(list)
        for renderer in fleet:
            if renderer.state in _WILL_COME:
                self._will_come[renderer.backend].append(renderer.name)

    def __bool__(self) -> bool:
        return self._num > 0

    def next_start(self, queue: Iterator[ReadyBeat]) -> Start | None:
        """Of the first in the queue that somebody may render; those before it are passed over."""
        for ready in queue:
            renderer = self._renderer_for(ready)
            if renderer is not None:
                del self._of[renderer.backend][renderer.name]
                self._num -= 1
                return Start(ready=ready, renderer=renderer.name, node=renderer.node)
        return None

    def _renderer_for(self, ready: ReadyBeat) -> RendererReport | None:
        """One of the beat's backend that has not failed it; one that has, only when nobody else is left in the fleet.

        A beat whose failures do not count met outages only: it prefers another renderer, and does not wait for one.
        """
        of_kind = self._of[ready.beat.backend]
        fresh = next((r for r in of_kind.values() if r.name not in ready.avoid_renderers), None)
        if fresh is not None or not of_kind:
            return fresh
        if ready.num_counted == 0:
            return next(iter(of_kind.values()))
        others_will_come = any(name not in ready.avoid_renderers for name in self._will_come[ready.beat.backend])
        # all of them have failed it: by turns, so that one broken machine does not have all of its attempts
        return None if others_will_come else min(of_kind.values(), key=lambda r: ready.avoid_renderers.index(r.name))


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    counted: bool
    retry_in_s: float | None
    """None: give up."""
    is_quarantined: bool = False
    """It gives up because the beat kills its renderers."""


def after_failure(
    failure_class: FailureClass,
    *,
    num_counted: int,
    num_crashes: int,
    num_uncounted: int,
    troubled_for_s: float,
    random: Random,
) -> Verdict:
    """What follows a failed attempt, given the failures before it since the beat was planned, revised or retried.

    `troubled_for_s`: from the first uncounted one to the beginning of this attempt.
    """
    if failure_class is FailureClass.CONTENT:
        return Verdict(counted=True, retry_in_s=None)
    if failure_class is FailureClass.INFRA:
        spent = num_uncounted + 1 >= MAX_UNCOUNTED_ATTEMPTS or troubled_for_s >= MAX_TROUBLED_S
        return Verdict(counted=False, retry_in_s=None if spent else back_off_s(num_uncounted + 1, random))
    if failure_class is FailureClass.CRASH and num_crashes + 1 >= MAX_CRASHES:
        return Verdict(counted=True, retry_in_s=None, is_quarantined=True)
    spent = num_counted + 1 >= MAX_COUNTED_ATTEMPTS
    return Verdict(counted=True, retry_in_s=None if spent else back_off_s(num_counted + 1, random))


def back_off_s(num_failures: int, random: Random) -> float:
    """Doubling, with full jitter above its half, so that beats that failed together do not come back together."""
    ceiling = min(LONGEST_BACK_OFF_S, FIRST_BACK_OFF_S * 2.0 ** (num_failures - 1))
    return ceiling * (0.5 + random.random() / 2)
