from __future__ import annotations

import pytest

from episodes.plan import Format, ShotSize
from rendering.backends.bought.choosing import own_size, prompt_of, seconds_for, size_for
from tests.builders import a_beat, a_job

HD = ((1280, 720), (720, 1280), (1920, 1080), (1080, 1920))


@pytest.mark.parametrize(("duration_s", "seconds"), [(0.5, 4), (4.0, 4), (4.04, 6), (7.0, 8), (20.0, 8)])
def test_the_shortest_length_that_is_long_enough_is_bought(duration_s: float, seconds: int) -> None:
    assert seconds_for(duration_s, (4, 6, 8)) == seconds


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [
        (1280, 720, (1280, 720)),
        (640, 360, (1280, 720)),
        (720, 1280, (720, 1280)),
        (1600, 900, (1920, 1080)),
        (3840, 2160, (1920, 1080)),
        (512, 512, (1280, 720)),
        (600, 800, (720, 1280)),
    ],
)
def test_the_nearest_shape_and_then_the_smallest_size_that_covers_is_bought(
    width: int, height: int, size: tuple[int, int]
) -> None:
    assert size_for(Format(width=width, height=height, fps=24), HD) == size


def test_a_size_of_ones_own_is_in_whole_multiples_and_never_smaller() -> None:
    assert own_size(Format(width=66, height=98, fps=24)) == (80, 112)


def test_a_beat_without_any_words_has_a_prompt_all_the_same() -> None:
    assert prompt_of(a_job(a_beat(prompt="", description="He waits."))) == "He waits."
    assert prompt_of(a_job(a_beat(prompt="", description="", shot_size=ShotSize.WIDE))) == "wide shot"
