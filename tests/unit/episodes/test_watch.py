from __future__ import annotations

import pytest

from episodes.fleet import FleetReport, PublisherReport, RendererReport, RendererState
from episodes.watch import Watch


def a_watch() -> Watch:
    return Watch(silence_s=30, stall_s=300, start_s=1800)


def renderer(state: RendererState, share: float = 0.0) -> FleetReport:
    attempt_id = "a1" if state is RendererState.BUSY else None
    return FleetReport(
        renderers=(RendererReport(name="r0", backend="animatic", state=state, attempt_id=attempt_id, share=share),)
    )


def names(watch: Watch, report: FleetReport, now_s: float) -> list[str]:
    return [late.name for late in watch.saw(report, now_s)]


@pytest.mark.parametrize(
    ("state", "limit_s"), [(RendererState.SILENT, 30), (RendererState.BUSY, 300), (RendererState.STARTING, 1800)]
)
def test_each_state_has_its_own_limit(state: RendererState, limit_s: float) -> None:
    watch = a_watch()
    assert names(watch, renderer(state), 0) == []
    assert names(watch, renderer(state), limit_s) == []
    assert names(watch, renderer(state), limit_s + 1) == ["r0"]


def found() -> FleetReport:
    return FleetReport(renderers=(RendererReport(name="r0", backend="animatic", state=RendererState.STARTING, was_found=True),))


def test_who_was_ready_under_an_earlier_leader_and_does_not_answer_is_silent() -> None:
    watch = a_watch()
    watch.were_ready({"r0"})
    assert names(watch, found(), 0) == []
    assert names(watch, found(), 31) == ["r0"]


def test_who_was_starting_under_an_earlier_leader_may_go_on_starting() -> None:
    watch = a_watch()
    watch.were_ready(set())
    assert names(watch, found(), 0) == []
    assert names(watch, found(), 1800) == []


def test_who_was_made_by_this_leader_may_start_in_peace_though_one_of_its_name_was_ready() -> None:
    watch = a_watch()
    watch.were_ready({"r0"})
    assert names(watch, renderer(RendererState.STARTING), 0) == []
    assert names(watch, renderer(RendererState.STARTING), 1800) == []


def test_an_idle_renderer_may_be_idle_for_ever() -> None:
    watch = a_watch()
    assert names(watch, renderer(RendererState.IDLE), 0) == []
    assert names(watch, renderer(RendererState.IDLE), 10**6) == []


def test_progress_starts_the_time_anew() -> None:
    watch = a_watch()
    watch.saw(renderer(RendererState.BUSY, 0.1), 0)
    watch.saw(renderer(RendererState.BUSY, 0.2), 250)

    assert names(watch, renderer(RendererState.BUSY, 0.2), 500) == []
    assert names(watch, renderer(RendererState.BUSY, 0.2), 551) == ["r0"]


def test_one_answer_ends_a_silence() -> None:
    watch = a_watch()
    watch.saw(renderer(RendererState.SILENT), 0)
    watch.saw(renderer(RendererState.IDLE), 29)

    assert names(watch, renderer(RendererState.SILENT), 40) == []
    assert names(watch, renderer(RendererState.SILENT), 60) == ["r0"]


def test_who_was_replaced_starts_afresh() -> None:
    watch = a_watch()
    watch.saw(renderer(RendererState.SILENT), 0)
    assert names(watch, renderer(RendererState.SILENT), 31) == ["r0"]

    assert names(watch, renderer(RendererState.SILENT), 32) == []


def test_a_silent_publisher_is_overdue_too() -> None:
    watch = a_watch()
    watch.saw(FleetReport(publishers=(PublisherReport(name="p", node="n", shares={}),)), 0)

    assert names(watch, FleetReport(silent_publishers=("p",)), 30) == []
    assert names(watch, FleetReport(silent_publishers=("p",)), 31) == ["p"]


@pytest.mark.parametrize("between", [FleetReport(), renderer(RendererState.ABSENT)])
def test_who_is_started_again_after_it_was_gone_has_the_whole_time_to_get_ready(between: FleetReport) -> None:
    watch = a_watch()
    names(watch, renderer(RendererState.STARTING), 0)
    names(watch, between, 1000)

    assert names(watch, renderer(RendererState.STARTING), 1500) == []
    assert names(watch, renderer(RendererState.STARTING), 3300) == []
    assert names(watch, renderer(RendererState.STARTING), 3301) == ["r0"]


def test_who_is_absent_is_not_late() -> None:
    watch = a_watch()
    names(watch, renderer(RendererState.ABSENT), 0)

    assert names(watch, renderer(RendererState.ABSENT), 10_000) == []
