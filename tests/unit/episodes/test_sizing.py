from __future__ import annotations

from typing import Any

import pytest

from episodes.fleet import FleetReport, RendererReport, RendererState
from episodes.sizing import LONGEST_BACK_OFF_S, Leave, Needs, Sizing
from tests.builders import a_kind

ELASTIC = a_kind(num_renderers=4, min_count=0, retire_after_s=60.0)
R0, R1, R2, R3 = ELASTIC.renderers
IDLE, BUSY, STARTING, SILENT = RendererState.IDLE, RendererState.BUSY, RendererState.STARTING, RendererState.SILENT
NOBODY = FleetReport()
NO_NEEDS = Needs()


def fleet(*states: RendererState, **fields: Any) -> FleetReport:
    names = zip(ELASTIC.renderers, states, strict=False)
    told = (RendererReport(name=name, backend="animatic", state=state, **fields) for name, state in names)
    return FleetReport(renderers=tuple(told))


def ready(num_beats: int, **fields: Any) -> Needs:
    return Needs(ready={"animatic": num_beats}, **fields)


@pytest.mark.parametrize(
    ("report", "needs", "wanted"),
    [
        (NOBODY, NO_NEEDS, set()),
        (NOBODY, ready(1), {R0}),
        (NOBODY, ready(9), {R0, R1, R2, R3}),
        (NOBODY, Needs(ready={"veo": 3}), set()),
        (fleet(BUSY), ready(1, busy={R0}), {R0, R1}),
        (fleet(IDLE), ready(1, held={R0}), {R0}),
        (fleet(STARTING), ready(1), {R0}),
        (fleet(IDLE, IDLE), NO_NEEDS, {R0, R1}),
        (NOBODY, ready(2, blocked={R0}), {R1, R2}),
        (fleet(IDLE), ready(1, blocked={R0}), {R0, R1}),
    ],
)
def test_as_many_are_wanted_as_there_are_beats_and_who_is_there_stays(
    report: FleetReport, needs: Needs, wanted: set[str]
) -> None:
    assert Sizing([ELASTIC]).wanted(report, needs, now_s=0.0) == wanted


def test_the_fewest_are_always_wanted() -> None:
    kinds = [a_kind("animatic", 3), a_kind("animatediff", 3, min_count=1)]

    assert Sizing(kinds).wanted(NOBODY, NO_NEEDS, 0.0) == {*kinds[0].renderers, kinds[1].renderers[0]}


def leave(sizing: Sizing, report: FleetReport, now_s: float, needs: Needs = NO_NEEDS) -> Leave:
    return sizing.saw(report, needs, now_s)


def test_who_was_not_needed_for_long_enough_is_retired() -> None:
    sizing = Sizing([ELASTIC])
    leave(sizing, fleet(IDLE, BUSY), 0.0, Needs(busy={R1}))

    assert leave(sizing, fleet(IDLE, BUSY), 59.9, Needs(busy={R1})).retired == ()
    assert leave(sizing, fleet(IDLE, BUSY), 60.0, Needs(busy={R1})).retired == (R0,)


def test_the_fewest_are_never_retired_and_whoever_was_spare_for_longest_goes_first() -> None:
    sizing = Sizing([a_kind(num_renderers=4, min_count=1, retire_after_s=60.0)])
    leave(sizing, fleet(IDLE, IDLE, BUSY), 0.0, Needs(busy={R2}))
    leave(sizing, fleet(IDLE, IDLE, IDLE), 10.0)

    assert leave(sizing, fleet(IDLE, IDLE, IDLE), 65.0).retired == (R1,)
    assert leave(sizing, fleet(IDLE, IDLE, IDLE), 300.0).retired == (R1, R2)


def test_a_fleet_of_a_fixed_size_stays_as_it_is() -> None:
    sizing = Sizing([a_kind(num_renderers=2, retire_after_s=1.0)])
    leave(sizing, fleet(IDLE, IDLE), 0.0)

    assert leave(sizing, fleet(IDLE, IDLE), 1e6) == Leave()


@pytest.mark.parametrize(
    "needs",
    [Needs(busy={R0}), Needs(held={R0}), ready(1)],
    ids=["it renders", "its clip is not stored", "a beat waits"],
)
def test_who_was_needed_in_between_starts_to_wait_anew(needs: Needs) -> None:
    sizing = Sizing([ELASTIC])
    leave(sizing, fleet(IDLE), 0.0)
    assert leave(sizing, fleet(IDLE), 60.0, needs).retired == ()

    assert leave(sizing, fleet(IDLE), 119.0).retired == ()
    assert leave(sizing, fleet(IDLE), 179.0).retired == (R0,)


def test_a_beat_that_was_rendered_between_two_surveys_counts_as_needed() -> None:
    sizing = Sizing([ELASTIC])
    leave(sizing, fleet(IDLE), 0.0)
    sizing.was_used(R0)

    assert leave(sizing, fleet(IDLE), 60.0).retired == ()


def test_who_came_back_under_a_retired_name_is_not_retired_at_once() -> None:
    sizing = Sizing([ELASTIC])
    leave(sizing, fleet(IDLE), 0.0)
    assert leave(sizing, fleet(IDLE), 60.0).retired == (R0,)
    leave(sizing, NOBODY, 61.0)

    assert leave(sizing, fleet(IDLE), 62.0).retired == ()


@pytest.mark.parametrize(
    ("report", "goes"),
    [
        (fleet(STARTING), True),
        (fleet(STARTING, was_found=True), False),
        (fleet(SILENT), False),
        (fleet(BUSY), False),
        (fleet(RendererState.RETIRING), False),
    ],
)
def test_only_who_surely_has_nothing_in_hand_is_retired(report: FleetReport, goes: bool) -> None:
    sizing = Sizing([ELASTIC])
    leave(sizing, report, 0.0)

    assert leave(sizing, report, 60.0).retired == ((R0,) if goes else ())


def test_who_is_still_starting_is_spare_before_who_is_ready() -> None:
    sizing = Sizing([ELASTIC])
    leave(sizing, fleet(STARTING, IDLE), 0.0, ready(1))

    assert leave(sizing, fleet(STARTING, IDLE), 60.0, ready(1)).retired == (R0,)


def test_who_is_blocked_helps_nobody_and_is_retired() -> None:
    sizing = Sizing([ELASTIC])
    needs = ready(1, blocked={R0})
    leave(sizing, fleet(IDLE, IDLE), 0.0, needs)

    assert leave(sizing, fleet(IDLE, IDLE), 60.0, needs).retired == (R0,)


def parking(**fields: Any) -> Sizing:
    return Sizing([a_kind(park_after_s=20.0, **fields)])


def test_who_had_nothing_to_do_for_long_enough_is_parked_though_it_is_one_of_the_fewest() -> None:
    sizing = parking()
    leave(sizing, fleet(IDLE), 0.0)

    assert leave(sizing, fleet(IDLE), 19.0).parked == ()
    assert leave(sizing, fleet(IDLE), 20.0).parked == (R0,)
    assert leave(sizing, fleet(IDLE, is_parked=True), 60.0).parked == ()


def test_who_works_is_not_parked() -> None:
    sizing = parking()
    leave(sizing, fleet(IDLE), 0.0)
    leave(sizing, fleet(BUSY), 15.0)
    leave(sizing, fleet(IDLE), 16.0)

    assert leave(sizing, fleet(IDLE), 35.0).parked == ()
    assert leave(sizing, fleet(IDLE), 36.0).parked == (R0,)
    assert leave(sizing, fleet(IDLE), 60.0, Needs(busy={R0})).parked == ()


def test_who_has_nothing_to_park_is_not_told_so_at_every_survey() -> None:
    sizing = parking()

    told = [at_s for at_s in range(0, 61) if leave(sizing, fleet(IDLE), float(at_s)).parked]

    assert told == [20, 40, 60]


def test_who_is_retired_is_not_parked() -> None:
    sizing = parking(min_count=0, retire_after_s=20.0)
    leave(sizing, fleet(IDLE), 0.0)

    assert leave(sizing, fleet(IDLE), 20.0) == Leave(retired=(R0,))


def failed(num_failed_starts: int) -> FleetReport:
    return fleet(RendererState.ABSENT, start_failure="No model.", num_failed_starts=num_failed_starts)


def test_a_kind_that_cannot_start_is_tried_again_ever_more_slowly() -> None:
    sizing, now_s, pauses_s = Sizing([ELASTIC]), 0.0, []
    for num_failed in range(1, 10):
        began_s = now_s
        leave(sizing, failed(num_failed), now_s, ready(1))
        while sizing.wanted(failed(num_failed), ready(1), now_s) == set():
            now_s += 1.0
            leave(sizing, failed(num_failed), now_s, ready(1))
        pauses_s.append(now_s - began_s)

    assert pauses_s == [1, 2, 4, 8, 16, 32, LONGEST_BACK_OFF_S, LONGEST_BACK_OFF_S, LONGEST_BACK_OFF_S]


def test_the_pause_is_told_while_it_lasts() -> None:
    sizing = Sizing([ELASTIC])
    leave(sizing, failed(3), 10.0)

    assert [note.back_off_s for at_s in (10.0, 13.9, 14.0) for note in sizing.notes(at_s)] == [4.0, 4.0, 0.0]


def test_who_is_there_stays_while_another_of_its_kind_cannot_start() -> None:
    sizing = Sizing([ELASTIC])
    absent = RendererReport(name=R1, backend="animatic", state=RendererState.ABSENT, start_failure="No.", num_failed_starts=1)
    report = FleetReport(renderers=(*fleet(BUSY).renderers, absent))
    leave(sizing, report, 0.0, ready(1, busy={R0}))

    assert sizing.wanted(report, ready(1, busy={R0}), 0.5) == {R0}
    assert sizing.wanted(report, ready(1, busy={R0}), 1.0) == {R0, R1}


def test_a_start_that_succeeds_ends_the_pauses() -> None:
    sizing = Sizing([ELASTIC])
    leave(sizing, failed(5), 0.0)
    leave(sizing, fleet(IDLE), 1.0)
    leave(sizing, NOBODY, 2.0)

    assert sizing.wanted(NOBODY, ready(1), 2.0) == {R0}


def test_others_are_no_reason_to_stop_starting_a_kind() -> None:
    other = a_kind("animatediff", 1, min_count=0)
    sizing = Sizing([ELASTIC, other])
    leave(sizing, failed(5), 0.0)

    assert sizing.wanted(NOBODY, Needs(ready={"animatediff": 1}), 0.0) == set(other.renderers)
