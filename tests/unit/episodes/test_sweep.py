"""The sweep deletes what no attempt can claim any more, and nothing else, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from episodes.audit import audit
from episodes.audited import EpisodeAudit
from episodes.errors import NotFound
from episodes.job import beat_path, film_path
from episodes.lifecycle import AttemptState, BeatState
from episodes.model import OpenAttempt
from episodes.sweep import sweep
from storage.artifacts.memory import MemoryArtifacts
from tests.contract.storing import keys_of, result_key_of
from tests.unit.episodes.audit.told import Past, Told, attempt, beat, take


@pytest.mark.slow
def test_what_failed_or_was_cancelled_goes_with_all_its_files_and_nothing_else() -> None:
    told = Told()
    before = set(told.artifacts.keys("episodes/"))
    ended = (AttemptState.FAILED, AttemptState.CANCELLED)
    lost = {a.attempt_id for one in told.audit_episodes() for a in one.attempts if a.state in ended}

    report = sweep(told, told.artifacts)

    assert set(report.orphans) == {key for key in before if any(one in key for one in lost)}
    assert len(report.orphans) == 10
    assert set(told.artifacts.keys("episodes/")) == before - set(report.orphans)
    assert (report.strangers, report.num_elsewhere, report.is_dry) == ((), 0, False)
    assert report.num_kept == len(before) - 10
    assert audit(told, told.artifacts).violations == ()
    assert sweep(told, told.artifacts).orphans == ()


def test_a_dry_run_says_what_would_go() -> None:
    told = Told()
    before = told.artifacts.keys("")

    report = sweep(told, told.artifacts, dry_run=True)

    assert told.artifacts.keys("") == before
    assert report.is_dry
    assert sweep(told, told.artifacts).orphans == report.orphans


@pytest.mark.slow
def test_one_episode_is_swept_alone() -> None:
    told = Told()

    report = sweep(told, told.artifacts, episode_id=told.ids["cancelled"])

    assert len(report.orphans) == 3
    assert all(told.ids["cancelled"] in key for key in report.orphans)
    assert len(sweep(told, told.artifacts).orphans) == 7
    with pytest.raises(NotFound):
        sweep(Past().bench.audited, told.artifacts, episode_id="nobody")


def test_strangers_other_clusters_and_worlds_stay() -> None:
    told = Told()
    known = told.ids["completed"]
    won = told.selected("completed", "b1").attempt_id
    strangers = [
        f"episodes/{known}/notes.txt",
        f"{beat_path(known, 'b1')}/video/nobody.mp4",
        f"{beat_path(known, 'b1')}/video/{won}.mov",
        f"{beat_path(known, 'b2')}/poster/{won}.jpg",
        f"{film_path(known)}/{won}.mp4",
    ]
    others = ["episodes/of-another-cluster/film/f1.mp4", "worlds/anime/images/1.png", "episodes.txt"]
    for key in (*strangers, *others):
        told.artifacts.put_bytes(key, b"precious", "video/mp4")

    report = sweep(told, told.artifacts)

    assert set(report.strangers) == set(strangers)
    assert report.num_elsewhere == 1
    assert all(told.artifacts.head(key) for key in (*strangers, *others))


@pytest.mark.parametrize("state", [AttemptState.OPEN, AttemptState.SELECTED, AttemptState.SUPERSEDED])
def test_what_an_attempt_may_still_claim_or_has_claimed_stays(state: AttemptState) -> None:
    told = Told()
    told.plant("cancelled", attempt("b1", 1, state=state))

    assert not any(told.ids["cancelled"] in key for key in sweep(told, told.artifacts).orphans)


def test_what_any_episode_has_recorded_stays_whosever_key_it_is() -> None:
    told = Told()
    won = told.selected("completed", "b1")
    told.plant("completed", attempt("b1", won.number, state=AttemptState.FAILED))

    orphans = sweep(told, told.artifacts).orphans

    assert [key for key in orphans if won.attempt_id in key] == [
        f"{beat_path(told.ids['completed'], 'b1')}/result/{won.attempt_id}.json"
    ]


@pytest.mark.slow
@pytest.mark.parametrize("state", list(BeatState))
def test_what_a_failed_attempt_ordered_stays_until_its_beat_has_a_clip(state: BeatState) -> None:
    told = Told()
    failed = next(a for a in told.really("partial").attempts if a.beat_id == "b2")
    order = f"{beat_path(told.ids['partial'], 'b2')}/order/{failed.attempt_id}.1.json"
    told.artifacts.put_bytes(order, b"{}", "application/json")
    told.plant("partial", beat("b2", state=state))
    [known] = [one for one in audit(told, told.artifacts).checks if one.name == "known-objects"]

    report = sweep(told, told.artifacts)

    assert (order in report.orphans) is (state is BeatState.ACCEPTED)
    assert order not in report.strangers
    assert f"{len(report.orphans)} are orphans, which a sweep would delete." in known.notes


@pytest.mark.parametrize("state", [BeatState.PENDING, BeatState.FAILED])
def test_what_a_failed_attempt_at_a_take_ordered_stays_until_the_take_has_ended(state: BeatState) -> None:
    told = Told()
    failed = next(a for a in told.really("retaken").attempts if a.take == 3)
    order = f"{beat_path(told.ids['retaken'], 'b1')}/order/{failed.attempt_id}.1.json"
    told.artifacts.put_bytes(order, b"{}", "application/json")
    told.plant("retaken", take(3, state=state))

    report = sweep(told, told.artifacts)

    assert (order in report.orphans) is state.is_ended


class Meanwhile(MemoryArtifacts):
    """Lets something happen right after the keys were listed."""

    def __init__(self, inner: MemoryArtifacts, happens: Callable[[], None]) -> None:
        vars(self).update(vars(inner))
        self._happens = happens

    def keys(self, prefix: str) -> list[str]:
        found = super().keys(prefix)
        self._happens()
        return found


class Between:
    """Lets something happen after each episode that was read."""

    def __init__(self, past: Past, happens: Callable[[], None]) -> None:
        self._store = past.bench.audited
        self._happens = happens

    def audit_episodes(self) -> Iterator[EpisodeAudit]:
        for one in self._store.audit_episodes():
            yield one
            self._happens()

    def audit_episode(self, episode_id: str) -> EpisodeAudit:
        return self._store.audit_episode(episode_id)

    def lease_holder(self) -> tuple[str, float] | None:
        return self._store.lease_holder()


@pytest.mark.slow
def test_an_attempt_that_is_accepted_between_listing_and_reading_keeps_its_files() -> None:
    past = Past()
    [open_one] = [a for a in past.leader.store.unclosed_attempts(past.leader.lease) if a.episode_id == past.ids["running"]]

    sweep(past.bench.audited, Meanwhile(past.artifacts, lambda: check(past.leader.win(open_one))))

    assert all(past.artifacts.head(key) for key in (*keys_of(open_one).values(), result_key_of(open_one)))
    assert past.leader.beat(past.ids["running"], "b2").state is BeatState.ACCEPTED
    assert audit(past.bench.audited, past.artifacts).violations == ()


@pytest.mark.slow
def test_an_attempt_that_is_accepted_after_its_episode_was_read_keeps_its_files() -> None:
    past = Past()
    [open_one] = [a for a in past.leader.store.unclosed_attempts(past.leader.lease) if a.episode_id == past.ids["running"]]
    wins = iter([True])

    def win_once() -> None:
        if next(wins, False):
            check(past.leader.win(open_one))

    sweep(Between(past, win_once), past.artifacts)
    sweep(Between(past, lambda: None), past.artifacts)

    assert all(past.artifacts.head(key) for key in (*keys_of(open_one).values(), result_key_of(open_one)))
    assert audit(past.bench.audited, past.artifacts).violations == ()


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["when the keys were listed", "between two episodes"])
def test_an_attempt_that_begins_and_publishes_while_the_sweep_reads_keeps_its_files(moment: str) -> None:
    past = Past()
    begun: list[OpenAttempt] = []

    def begin_and_publish() -> None:
        if not begun:
            begun.append(past.leader.start_one(past.ids["running"], "b3"))
            past.leader.publish(begun[0])

    if moment == "between two episodes":
        sweep(Between(past, begin_and_publish), past.artifacts)
    else:
        sweep(past.bench.audited, Meanwhile(past.artifacts, begin_and_publish))

    assert all(past.artifacts.head(key) for key in (*keys_of(begun[0]).values(), result_key_of(begun[0])))
    check(past.leader.win(begun[0]))
    assert audit(past.bench.audited, past.artifacts).violations == ()


def check(outcomes: list[bool]) -> None:
    assert outcomes == [True]
