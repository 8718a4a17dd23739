from __future__ import annotations

import pytest

from api.shaping import percent


@pytest.mark.parametrize(
    ("share", "shown"), [(0.0, 0), (0.004, 0), (0.29, 29), (0.57, 57), (0.999, 99), (0.9999, 99), (1.0, 100)]
)
def test_per_cents_are_rounded_down_so_that_100_means_done(share: float, shown: int) -> None:
    assert percent(share) == shown
