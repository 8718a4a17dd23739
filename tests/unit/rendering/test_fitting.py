from __future__ import annotations

import numpy as np
import pytest

from episodes.plan import Format
from rendering.backend import Frames
from rendering.backends.fitting import fitted, unfitted

WIDE = Format(width=128, height=64)


def stripes(width: int, height: int) -> Frames:
    """From black on the left to white on the right, with a red row at the top and at the bottom."""
    picture = np.broadcast_to(np.linspace(0, 255, width).astype(np.uint8)[None, :, None], (height, width, 3)).copy()
    picture[0] = picture[-1] = (255, 0, 0)
    return picture


def test_a_picture_of_the_clips_size_stays_as_it_is() -> None:
    picture = stripes(128, 64)

    [frame] = fitted([picture], WIDE)

    assert np.array_equal(frame, picture)
    assert frame.flags.c_contiguous


@pytest.mark.parametrize("size", [(256, 256), (64, 64), (130, 70), (1000, 200), (66, 98)])
def test_any_picture_fills_the_frame(size: tuple[int, int]) -> None:
    assert fitted([stripes(*size)] * 2, WIDE).shape == (2, 64, 128, 3)


def test_what_is_too_high_loses_as_much_at_the_top_as_at_the_bottom() -> None:
    [frame] = fitted([stripes(256, 256)], WIDE)

    assert frame[0].std(axis=1).max() < 2, "no red row is left"
    assert (int(frame[0, 0, 0]), int(frame[0, -1, 0])) == pytest.approx((0, 255), abs=3)


def test_what_is_too_wide_loses_its_sides() -> None:
    [frame] = fitted([stripes(256, 64)], WIDE)

    assert (int(frame[32, 0, 0]), int(frame[32, -1, 0])) == pytest.approx((64, 191), abs=3)


@pytest.mark.parametrize("size", [(256, 192), (128, 64), (192, 64), (128, 128)])
def test_a_frame_comes_back_from_the_way_there_and_back(size: tuple[int, int]) -> None:
    frame = stripes(128, 64)
    frame[0] = frame[-1] = frame[1]  # scaling blurs rows of their own

    picture = unfitted(frame, *size)

    assert (picture.shape[1], picture.shape[0]) == size
    assert np.abs(fitted([picture], WIDE)[0].astype(int) - frame).max() <= 4


def test_what_the_model_makes_beyond_the_frame_goes_on_from_its_edge() -> None:
    picture = unfitted(stripes(128, 64), 128, 96)

    assert (picture[16] == (255, 0, 0)).all(axis=-1).all()
    assert np.array_equal(picture[:16], picture[31:15:-1])
