"""Keeps the fleet as large as its beats need it: surveys it, has renderers started, parked and let go."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping

from episodes.agenda import Agenda
from episodes.air import Air
from episodes.blocklist import MAX_BEATS_IN_A_ROW, Blocklist
from episodes.fleet import RendererReport, RendererState
from episodes.model import KindNote, ReadyBeat
from episodes.parts import Parts
from episodes.roster import Roster
from episodes.sizing import Needs, Sizing
from episodes.starts import Starts

log = logging.getLogger("storyworld.coordinator")


class Staffing:
    """Of one term. What it decides by is pure (`sizing`); here it is done."""

    def __init__(self, *, parts: Parts, roster: Roster, agenda: Agenda, air: Air, blocklist: Blocklist) -> None:
        self._fleet = parts.fleet
        self._clock = parts.clock
        self._roster = roster
        self._agenda = agenda
        self._air = air
        self._blocklist = blocklist
        self.kinds = parts.fleet.kinds()
        self.starts = Starts()
        self._is_elastic = any(kind.min_count < len(kind.renderers) for kind in self.kinds)
        self._sizing = Sizing(self.kinds)
        self._asked_for: frozenset[str] = frozenset()

    async def survey(self) -> None:
        """Ask everybody, with those started who are wanted and not there; then let go of who was not needed for long."""
        began_s = self._clock.now_s()
        self._asked_for = self._wanted()
        self._roster.saw(await self._fleet.survey(self._asked_for), began_s)
        self._blocklist.saw(self._roster.report.renderers)
        self.starts.saw(self._roster.report, began_s)
        leave = self._sizing.saw(self._roster.report, self._needs(), self._clock.now_s())
        self._roster.dismiss(leave.retired)  # before anything is awaited: nobody gives them a beat meanwhile
        for name in leave.retired:
            log.info("renderer.retired", extra={"renderer": name})
            await self._fleet.retire(name)
        for name in leave.parked:
            await self._fleet.park(name)

    def is_short(self) -> bool:
        """Somebody is wanted of whom the last survey did not know."""
        if not self._is_elastic:
            return False
        lacking = self._sizing.lacking(self._roster.report, self._needs(), self._clock.now_s())
        unasked = {name for name in lacking if name not in self._asked_for}
        return bool(unasked) and not unasked.issubset(r.name for r in self._roster.report.renderers)

    def eligible(self) -> list[RendererReport]:
        """Everybody who gets beats, now or when free."""
        return self._roster.all_but(self._blocklist.blocked())

    def hoped_for(self) -> list[RendererReport]:
        """Those of them who might get ready: nobody tries to start who is absent and not needed."""
        waiting = self._agenda.num_ready()
        return [r for r in self.eligible() if r.state is not RendererState.ABSENT or waiting[r.backend]]

    def impossible(self) -> Mapping[str, str]:
        """Kind → why nobody of it can ever start here."""
        return self._roster.report.impossible

    def possible(self) -> set[str]:
        """Kinds of which not all renderers are blocked."""
        blocked = self._blocklist.blocked()
        return {kind.name for kind in self.kinds if not blocked.issuperset(kind.renderers)}

    def why_impossible(self, ready: ReadyBeat, possible: Collection[str], in_vain: Mapping[str, str]) -> str:
        """Empty: somebody can render it, or may yet get ready. A beat that can fall back does not wait for that without end.

        `in_vain`: backend → why waiting for it is in vain.
        """
        backend = ready.beat.backend
        if backend in possible:
            return in_vain.get(backend, "") if ready.fallbacks else ""
        there = [kind.name for kind in self.kinds if kind.renderers]
        if backend in there:
            return f"No eligible renderer: all for {backend!r} are blocked after failing {MAX_BEATS_IN_A_ROW} beats in a row."
        return f"No eligible renderer: this fleet has none for {backend!r}, only {', '.join(sorted(there)) or 'nobody'}."

    def was_used(self, renderer: str) -> None:
        """It was given a beat."""
        self._sizing.was_used(renderer)

    def kind_notes(self) -> tuple[KindNote, ...]:
        return self._sizing.notes(self._clock.now_s())

    def _wanted(self) -> frozenset[str]:
        return self._sizing.wanted(self._roster.report, self._needs(), self._clock.now_s())

    def _needs(self) -> Needs:
        return Needs(
            ready=self._agenda.num_ready(),
            busy=self._roster.busy(),
            held=self._air.renderers(),
            blocked=self._blocklist.blocked(),
        )
