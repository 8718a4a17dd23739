"""Who is free to render: the last survey, corrected by what happened since."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from episodes.fleet import MAX_PREVIEW_BYTES, FleetReport, Preview, RendererReport, RendererState
from episodes.model import OpenAttempt, RendererNote


class Roster:
    """Renderers as the leader knows them. A survey is older than what was handed out and handed over meanwhile."""

    def __init__(self) -> None:
        self.report = FleetReport()
        self.is_surveyed = False
        """Before the first survey nobody is known, which does not mean that nobody is there."""
        self._occupied: dict[str, str] = {}
        """Renderer → the attempt that it was given and has not handed over."""
        self._doubtful: dict[str, float] = {}
        """Renderer → when it was lost; it gets nothing until a later survey finds it alive."""
        self._handed_over: set[str] = set()
        """Attempts whose renderer is free again, though an older report may still call it busy."""
        self._handed_over_since: set[str] = set()
        """Those of them that were handed over since the last survey: the next one may have asked their renderer before that."""

    def saw(self, report: FleetReport, began_s: float) -> None:
        self.report = report
        self.is_surveyed = True
        named = self._handed_over.intersection(r.attempt_id for r in report.renderers if r.attempt_id is not None)
        self._handed_over, self._handed_over_since = named | self._handed_over_since, set()
        self._doubtful = {name: lost_s for name, lost_s in self._doubtful.items() if lost_s >= began_s}

    def occupy(self, renderer: str, attempt_id: str) -> None:
        self._occupied[renderer] = attempt_id

    def free(self, renderer: str, attempt_id: str) -> None:
        """The renderer has nothing more to do with the attempt."""
        if self._occupied.get(renderer) == attempt_id:
            del self._occupied[renderer]
            self._handed_over.add(attempt_id)
            self._handed_over_since.add(attempt_id)

    def doubt(self, renderer: str, attempt_id: str, now_s: float) -> None:
        """An attempt's answer was lost; while the renderer had it, the renderer may be gone too."""
        if self._occupied.get(renderer) == attempt_id:
            self._doubtful[renderer] = now_s
            self.free(renderer, attempt_id)

    def dismiss(self, names: Collection[str]) -> None:
        """They get nothing more, and are not there until a later survey finds them after all."""
        stay = tuple(r for r in self.report.renderers if r.name not in names)
        self.report = replace(self.report, renderers=stay)

    def busy(self) -> set[str]:
        """Who has a beat in hand."""
        reported = (r.name for r in self.report.renderers if r.attempt_id is not None and r.attempt_id not in self._handed_over)
        return {*self._occupied, *reported}

    def all_but(self, names: Collection[str]) -> list[RendererReport]:
        return [r for r in self.report.renderers if r.name not in names]

    def idle(self, but_for: Collection[str] = ()) -> list[str]:
        full = {p.node for p in self.report.publishers if not p.has_room}
        return [
            r.name
            for r in self.report.renderers
            if r.name not in self._occupied
            and r.name not in but_for
            and r.name not in self._doubtful
            and r.node not in full
            and (r.state is RendererState.IDLE or (r.state is RendererState.BUSY and r.attempt_id in self._handed_over))
        ]

    def may_be_rendered(self, attempt: OpenAttempt) -> bool:
        """Its renderer has it in hand, or does not say; and no publisher has it."""
        if any(attempt.attempt_id in publisher.shares for publisher in self.report.publishers):
            return False
        theirs = (r for r in self.report.renderers if r.name == attempt.renderer)
        return any(r.attempt_id == attempt.attempt_id or r.state is RendererState.SILENT for r in theirs)

    def shares(self) -> dict[str, float]:
        """Attempt → share of its work done, by whoever has it."""
        shares = {r.attempt_id: r.share for r in self.report.renderers if r.attempt_id is not None}
        for publisher in self.report.publishers:
            shares.update(publisher.shares)
        return shares

    def previews(self) -> dict[str, Preview]:
        """Attempt → how it looks so far."""
        shown = ((r.attempt_id, r.preview) for r in self.report.renderers)
        return {
            attempt_id: preview
            for attempt_id, preview in shown
            if attempt_id is not None and preview is not None and len(preview.jpeg) <= MAX_PREVIEW_BYTES
        }

    def notes(self, blocked: Mapping[str, str]) -> tuple[RendererNote, ...]:
        """For people. `blocked`: renderer → why it gets nothing."""
        return tuple(
            RendererNote(
                name=r.name,
                backend=r.backend,
                state=r.state,
                node=r.node,
                incarnation=r.incarnation,
                attempt_id=r.attempt_id,
                blocked_reason=blocked.get(r.name, ""),
                is_parked=r.is_parked,
                start_failure=r.start_failure,
                no_room=r.no_room,
            )
            for r in self.report.renderers
        )
