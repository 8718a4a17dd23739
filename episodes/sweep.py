"""sweep: deletes the stored files that no attempt can claim any more, and never anything else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from episodes.audited import AttemptAudit, EpisodeAudit
from episodes.episode_store import AuditStore
from episodes.keys import EPISODES_PREFIX, attempt_key, episode_of_key
from episodes.orphans import is_orphan
from episodes.ports import ArtifactStore


@dataclass(frozen=True, kw_only=True, slots=True)
class SweepReport:
    is_dry: bool
    """Nothing was deleted; `orphans` would be."""
    orphans: tuple[str, ...]
    """Keys of files that attempts left which failed or were cancelled: deleted, sorted."""
    strangers: tuple[str, ...]
    """Keys in known episodes that no attempt of theirs writes: kept, for somebody to look at."""
    num_kept: int
    """All others of known episodes: recorded, with their results, or of attempts that are open."""
    num_elsewhere: int
    """Files of episodes that this database does not know: kept, because another cluster may share the store."""


def sweep(store: AuditStore, artifacts: ArtifactStore, *, episode_id: str | None = None, dry_run: bool = False) -> SweepReport:
    """Delete the orphans of all episodes (or of this one). Repeatable, and safe while the system works.

    What goes belongs to an attempt that ended without being selected, which no attempt ever comes back from, under a key that no
    artifact is recorded under; what such an attempt ordered stays until its beat has a clip. A file whose attempt the episode does
    not know stays: it can be the only copy of a clip whose row was lost with a restored database. Raises NotFound, and Unavailable
    half-way: the next sweep goes on.
    """
    if episode_id is not None:
        store.audit_episode(episode_id)
    # the keys before the attempts: a key that is listed was written by an attempt that is in SQL already
    keys = artifacts.keys(EPISODES_PREFIX if episode_id is None else f"{EPISODES_PREFIX}{episode_id}/")
    sorting = _Sorting(keys)
    for episode in store.audit_episodes():  # all of them even for one: any may have recorded a key of it
        sorting.sort(episode)
    report = sorting.report(is_dry=dry_run)
    for key in () if dry_run else report.orphans:
        artifacts.delete(key)
    return report


class _Fate(Enum):
    KEEP = auto()
    ORPHAN = auto()
    STRANGER = auto()


class _Sorting:
    """Sorts keys by what may become of them, episode after episode."""

    def __init__(self, keys: list[str]) -> None:
        self._of_episode: dict[str, list[str]] = defaultdict(list)
        for key in keys:
            self._of_episode[episode_of_key(key)].append(key)
        self._recorded: set[str] = set()
        self._with: dict[_Fate, list[str]] = defaultdict(list)

    def sort(self, episode: EpisodeAudit) -> None:
        self._recorded.update(artifact.key for artifact in episode.artifacts)
        attempts = {attempt.attempt_id: attempt for attempt in episode.attempts}
        for key in self._of_episode.pop(episode.episode_id, []):
            self._with[_fate(key, attempts, episode)].append(key)

    def report(self, *, is_dry: bool) -> SweepReport:
        orphans = [key for key in self._with[_Fate.ORPHAN] if key not in self._recorded]
        strangers = [key for key in self._with[_Fate.STRANGER] if key not in self._recorded]
        return SweepReport(
            is_dry=is_dry,
            orphans=tuple(sorted(orphans)),
            strangers=tuple(sorted(strangers)),
            num_kept=sum(len(keys) for keys in self._with.values()) - len(orphans) - len(strangers),
            num_elsewhere=sum(len(keys) for keys in self._of_episode.values()),
        )


def _fate(key: str, attempts: Mapping[str, AttemptAudit], episode: EpisodeAudit) -> _Fate:
    said = attempt_key(key)
    attempt = attempts.get(said.attempt_id) if said is not None else None
    if said is None or attempt is None or attempt.beat_id != said.beat_id:
        return _Fate.STRANGER
    return _Fate.ORPHAN if is_orphan(said, attempt, episode) else _Fate.KEEP
