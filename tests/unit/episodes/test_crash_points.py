from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from episodes.crash_points import arm, is_watched, note_of, reach, watch
from episodes.errors import BadInput


@pytest.fixture(autouse=True)
def _nobody_watches_afterwards() -> Iterator[None]:
    yield
    watch(None)


def test_whoever_watches_is_told_of_every_point() -> None:
    reached: list[str] = []
    watch(reached.append)

    reach("before", "commit accept")
    reach("after", "commit accept")

    assert reached == ["before commit accept", "after commit accept"]


def test_nothing_happens_at_a_point_that_nobody_watches() -> None:
    reach("before", "commit accept")

    assert not is_watched()


@pytest.mark.parametrize(
    "point", ["", "commit accept", "during commit accept", "before commit accept:", "after commit accept:x"]
)
def test_what_is_no_point_is_refused(point: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no crash point"):
        arm([point], tmp_path)


def test_nobody_dies_where_somebody_has_died_already(tmp_path: Path) -> None:
    note_of("after commit accept", tmp_path).touch()
    arm(["after commit accept"], tmp_path)

    reach("after", "commit accept")  # this test's own process lives on
