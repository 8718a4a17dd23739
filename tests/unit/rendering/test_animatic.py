from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from episodes.errors import RenderCancelled
from episodes.plan import Beat, CameraMove, Format, Line, ShotSize
from rendering.backend import Keyframes
from rendering.backends.animatic.backend import AnimaticBackend
from rendering.backends.animatic.scenery import PlaceKind, kind_of
from tests.builders import TINY, a_beat, a_character, a_job, a_place
from tests.clips import FakeControl

SMALL = Format(width=128, height=96, fps=12)


class NoPictures:
    def path(self, key: str, sha256: str) -> Path:
        raise AssertionError("this beat has no pictures")


def drawn(beat: Beat, film_format: Format = TINY, control: FakeControl | None = None) -> Keyframes:
    return AnimaticBackend().keyframes(a_job(beat, film_format=film_format), NoPictures(), control or FakeControl())


@pytest.mark.slow
def test_the_same_job_gives_the_same_bits_on_a_fresh_and_on_a_warm_backend() -> None:
    job, warm = a_job(a_beat(camera_move=CameraMove.HANDHELD, duration_s=0.5)), AnimaticBackend()

    first, again, fresh = (b.keyframes(job, NoPictures(), FakeControl()) for b in (warm, warm, AnimaticBackend()))

    assert np.array_equal(first.frames_THWC, again.frames_THWC)
    assert np.array_equal(first.frames_THWC, fresh.frames_THWC)


@pytest.mark.slow
def test_another_seed_moves_a_handheld_camera_otherwise() -> None:
    one, other = (drawn(a_beat(camera_move=CameraMove.HANDHELD, seed=seed, duration_s=0.5)).frames_THWC for seed in (1, 2))

    assert not np.array_equal(one, other)


@pytest.mark.slow
@pytest.mark.parametrize("film_format", [TINY, Format(width=96, height=64, fps=24), Format(width=64, height=96, fps=25)])
def test_frames_have_the_jobs_exact_size_and_stand_from_the_first_frame_to_the_last(film_format: Format) -> None:
    keys = drawn(a_beat(), film_format)

    assert keys.frames_THWC.shape == (len(keys.indices), film_format.height, film_format.width, 3)
    assert keys.frames_THWC.dtype == np.uint8
    assert keys.frames_THWC.flags.c_contiguous
    assert (keys.indices[0], keys.indices[-1]) == (0, film_format.fps - 1)


@pytest.mark.slow
def test_a_single_frame_is_a_clip_too() -> None:
    assert drawn(a_beat(duration_s=0.5), Format(width=64, height=64, fps=1)).indices == (0,)


@pytest.mark.slow
def test_the_slate_says_shot_and_move_and_the_line_has_its_speaker() -> None:
    beat = a_beat(
        index=1,
        shot_size=ShotSize.MEDIUM,
        camera_move=CameraMove.PUSH_IN,
        dialogue=Line(character_id="mika", text="Who is there?"),
    )

    burn_in = drawn(beat).burn_in

    assert burn_in is not None
    assert burn_in.label == "MEDIUM  PUSH IN"
    assert burn_in.subtitle == "Mika: Who is there?"
    assert burn_in.show_timecode


@pytest.mark.slow
def test_a_render_that_is_told_to_stop_stops_at_the_next_frame() -> None:
    control = FakeControl(stop_at_check=4)

    with pytest.raises(RenderCancelled):
        drawn(a_beat(), control=control)

    assert len(control.shares) == 2  # one check before the first frame, then one before each


@pytest.mark.slow
def test_the_reported_share_rises_to_one() -> None:
    control = FakeControl()

    drawn(a_beat(), control=control)

    assert control.shares == sorted(control.shares)
    assert control.shares[-1] == 1.0


@pytest.mark.parametrize(
    ("name", "description", "kind"),
    [
        ("Café Luna", "", PlaceKind.CAFE),
        ("Hinata Bay", "a quiet harbour", PlaceKind.SEA),
        ("The Old Keep", "a ruined castle in the woods", PlaceKind.CASTLE),
        ("Nowhere", "", PlaceKind.FIELD),
    ],
)
def test_a_place_is_known_by_its_name_and_else_by_its_description(name: str, description: str, kind: PlaceKind) -> None:
    assert kind_of(a_place(name, place_id="p", description=description)) is kind


def a_cast(action: str, **fields: Any) -> tuple[Any, ...]:
    member = a_beat().cast[0]
    return (member.model_copy(update={"action": action, "character": a_character(**{"description": "", **fields})}),)
