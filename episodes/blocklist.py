"""Renderers that fail beat after beat: after three different ones in a row, their work goes elsewhere (Flamenco's rule)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from episodes.errors import FailureClass
from episodes.fleet import RendererReport, RendererState

MAX_BEATS_IN_A_ROW = 3
"""One bad beat fails everywhere, two may be chance."""

BLAMED = frozenset({FailureClass.RESOURCE, FailureClass.CRASH, FailureClass.OUTPUT})
"""Classes that may be the renderer's fault; a request that can never work and a store that is down are not."""


class Blocklist:
    """Streaks of failures per renderer. A renderer has one backend, so that its name stands for the kind too.

    A streak outlasts its renderer's crashes, and whoever is there after the last of them is blocked; whoever is started in place of a
    blocked one gets another chance.
    """

    def __init__(self) -> None:
        self._streaks: dict[str, list[tuple[str, str]]] = {}
        self._recorded: dict[str, str] = {}
        """Renderer → the incarnation that an earlier coordinator had blocked; until a survey tells whether that lives."""
        self._incarnations: dict[str, str] = {}
        """Blocked renderer → the process that is blocked, once a survey has seen it."""

    def were_blocked(self, incarnations: Mapping[str, str]) -> None:
        """As an earlier coordinator recorded it: renderer → incarnation. Whoever was started anew since gets another chance."""
        self._recorded = dict(incarnations)

    def saw(self, renderers: Iterable[RendererReport]) -> None:
        there = {r.name: r for r in renderers if r.state is not RendererState.ABSENT}
        for name, blocked in list(self._incarnations.items()):
            if name not in there or there[name].incarnation not in ("", blocked):
                del self._incarnations[name]
                self._streaks.pop(name, None)
        for name, renderer in there.items():
            if not renderer.incarnation:
                continue
            if self._recorded.pop(name, "") == renderer.incarnation or self.is_blocked(name):
                self._incarnations[name] = renderer.incarnation

    def failed(self, renderer: str, beat: tuple[str, str], failure_class: FailureClass) -> bool:
        """`beat`: episode and beat id. True when this very failure blocks the renderer."""
        if failure_class not in BLAMED:
            return False
        streak = self._streaks.setdefault(renderer, [])
        if beat in streak:
            return False
        streak.append(beat)
        return len(streak) == MAX_BEATS_IN_A_ROW

    def succeeded(self, renderer: str) -> None:
        if not self.is_blocked(renderer):
            self._streaks.pop(renderer, None)

    def is_blocked(self, renderer: str) -> bool:
        return renderer in self._incarnations or len(self._streaks.get(renderer, ())) >= MAX_BEATS_IN_A_ROW

    def blocked(self) -> frozenset[str]:
        return frozenset(name for name in (*self._incarnations, *self._streaks) if self.is_blocked(name))
