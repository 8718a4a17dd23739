from __future__ import annotations

from episodes.errors import FailureClass
from relay.ports import Place, Sighting
from relay.vigil import Answered, Limits, Lost, Restore, Verdict, Vigil, Wait

LIMITS = Limits(deadline_s=100.0, silence_s=30.0, stall_s=60.0, handover_s=10.0)


def waiting(since_s: float) -> Sighting:
    return Sighting(place=Place.WAITING, since_s=since_s)


def away(since_s: float) -> Sighting:
    return Sighting(place=Place.AWAY, since_s=since_s)


def claimed(pulse: int, share: float = 0.5, worker: str = "w") -> Sighting:
    return Sighting(place=Place.CLAIMED, since_s=0.0, worker=worker, pulse=pulse, share=share)


TAKEN = Sighting(place=Place.TAKEN, since_s=0.0)


def said(*seen: tuple[float, Sighting | None]) -> list[Verdict]:
    """Verdicts on what was seen at these times."""
    vigil = Vigil(LIMITS, 0.0)
    return [vigil.saw(sighting, at_s) for at_s, sighting in seen]


def lost(verdict: Verdict) -> tuple[FailureClass, str]:
    assert isinstance(verdict, Lost)
    return verdict.failure_class, verdict.reason


def shares(verdicts: list[Verdict]) -> list[float]:
    assert all(isinstance(verdict, Wait) for verdict in verdicts)
    return [round(verdict.share, 6) for verdict in verdicts if isinstance(verdict, Wait)]


def test_a_job_that_nobody_takes_fails_at_its_deadline_and_moves_a_little_until_then() -> None:
    first, second, late = said((1.0, waiting(1.0)), (99.0, waiting(99.0)), (101.0, waiting(101.0)))

    assert 0 < shares([first])[0] < shares([second])[0] <= 0.01
    assert lost(late) == (FailureClass.INFRA, "No worker took the job within 100 s.")


def test_a_worker_that_says_nothing_has_until_the_deadline() -> None:
    first, second, late = said((1.0, away(1.0)), (99.0, away(99.0)), (101.0, away(101.0)))

    assert 0.01 < shares([first])[0] < shares([second])[0] < 0.5
    assert lost(late) == (FailureClass.INFRA, "The worker that took the job did not answer within 100 s.")


def test_what_the_worker_says_of_its_progress_is_passed_on() -> None:
    assert shares(said((0.0, claimed(1, 0.0)), (5.0, claimed(2, 0.3)), (9.0, claimed(3, 0.7)))) == [0.01, 0.3, 0.7]


def test_a_worker_without_signs_of_life_died_of_the_beat() -> None:
    *alive, dead = said((0.0, claimed(1, 0.1)), (30.0, claimed(1, 0.1)), (30.1, claimed(1, 0.1)))

    assert shares(alive) == [0.1, 0.1]
    assert lost(dead) == (FailureClass.CRASH, "The worker w gave no sign of life for 30 s.")


def test_a_worker_that_lives_and_gets_no_further_is_stuck() -> None:
    *well, stuck = said(*((at, claimed(int(at), 0.4)) for at in (0.0, 25.0, 50.0, 60.0, 60.5)))

    assert shares(well) == [0.4] * 4
    assert lost(stuck) == (FailureClass.CRASH, "The worker w made no progress for 60 s.")


def test_another_worker_has_all_the_time_again() -> None:
    verdicts = said((0.0, claimed(1, 0.4)), (29.0, waiting(0.0)), (29.5, claimed(0, 0.0, "v")), (59.0, claimed(0, 0.0, "v")))

    assert all(isinstance(verdict, Wait) for verdict in verdicts)


def test_a_job_that_is_not_claimed_soon_after_it_was_taken_is_put_back() -> None:
    first, second, third = said((0.0, TAKEN), (10.0, TAKEN), (10.1, TAKEN))

    assert isinstance(first, Wait)
    assert isinstance(second, Wait)
    assert third == Restore()


def test_an_answer_is_an_answer_however_late() -> None:
    [verdict] = said((5000.0, Sighting(place=Place.ANSWERED, since_s=5000.0, answer=b"{}")))

    assert verdict == Answered(answer=b"{}")


def test_a_queue_that_lost_its_data_loses_the_job() -> None:
    _, forgotten = said((0.0, claimed(1)), (1.0, None))

    assert lost(forgotten)[0] is FailureClass.INFRA


def test_nobody_is_silent_or_stuck_while_the_queue_does_not_answer() -> None:
    vigil = Vigil(LIMITS, 0.0)
    vigil.saw(claimed(1, 0.4), 0.0)

    assert isinstance(vigil.missed(50.0), Wait)
    assert isinstance(vigil.saw(claimed(1, 0.4), 95.0), Wait)
    assert isinstance(vigil.saw(claimed(1, 0.4), 125.0), Wait)
    assert isinstance(vigil.saw(claimed(1, 0.4), 125.5), Lost)


def test_a_queue_that_never_answers_loses_the_job_at_its_deadline() -> None:
    vigil = Vigil(LIMITS, 0.0)
    vigil.saw(waiting(60.0), 0.0)

    assert isinstance(vigil.missed(40.0), Wait)
    assert lost(vigil.missed(40.5)) == (FailureClass.INFRA, "The queue has not answered for 40 s.")
