"""How many renderers of each kind there should be, and who has had nothing to do for too long. Does nothing itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from episodes.fleet import FleetReport, Kind, RendererReport, RendererState
from episodes.model import KindNote

FIRST_BACK_OFF_S = 1.0
LONGEST_BACK_OFF_S = 60.0
"""A model that is not there, or a driver that does not fit: somebody has to look at it, and trying again costs a pod's time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Needs:
    """What renderers are needed for now."""

    ready: Mapping[str, int] = field(default_factory=dict)
    """Kind → beats that could start now."""
    busy: Collection[str] = ()
    """Renderers with a beat in hand."""
    held: Collection[str] = ()
    """Renderers some of whose work is not stored yet."""
    blocked: Collection[str] = ()
    """Renderers that get no beats."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Leave:
    """Who is not needed."""

    retired: tuple[str, ...] = ()
    parked: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Failing:
    num_failed: int
    at_s: float
    """When it was seen to fail the last time."""

    @property
    def back_off_s(self) -> float:
        return min(LONGEST_BACK_OFF_S, FIRST_BACK_OFF_S * 2.0 ** (self.num_failed - 1))


class Sizing:
    """Remembers since when each renderer has been idle, and which kinds fail to start. One per term: its clocks begin with it.

    As many of a kind as there are beats for it are wanted, at least its `min_count`. Who is there stays wanted, so that one
    beat after the other does not make renderers come and go, until it was not needed for the kind's `retire_after_s`.
    """

    def __init__(self, kinds: Sequence[Kind]) -> None:
        self._kinds = kinds
        self._spare_since: dict[str, float] = {}
        """Renderer → since when others were enough."""
        self._idle_since: dict[str, float] = {}
        """Renderer → since when it had nothing to do."""
        self._failing: dict[str, _Failing] = {}
        """Kinds whose last start failed."""
        self._report = FleetReport()
        self._there: Mapping[str, Sequence[RendererReport]] = _there(kinds, self._report)
        """Kind → who of it is there, by that report: asked for many times between two surveys."""

    def wanted(self, report: FleetReport, needs: Needs, now_s: float) -> frozenset[str]:
        """The names of those who should be there. Others may be, until they are retired."""
        there = (r.name for some in self._who_is_there(report).values() for r in some)
        return frozenset((*there, *self.lacking(report, needs, now_s)))

    def lacking(self, report: FleetReport, needs: Needs, now_s: float) -> list[str]:
        """Those of the wanted who are not there."""
        there = self._who_is_there(report)
        return [name for kind in self._kinds for name in self._lacking(kind, there[kind.name], needs, now_s)]

    def _lacking(self, kind: Kind, there: Sequence[RendererReport], needs: Needs, now_s: float) -> list[str]:
        num_fit = len(there) - (sum(r.name in needs.blocked for r in there) if needs.blocked else 0)
        num_lacking = _num_needed(kind, there, needs) - num_fit
        if num_lacking <= 0 or now_s < self._tried_again_at_s(kind):
            return []
        names = {r.name for r in there}
        return [name for name in kind.renderers if name not in names and name not in needs.blocked][:num_lacking]

    def _who_is_there(self, report: FleetReport) -> Mapping[str, Sequence[RendererReport]]:
        if report is not self._report:
            self._report, self._there = report, _there(self._kinds, report)
        return self._there

    def saw(self, report: FleetReport, needs: Needs, now_s: float) -> Leave:
        """Take in a survey. Who is to be retired is named until it is gone, or is needed again."""
        there = self._who_is_there(report)
        spare = [r for kind in self._kinds for r in _spare(kind, there[kind.name], needs)]
        idle = [r for r in report.renderers if r.state is RendererState.IDLE and r.name not in needs.busy]
        self._spare_since = {r.name: self._spare_since.get(r.name, now_s) for r in spare}
        self._idle_since = {r.name: self._idle_since.get(r.name, now_s) for r in idle}
        retired: list[str] = []
        parked: list[str] = []
        for kind in self._kinds:
            self._note_failures(kind, report, now_s)
            retired += self._retired(kind, there[kind.name], now_s)
            parked += self._parked(kind, there[kind.name], now_s)
        return Leave(retired=tuple(retired), parked=tuple(name for name in parked if name not in retired))

    def was_used(self, renderer: str) -> None:
        """It was given a beat; one that is rendered between two surveys leaves no other trace."""
        self._spare_since.pop(renderer, None)
        self._idle_since.pop(renderer, None)

    def notes(self, now_s: float) -> tuple[KindNote, ...]:
        """For people, and for whoever chooses a kind."""
        return tuple(
            KindNote(
                name=kind.name,
                count=len(kind.renderers),
                min_count=kind.min_count,
                costs_per_clip=kind.costs_per_clip,
                back_off_s=self._failing[kind.name].back_off_s if now_s < self._tried_again_at_s(kind) else 0.0,
                impossible=self._report.impossible.get(kind.name, ""),
            )
            for kind in self._kinds
        )

    # --- who leaves ---

    def _retired(self, kind: Kind, there: Sequence[RendererReport], now_s: float) -> list[str]:
        """Who was spare for longest goes first, and `min_count` stay."""
        spare = [r.name for r in there if r.name in self._spare_since and _may_go(r)]
        late = [name for name in spare if now_s - self._spare_since[name] >= kind.retire_after_s]
        return sorted(late, key=lambda name: self._spare_since[name])[: max(0, len(there) - kind.min_count)]

    def _parked(self, kind: Kind, there: Sequence[RendererReport], now_s: float) -> list[str]:
        """Each is told once in so long, whether it has anything to park or not."""
        if kind.park_after_s is None:
            return []
        idle = [r.name for r in there if r.name in self._idle_since and not r.is_parked]
        late = [name for name in idle if now_s - self._idle_since[name] >= kind.park_after_s]
        self._idle_since |= dict.fromkeys(late, now_s)
        return late

    # --- who cannot start ---

    def _note_failures(self, kind: Kind, report: FleetReport, now_s: float) -> None:
        num_failed = max((r.num_failed_starts for r in report.renderers if r.backend == kind.name), default=0)
        failing = self._failing.get(kind.name)
        if num_failed == 0:
            self._failing.pop(kind.name, None)
        elif failing is None or failing.num_failed != num_failed:
            self._failing[kind.name] = _Failing(num_failed=num_failed, at_s=now_s)

    def _tried_again_at_s(self, kind: Kind) -> float:
        failing = self._failing.get(kind.name)
        return float("-inf") if failing is None else failing.at_s + failing.back_off_s


def _there(kinds: Sequence[Kind], report: FleetReport) -> dict[str, list[RendererReport]]:
    there: dict[str, list[RendererReport]] = {kind.name: [] for kind in kinds}
    for renderer in report.renderers:
        if renderer.state is not RendererState.ABSENT and renderer.backend in there:
            there[renderer.backend].append(renderer)
    return there


def _num_needed(kind: Kind, there: Sequence[RendererReport], needs: Needs) -> int:
    num_busy = sum(r.name in needs.busy and r.name not in needs.blocked for r in there)
    return max(kind.min_count, num_busy + needs.ready.get(kind.name, 0))


def _spare(kind: Kind, there: Sequence[RendererReport], needs: Needs) -> list[RendererReport]:
    """Beyond those that are needed: who works, then who is ready, then who is starting. Who is blocked is no help to anybody."""
    in_use = {*needs.busy, *needs.held}
    fit = [r for r in there if r.name not in needs.blocked]
    fit.sort(key=lambda r: (r.name not in in_use, r.state is RendererState.STARTING))
    needed = {r.name for r in fit[: _num_needed(kind, there, needs)]}
    return [r for r in there if r.name not in needed and r.name not in in_use]


def _may_go(report: RendererReport) -> bool:
    """It has nothing in hand. Of one that is silent, or was only found, that is not known."""
    return report.state is RendererState.IDLE or (report.state is RendererState.STARTING and not report.was_found)
