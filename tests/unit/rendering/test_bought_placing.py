from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rendering.backends.bought.placing import placed


def test_a_clip_of_more_frames_a_second_is_thinned_out() -> None:
    placing = placed(96, 24.0, 12, 6)

    assert placing.indices == tuple(range(12))
    assert placing.picks == tuple(range(0, 48, 4))
    assert not placing.is_spread


def test_a_clip_of_fewer_frames_a_second_leaves_gaps_for_motion() -> None:
    placing = placed(96, 24.0, 30, 48)

    assert placing.indices == (*range(0, 29, 2), 29)
    assert placing.picks[:3] == (0, 1, 2)


def test_a_clip_that_is_too_short_is_spread_over_the_beat() -> None:
    placing = placed(24, 24.0, 72, 24)

    assert placing.is_spread
    assert (placing.indices[0], placing.indices[-1]) == (0, 71)
    assert placing.picks == tuple(range(24))


def test_a_frame_less_at_the_end_is_held_and_slows_nothing_down() -> None:
    placing = placed(95, 24.0, 96, 24)

    assert placing.picks == (*range(95), 94)
    assert not placing.is_spread


def test_a_clip_whose_end_is_wanted_runs_faster_where_it_is_too_long() -> None:
    placing = placed(96, 24.0, 48, 24, to_its_end=True)

    assert (placing.picks[0], placing.picks[24], placing.picks[-1]) == (0, 49, 95)
    assert placing.indices == tuple(range(48))
    assert (placing.is_hurried, placing.is_spread) == (True, False)


@pytest.mark.parametrize("num_bought", [95, 96, 97])
def test_a_clip_whose_end_is_wanted_and_that_is_as_long_as_the_beat_keeps_its_speed(num_bought: int) -> None:
    placing = placed(num_bought, 24.0, 96, 24, to_its_end=True)

    assert (placing.picks[0], placing.picks[-1]) == (0, num_bought - 1)
    assert (placing.is_hurried, placing.is_spread) == (False, False)


@pytest.mark.slow
@given(
    num_bought=st.integers(1, 400),
    bought_fps=st.floats(1, 120),
    num_frames=st.integers(1, 900),
    fps=st.integers(1, 60),
    to_its_end=st.booleans(),
)
def test_any_clip_fills_any_beat_from_its_first_frame_to_its_last(
    num_bought: int, bought_fps: float, num_frames: int, fps: int, to_its_end: bool
) -> None:
    placing = placed(num_bought, bought_fps, num_frames, fps, to_its_end=to_its_end)

    assert len(placing.picks) == len(placing.indices)
    assert (placing.indices[0], placing.indices[-1]) == (0, num_frames - 1)
    assert all(one < other for one, other in pairwise(placing.indices))
    assert placing.picks[0] == 0
    assert all(one <= other < num_bought for one, other in pairwise((*placing.picks, placing.picks[-1])))
    assert not to_its_end or num_frames == 1 or placing.picks[-1] == num_bought - 1


@pytest.mark.parametrize("num_frames", [1, 2])
def test_a_single_bought_frame_is_a_still(num_frames: int) -> None:
    assert set(placed(1, 24.0, num_frames, 24).picks) == {0}
