"""What an episode may cost, and how long work like its own took, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from episodes.estimate import MAX_MEASURES, Measure
from episodes.money import Funds
from storage.memory.rows import AttemptRow, Rows
from storage.rules import budget_told, check_budget


class Paying(Rows):
    def set_budget(self, episode_id: str, budget_micros: int | None) -> Funds:
        with self._lock:
            row = self._episode(episode_id)
            attempts = (a for some in row.attempts.values() for a in some)
            num_unreserved = sum(a.is_open and a.shown.reserved_micros is None for a in attempts)
            check_budget(episode_id, budget_micros, row.funds, num_unreserved=num_unreserved)
            for beat in row.beats.values():
                beat.needs_micros = 0
            for take in row.takes.values():
                take.needs_micros = 0
            if row.funds.budget_micros != budget_micros:
                row.funds = replace(row.funds, budget_micros=budget_micros)
                self._tell(row, "episode.budget", budget=budget_told(budget_micros))
            return row.funds

    def measures(self, kinds: Sequence[str]) -> list[Measure]:
        with self._lock:
            newest_first = sorted(self._attempts.values(), key=lambda a: a.ended_at_s, reverse=True)
            found = [one for one in map(_measure, newest_first) if one is not None]
        return [one for kind in kinds for one in [m for m in found if m.kind == kind][:MAX_MEASURES]]


def _measure(attempt: AttemptRow) -> Measure | None:
    video = next((a.file for a in attempt.artifacts if a.artifact_type == "video"), None)
    if video is None or not attempt.shown.render_s or not video.duration_s or not video.width or not video.height:
        return None
    return Measure(
        kind=attempt.backend,
        render_s=attempt.shown.render_s,
        video_s=video.duration_s,
        num_pixels=video.width * video.height,
    )
