"""What a clip depends on, and what it does not."""

from __future__ import annotations

from typing import Any

import pytest

from episodes.content import content_key, kind_recipe
from episodes.job import StartFrame
from episodes.plan import Beat, CameraMove, CastMember, Motion, MotionParams, ShotSize, TimeOfDay
from episodes.world import Picture, PictureKind
from tests.builders import TINY, a_beat, a_character, a_place

RECIPE = kind_recipe("animatic", {})
BEAT = a_beat(1)
FRAME = StartFrame(video_key="episodes/e/beats/b1/video/a.mp4", sha256="a" * 64)
PICTURE = Picture(key="worlds/w/images/b.png", sha256="b" * 64, size_bytes=1, width=1, height=1, kind=PictureKind.SHEET)


def key(beat: Beat = BEAT, recipe: str = RECIPE, **other: Any) -> str:
    given = {"clip_format": TINY, "motion": Motion(), "start_frame": None, **other}
    return content_key(beat, recipe, **given)


def test_where_a_beat_stands_and_what_it_is_called_makes_no_difference() -> None:
    elsewhere = BEAT.model_copy(update={"beat_id": "z9", "index": 4, "depends_on": ("b1",), "starts_from": "b1"})

    assert key(elsewhere) == key()


@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": "Mika, blue coat"},
        {"negative_prompt": "blur"},
        {"seed": 9},
        {"duration_s": 2.0},
        {"caption": "Later"},
        {"style": "noir"},
        {"shot_size": ShotSize.CLOSE_UP},
        {"camera_move": CameraMove.PUSH_IN},
        {"time_of_day": TimeOfDay.NIGHT},
        {"backend": "svd"},
        {"cast": (CastMember(character=a_character(description="a blue coat"), action="looks around"),)},
        {"cast": (CastMember(character=a_character(references=(PICTURE,)), action="looks around"),)},
        {"place": a_place(description="a steep roof")},
    ],
    ids=lambda fields: ",".join(fields),
)
def test_whatever_shows_makes_another_clip(fields: dict[str, Any]) -> None:
    assert key(BEAT.model_copy(update=fields)) != key()


def test_so_do_the_kind_the_format_the_motion_and_the_frame_that_it_starts_from() -> None:
    others = [
        key(recipe=kind_recipe("animatic", {"brush": "wide"})),
        key(recipe=kind_recipe("svd", {})),
        key(clip_format=TINY.model_copy(update={"fps": 12})),
        key(motion=Motion(params=MotionParams(strength=0.5))),
        key(start_frame=FRAME),
        key(start_frame=FRAME.model_copy(update={"sha256": "c" * 64})),
    ]

    assert len({key(), *others}) == len(others) + 1


def test_the_frame_is_known_by_its_bytes_and_not_by_where_they_lie() -> None:
    assert key(start_frame=FRAME) == key(start_frame=FRAME.model_copy(update={"video_key": "elsewhere"}))


def test_the_order_of_options_makes_no_difference() -> None:
    assert kind_recipe("svd", {"a": "1", "b": "2"}) == kind_recipe("svd", {"b": "2", "a": "1"})
