"""The contract of EpisodeStore: how attempts and episodes end."""

from __future__ import annotations

import pytest

from episodes.errors import ArtifactConflict, BadInput, FailureClass
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from episodes.model import Acceptance, Failure, OpenAttempt
from episodes.plan import Plan
from tests.builders import a_beat, a_plan
from tests.contract.benches import Bench
from tests.contract.leading import Leader, a_chain, a_file, a_result


def claim(attempt: OpenAttempt) -> Acceptance:
    return Acceptance(attempt_id=attempt.attempt_id, result=a_result(attempt))


# --- accepting ---


def test_an_accepted_attempt_gives_its_beat_a_clip(leader: Leader) -> None:
    episode_id = leader.executing(2)
    attempt = leader.start_one(episode_id, "b1")
    result = a_result(attempt)

    assert leader.store.accept(leader.lease, [claim(attempt)]) == [True]

    beat = leader.beat(episode_id, "b1")
    assert (beat.state, beat.progress, beat.attempts[0].state) == (BeatState.ACCEPTED, 1.0, AttemptState.SELECTED)
    assert beat.attempts[0].ended_at is not None
    assert [(a.artifact_type, a.version, a.file) for a in beat.artifacts] == [
        ("poster", 1, result.files["poster"]),
        ("video", 1, result.files["video"]),
    ]
    assert leader.store.unclosed_attempts(leader.lease) == []


def test_an_attempt_is_accepted_once(leader: Leader) -> None:
    episode_id = leader.executing(1)
    attempt = leader.start_one(episode_id, "b1")

    assert leader.win(attempt, attempt) == [True, False]
    assert leader.win(attempt) == [False]

    kinds = [kind for kind, _ in leader.told(episode_id)]
    assert kinds.count("beat.accepted") == 1
    assert leader.beat(episode_id, "b1").attempts[0].state is AttemptState.SELECTED


def test_an_attempt_that_nobody_opened_is_not_accepted(leader: Leader) -> None:
    episode_id = leader.executing(1)
    attempt = leader.start_one(episode_id, "b1")

    stranger = Acceptance(attempt_id="nobody", result=a_result(attempt))

    assert leader.store.accept(leader.lease, [stranger, claim(attempt)]) == [False, True]
    assert leader.store.accept(leader.lease, []) == []


def test_a_late_result_of_a_failed_attempt_is_refused(leader: Leader) -> None:
    episode_id = leader.executing(1)
    late = leader.start_one(episode_id, "b1")
    leader.lose(late, retry_in_s=0.0)
    current = leader.start_one(episode_id, "b1")

    assert leader.win(late) == [False]

    beat = leader.beat(episode_id, "b1")
    assert (beat.state, beat.artifacts) == (BeatState.RENDERING, ())
    assert [a.state for a in beat.attempts] == [AttemptState.FAILED, AttemptState.OPEN]
    assert leader.win(current) == [True]


def test_a_result_for_a_cancelled_episode_closes_the_attempt_and_changes_nothing_else(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(2)
    attempt = leader.start_one(episode_id, "b1")
    store.cancel(episode_id)

    assert leader.win(attempt) == [False]

    beat = leader.beat(episode_id, "b1")
    assert (beat.state, beat.artifacts, beat.attempts[0].state) == (BeatState.CANCELLED, (), AttemptState.CANCELLED)
    assert beat.attempts[0].reason
    assert leader.settle(episode_id) is EpisodeState.CANCELLED
    assert leader.win(attempt) == [False]


def test_a_result_for_an_older_plan_is_refused(bench: Bench) -> None:
    leader = Leader(bench.store)
    episode_id = leader.executing(1)
    attempt = leader.start_one(episode_id, "b1")
    bench.plan_anew(episode_id, "b1")

    assert leader.win(attempt) == [False]

    beat = leader.beat(episode_id, "b1")
    assert (beat.artifacts, beat.attempts[0].state) == ((), AttemptState.CANCELLED)
    assert leader.store.film_parts(episode_id) == []


def test_a_success_without_its_file_is_bad_input_and_nothing_happens(leader: Leader) -> None:
    episode_id = leader.executing(2)
    good, bad = leader.start(episode_id, "b1", "b2")
    before = leader.store.episode(episode_id)
    for wrong in (a_result(bad, "poster"), a_result(bad, status="failed")):
        with pytest.raises(BadInput, match=bad.attempt_id):
            leader.store.accept(leader.lease, [claim(good), Acceptance(attempt_id=bad.attempt_id, result=wrong)])

    assert leader.store.episode(episode_id) == before


def test_a_key_is_recorded_once(leader: Leader) -> None:
    episode_id = leader.executing(2)
    first, second = leader.start(episode_id, "b1", "b2")
    leader.win(first)
    before = leader.store.episode(episode_id)
    stolen = a_result(second, files={"video": a_file(f"video/{first.attempt_id}")})

    with pytest.raises(ArtifactConflict):
        leader.store.accept(leader.lease, [Acceptance(attempt_id=second.attempt_id, result=stolen)])

    assert leader.store.episode(episode_id) == before


def test_many_are_accepted_in_one_call_across_episodes(leader: Leader) -> None:
    first, second = leader.executing(a_chain(2)), leader.executing(3)
    attempts = [*leader.start(first, "b1"), *leader.start(second, "b3", "b1")]

    assert leader.win(*attempts) == [True, True, True]

    assert leader.ready(first) == ["b2"]
    assert leader.ready(second) == ["b2"]
    accepted = [data["beat_id"] for kind, data in leader.told(second) if kind == "beat.accepted"]
    assert accepted == ["b3", "b1"]


def test_a_film_of_all_beats_completes_the_episode(leader: Leader) -> None:
    store, episode_id = leader.store, leader.cutting(2)
    film = leader.start_one(episode_id, None)

    assert leader.win(film) == [True]

    view = store.episode(episode_id)
    assert (view.state, view.progress, view.reason) == (EpisodeState.COMPLETED, 1.0, "")
    assert [(a.artifact_type, a.version, a.file.key) for a in view.artifacts] == [
        ("film", 1, f"film/{film.attempt_id}"),
        ("subtitles_srt", 1, f"subtitles_srt/{film.attempt_id}"),
    ]
    assert all(a.artifact_type in ("video", "poster") for b in view.beats for a in b.artifacts)


def test_a_film_of_some_beats_completes_it_partially(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(3)
    leader.lose(leader.start_one(episode_id, "b2"))
    leader.render_all(episode_id)
    leader.settle(episode_id)

    leader.win(leader.start_one(episode_id, None))

    view = store.episode(episode_id)
    assert (view.state, view.progress) == (EpisodeState.PARTIALLY_COMPLETED, 1.0)
    assert "1 of 3" in view.reason
    assert leader.told(episode_id)[-1] == ("episode.partially_completed", {"reason": view.reason})


def test_the_film_is_made_of_the_accepted_clips_in_story_order(leader: Leader) -> None:
    beats = tuple(a_beat(i, caption=f"Moment {i + 1}") for i in range(11))
    episode_id = leader.executing(Plan(beats=beats))
    attempts = leader.start(episode_id, *(b.beat_id for b in reversed(beats)))
    leader.lose(attempts[3])
    leader.win(*attempts[:3], *attempts[4:])

    parts = leader.store.film_parts(episode_id)

    assert [p.beat_id for p in parts] == ["b1", "b2", "b3", "b4", "b5", "b6", "b7", "b9", "b10", "b11"]
    assert [p.subtitle for p in parts[:2]] == ["Moment 1", "Moment 2"]
    assert parts[0].video == a_result(attempts[-1]).files["video"]


# --- failing ---


def test_a_failed_attempt_gives_its_beat_back(leader: Leader) -> None:
    episode_id = leader.executing(1)
    attempt = leader.start_one(episode_id, "b1")

    leader.lose(attempt, retry_in_s=0.0, failure_class=FailureClass.OUTPUT, reason="no frames")

    beat = leader.beat(episode_id, "b1")
    assert (beat.state, beat.reason) == (BeatState.PENDING, "no frames")
    shown = beat.attempts[0]
    assert (shown.state, shown.failure_class, shown.reason) == (AttemptState.FAILED, FailureClass.OUTPUT, "no frames")
    assert shown.ended_at is not None
    again = leader.start_one(episode_id, "b1")
    assert (again.number, again.num_counted) == (2, 1)
    assert leader.beat(episode_id, "b1").reason == ""


def test_an_uncounted_failure_is_not_counted(leader: Leader) -> None:
    episode_id = leader.executing(1)
    leader.lose(leader.start_one(episode_id, "b1"), retry_in_s=0.0, counted=False)

    again = leader.start_one(episode_id, "b1")

    assert (again.number, again.num_counted) == (2, 0)


def test_a_failure_without_a_retry_fails_the_beat(leader: Leader) -> None:
    episode_id = leader.executing(2)

    leader.lose(leader.start_one(episode_id, "b1"), reason="cannot work")

    beat = leader.beat(episode_id, "b1")
    assert (beat.state, beat.reason) == (BeatState.FAILED, "cannot work")
    assert [kind for kind, _ in leader.told(episode_id)][-2:] == ["attempt.failed", "beat.failed"]
    assert leader.told(episode_id)[-2][1]["retry_in_s"] is None
    assert leader.ready(episode_id) == ["b2"]


def test_what_depends_on_a_failed_beat_fails_with_it(leader: Leader) -> None:
    beats = (
        a_beat(0),
        a_beat(1, depends_on=("b1",)),
        a_beat(2, depends_on=("b2",)),
        a_beat(3),
        a_beat(4, depends_on=("b1", "b3")),
    )
    episode_id = leader.executing(Plan(beats=beats))
    num_before = len(leader.store.events(episode_id)) + 2

    leader.lose(leader.start_one(episode_id, "b1"), reason="cannot work")

    view = leader.store.episode(episode_id)
    assert [b.state is BeatState.FAILED for b in view.beats] == [True, True, True, False, True]
    assert "b1" in view.beats[2].reason
    failed = [(kind, data["beat_id"]) for kind, data in leader.told(episode_id, num_before)]
    assert failed == [("beat.failed", b) for b in ("b1", "b2", "b3", "b5")]
    leader.render_all(episode_id)
    assert leader.settle(episode_id) is EpisodeState.CUTTING


def test_failures_of_closed_or_unknown_attempts_are_left_alone(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(2)
    done, lost = leader.start(episode_id, "b1", "b2")
    leader.win(done)
    leader.lose(lost)
    before, num_events = store.episode(episode_id), len(store.events(episode_id))

    again = [
        Failure(attempt_id=one, failure_class=FailureClass.INFRA, reason="late", counted=True, retry_in_s=0.0)
        for one in (done.attempt_id, lost.attempt_id, "nobody")
    ]
    store.fail(leader.lease, again)

    assert store.episode(episode_id) == before
    assert len(store.events(episode_id)) == num_events


def test_a_failure_reported_twice_counts_once(leader: Leader) -> None:
    episode_id = leader.executing(1)
    attempt = leader.start_one(episode_id, "b1")
    failure = Failure(
        attempt_id=attempt.attempt_id, failure_class=FailureClass.CRASH, reason="boom", counted=True, retry_in_s=0.0
    )

    leader.store.fail(leader.lease, [failure, failure])

    assert leader.start_one(episode_id, "b1").num_counted == 1


def test_a_failure_in_a_cancelled_episode_only_closes_the_attempt(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(1)
    attempt = leader.start_one(episode_id, "b1")
    store.cancel(episode_id)

    leader.lose(attempt, retry_in_s=5.0)

    beat = leader.beat(episode_id, "b1")
    assert (beat.state, beat.attempts[0].state) == (BeatState.CANCELLED, AttemptState.FAILED)
    assert leader.told(episode_id)[-1][1]["retry_in_s"] is None
    assert store.next_ready_in_s(leader.lease) is None
    assert leader.settle(episode_id) is EpisodeState.CANCELLED


def test_a_film_that_cannot_be_cut_leaves_the_clips(leader: Leader) -> None:
    store, episode_id = leader.store, leader.cutting(2)
    leader.lose(leader.start_one(episode_id, None), retry_in_s=0.0)
    leader.lose(leader.start_one(episode_id, None), reason="the disk is full")

    view = store.episode(episode_id)

    assert view.state is EpisodeState.PARTIALLY_COMPLETED
    assert "the disk is full" in view.reason
    assert view.progress < 1.0
    assert [(a.number, a.state) for a in view.film_attempts] == [(1, AttemptState.FAILED), (2, AttemptState.FAILED)]
    assert leader.told(episode_id)[-2:] == [
        ("film.failed", {"reason": "the disk is full"}),
        ("episode.partially_completed", {"reason": view.reason}),
    ]
    assert [data["beat_id"] for kind, data in leader.told(episode_id) if kind == "attempt.failed"] == [None, None]


def test_a_beat_that_nobody_can_render_is_given_up(leader: Leader) -> None:
    episode_id = leader.executing(a_chain(2))

    leader.store.give_up(leader.lease, episode_id, "b1", "no such backend")

    beats = leader.store.episode(episode_id).beats
    assert [b.state for b in beats] == [BeatState.FAILED, BeatState.FAILED]
    assert (beats[0].reason, beats[0].attempts) == ("no such backend", ())
    assert leader.told(episode_id)[-2] == ("beat.failed", {"beat_id": "b1", "reason": "no such backend"})
    assert leader.settle(episode_id) is EpisodeState.FAILED
    assert "no such backend" in leader.store.episode(episode_id).reason


def test_giving_up_leaves_alone_what_is_not_pending(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(3)
    leader.start(episode_id, "b1")
    leader.render(episode_id, "b2")
    cancelled, planned = leader.executing(1), leader.planned(1)
    store.cancel(cancelled)
    ids = (episode_id, cancelled, planned)
    before = [store.episode(e) for e in ids]

    for of, beat_id in ((episode_id, "b1"), (episode_id, "b2"), (episode_id, "b99"), (cancelled, "b1"), (planned, "b1")):
        store.give_up(leader.lease, of, beat_id, "nobody can")

    assert [store.episode(e) for e in ids] == before


# --- closing and settling ---


def test_only_attempts_that_nobody_wants_are_closed(leader: Leader) -> None:
    store, wanted, cancelled = leader.store, leader.executing(1), leader.executing(2)
    film_of = leader.cutting(1)
    kept, film = leader.start_one(wanted, "b1"), leader.start_one(film_of, None)
    stopped, done = leader.start(cancelled, "b1", "b2")
    leader.win(done)
    store.cancel(cancelled)
    ids = [a.attempt_id for a in (kept, film, stopped, done)]

    store.close_cancelled(leader.lease, [*ids, "nobody"])

    assert store.unclosed_attempts(leader.lease) == [film, kept] or store.unclosed_attempts(leader.lease) == [kept, film]
    assert leader.beat(cancelled, "b1").attempts[0].state is AttemptState.CANCELLED
    assert leader.beat(cancelled, "b1").attempts[0].ended_at is not None
    assert leader.beat(cancelled, "b2").attempts[0].state is AttemptState.SELECTED


def test_an_episode_settles_when_no_beat_is_left(leader: Leader) -> None:
    episode_id = leader.executing(2)
    leader.render(episode_id, "b1")
    assert leader.settle(episode_id) is EpisodeState.EXECUTING
    attempt = leader.start_one(episode_id, "b2")
    assert leader.settle(episode_id) is EpisodeState.EXECUTING
    leader.lose(attempt)

    assert leader.settle(episode_id) is EpisodeState.CUTTING

    num_events = len(leader.store.events(episode_id))
    assert leader.settle(episode_id) is EpisodeState.CUTTING
    assert len(leader.store.events(episode_id)) == num_events


def test_an_episode_without_a_clip_fails(leader: Leader) -> None:
    episode_id = leader.executing(2)
    for beat_id in ("b2", "b1"):
        leader.lose(leader.start_one(episode_id, beat_id), reason=f"no {beat_id}")

    assert leader.settle(episode_id) is EpisodeState.FAILED

    view = leader.store.episode(episode_id)
    assert "no b1" in view.reason
    assert leader.told(episode_id)[-1] == ("episode.failed", {"reason": view.reason})
    assert view.progress == 0.0
    assert leader.store.active_episodes(leader.lease) == []


@pytest.mark.parametrize("plan", [a_plan(1), None])
def test_settling_what_is_not_running_changes_nothing(leader: Leader, plan: Plan | None) -> None:
    episode_id = leader.planned(plan) if plan is not None else leader.completed()
    before = leader.store.episode(episode_id)

    assert leader.settle(episode_id) is before.state
    assert leader.store.episode(episode_id) == before
