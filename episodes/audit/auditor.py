"""audit: does everything that SQL says fit together, and with what is stored?"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from episodes.audit.census import Census
from episodes.audit.objects import Decoder, Objects
from episodes.audit.report import AuditReport, Look, Tally
from episodes.audit.rules import AT_REST, RULES
from episodes.audited import AttemptAudit, EpisodeAudit
from episodes.episode_store import AuditStore
from episodes.keys import EPISODES_PREFIX, attempt_key, episode_of_key
from episodes.orphans import is_orphan
from episodes.ports import ArtifactStore

LONG_EXPIRED_S = 60.0
"""A lease of ten seconds, six times over: whoever takes over has long done so."""


def audit(
    store: AuditStore,
    artifacts: ArtifactStore,
    *,
    episode_id: str | None = None,
    decode: Decoder | None = None,
    censuses: Sequence[Census] = (),
    at_rest: bool = False,
) -> AuditReport:
    """Check every episode (or this one) against the rules and against its stored objects, and that nothing is left over.

    Safe while the system works: only what holds at any moment is a violation. `at_rest` adds what holds when nothing works any
    more. Without `decode` videos are hashed and not decoded. Reads every recorded byte. Raises NotFound and Unavailable.
    """
    with tempfile.TemporaryDirectory(prefix="audit-") as folder:
        auditing = _Auditing(store, Objects(artifacts, Path(folder), decode), decodes=decode is not None, at_rest=at_rest)
        auditing.count(censuses)
        # the keys first: whatever is stored later belongs to nobody that this audit has to know
        keys = artifacts.keys(EPISODES_PREFIX if episode_id is None else f"{EPISODES_PREFIX}{episode_id}/")
        auditing.look_at(store.audit_episodes() if episode_id is None else [store.audit_episode(episode_id)], keys)
        return auditing.report()


class _Auditing:
    """One audit while it is being made."""

    def __init__(self, store: AuditStore, objects: Objects, *, decodes: bool, at_rest: bool) -> None:
        self._store = store
        self._objects = objects
        self._rules = [(rule, Tally(name=rule.name, promise=rule.promise)) for rule in (*RULES, *(AT_REST if at_rest else ()))]
        self._bytes = Tally(name="artifacts", promise="Every recorded artifact's object has its size and SHA-256.")
        self._decoding = Tally(name="decoding", promise="Every selected clip and film decodes.")
        self._results = Tally(name="results", promise="Every attempt that left artifacts has a result that names them.")
        self._shared = Tally(name="shared-keys", promise="No two artifacts share a key.")
        self._known = Tally(name="known-objects", promise="Every other object of a known episode belongs to a known attempt.")
        self._lease = Tally(name="lease", promise="While an episode is active, the lease is not long over.")
        self._leftovers = Tally(name="leftovers", promise="No actor, process or file outlasts the work that it is for.")
        self._decodes = decodes
        self._at_rest = at_rest
        self._has_census = False
        self._owners: dict[str, str] = {}
        """Key → the attempt that it is recorded for."""
        self._num_orphans = 0
        self._active: list[str] = []

    def count(self, censuses: Iterable[Census]) -> None:
        for census in censuses:
            self._has_census = True
            for thing in census.things():
                is_excused = thing.is_passing and not self._at_rest
                self._leftovers.add([Look(where=thing.where, wrong="" if is_excused else thing.wrong)])
                if is_excused and thing.wrong:
                    self._leftovers.notes.append(f"{thing.where}: {thing.wrong} At rest it would be left over.")

    def look_at(self, episodes: Iterable[EpisodeAudit], keys: Iterable[str]) -> None:
        lease = self._store.lease_holder()
        of_episode: dict[str, list[str]] = defaultdict(list)
        for key in keys:
            of_episode[episode_of_key(key)].append(key)
        for episode in episodes:
            self._look_at_one(episode, of_episode.pop(episode.episode_id, []))
        num_unknown = sum(len(some) for some in of_episode.values())
        self._lease.add(self._look_at_lease(lease))
        if num_unknown:
            self._known.notes.append(f"{num_unknown} objects belong to episodes that this database does not know.")

    def _look_at_one(self, episode: EpisodeAudit, keys: list[str]) -> None:
        for rule, tally in self._rules:
            tally.add(rule.looks(episode))
        self._shared.add(self._look_at_keys(episode))
        for artifact in episode.artifacts:
            stored, decoded = self._objects.artifact(artifact)
            self._bytes.add([stored])
            self._decoding.add([decoded] if decoded is not None else [])
        self._results.add(self._objects.results(episode))
        self._known.add(self._look_at_objects(episode, keys))
        if episode.state.is_active:
            self._active.append(episode.episode_id)

    def _look_at_keys(self, episode: EpisodeAudit) -> Iterator[Look]:
        for artifact in episode.artifacts:
            other = self._owners.get(artifact.key)
            self._owners[artifact.key] = artifact.attempt_id
            wrong = f"It is recorded twice, for the attempts {other} and {artifact.attempt_id}."
            yield Look(where=artifact.key, wrong="" if other is None else wrong)

    def _look_at_objects(self, episode: EpisodeAudit, keys: list[str]) -> Iterator[Look]:
        recorded = {artifact.key for artifact in episode.artifacts}
        attempts = {attempt.attempt_id: attempt for attempt in episode.attempts}
        for key in keys:
            if key not in recorded:
                yield self._look_at_object(key, attempts, episode)

    def _look_at_object(self, key: str, attempts: Mapping[str, AttemptAudit], episode: EpisodeAudit) -> Look:
        said = attempt_key(key)
        if said is None:
            return Look(where=key, wrong="No attempt writes keys of this shape.")
        attempt = attempts.get(said.attempt_id)
        if attempt is None or attempt.beat_id != said.beat_id:
            return Look(where=key, wrong=f"Its episode never began an attempt {said.attempt_id} there.")
        self._num_orphans += is_orphan(said, attempt, episode)
        return Look(where=key)

    def _look_at_lease(self, before: tuple[str, float] | None) -> Iterator[Look]:
        """Long over before the episodes were read and still after it: then nobody took over meanwhile."""
        if not self._active or before is None:
            return
        after = self._store.lease_holder()
        over_for_s = min(-before[1], -after[1] if after is not None else 0.0)
        wrong = f"It is over for {over_for_s:.0f} s, while {len(self._active)} episodes are active, {self._active[0]} first."
        yield Look(where=f"lease of {before[0]}", wrong=wrong if over_for_s > LONG_EXPIRED_S else "")

    def report(self) -> AuditReport:
        if self._num_orphans:
            self._known.notes.append(f"{self._num_orphans} are orphans, which a sweep would delete.")
        tallies = [tally for _, tally in self._rules] + [self._bytes]
        tallies += [self._decoding] if self._decodes else []
        tallies += [self._results, self._shared, self._known, self._lease]
        tallies += [self._leftovers] if self._has_census else []
        return AuditReport(checks=tuple(tally.check() for tally in tallies))
