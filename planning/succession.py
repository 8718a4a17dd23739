"""PlannerSuccession: who plans when the one before could not, and that it is said."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from episodes.errors import PlannerFailed
from episodes.plan import EpisodeRequest, Plan
from episodes.ports import Planner
from episodes.world import StoredWorld
from episodes.writing import Writing

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannerSuccession:
    """Implements Planner. The plan says who wrote it, why those before did not, and what all of them took."""

    planners: Mapping[str, Planner]
    """Name → planner, in order; at least one."""

    def plan(self, episode_id: str, request: EpisodeRequest, world: StoredWorld) -> Plan:
        """Raises the last one's PlannerFailed when none of them could."""
        failures: list[tuple[str, PlannerFailed]] = []
        for name, planner in self.planners.items():
            try:
                plan = planner.plan(episode_id, request, world)
            except PlannerFailed as error:
                told = {"episode_id": episode_id, "planner": name, "trouble": error.trouble.value, "reason": error.message}
                spent = error.writing.model_dump(include={"num_calls", "input_tokens", "output_tokens", "cost_micros"})
                log.warning("planner.failed", extra={**told, **spent})
                failures.append((name, error))
            else:
                return plan.model_copy(update={"writing": _in_all(plan.writing, failures)})
        raise failures[-1][1]


def _in_all(writing: Writing, failures: list[tuple[str, PlannerFailed]]) -> Writing:
    if not failures:
        return writing
    spent = [error.writing for _, error in failures]
    note = " ".join(f"{name}: {error.message}" for name, error in failures)
    costs = [one.cost_micros for one in (*spent, writing) if one.num_calls]
    return Writing(
        planner=writing.planner,
        note=note[:2000],
        model=writing.model,
        num_calls=writing.num_calls + sum(one.num_calls for one in spent),
        input_tokens=writing.input_tokens + sum(one.input_tokens for one in spent),
        output_tokens=writing.output_tokens + sum(one.output_tokens for one in spent),
        cost_micros=None if None in costs or not costs else sum(cost for cost in costs if cost is not None),
    )
