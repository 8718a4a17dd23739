"""How long the first beat of a renderer takes, from its start and from when it was ready. Fed with every survey."""

from __future__ import annotations

from episodes.fleet import FleetReport, RendererState

_READY = frozenset({RendererState.IDLE, RendererState.BUSY})


class Starts:
    """Of renderers whose start was seen. The time that one stands ready before it is given its first beat is nobody's cost: it counts nowhere."""

    def __init__(self) -> None:
        self._began_s: dict[str, float] = {}
        """Renderer → when it was started; until it is ready."""
        self._took_s: dict[str, float] = {}
        """Renderer → how long it took to get ready; until its first beat is done."""

    def saw(self, report: FleetReport, now_s: float) -> None:
        """`now_s`: when the survey began, which is when it started whom it started."""
        for renderer in report.renderers:
            if renderer.state is RendererState.STARTING and not renderer.was_found:
                self._began_s.setdefault(renderer.name, now_s)
                self._took_s.pop(renderer.name, None)
            elif renderer.state in _READY and renderer.name in self._began_s:
                self._took_s[renderer.name] = now_s - self._began_s.pop(renderer.name)
        there = {r.name for r in report.renderers if r.state is not RendererState.ABSENT}
        self._began_s = {name: at_s for name, at_s in self._began_s.items() if name in there}
        self._took_s = {name: seconds for name, seconds in self._took_s.items() if name in there}

    def first_beat(self, renderer: str) -> float | None:
        """Seconds from its start until it was ready, asked when a beat of its is done; None: it was not its first."""
        return self._took_s.pop(renderer, None)
