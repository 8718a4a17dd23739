"""What a coordinator knows of the fleet from one term to the next: a database that comes and goes must not make it forget who is stuck."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from episodes.blocklist import Blocklist
from episodes.patience import Patience
from episodes.watch import Watch

LONGEST_GAP_S = 5.0
"""Between two surveys; they take two seconds when somebody is silent."""


@dataclass(kw_only=True, slots=True)
class Notebook:
    """Of one process, and lost with it; no decision about an episode rests on it."""

    watch: Watch
    patience: Patience
    blocklist: Blocklist = field(default_factory=Blocklist)
    told_to_stop: dict[str, float] = field(default_factory=dict)
    """Attempt → when it was first told to stop."""

    spoiled: set[str] = field(default_factory=set)
    """Attempts whose clips were to be copied, and are not whole any more."""

    _watched_s: float = 0.0
    _surveyed_at_s: float | None = None

    def watched_s(self, surveyed_at_s: float) -> float:
        """The time by which actors are late. When nobody could look, because there was no database to lead by, it stood still."""
        gap_s = 0.0 if self._surveyed_at_s is None else surveyed_at_s - self._surveyed_at_s
        self._surveyed_at_s = surveyed_at_s
        self._watched_s += min(gap_s, LONGEST_GAP_S)
        return self._watched_s

    def keep_only(self, open_attempts: Collection[str]) -> None:
        """What else was told to stop has ended."""
        self.told_to_stop = {one: since_s for one, since_s in self.told_to_stop.items() if one in open_attempts}
