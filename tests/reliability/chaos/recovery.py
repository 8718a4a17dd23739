"""How long it took to go on after a blow, and how many renders it cost: from what renderers and the database wrote down themselves."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.reliability.chaos.diary import Render
from tests.reliability.chaos.nemesis import Blow
from tests.reliability.chaos.records import AttemptRow
from tests.reliability.chaos.schedule import Kind

AFTERMATH_S = 5.0
"""So long after its end a fault may still hold up others."""
HOLDS_UP = frozenset(
    {
        Kind.KILL_COORDINATOR,
        Kind.FREEZE_COORDINATOR,
        Kind.KILL_NODE,
        Kind.STOP_DATABASE,
        Kind.CUT_STORE,
        Kind.FREEZE_PUBLISHER,
        Kind.KILL_EVERYTHING,
    }
)
"""Faults that nobody can go on during: what recovers meanwhile says nothing about its own recovery."""


@dataclass(kw_only=True)
class Figure:
    """Samples of one recovery. `disturbed` ones had another fault in their time."""

    name: str
    aim: float
    unit: str = "s"
    samples: list[float] = field(default_factory=list)
    disturbed: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.name}: {_said(self.samples, self.unit)} (aim {self.aim:g}); among other faults: {_said(self.disturbed, self.unit)}"

    def row(self) -> str:
        """Of a Markdown table."""
        cells = (self.name, f"{self.aim:g}", *_numbers(self.samples), *_numbers(self.disturbed))
        return f"| {' | '.join(cells)} |"


HEADER = (
    "| | aim | runs | median | 95th percentile | runs among other faults | median | 95th percentile |",
    "|---|---|---|---|---|---|---|---|",
)


def _numbers(samples: Sequence[float]) -> tuple[str, str, str]:
    if not samples:
        return "0", "", ""
    return str(len(samples)), f"{statistics.median(samples):.1f}", f"{percentile(samples, 0.95):.1f}"


def _said(samples: Sequence[float], unit: str) -> str:
    if not samples:
        return "none"
    number, median, high = _numbers(samples)
    return f"{number} runs, median {median} {unit}, 95 % {high} {unit}, most {max(samples):.1f} {unit}"


def percentile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that this share of all does not exceed."""
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


class Recovery:
    """Reads the figures out of one run."""

    def __init__(self, blows: Sequence[Blow], renders: Sequence[Render], attempts: Sequence[AttemptRow]) -> None:
        self._blows = blows
        self._renders = renders
        self._attempts = attempts
        self._by_id = {a.attempt_id: a for a in attempts}

    def figures(self) -> list[Figure]:
        killed = Figure(name="renderer killed → the beat's next attempt runs", aim=5)
        frozen = Figure(name="renderer frozen → the beat's next attempt runs", aim=35)
        led = Figure(name="coordinator killed → progress", aim=10)
        all_up = Figure(name="everything killed → progress, after the start", aim=15)
        wasted_by_renderer = Figure(name="renders wasted per renderer killed", aim=1, unit="renders")
        wasted_by_coordinator = Figure(name="renders wasted per coordinator killed", aim=0, unit="renders")
        for blow in self._blows:
            match blow.kind:
                case Kind.KILL_RENDERER:
                    self._add(killed, blow, self._next_render_s(blow))
                    self._add(wasted_by_renderer, blow, self._wasted_by_renderer(blow), within_s=AFTERMATH_S)
                case Kind.FREEZE_RENDERER:
                    self._add(frozen, blow, self._next_render_s(blow))
                case Kind.KILL_COORDINATOR:
                    self._add(led, blow, self._progress_s(blow.at))
                    self._add(wasted_by_coordinator, blow, self._wasted_by_coordinator(blow), within_s=AFTERMATH_S)
                case Kind.KILL_EVERYTHING:
                    self._add(all_up, blow, self._progress_s(blow.ended_at))
                case _:
                    pass
        return [killed, frozen, led, all_up, wasted_by_renderer, wasted_by_coordinator]

    def _add(self, figure: Figure, blow: Blow, value: float | None, within_s: float | None = None) -> None:
        if value is None:
            return
        until = blow.ended_at + (value if within_s is None else within_s)
        (figure.disturbed if self._is_disturbed(blow, until) else figure.samples).append(value)

    def _is_disturbed(self, blow: Blow, until: float) -> bool:
        others = (b for b in self._blows if b is not blow and b.kind in HOLDS_UP)
        return any(other.at < until and other.ended_at + AFTERMATH_S > blow.at for other in others)

    def _next_render_s(self, blow: Blow) -> float | None:
        """None: it had nothing in hand that was rendered again."""
        lost = self._in_hand(blow)
        if lost is None or lost.state == "SELECTED":
            return None
        beat = (lost.episode_id, lost.beat_id, lost.revision)
        for render in self._renders:
            attempt = self._by_id.get(render.attempt_id)
            if attempt is None or render.began_at <= blow.at or attempt is lost:
                continue
            if (attempt.episode_id, attempt.beat_id, attempt.revision) == beat:
                return render.began_at - blow.at
        return None

    def _in_hand(self, blow: Blow) -> AttemptRow | None:
        for render in self._renders:
            is_his = render.pid == blow.pid and render.began_at <= blow.at
            if is_his and (render.ended_at is None or render.ended_at > blow.at):
                return self._by_id.get(render.attempt_id)
        return None

    def _progress_s(self, since: float) -> float | None:
        """Until the coordinator wrote anything about an attempt."""
        moments = [at for a in self._attempts for at in (a.opened_at, a.ended_at) if at is not None and at > since]
        return min(moments) - since if moments else None

    def _wasted_by_renderer(self, blow: Blow) -> float:
        return float(len([a for a in self._lost_of(blow) if a.renderer == blow.victim]))

    def _wasted_by_coordinator(self, blow: Blow) -> float:
        """Of what was in the air, what failed without a fault of its own."""
        return float(len([a for a in self._lost_of(blow) if not self._was_hit(a)]))

    def _lost_of(self, blow: Blow) -> list[AttemptRow]:
        return [a for a in self._attempts if a.was_open_at(blow.at) and a.state == "FAILED"]

    def _was_hit(self, attempt: AttemptRow) -> bool:
        """Another blow fell while it was open."""
        ended_at = attempt.ended_at or math.inf
        others = (b for b in self._blows if b.kind not in (Kind.KILL_COORDINATOR, Kind.KILL_API))
        return any(attempt.opened_at - AFTERMATH_S <= b.ended_at and b.at <= ended_at for b in others)
