from __future__ import annotations

import numpy as np
import pytest

from rendering.motion.between import Way
from rendering.motion.flow import Field, Key, acceleration

SURE = np.ones((1, 1), np.float32)


def field(x: float, y: float = 0) -> Field:
    return np.array([[[x, y]]], np.float32)


def a_way(flow: Field, bend: Field | None) -> Way:
    key = Key.of(np.zeros((64, 64, 3), np.uint8))
    return Way(key=key, flow=flow, trust=SURE, bend=bend)


@pytest.mark.parametrize(("behind_span", "span"), [(4, 4), (2, 6), (6, 3)])
def test_a_thrown_thing_stays_on_its_parabola_however_the_keys_are_spaced(behind_span: int, span: int) -> None:
    def fallen(frame: float) -> Field:
        return field(5 * frame, 3 * frame + 0.1 * frame * frame)

    bend = acceleration(fallen(span), SURE, span, fallen(-behind_span), SURE, behind_span)

    way = a_way(fallen(span), bend)
    for frame in range(span + 1):
        assert np.allclose(way.moved(frame / span, 1), fallen(frame), atol=1e-4)


def test_acceleration_is_at_most_half_of_the_way() -> None:
    bend = acceleration(field(4), SURE, 4, field(100), SURE, 4)

    assert np.allclose(bend, field(2), atol=1e-4)


def test_acceleration_counts_only_as_far_as_both_ways_are_trusted() -> None:
    full = acceleration(field(4), SURE, 4, field(-2), SURE, 4)

    assert np.allclose(acceleration(field(4), SURE, 4, field(-2), SURE * 0.25, 4), full / 4)
    assert np.allclose(acceleration(field(4), SURE * 0, 4, field(-2), SURE, 4), 0)


def test_without_a_keyframe_behind_the_way_is_straight() -> None:
    assert np.allclose(a_way(field(8), None).moved(0.25, 1), field(2))
