"""Turnstile: at most so many plans are written at once; whoever comes then is told to come again."""

from __future__ import annotations

import threading

from episodes.errors import PlannerFailed, PlannerTrouble
from episodes.plan import EpisodeRequest, Plan
from episodes.ports import Planner
from episodes.world import StoredWorld

_COME_AGAIN_S = 15


class Turnstile:
    """Implements Planner, of one that takes long. Belongs to one process."""

    def __init__(self, planner: Planner, max_at_once: int) -> None:
        self._planner = planner
        self._max = max_at_once
        self._places = threading.BoundedSemaphore(max_at_once)

    def plan(self, episode_id: str, request: EpisodeRequest, world: StoredWorld) -> Plan:
        """Raises PlannerFailed (busy) at once when no place is free."""
        if not self._places.acquire(blocking=False):
            raise PlannerFailed(
                f"{self._max} plans are being written at this moment, which is as many as may be.",
                PlannerTrouble.BUSY,
                "Try again in a moment.",
                _COME_AGAIN_S,
            )
        try:
            return self._planner.plan(episode_id, request, world)
        finally:
            self._places.release()
