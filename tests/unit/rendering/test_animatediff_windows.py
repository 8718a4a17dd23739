from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from rendering.backends.animatediff.recipes import FrameRule
from rendering.backends.animatediff.windows import noise_order, window_starts, window_weights

LENGTHS = (16, 28, 40, 52, 244)


@pytest.mark.parametrize("num_frames", LENGTHS)
def test_windows_cover_the_whole_beat_and_overlap_by_four(num_frames: int) -> None:
    starts = window_starts(num_frames)

    assert starts[0] == 0
    assert starts[-1] + 16 == num_frames
    assert all(second - first == 12 for first, second in pairwise(starts))


def test_a_short_beat_is_one_window_that_decides_alone() -> None:
    assert window_starts(16) == (0,)
    assert (window_weights(16) == 1).all()
    assert noise_order(16, seed=3) == tuple(range(16))


@pytest.mark.parametrize("num_frames", [1, 15, 17, 24, 32])
def test_a_length_between_windows_is_refused(num_frames: int) -> None:
    with pytest.raises(ValueError, match=r"16 \+ 12k"):
        window_starts(num_frames)


@pytest.mark.parametrize("num_frames", LENGTHS)
def test_every_frame_gets_as_much_as_any_other(num_frames: int) -> None:
    heard = np.zeros(num_frames)
    for start, weights in zip(window_starts(num_frames), window_weights(num_frames), strict=True):
        heard[start : start + 16] += weights

    assert np.allclose(heard, 1)


def test_where_windows_overlap_one_fades_out_as_the_other_fades_in() -> None:
    first, second = window_weights(28)

    assert np.allclose(first[12:], [0.8, 0.6, 0.4, 0.2])
    assert np.allclose(second[:4], [0.2, 0.4, 0.6, 0.8])


@pytest.mark.parametrize("seed", range(20))
def test_each_window_sees_sixteen_different_noises(seed: int) -> None:
    order = noise_order(100, seed)

    assert all(sorted(order[start : start + 16]) == list(range(16)) for start in window_starts(100))


def test_another_seed_shuffles_otherwise_and_the_same_one_the_same() -> None:
    assert noise_order(40, 1) == noise_order(40, 1) != noise_order(40, 2)


@pytest.mark.parametrize(("wanted", "made"), [(1, 16), (16, 16), (17, 28), (28, 28), (40, 40), (41, 52), (240, 244)])
def test_a_beat_gets_the_smallest_legal_length_that_holds_it(wanted: int, made: int) -> None:
    assert FrameRule().at_least(wanted) == made
