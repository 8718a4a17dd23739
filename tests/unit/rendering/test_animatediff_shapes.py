from __future__ import annotations

from itertools import pairwise

import pytest

from episodes.plan import Format
from rendering.backends.animatediff.recipes import RECIPES, SizeRule, Tier
from rendering.backends.animatediff.shapes import legal_size, shape_of

STANDARD = RECIPES[Tier.STANDARD]


def test_five_seconds_at_24_frames_are_forty_keyframes_that_end_with_the_clip() -> None:
    shape = shape_of(Format(fps=24), 120, STANDARD, 512)

    assert shape.num_frames == len(shape.picks) == len(shape.indices) == 40
    assert (shape.indices[0], shape.indices[1], shape.indices[-1]) == (0, 3, 119)


def test_motion_keeps_the_models_speed_and_what_is_beyond_the_clip_is_dropped() -> None:
    shape = shape_of(Format(fps=24), 24, STANDARD, 512)

    assert shape.num_frames == 16
    assert shape.picks == tuple(range(8))
    assert shape.indices == (0, 3, 7, 10, 13, 16, 20, 23)


@pytest.mark.parametrize("fps", [1, 3, 4, 7])
def test_a_clip_slower_than_the_model_leaves_frames_out(fps: int) -> None:
    shape = shape_of(Format(fps=fps), 4 * fps, STANDARD, 512)

    assert shape.indices == tuple(range(4 * fps))
    assert all(abs(pick / 8 - index / fps) <= 1 / 16 for pick, index in zip(shape.picks, shape.indices, strict=True))


@pytest.mark.parametrize("fps", [1, 2, 7, 8, 9, 24, 25, 30, 60])
def test_any_clip_gets_ascending_keyframes_from_its_first_frame_to_its_last(fps: int) -> None:
    for num_frames in (1, 2, 3, 8, 13, 120, 719):
        shape = shape_of(Format(fps=fps), num_frames, STANDARD, 512)

        assert (shape.indices[0], shape.indices[-1]) == (0, num_frames - 1)
        assert all(a < b for a, b in pairwise(shape.indices))
        assert all(a < b for a, b in pairwise(shape.picks))
        assert shape.picks[-1] < shape.num_frames
        assert len(shape.picks) == len(shape.indices)


@pytest.mark.parametrize(
    ("clip", "made"),
    [
        ((512, 512), (512, 512)),
        ((1280, 720), (832, 448)),
        ((720, 1280), (448, 832)),
        ((64, 64), (512, 512)),
        ((3840, 2160), (832, 448)),
    ],
)
def test_frames_are_made_near_the_size_that_the_model_was_trained_on(clip: tuple[int, int], made: tuple[int, int]) -> None:
    assert legal_size(*clip, SizeRule(), 512) == made


@pytest.mark.parametrize("clip", [(64, 2160), (3840, 64), (66, 98), (512, 514)])
def test_any_clip_size_has_a_legal_one(clip: tuple[int, int]) -> None:
    width, height = legal_size(*clip, SizeRule(), 512)

    assert width % 64 == height % 64 == 0
    assert width >= 64
    assert height >= 64
