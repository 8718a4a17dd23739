from __future__ import annotations

from episodes.fleet import FleetReport, PublisherReport, RendererReport, RendererState
from episodes.roster import Roster


def report(state: RendererState, attempt_id: str | None = None, *, has_room: bool = True) -> FleetReport:
    renderer = RendererReport(name="r0", backend="animatic", state=state, node="n1", attempt_id=attempt_id, share=0.2)
    publisher = PublisherReport(name="publisher:n1", node="n1", shares={"p1": 0.7}, has_room=has_room)
    return FleetReport(renderers=(renderer,), publishers=(publisher,))


def roster(state: RendererState, attempt_id: str | None = None, *, has_room: bool = True) -> Roster:
    one = Roster()
    one.saw(report(state, attempt_id, has_room=has_room), began_s=0.0)
    return one


def test_an_idle_renderer_is_idle_until_it_gets_an_attempt() -> None:
    one = roster(RendererState.IDLE)
    assert one.idle() == ["r0"]

    one.occupy("r0", "a1")

    assert one.idle() == []


def test_a_renderer_that_handed_over_is_idle_though_an_older_report_calls_it_busy() -> None:
    one = roster(RendererState.IDLE)
    one.occupy("r0", "a1")
    one.free("r0", "a1")
    one.saw(report(RendererState.BUSY, "a1"), began_s=1.0)

    assert one.idle() == ["r0"]


def test_it_stays_idle_however_many_others_handed_over_since() -> None:
    """A survey of a large fleet takes long enough for thousands of hand-overs."""
    one = roster(RendererState.IDLE)
    for number in range(5000):
        one.occupy("r0", f"a{number}")
        one.free("r0", f"a{number}")
    one.saw(report(RendererState.BUSY, "a0"), began_s=1.0)

    assert one.idle() == ["r0"]


def test_what_was_handed_over_is_remembered_for_as_long_as_a_report_may_name_it() -> None:
    one = roster(RendererState.IDLE)
    one.occupy("r0", "a1")
    one.free("r0", "a1")
    one.saw(report(RendererState.IDLE), began_s=1.0)
    one.saw(report(RendererState.BUSY, "a1"), began_s=2.0)
    assert one.idle() == ["r0"]
    one.saw(report(RendererState.BUSY, "a1"), began_s=3.0)
    assert one.idle() == ["r0"]

    one.saw(report(RendererState.IDLE), began_s=4.0)
    one.saw(report(RendererState.BUSY, "a1"), began_s=5.0)

    assert one.idle() == []


def test_a_renderer_that_works_for_somebody_else_is_not_idle() -> None:
    assert roster(RendererState.BUSY, "stranger").idle() == []


def test_freeing_an_earlier_attempt_does_not_free_the_present_one() -> None:
    one = roster(RendererState.IDLE)
    one.occupy("r0", "a2")
    one.free("r0", "a1")

    assert one.idle() == []


def test_a_lost_renderer_gets_nothing_until_a_later_survey_finds_it() -> None:
    one = roster(RendererState.IDLE)
    one.occupy("r0", "a1")
    one.doubt("r0", "a1", now_s=5.0)
    one.saw(report(RendererState.IDLE), began_s=4.0)
    assert one.idle() == []

    one.saw(report(RendererState.IDLE), began_s=6.0)

    assert one.idle() == ["r0"]


def test_a_publisher_that_died_after_the_handing_over_casts_no_doubt_on_the_renderer() -> None:
    one = roster(RendererState.IDLE)
    one.occupy("r0", "a1")
    one.free("r0", "a1")
    one.doubt("r0", "a1", now_s=5.0)

    assert one.idle() == ["r0"]


def test_a_full_spool_stops_its_renderers() -> None:
    assert roster(RendererState.IDLE, has_room=False).idle() == []


def test_a_share_is_told_by_whoever_has_the_attempt() -> None:
    assert roster(RendererState.BUSY, "a1").shares() == {"a1": 0.2, "p1": 0.7}


def holds_a1(report: FleetReport, renderer: str = "r0", node: str = "n1") -> bool:
    return report.holds("a1", renderer=renderer, node=node)


def test_an_attempt_may_be_with_its_renderer_or_its_nodes_publisher_while_they_are_silent() -> None:
    assert holds_a1(roster(RendererState.SILENT).report)
    assert holds_a1(FleetReport(silent_publishers=("publisher:n1",)))
    assert holds_a1(FleetReport(silent_publishers=("publisher:n2",)), node="")
    assert not holds_a1(roster(RendererState.IDLE).report)


def test_an_attempt_may_be_with_its_renderer_while_that_was_only_found() -> None:
    found = RendererReport(name="r0", backend="animatic", state=RendererState.STARTING, was_found=True)
    made = RendererReport(name="r0", backend="animatic", state=RendererState.STARTING)

    assert holds_a1(FleetReport(renderers=(found,)))
    assert not holds_a1(FleetReport(renderers=(made,)))


def test_others_that_are_silent_hold_no_attempt_up() -> None:
    assert not holds_a1(roster(RendererState.SILENT).report, renderer="r1")
    assert not holds_a1(FleetReport(silent_publishers=("publisher:n2",)))


def test_who_is_dismissed_gets_nothing_until_a_later_survey_finds_it_after_all() -> None:
    one = roster(RendererState.IDLE)
    one.dismiss(["r0"])
    assert (one.idle(), one.report.renderers) == ([], ())

    one.saw(report(RendererState.IDLE), began_s=1.0)

    assert one.idle() == ["r0"]


def test_who_has_a_beat_in_hand_is_busy_until_it_handed_it_over() -> None:
    one = roster(RendererState.IDLE)
    assert one.busy() == set()
    one.occupy("r0", "a1")
    assert one.busy() == {"r0"}

    one.free("r0", "a1")
    one.saw(report(RendererState.BUSY, "a1"), began_s=1.0)

    assert one.busy() == set()
    assert roster(RendererState.BUSY, "stranger").busy() == {"r0"}
