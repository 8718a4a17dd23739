"""The contract of AuditStore, and of the attempts that an EpisodeStore knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest

from episodes.audited import EpisodeAudit
from episodes.episode_store import AuditStore
from episodes.errors import FailureClass, NotFound
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from storage.episodes_sql import auditing
from tests.builders import a_beat, a_plan, a_request
from tests.contract.benches import Bench
from tests.contract.leading import Leader, a_file


def _audit(leader: Leader, episode_id: str) -> EpisodeAudit:
    return next(a for a in _audits(leader) if a.episode_id == episode_id)


def _audits(leader: Leader) -> Iterator[EpisodeAudit]:
    return cast("AuditStore", leader.store).audit_episodes()


def test_an_audit_of_nothing_is_empty(leader: Leader) -> None:
    assert list(_audits(leader)) == []


def test_an_audit_pages_through_all_episodes(leader: Leader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "_PAGE", auditing._PAGE.limit(2))
    ids = [leader.store.create(a_request()).episode_id for _ in range(5)]

    found = list(_audits(leader))

    assert [a.episode_id for a in found] == ids
    assert {(a.state, a.revision, a.cancelled_at, a.beats, a.attempts, a.artifacts) for a in found} == {
        (EpisodeState.CREATED, 0, None, (), (), ())
    }


def test_an_audit_has_every_attempt_and_what_it_left(bench: Bench, leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(2)
    lost = leader.start_one(episode_id, "b1")
    leader.lose(lost, retry_in_s=0.0)
    bench.let_pass(1.0)
    won = leader.start_one(episode_id, "b1")
    leader.win(won)
    bench.let_pass(1.0)
    open_one = leader.start_one(episode_id, "b2")

    audit = _audit(leader, episode_id)

    assert (audit.state, audit.revision) == (EpisodeState.EXECUTING, 1)
    assert [(a.attempt_id, a.beat_id, a.number, a.state, a.counted, a.fence) for a in audit.attempts] == [
        (lost.attempt_id, "b1", 1, AttemptState.FAILED, True, leader.lease.fence),
        (won.attempt_id, "b1", 2, AttemptState.SELECTED, False, leader.lease.fence),
        (open_one.attempt_id, "b2", 1, AttemptState.OPEN, False, leader.lease.fence),
    ]
    assert [a.ended_at is None for a in audit.attempts] == [False, False, True]
    first, second = audit.beats
    assert (first.beat_id, first.state, first.revision) == ("b1", BeatState.ACCEPTED, 1)
    assert dict(first.num_attempts_in) == {AttemptState.FAILED: 1, AttemptState.SELECTED: 1}
    assert (first.num_counted, first.num_after_cancel) == (1, 0)
    assert dict(second.num_attempts_in) == {AttemptState.OPEN: 1}
    files = {f"{kind}/{won.attempt_id}": kind for kind in ("poster", "video")}
    assert [(a.key, a.artifact_type, a.sha256, a.size_bytes, a.attempt_id, a.is_selected) for a in audit.artifacts] == [
        (key, kind, a_file(key).sha256, 7, won.attempt_id, True) for key, kind in sorted(files.items())
    ]
    assert store.known_attempt_ids(episode_id) == {lost.attempt_id, won.attempt_id, open_one.attempt_id}


def test_an_audit_tells_the_old_from_the_new(leader: Leader) -> None:
    episode_id = leader.completed(1)
    leader.revise(episode_id, a_beat(0, description="Mika dances."))

    audit = _audit(leader, episode_id)

    assert (audit.revision, audit.beats[0].revision, audit.beats[0].state) == (2, 2, BeatState.PENDING)
    assert {(a.beat_id, a.revision) for a in audit.attempts} == {("b1", 1), (None, 1)}
    assert {a.artifact_type for a in audit.artifacts} == {"video", "poster", "film", "subtitles_srt"}


def test_an_audit_knows_when_an_episode_was_cancelled(bench: Bench, leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(1)
    attempt = leader.start_one(episode_id, "b1")
    bench.let_pass(1.0)
    store.cancel(episode_id)

    audit = _audit(leader, episode_id)

    assert audit.cancelled_at is not None
    assert audit.cancelled_at > audit.attempts[0].opened_at
    assert audit.beats[0].num_after_cancel == 0
    leader.win(attempt)
    leader.settle(episode_id)
    store.retry_failed(episode_id)
    assert _audit(leader, episode_id).cancelled_at is None


def test_attempts_of_an_old_plan_are_known_for_ever(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(2)
    attempts = leader.start(episode_id, "b1", "b2")

    store.save_plan(episode_id, a_plan(1), 1)

    assert store.known_attempt_ids(episode_id) == {a.attempt_id for a in attempts}
    with pytest.raises(NotFound):
        store.known_attempt_ids("e99")


def test_an_audit_tells_what_failures_count_and_how_often_they_were_forgiven(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(1)
    leader.lose(leader.start_one(episode_id, "b1"), retry_in_s=0.0)
    leader.lose(leader.start_one(episode_id, "b1"), retry_in_s=0.0, counted=False, failure_class=FailureClass.INFRA)
    leader.lose(leader.start_one(episode_id, "b1"))
    store.retry_beat(episode_id, "b1")
    leader.start_one(episode_id, "b1")

    audit = _audit(leader, episode_id)

    said = [
        (a.failure_class, a.counted, a.num_counted_before, a.num_crashes_before, a.num_uncounted_before)
        for a in sorted(audit.attempts, key=lambda a: a.number)
    ]
    assert said == [
        (FailureClass.CRASH, True, 0, 0, 0),
        (FailureClass.INFRA, False, 1, 1, 0),
        (FailureClass.CRASH, True, 1, 1, 1),
        (None, False, 0, 0, 0),
    ]
    assert (audit.beats[0].num_counted, audit.beats[0].num_retries) == (2, 1)
    num_told = len(leader.told(episode_id))
    assert (audit.num_events, audit.num_events_kept, audit.newest_event) == (num_told, num_told, num_told)


def test_an_audit_knows_what_nobody_wants_any_more(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(2)
    leader.start(episode_id, "b1", "b2")
    store.cancel_beat(episode_id, "b1")

    assert {a.beat_id: a.is_unwanted for a in _audit(leader, episode_id).attempts} == {"b1": True, "b2": False}


def test_one_episode_is_audited_as_among_all(leader: Leader) -> None:
    first, second = leader.completed(1), leader.executing(1)
    store = cast("AuditStore", leader.store)

    assert [store.audit_episode(one) for one in (first, second)] == list(_audits(leader))
    assert store.audit_episode(first).artifacts[0].num_frames is None
    with pytest.raises(NotFound):
        store.audit_episode("e99")
