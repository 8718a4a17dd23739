from __future__ import annotations

import numpy as np
import pytest

from rendering.backends.bought.widening import widened

PICTURE = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)


@pytest.mark.parametrize(("aspect", "size"), [(16 / 9, (64, 114)), (9 / 16, (114, 64)), (1.0, (64, 64)), (5.0, (64, 320))])
def test_the_picture_stands_whole_in_the_middle_of_the_asked_shape(aspect: float, size: tuple[int, int]) -> None:
    wide = widened(PICTURE, aspect)

    top, left = (size[0] - 64) // 2, (size[1] - 64) // 2
    assert wide.shape == (*size, 3)
    assert np.array_equal(wide[top : top + 64, left : left + 64], PICTURE)
