"""What an episode may cost, and how long work like its own took."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, func, literal, select, update

from episodes.estimate import MAX_MEASURES, Measure
from episodes.lifecycle import AttemptState
from episodes.money import Funds
from storage.episodes_sql.claim import Claim
from storage.episodes_sql.rows import is_in
from storage.rules import budget_told, check_budget
from storage.tables import ARTIFACTS, ATTEMPTS, BEATS, TAKES

_NUM_UNRESERVED = select(func.count()).where(
    ATTEMPTS.c.episode_id == bindparam("of_episode"), is_in(AttemptState.OPEN), ATTEMPTS.c.reserved_micros.is_(None)
)
_ASK_AGAIN = [
    update(table).where(table.c.episode_id == bindparam("of_episode"), table.c.needs_micros > 0).values(needs_micros=0)
    for table in (BEATS, TAKES)
]
_MEASURES = (
    select(
        ATTEMPTS.c.backend,
        ATTEMPTS.c.render_s,
        ARTIFACTS.c.duration_s,
        (ARTIFACTS.c.width * ARTIFACTS.c.height).label("num_pixels"),
    )
    .join_from(ATTEMPTS, ARTIFACTS)
    # spelled out, as in the index
    .where(ATTEMPTS.c.backend == bindparam("of_kind"), ATTEMPTS.c.render_s > literal(0, literal_execute=True))
    .where(ARTIFACTS.c.artifact_type == "video", ARTIFACTS.c.duration_s > 0, ARTIFACTS.c.width * ARTIFACTS.c.height > 0)
    .order_by(ATTEMPTS.c.ended_at.desc())
    .limit(MAX_MEASURES)
)


class Paying(Claim):
    def set_budget(self, episode_id: str, budget_micros: int | None) -> Funds:
        with self._episode_locked("set_budget", episode_id, None) as (connection, ledger, episode, _):
            num_unreserved = connection.scalar(_NUM_UNRESERVED, {"of_episode": episode_id}) or 0
            check_budget(episode_id, budget_micros, episode.funds, num_unreserved=num_unreserved)
            for ask_again in _ASK_AGAIN:
                connection.execute(ask_again, {"of_episode": episode_id})
            if episode.budget_micros != budget_micros:
                episode.budget_micros = budget_micros
                ledger.tell(episode, "episode.budget", budget=budget_told(budget_micros))
            return episode.funds

    def measures(self, kinds: Sequence[str]) -> list[Measure]:
        with self._reading() as connection:
            return [
                Measure(kind=kind, render_s=row.render_s, video_s=row.duration_s, num_pixels=row.num_pixels)
                for kind in kinds
                for row in connection.execute(_MEASURES, {"of_kind": kind})
            ]
