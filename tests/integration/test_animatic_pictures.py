"""What the animatic draws, looked at by measuring: light, places, people, camera."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from episodes.plan import Beat, CameraMove, Format, ShotSize, StoryTurn, TimeOfDay
from rendering.backend import Frames, Keyframes
from rendering.backends.animatic.backend import AnimaticBackend
from rendering.backends.animatic.scenery import PlaceKind
from tests.builders import TINY, a_beat, a_character, a_job, a_place
from tests.clips import FakeControl

SMALL = Format(width=128, height=96, fps=12)


class NoPictures:
    def path(self, key: str, sha256: str) -> Path:
        raise AssertionError("this beat has no pictures")


def drawn(beat: Beat, film_format: Format = TINY, control: FakeControl | None = None) -> Keyframes:
    return AnimaticBackend().keyframes(a_job(beat, film_format=film_format), NoPictures(), control or FakeControl())


def a_still(**fields: Any) -> Frames:
    """The first frame of a beat with nobody in it unless told."""
    frame: Frames = drawn(a_beat(**{"cast": (), "duration_s": 0.5, **fields}), SMALL).frames_THWC[0]
    return frame


def test_night_is_darker_and_bluer_than_day() -> None:
    day, night = (a_still(time_of_day=hour).mean((0, 1)) for hour in (TimeOfDay.DAY, TimeOfDay.NIGHT))

    assert night.sum() < 0.6 * day.sum()
    assert night[2] / night.sum() > day[2] / day.sum()


def test_every_hour_has_its_own_light() -> None:
    skies = {tuple(a_still(time_of_day=hour)[:20].mean((0, 1)).round()) for hour in TimeOfDay}

    assert len(skies) == len(TimeOfDay)


@pytest.mark.parametrize("kind", PlaceKind)
def test_every_kind_of_place_is_painted_and_looks_unlike_a_field(kind: PlaceKind) -> None:
    painted, field = (a_still(place=a_place(name, description="")).astype(int) for name in (kind.value, "Field"))

    assert painted.std() > 12  # a picture, not one plain colour
    assert kind is PlaceKind.FIELD or np.abs(painted - field).mean() > 8


def test_the_same_place_looks_the_same_in_every_beat() -> None:
    one, other = (a_still(index=i, seed=7, description=f"Moment {i}.") for i in (0, 5))

    assert np.array_equal(one, other)


def test_a_character_wears_the_colours_of_its_palette() -> None:
    red, blue = (
        a_still(cast=a_cast("stands", palette=("#202020", colour, colour)), shot_size=ShotSize.MEDIUM).astype(int)
        for colour in ("#d01818", "#1830d0")
    )

    differs = np.abs(red - blue).max(2) > 60
    assert differs.mean() > 0.03
    assert (red[differs] - blue[differs])[:, 0].mean() > 40


def test_the_nearer_the_shot_the_more_of_it_is_the_character() -> None:
    shares = []
    for size in (ShotSize.EXTREME_WIDE, ShotSize.WIDE, ShotSize.FULL, ShotSize.MEDIUM, ShotSize.CLOSE_UP):
        red, blue = (
            a_still(cast=a_cast("waits", palette=(c, c, c)), shot_size=size, turn=StoryTurn.OUTCOME).astype(int)
            for c in ("#d01818", "#1830d0")
        )
        shares.append(float((np.abs(red - blue).max(2) > 40).mean()))

    assert shares == sorted(shares)
    assert shares[0] > 0


@pytest.mark.parametrize("move", CameraMove)
def test_no_camera_move_leaves_the_picture_still(move: CameraMove) -> None:
    keys = drawn(a_beat(cast=(), camera_move=move, duration_s=2), SMALL).frames_THWC.astype(int)

    assert np.abs(keys[0] - keys[-1]).mean() > 0.2


@pytest.mark.parametrize(("move", "sign"), [(CameraMove.PAN_RIGHT, -1), (CameraMove.PAN_LEFT, 1)])
def test_a_pan_shifts_the_picture_against_the_camera(move: CameraMove, sign: int) -> None:
    keys = drawn(a_beat(cast=(), camera_move=move, duration_s=2), SMALL)

    assert np.sign(_shift_x(keys.frames_THWC[0], keys.frames_THWC[-1])) == sign


def test_a_beat_without_a_place_or_people_still_has_a_picture() -> None:
    assert a_still(place=a_place("?", place_id="p", description="", palette=()), description="").std() > 12


@pytest.mark.parametrize(
    "name",
    ["Girl", "Giant monster", "Robot", "Cat", "Lion", "Rabbit", "Dragon", "Owl", "Ghost", "Slime", "Old wizard", "Bald hero"],
)
def test_everybody_can_be_drawn_in_every_act(name: str) -> None:
    who = a_character(name, character_id="x", description="")
    nobody = drawn(a_beat(cast=(), shot_size=ShotSize.FULL, duration_s=0.5)).frames_THWC[0].astype(int)
    for action in ("runs", "lies beaten", "flies", "sits", "dances", "roars", "sleeps"):
        cast = (a_beat().cast[0].model_copy(update={"character": who, "action": action}),)
        shown = drawn(a_beat(cast=cast, shot_size=ShotSize.FULL, duration_s=0.5)).frames_THWC[0].astype(int)
        assert (np.abs(shown - nobody).max(2) > 30).mean() > 0.01, action


def test_eight_people_fit_into_one_picture() -> None:
    cast = tuple(member for i in range(8) for member in a_cast("cheers", character_id=f"c{i}"))

    assert drawn(a_beat(cast=cast), SMALL).frames_THWC.shape[1:] == (96, 128, 3)


def a_cast(action: str, **fields: Any) -> tuple[Any, ...]:
    member = a_beat().cast[0]
    return (member.model_copy(update={"action": action, "character": a_character(**{"description": "", **fields})}),)


def _shift_x(first: Frames, second: Frames) -> float:
    """How far the picture moved to the right, in pixels."""
    greys = [frame.mean(2).astype(np.float32) for frame in (first, second)]
    (x, _), _ = cv2.phaseCorrelate(greys[0], greys[1])
    return float(x)


def test_the_door_itself_loads_no_picture_library() -> None:
    code = "import sys; import rendering.backends; sys.exit('cv2' in sys.modules or 'torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
