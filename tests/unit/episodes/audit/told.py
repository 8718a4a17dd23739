"""A lived-in store whose audit can be made to tell something else, and objects that can be damaged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from episodes.audited import ArtifactAudit, AttemptAudit, BeatAudit, EpisodeAudit, TakeAudit
from episodes.lifecycle import AttemptState
from storage.artifacts.memory import MemoryArtifacts
from tests.contract.benches import MemoryBench
from tests.contract.storing import StoringLeader, live

Change = Callable[[EpisodeAudit], EpisodeAudit]


class Past:
    """A store with a past, and the leader who still could go on."""

    def __init__(self) -> None:
        self.bench = MemoryBench()
        self.artifacts = MemoryArtifacts()
        self.leader = StoringLeader(self.bench.store, self.artifacts)
        self.ids = live(self.leader, self.bench)

    def audits(self) -> dict[str, EpisodeAudit]:
        return {one.episode_id: one for one in self.bench.audited.audit_episodes()}


@cache
def _usual() -> tuple[Past, dict[str, EpisodeAudit]]:
    """Lived once: that takes longer than most tests, and what an audit reads is frozen."""
    past = Past()
    return past, past.audits()


class Told:
    """An AuditStore that tells the usual past, one or another episode otherwise than it was; its objects may be damaged."""

    def __init__(self) -> None:
        past, self._audits = _usual()
        self.ids = past.ids
        self.artifacts = copy_of(past.artifacts)
        self._changes: dict[str, Change] = {}

    def plant(self, episode: str, change: Change) -> None:
        """`episode`: by what happened to it, as in `live`."""
        self._changes[self.ids[episode]] = change

    def really(self, episode: str) -> EpisodeAudit:
        return self._audits[self.ids[episode]]

    def audit_episodes(self) -> Iterator[EpisodeAudit]:
        for episode_id in self._audits:
            yield self.audit_episode(episode_id)

    def audit_episode(self, episode_id: str) -> EpisodeAudit:
        return self._changes.get(episode_id, _as_it_is)(self._audits[episode_id])

    def lease_holder(self) -> tuple[str, float] | None:
        return "leader", 1.0

    def overwrite(self, key: str, data: bytes) -> None:
        self.artifacts.delete(key)
        self.artifacts.put_bytes(key, data, "video/mp4")

    def selected(self, episode: str, beat_id: str | None) -> AttemptAudit:
        [one] = [a for a in self.really(episode).attempts if a.beat_id == beat_id and a.state is AttemptState.SELECTED]
        return one

    def artifact(self, episode: str, artifact_type: str) -> ArtifactAudit:
        """The first selected one."""
        return next(a for a in self.really(episode).artifacts if a.artifact_type == artifact_type and a.is_selected)


def copy_of(artifacts: MemoryArtifacts) -> MemoryArtifacts:
    copied = MemoryArtifacts()
    for key in artifacts.keys("episodes/"):
        copied.put_bytes(key, artifacts.get_bytes(key), "video/mp4")
    return copied


def _as_it_is(episode: EpisodeAudit) -> EpisodeAudit:
    return episode


def beat(beat_id: str, **fields: Any) -> Change:
    """This beat is otherwise."""

    def changed(one: BeatAudit) -> BeatAudit:
        return replace(one, **fields) if one.beat_id == beat_id else one

    return lambda episode: replace(episode, beats=tuple(changed(one) for one in episode.beats))


def attempt(of_beat: str | None, with_number: int, **fields: Any) -> Change:
    """This attempt is otherwise."""

    def changed(one: AttemptAudit) -> AttemptAudit:
        return replace(one, **fields) if (one.beat_id, one.number) == (of_beat, with_number) else one

    return lambda episode: replace(episode, attempts=tuple(changed(one) for one in episode.attempts))


def take(with_number: int, **fields: Any) -> Change:
    """This take of the first beat is otherwise."""

    def changed(one: TakeAudit) -> TakeAudit:
        return replace(one, **fields) if (one.beat_id, one.number) == ("b1", with_number) else one

    return lambda episode: replace(episode, takes=tuple(changed(one) for one in episode.takes))


def without_attempt(beat_id: str | None, number: int) -> Change:
    return lambda episode: replace(
        episode, attempts=tuple(a for a in episode.attempts if (a.beat_id, a.number) != (beat_id, number))
    )


def without_artifact(artifact_type: str) -> Change:
    return lambda episode: replace(
        episode, artifacts=tuple(a for a in episode.artifacts if a.artifact_type != artifact_type or not a.is_selected)
    )


def artifact_twice(artifact_type: str) -> Change:
    return lambda episode: replace(
        episode, artifacts=(*episode.artifacts, *(a for a in episode.artifacts if a.artifact_type == artifact_type))
    )


def otherwise(**fields: Any) -> Change:
    return lambda episode: replace(episode, **fields)
