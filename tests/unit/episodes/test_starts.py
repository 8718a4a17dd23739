from __future__ import annotations

from episodes.fleet import FleetReport, RendererReport, RendererState
from episodes.starts import Starts


def report(state: RendererState, *, was_found: bool = False) -> FleetReport:
    return FleetReport(renderers=(RendererReport(name="r0", backend="animatic", state=state, was_found=was_found),))


def test_the_first_beat_of_a_renderer_knows_how_long_it_took_to_get_ready() -> None:
    starts = Starts()
    starts.saw(report(RendererState.STARTING), 10.0)
    starts.saw(report(RendererState.STARTING), 11.0)
    starts.saw(report(RendererState.IDLE), 25.0)
    starts.saw(report(RendererState.BUSY), 900.0)

    assert starts.first_beat("r0") == 15.0
    assert starts.first_beat("r0") is None


def test_nothing_is_known_of_a_start_that_nobody_saw() -> None:
    starts = Starts()
    starts.saw(report(RendererState.STARTING, was_found=True), 10.0)
    starts.saw(report(RendererState.IDLE), 25.0)

    assert starts.first_beat("r0") is None


def test_who_died_before_its_first_beat_is_measured_from_its_next_start() -> None:
    starts = Starts()
    starts.saw(report(RendererState.STARTING), 0.0)
    starts.saw(report(RendererState.IDLE), 5.0)
    starts.saw(report(RendererState.ABSENT), 50.0)
    assert starts.first_beat("r0") is None

    starts.saw(report(RendererState.STARTING), 60.0)
    starts.saw(report(RendererState.IDLE), 62.0)

    assert starts.first_beat("r0") == 2.0
