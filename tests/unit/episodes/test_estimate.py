from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from episodes.estimate import Certainty, Measure, estimate, expected, quote
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from episodes.model import Attempt, BeatView, EpisodeView
from episodes.money import FREE, Tariff
from episodes.plan import Format
from tests.builders import a_beat, a_kind, a_request

NOW = datetime(2026, 11, 22, 9, 30, 5, tzinfo=UTC)
SIZE = Format(width=100, height=100, fps=8)
HOURLY = Tariff(per_hour_micros=3_600_000)
SOLD = Tariff(sells_clips=True, per_s_micros=100_000, lengths_s=(4,))


def a_measure(render_s: float, *, video_s: float = 1.0, num_pixels: int = 10_000, kind: str = "gpu") -> Measure:
    return Measure(kind=kind, render_s=render_s, video_s=video_s, num_pixels=num_pixels)


def an_attempt(**fields: Any) -> Attempt:
    given: dict[str, Any] = {
        "attempt_id": "a1",
        "episode_id": "e1",
        "beat_id": "b1",
        "revision": 1,
        "number": 1,
        "renderer": "r",
    }
    return Attempt(**{**given, "opened_at": NOW, **fields})


def a_view(
    index: int = 0, *, backend: str = "gpu", state: BeatState = BeatState.PENDING, attempts: tuple[Attempt, ...] = ()
) -> BeatView:
    return BeatView(
        beat=a_beat(index, duration_s=2.0), revision=1, state=state, progress=0.0, attempts=attempts, backend=backend
    )


def an_episode(*beats: BeatView) -> EpisodeView:
    return EpisodeView(
        episode_id="e1",
        request=a_request(format=SIZE),
        state=EpisodeState.PLANNED,
        progress=0.0,
        created_at=NOW,
        updated_at=NOW,
        beats=beats,
    )


KINDS = (
    a_kind("gpu", tariff=HOURLY),
    a_kind("shop", tariff=SOLD),
    a_kind("house"),
    a_kind("odd", tariff=Tariff(sells_clips=True)),
)


def test_what_is_expected_is_the_median_by_second_of_video() -> None:
    work = expected([a_measure(3.0), a_measure(10.0, video_s=2.0), a_measure(90.0)], 2.0, 10_000)

    assert work is not None
    assert (work.usual_s, work.slowest_s, work.num_samples, work.is_scaled) == (10.0, 180.0, 3, False)


def test_clips_of_another_size_count_by_their_pixels_where_there_are_no_others() -> None:
    half = a_measure(3.0, num_pixels=5_000)

    assert (scaled := expected([half], 1.0, 10_000)) is not None
    assert (scaled.usual_s, scaled.is_scaled) == (6.0, True)
    assert (same := expected([half, a_measure(4.0)], 1.0, 10_000)) is not None
    assert (same.usual_s, same.num_samples, same.is_scaled) == (4.0, 1, False)
    assert expected([], 1.0, 10_000) is None


@pytest.mark.parametrize(
    ("tariff", "measures", "micros"),
    [
        (FREE, [], 0),
        (HOURLY, [], None),
        (HOURLY, [a_measure(5.0)], 50_000),  # twice ten seconds, and thirty
        (SOLD, [], 400_000),
        (Tariff(sells_clips=True), [], None),
    ],
)
def test_a_quote_leaves_room_for_a_slow_attempt_and_is_the_price_of_a_clip(
    tariff: Tariff, measures: list[Measure], micros: int | None
) -> None:
    assert quote(tariff, measures, 2.0, 10_000) == micros


def test_every_figure_says_where_it_is_from() -> None:
    beats = (a_view(0), a_view(1, backend="shop"), a_view(2, backend="house"), a_view(3, backend="odd"))

    told = estimate(an_episode(*beats), KINDS, [a_measure(5.0), a_measure(7.0)])

    gpu, shop, house, odd = told.beats
    assert (gpu.seconds.value, gpu.seconds.certainty) == (12.0, Certainty.ESTIMATED)
    assert gpu.seconds.source == "median of 2 accepted clips of this size"
    assert (gpu.cost.value, gpu.cost.certainty, gpu.at_most_micros) == (12_000, Certainty.ESTIMATED, 58_000)
    assert (shop.cost.value, shop.cost.certainty, shop.at_most_micros) == (400_000, Certainty.EXACT, 400_000)
    assert (shop.seconds.value, shop.seconds.certainty) == (None, Certainty.UNKNOWN)
    assert (house.cost.value, house.cost.certainty, house.at_most_micros) == (0, Certainty.EXACT, 0)
    assert (odd.cost.value, odd.cost.certainty, odd.at_most_micros) == (None, Certainty.UNKNOWN, None)
    assert (told.cost.value, told.cost.certainty, told.at_most_micros) == (412_000, Certainty.UNKNOWN, None)


def test_what_has_been_done_is_exact_and_failures_cost_too() -> None:
    done = an_attempt(state=AttemptState.SELECTED, ended_at=NOW + timedelta(seconds=60), render_s=9.0, spent_micros=9_000)
    failed = an_attempt(state=AttemptState.FAILED, ended_at=NOW + timedelta(seconds=5), spent_micros=5_000)
    running = an_attempt(state=AttemptState.OPEN, reserved_micros=70_000)
    beats = (
        a_view(0, state=BeatState.ACCEPTED, attempts=(failed, done)),
        a_view(1, state=BeatState.RENDERING, attempts=(failed, running)),
        a_view(2, state=BeatState.CANCELLED),
    )

    told = estimate(an_episode(*beats), KINDS, [a_measure(5.0)])

    accepted, rendering, cancelled = told.beats
    assert (accepted.seconds.value, accepted.cost.value, accepted.cost.certainty) == (14.0, 14_000, Certainty.EXACT)
    assert (rendering.seconds.value, rendering.cost.value, rendering.at_most_micros) == (15.0, 15_000, 70_000)
    assert (cancelled.cost.value, cancelled.cost.certainty, cancelled.at_most_micros) == (0, Certainty.EXACT, 0)
    assert (told.cost.value, told.cost.certainty, told.at_most_micros) == (29_000, Certainty.ESTIMATED, 70_000)
