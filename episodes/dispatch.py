"""Who renders what next, and what becomes of a failed attempt. Pure: every case is a table row in the tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


def choose_starts(candidates: Sequence[Candidate], fleet: Sequence[RendererReport], idle: Sequence[str]) -> list[Start]:
    """Give idle renderers to ready beats: beat by beat to the episode with the fewest in flight, then the least recently served.

    `idle` names the renderers that may be given one beat each; `fleet` is everybody, so that a beat can wait for somebody
    who has not failed it yet.
    """
    free = [r for r in fleet if r.name in set(idle)]
    queues = {c.episode_id: list(c.ready) for c in candidates}
    shares = {c.episode_id: (c.num_rendering, c.last_start) for c in candidates}
    next_start = max((c.last_start for c in candidates), default=0) + 1
    starts: list[Start] = []
    while free:
        match = _next_match(queues, shares, fleet, free)
        if match is None:
            break
        starts.append(match)
        queues[match.ready.episode_id].remove(match.ready)
        shares[match.ready.episode_id] = (shares[match.ready.episode_id][0] + 1, next_start)
        next_start += 1
        free = [r for r in free if r.name != match.renderer]
    return starts


def _next_match(
    queues: Mapping[str, Sequence[ReadyBeat]],
    shares: Mapping[str, tuple[int, int]],
    fleet: Sequence[RendererReport],
    free: Sequence[RendererReport],
) -> Start | None:
    for episode_id in sorted(queues, key=lambda e: shares[e]):
        for ready in queues[episode_id]:
            renderer = _renderer_for(ready, fleet, free)
            if renderer is not None:
                return Start(ready=ready, renderer=renderer.name, node=renderer.node)
    return None


def _renderer_for(ready: ReadyBeat, fleet: Sequence[RendererReport], free: Sequence[RendererReport]) -> RendererReport | None:
    """A free renderer of the beat's backend that has not failed it; one that has, only when nobody else is left in the fleet.

    One that is parked has to come back first, so who is not is preferred. A beat whose failures do not count met outages only: it
    prefers another renderer, and does not wait for one.
    """
    of_kind = sorted((r for r in free if r.backend == ready.beat.backend), key=lambda r: r.is_parked)
    if not ready.avoid_renderers or not of_kind:
        return of_kind[0] if of_kind else None
    fresh = [r for r in of_kind if r.name not in ready.avoid_renderers]
    if fresh:
        return fresh[0]
    if ready.num_counted == 0:
        return of_kind[0]
    # also who was idle when last asked: it is not among the free, so it was given a beat since, or is in doubt until the next survey
    others_will_come = any(
        r.backend == ready.beat.backend
        and r.name not in ready.avoid_renderers
        and r.state in (RendererState.BUSY, RendererState.STARTING, RendererState.IDLE)
        for r in fleet
    )
    # all of them have failed it: by turns, so that one broken machine does not have all of its attempts
    return None if others_will_come else min(of_kind, key=lambda r: ready.avoid_renderers.index(r.name))


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
