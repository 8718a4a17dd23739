"""Renderers that fail beat after beat: after three different ones in a row, their work goes elsewhere (Flamenco's rule)."""

from __future__ import annotations

from episodes.errors import FailureClass

MAX_BEATS_IN_A_ROW = 3
"""One bad beat fails everywhere, two may be chance."""

BLAMED = frozenset({FailureClass.RESOURCE, FailureClass.CRASH, FailureClass.OUTPUT})
"""Classes that may be the renderer's fault; a request that can never work and a store that is down are not."""


class Blocklist:
    """Streaks of failures per renderer. A renderer has one backend, so that its name stands for the kind too."""

    def __init__(self) -> None:
        self._streaks: dict[str, list[tuple[str, str]]] = {}

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
        return len(self._streaks.get(renderer, ())) >= MAX_BEATS_IN_A_ROW

    def blocked(self) -> frozenset[str]:
        return frozenset(name for name in self._streaks if self.is_blocked(name))
