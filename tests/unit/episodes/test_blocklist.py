from __future__ import annotations

import pytest

from episodes.blocklist import Blocklist
from episodes.errors import FailureClass
from episodes.fleet import RendererReport, RendererState


def test_three_beats_in_a_row_block_a_renderer() -> None:
    blocklist = Blocklist()

    found = [blocklist.failed("r0", ("e1", f"b{n}"), FailureClass.OUTPUT) for n in range(3)]

    assert found == [False, False, True]
    assert blocklist.blocked() == {"r0"}


def test_the_same_beat_again_and_again_is_the_beats_fault() -> None:
    blocklist = Blocklist()

    assert not any(blocklist.failed("r0", ("e1", "b1"), FailureClass.CRASH) for _ in range(10))
    assert blocklist.blocked() == frozenset()


def test_a_success_ends_the_streak() -> None:
    blocklist = Blocklist()
    for n in range(2):
        blocklist.failed("r0", ("e1", f"b{n}"), FailureClass.OUTPUT)
    blocklist.succeeded("r0")

    assert not blocklist.failed("r0", ("e1", "b3"), FailureClass.OUTPUT)


def test_a_late_success_does_not_unblock() -> None:
    blocklist = Blocklist()
    for n in range(3):
        blocklist.failed("r0", ("e1", f"b{n}"), FailureClass.OUTPUT)
    blocklist.succeeded("r0")

    assert blocklist.is_blocked("r0")


@pytest.mark.parametrize("failure_class", [FailureClass.INFRA, FailureClass.CONTENT])
def test_what_is_not_the_renderers_fault_blames_nobody(failure_class: FailureClass) -> None:
    blocklist = Blocklist()
    for n in range(5):
        blocklist.failed("r0", ("e1", f"b{n}"), failure_class)

    assert blocklist.blocked() == frozenset()


def report(incarnation: str) -> RendererReport:
    state = RendererState.IDLE if incarnation else RendererState.STARTING
    return RendererReport(name="r0", backend="animatic", state=state, incarnation=incarnation)


def test_who_was_blocked_by_an_earlier_coordinator_stays_blocked_while_its_process_lives() -> None:
    blocklist = Blocklist()
    blocklist.were_blocked({"r0": "one"})
    blocklist.saw([report("")])
    assert blocklist.blocked() == frozenset()

    blocklist.saw([report("one")])
    blocklist.succeeded("r0")

    assert blocklist.blocked() == {"r0"}


def test_who_was_started_anew_since_gets_another_chance() -> None:
    blocklist = Blocklist()
    blocklist.were_blocked({"r0": "one"})
    blocklist.saw([report("two")])
    blocklist.saw([report("one")])

    assert blocklist.blocked() == frozenset()


@pytest.mark.parametrize("is_recorded", [False, True])
def test_who_is_started_in_place_of_a_blocked_one_gets_another_chance(is_recorded: bool) -> None:
    """Under the coordinator that blocked it, and under the next one."""
    blocklist = Blocklist()
    if is_recorded:
        blocklist.were_blocked({"r0": "one"})
    else:
        block(blocklist)
    for incarnation in ("one", "", "one"):
        blocklist.saw([report(incarnation)])
    assert blocklist.blocked() == {"r0"}

    blocklist.saw([report("two")])

    assert blocklist.blocked() == frozenset()
    assert block(blocklist) == [False, False, True]


@pytest.mark.parametrize("seen", [[], [RendererReport(name="r0", backend="animatic", state=RendererState.ABSENT)]])
def test_a_blocked_one_that_has_gone_may_be_started_again(seen: list[RendererReport]) -> None:
    blocklist = Blocklist()
    block(blocklist)
    blocklist.saw(seen)
    assert blocklist.blocked() == {"r0"}, "it crashed, and nobody has come in its place yet"

    blocklist.saw([report("one")])
    blocklist.saw(seen)

    assert blocklist.blocked() == frozenset()


def test_who_takes_the_place_of_one_that_crashed_for_the_third_time_is_blocked() -> None:
    blocklist = Blocklist()
    for incarnation, beat in (("one", "b1"), ("two", "b2"), ("three", "b3")):
        blocklist.saw([report(incarnation)])
        blocklist.failed("r0", ("e1", beat), FailureClass.CRASH)
    for _ in range(2):
        blocklist.saw([report("")])
        blocklist.saw([report("four")])

    assert blocklist.blocked() == {"r0"}


def block(blocklist: Blocklist) -> list[bool]:
    return [blocklist.failed("r0", ("e1", f"b{n}"), FailureClass.OUTPUT) for n in range(3)]
