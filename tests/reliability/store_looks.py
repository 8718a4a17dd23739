"""Everything that a store shows, as pairs of a name and a question that a store and the oracle can both be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from episodes.lifecycle import EpisodeState
from episodes.model import BeatView, EpisodeSummary, EpisodeView, Lease, OpenAttempt, ProgressView
from tests.reliability.oracle import Oracle
from tests.reliability.store_subjects import AuditedStore

NUM_DIGITS = 9
"""Of a progress: sums of the same numbers in another order differ in the last bits."""

Shown = AuditedStore | Oracle
Look = tuple[str, Callable[[Shown], object]]


def looks(episode_ids: Iterable[str], lease: Lease | None) -> Iterator[Look]:
    """What can change with every call."""
    for one in episode_ids:
        yield f"episode {one}", lambda s, one=one: s.episode(one)  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    yield "lease", lambda s: s.lease_holder()
    if lease is not None:
        yield from _looks_of_leader(episode_ids, lease)


def _looks_of_leader(episode_ids: Iterable[str], lease: Lease) -> Iterator[Look]:
    yield "unclosed attempts", lambda s: oldest_first(s.unclosed_attempts(lease))
    yield "unwanted attempts", lambda s: sorted(s.unwanted_attempts(lease))
    yield "active episodes", lambda s: s.active_episodes(lease)
    yield "next ready", lambda s: s.next_ready_in_s(lease)
    yield "clips", lambda s: s.clips_of(lease, ("k1", "k2", "k3"))
    for one in episode_ids:
        yield f"ready beats of {one}", lambda s, one=one: s.ready_beats(lease, one, limit=9)  # type: ignore[misc]


def rarer_looks(episode_ids: Iterable[str]) -> Iterator[Look]:
    """What follows from the same rows in another way: seldom asked, because it costs time."""
    ids = list(episode_ids)
    yield "audit", lambda s: list(s.audit_episodes())
    yield "queue", lambda s: s.queue_is_paused()
    yield "fleet", lambda s: s.fleet()
    yield "event numbers", lambda s: s.latest_event_numbers([*ids, "nobody"])
    yield "measures", lambda s: sorted(s.measures(["animatic", "stub"]), key=repr)
    for one in ids:
        yield f"all events of {one}", lambda s, one=one: s.events(one)  # type: ignore[misc]
        yield f"plans of {one}", lambda s, one=one: _plans(s, one)  # type: ignore[misc]
        yield f"progress of {one}", lambda s, one=one: s.progress(one)  # type: ignore[misc]
        yield f"film parts of {one}", lambda s, one=one: s.film_parts(one)  # type: ignore[misc]
        yield f"known attempts of {one}", lambda s, one=one: s.known_attempt_ids(one)  # type: ignore[misc]
    for state in (None, EpisodeState.EXECUTING):
        yield f"list of {state} episodes", lambda s, state=state: _all_pages(s, state)  # type: ignore[misc]


def new_events(episode_id: str, seen: int) -> Look:
    return f"new events of {episode_id}", lambda s: s.events(episode_id, after=seen)


def oldest_first(attempts: list[OpenAttempt]) -> list[OpenAttempt]:
    """Of equally old ones by their ids; a store may show these in any order."""
    assert attempts == sorted(attempts, key=lambda a: a.opened_at_s), "unclosed attempts are not shown oldest first"
    return sorted(attempts, key=lambda a: (a.opened_at_s, a.attempt_id))


def _all_pages(store: Shown, state: EpisodeState | None) -> tuple[EpisodeSummary, ...]:
    """The list, read one episode at a time."""
    if isinstance(store, Oracle):
        return store.episodes(state)
    page = store.episodes(limit=1, state=state)
    found = page.episodes
    while page.next_cursor is not None:
        page = store.episodes(limit=1, state=state, cursor=page.next_cursor)
        found += page.episodes
    return found


def _plans(store: Shown, episode_id: str) -> tuple[object, ...]:
    """All versions in two pages, and the newest two of them whole."""
    newest = store.plan_versions(episode_id, limit=2)
    older = store.plan_versions(episode_id, before=newest[-1].version) if newest else []
    return (*newest, *older, *(store.plan_version(episode_id, note.version) for note in newest))


def plain(value: Any) -> Any:  # Any: whatever a store returns
    """The value, with its progress rounded."""
    match value:
        case EpisodeView():
            beats = tuple(plain(beat) for beat in value.beats)
            return replace(value, beats=beats, progress=round(value.progress, NUM_DIGITS))
        case EpisodeSummary() | BeatView():
            return replace(value, progress=round(value.progress, NUM_DIGITS))
        case ProgressView():
            shares = {one: round(share, NUM_DIGITS) for one, share in value.beats.items()}
            return replace(value, progress=round(value.progress, NUM_DIGITS), beats=shares)
        case tuple():
            return tuple(plain(one) for one in value)
        case _:
            return value
