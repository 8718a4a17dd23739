"""Each kind of damage to what SQL says is found by the check that is there for it, and by no other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from episodes.audit import AuditReport, audit
from episodes.audited import BeatAudit, EpisodeAudit
from episodes.errors import FailureClass
from episodes.lifecycle import AttemptState, BeatState
from tests.unit.episodes.audit.told import (
    Change,
    Past,
    Told,
    artifact_twice,
    attempt,
    beat,
    otherwise,
    take,
    without_artifact,
    without_attempt,
)

OPEN, SELECTED, SUPERSEDED, FAILED = AttemptState.OPEN, AttemptState.SELECTED, AttemptState.SUPERSEDED, AttemptState.FAILED


def violated(report: AuditReport) -> set[str]:
    return {violation.check for violation in report.violations}


@pytest.mark.slow
def test_a_store_with_a_past_is_clean_and_every_check_has_looked_at_something() -> None:
    told = Told()

    report = audit(told, told.artifacts)

    assert report.violations == ()
    assert min(check.num_looked_at for check in report.checks) > 0, str(report)


def _every_failure_counts(episode: EpisodeAudit) -> EpisodeAudit:
    return replace(episode, beats=tuple(replace(b, num_retries=0) for b in episode.beats))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("check", "episode", "damage"),
    [
        ("finished-beats", "partial", beat("b2", state=BeatState.PENDING)),
        ("finished-attempts", "completed", attempt(None, 1, state=OPEN)),
        ("finished-attempts", "cancelled", attempt("b1", 1, state=OPEN, is_unwanted=True)),
        ("accepted-beats", "completed", beat("b1", state=BeatState.CANCELLED)),
        ("accepted-beats", "completed", attempt("b1", 2, state=SUPERSEDED)),
        ("accepted-beats", "revised", attempt("b1", 1, state=SELECTED)),
        ("accepted-beats", "completed", without_artifact("video")),
        ("accepted-once", "completed", attempt("b1", 1, state=SUPERSEDED)),
        ("films", "completed", attempt(None, 2, state=SUPERSEDED)),
        ("films", "completed", attempt(None, 1, state=SELECTED)),
        ("films", "completed", without_artifact("film")),
        ("rendering-beats", "running", attempt("b2", 1, state=FAILED)),
        ("rendering-beats", "running", attempt("b2", 1, is_unwanted=True)),
        ("rendering-beats", "running", beat("b2", state=BeatState.PENDING)),
        ("live-takes", "retaken", take(2, state=BeatState.FAILED)),
        ("live-takes", "retaken", take(3, state=BeatState.ACCEPTED)),
        ("live-takes", "retaken", take(4, state=BeatState.PENDING, revision=2)),
        ("live-takes", "retaken", take(4, state=BeatState.RENDERING)),
        ("live-takes", "retaken", take(5, state=BeatState.PENDING)),
        ("live-takes", "retaken", attempt("b1", 5, is_unwanted=True)),
        ("accepted-once", "retaken", attempt("b1", 3, state=SUPERSEDED, take=2)),
        ("counted-failures", "completed", attempt("b1", 2, num_counted_before=3)),
        ("counted-failures", "retried", _every_failure_counts),
        ("counted-failures", "fell back", attempt("b1", 4, backend="animatic")),
        ("crashes", "completed", attempt("b1", 2, num_crashes_before=2)),
        ("uncounted-failures", "completed", attempt("b1", 2, num_uncounted_before=20)),
        ("attempt-numbers", "completed", without_attempt("b1", 1)),
        ("attempt-numbers", "completed", attempt("b1", 1, number=3)),
        ("fences", "completed", attempt("b1", 1, fence=2)),
        ("after-cancel", "cancelled", otherwise(cancelled_at=datetime(1970, 1, 1, tzinfo=UTC))),
        ("events", "completed", otherwise(num_events_kept=1)),
        ("events", "completed", otherwise(newest_event=1)),
        ("shared-keys", "completed", artifact_twice("poster")),
    ],
)
def test_the_check_that_is_there_for_it_finds_damage_in_sql(check: str, episode: str, damage: Change) -> None:
    told = Told()
    told.plant(episode, damage)

    report = audit(told, told.artifacts)

    assert violated(report) == {check}, str(report)
    assert all(told.ids[episode] in violation.where for violation in report.violations)
    assert all(violation.what.endswith(".") for violation in report.violations)


@pytest.mark.slow
def test_a_beat_that_kills_a_third_renderer_is_found_by_counting_anew() -> None:
    told = Told()

    def deadly(episode: EpisodeAudit) -> EpisodeAudit:
        attempts = tuple(replace(a, failure_class=FailureClass.CRASH) if a.counted else a for a in episode.attempts)
        return replace(episode, attempts=attempts)

    told.plant("retried", deadly)

    assert violated(audit(told, told.artifacts)) == set()  # six crashes in three runs: two in each were allowed
    told.plant("retried", lambda episode: replace(deadly(episode), beats=beats_retried_once(episode)))
    assert violated(audit(told, told.artifacts)) == {"crashes"}


def beats_retried_once(episode: EpisodeAudit) -> tuple[BeatAudit, ...]:
    return tuple(replace(b, num_retries=1) for b in episode.beats)


@pytest.mark.slow
def test_what_is_unwanted_may_end_after_its_episode_but_not_when_nothing_works_any_more() -> None:
    told = Told()
    told.plant("revised", attempt("b1", 2, state=OPEN, is_unwanted=True))

    assert violated(audit(told, told.artifacts)) == set()
    assert violated(audit(told, told.artifacts, at_rest=True)) == {"nothing-open"}


@pytest.mark.slow
def test_a_lease_that_is_long_over_while_there_is_work_is_found() -> None:
    past = Past()
    store, artifacts = past.bench.audited, past.artifacts
    past.bench.let_pass(110.0)  # it lasted 60, of which the past took a few
    assert violated(audit(store, artifacts)) == set()
    past.bench.let_pass(10.0)

    [violation] = audit(store, artifacts).violations

    assert (violation.check, violation.where) == ("lease", "lease of leader")
    idle = past.ids["completed"]
    assert violated(audit(store, artifacts, episode_id=idle)) == set()
    assert past.bench.store.acquire_lease("another", 60.0) is not None
    assert violated(audit(store, artifacts)) == set()


def test_one_episode_is_audited_alone() -> None:
    told = Told()
    told.plant("partial", otherwise(num_events_kept=1))
    told.plant("completed", beat("b1", state=BeatState.CANCELLED))

    report = audit(told, told.artifacts, episode_id=told.ids["partial"])

    assert violated(report) == {"events"}
    assert "does not know" not in str(report)
