from __future__ import annotations

from itertools import pairwise, product

import pytest

from episodes.plan import Format
from rendering.backends.diffusers.recipes import FrameRule, built_in, names
from rendering.backends.diffusers.shapes import shape_of


@pytest.mark.parametrize(("wanted", "made"), [(1, 9), (9, 9), (10, 17), (17, 17), (200, 201), (258, 257), (9999, 257)])
def test_the_next_legal_number_of_frames_is_made(wanted: int, made: int) -> None:
    assert FrameRule(base=1, step=8, least=9, most=257).at_least(wanted) == made


@pytest.mark.parametrize("wanted", [1, 25, 99])
def test_a_model_that_always_makes_the_same_number_makes_it(wanted: int) -> None:
    assert built_in("svd").frames.at_least(wanted) == 25


@pytest.mark.parametrize("name", names())
def test_any_beat_gets_ascending_keyframes_from_its_first_frame_to_its_last(name: str) -> None:
    for fps, duration_s in product([1, 5, 7, 8, 16, 24, 25, 60], [0.5, 1.0, 3.3, 5.0, 12.0, 30.0]):
        num_frames = max(1, round(duration_s * fps))

        shape = shape_of(Format(fps=fps), num_frames, built_in(name))

        assert (shape.indices[0], shape.indices[-1]) == (0, num_frames - 1)
        assert all(a < b for a, b in pairwise(shape.indices))
        assert all(a < b for a, b in pairwise(shape.picks))
        assert len(shape.picks) == len(shape.indices)
        assert shape.picks[-1] < shape.num_frames
        assert built_in(name).frames.at_least(shape.num_frames) == shape.num_frames
        assert shape.slowdown >= 1


def test_five_seconds_of_wan_are_all_that_it_can_make_but_one_frame() -> None:
    shape = shape_of(Format(fps=24), 120, built_in("wan"))

    assert (shape.num_frames, len(shape.picks), shape.slowdown) == (81, 80, 1.0)
    assert shape.indices[:4] == (0, 2, 3, 5)


def test_what_is_too_long_is_all_that_the_model_can_make_spread_over_the_clip() -> None:
    shape = shape_of(Format(fps=24), 240, built_in("svd"))

    assert (shape.num_frames, shape.picks, shape.slowdown) == (25, tuple(range(25)), 2.8)
    assert shape.indices[:3] == (0, 10, 20)


def test_a_clip_slower_than_the_model_leaves_frames_out() -> None:
    assert shape_of(Format(fps=8), 8, built_in("wan")).picks == (0, 2, 4, 6, 8, 10, 12, 14)


@pytest.mark.parametrize(
    ("name", "clip", "made"),
    [
        ("wan", (512, 512), (512, 512)),
        ("wan", (1280, 720), (848, 480)),
        ("wan-5b", (1280, 720), (1280, 704)),
        ("wan-5b", (512, 512), (960, 960)),
        ("ltx", (512, 512), (512, 512)),
        ("ltx", (1280, 720), (1280, 704)),
        ("svd", (1280, 720), (1024, 576)),
        ("svd", (512, 512), (768, 768)),
        ("hunyuan-video", (1280, 720), (848, 480)),
    ],
)
def test_frames_are_made_near_the_size_that_the_model_was_trained_on(
    name: str, clip: tuple[int, int], made: tuple[int, int]
) -> None:
    shape = shape_of(Format(width=clip[0], height=clip[1]), 24, built_in(name))

    assert (shape.width, shape.height) == made
