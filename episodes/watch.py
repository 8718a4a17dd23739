"""Who has been silent or stuck for too long: two separate limits, because a frozen process and an endless step look different."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from episodes.fleet import FleetReport, RendererReport, RendererState


@dataclass(frozen=True, kw_only=True, slots=True)
class Overdue:
    name: str
    """Of the renderer or publisher that is to be replaced."""
    reason: str


@dataclass(kw_only=True, slots=True)
class _Heard:
    at_s: float
    """When it last answered."""
    attempt_id: str | None
    share: float
    moved_at_s: float
    """When its attempt last came further."""


class Watch:
    """Remembers what each actor last said. Fed with every survey; says who is overdue."""

    def __init__(self, *, silence_s: float, stall_s: float, start_s: float) -> None:
        self._silence_s = silence_s
        self._stall_s = stall_s
        self._start_s = start_s
        self._ready_before: Collection[str] = ()
        self._starting: dict[str, float] = {}
        self._renderers: dict[str, _Heard] = {}
        self._publishers: dict[str, float] = {}

    def were_ready(self, names: Collection[str]) -> None:
        """As an earlier leader knew them: of these, who was found and does not answer is not starting, but silent."""
        self._ready_before = names

    def saw(self, report: FleetReport, now_s: float) -> list[Overdue]:
        """Take in a survey. Returns everybody who has to be replaced now, each once: they start afresh."""
        self._publishers |= dict.fromkeys((p.name for p in report.publishers), now_s)
        self._forget_all_but({r.name for r in report.renderers if r.state is not RendererState.ABSENT})
        overdue = [
            *(late for r in report.renderers if (late := self._judge(r, now_s)) is not None),
            *(late for name in report.silent_publishers if (late := self._judge_publisher(name, now_s)) is not None),
        ]
        for late in overdue:
            self._renderers.pop(late.name, None)
            self._publishers.pop(late.name, None)
            self._starting.pop(late.name, None)
        return overdue

    def _forget_all_but(self, there: Collection[str]) -> None:
        """Who comes back under a name is another process."""
        self._renderers = {name: heard for name, heard in self._renderers.items() if name in there}
        self._starting = {name: since_s for name, since_s in self._starting.items() if name in there}

    def _judge(self, report: RendererReport, now_s: float) -> Overdue | None:
        if report.state is RendererState.ABSENT:
            return None
        if report.state is RendererState.STARTING:
            self._renderers.pop(report.name, None)
            if report.was_found and report.name in self._ready_before:
                return self._judge_silence(report.name, self._starting.setdefault(report.name, now_s), now_s)
            if now_s - self._starting.setdefault(report.name, now_s) > self._start_s:
                return Overdue(name=report.name, reason=f"{report.name} did not get ready within {self._start_s:.0f} s.")
            return None
        self._starting.pop(report.name, None)
        heard = self._renderers.get(report.name)
        if report.state is not RendererState.SILENT:
            heard = self._renderers[report.name] = _update(heard, report, now_s)
            if report.attempt_id is not None and now_s - heard.moved_at_s > self._stall_s:
                return Overdue(name=report.name, reason=f"{report.name} made no progress for {self._stall_s:.0f} s.")
            return None
        if heard is None:
            heard = self._renderers[report.name] = _Heard(at_s=now_s, attempt_id=None, share=0.0, moved_at_s=now_s)
        return self._judge_silence(report.name, heard.at_s, now_s)

    def _judge_publisher(self, name: str, now_s: float) -> Overdue | None:
        return self._judge_silence(name, self._publishers.setdefault(name, now_s), now_s)

    def _judge_silence(self, name: str, heard_s: float, now_s: float) -> Overdue | None:
        if now_s - heard_s > self._silence_s:
            return Overdue(name=name, reason=f"{name} gave no sign of life for {self._silence_s:.0f} s.")
        return None


def _update(heard: _Heard | None, report: RendererReport, now_s: float) -> _Heard:
    moved = heard is None or heard.attempt_id != report.attempt_id or heard.share != report.share
    moved_at_s = now_s if moved or heard is None else heard.moved_at_s
    return _Heard(at_s=now_s, attempt_id=report.attempt_id, share=report.share, moved_at_s=moved_at_s)
