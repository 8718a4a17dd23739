"""Faults in the mechanism itself: a sweep that does not notice them would prove nothing."""

from __future__ import annotations

import api.routes.episodes
import episodes.air
from rendering.spool import Spool


def forget_the_spool() -> None:
    """A restarted publisher does not look for what its forerunner left."""
    Spool.resume = lambda self: []  # type: ignore[method-assign]


def overlook_results() -> None:
    """A new coordinator does not look for results in the store."""
    episodes.air.stored_result = lambda artifacts, attempt: None  # type: ignore[attr-defined]  # it is imported there


def make_episodes_anew() -> None:
    """A repeated create gets another id."""
    api.routes.episodes.lasting_id = lambda scope, episodes: None  # type: ignore[attr-defined]


SABOTAGE = {one.__name__: one for one in (forget_the_spool, overlook_results, make_episodes_anew)}
