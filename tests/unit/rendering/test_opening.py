from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from episodes.errors import FailureClass, RenderFailed
from episodes.job import RenderJob, StartFrame
from episodes.plan import Beat, CastMember, Format
from episodes.world import Picture, PictureKind
from rendering.backends.animatic.backend import AnimaticBackend
from rendering.backends.opening import OpeningSource, opening_of
from tests.builders import a_beat, a_character, a_job, a_place
from tests.clips import FakeControl

WIDE = Format(width=128, height=72, fps=12)
GREY, RED, GROUND = (120, 120, 120), (200, 30, 30), (240, 240, 236)
ALL = (OpeningSource.PREVIOUS, OpeningSource.PICTURE, OpeningSource.ANIMATIC)


class Files:
    """A PictureSource over a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, key: str, sha256: str) -> Path:
        return self._folder / key


def a_picture(folder: Path, drawn: Image.Image, kind: PictureKind) -> Picture:
    key = f"{kind}.png"
    drawn.save(folder / key)
    sha256 = hashlib.sha256(key.encode()).hexdigest()
    return Picture(key=key, sha256=sha256, size_bytes=9, width=drawn.width, height=drawn.height, kind=kind)


def a_sheet(folder: Path) -> Picture:
    """A figure of 40 × 200 in a high picture."""
    drawn = Image.new("RGB", (100, 220), GROUND)
    ImageDraw.Draw(drawn).rectangle((30, 10, 69, 209), fill=RED)
    return a_picture(folder, drawn, PictureKind.SHEET)


def a_view(folder: Path) -> Picture:
    return a_picture(folder, Image.new("RGB", (300, 300), GREY), PictureKind.PLACE)


def a_beat_with(*sheets: Picture, view: Picture | None = None) -> Beat:
    names = ("Mika", "Kiku")
    cast = tuple(
        CastMember(character=a_character(name, references=(sheet,))) for name, sheet in zip(names, sheets, strict=False)
    )
    return a_beat(cast=cast, place=a_place(references=(view,) if view else ()))


def going_on(job: RenderJob, folder: Path) -> RenderJob:
    """From a clip that ends in green."""
    writer = cv2.VideoWriter(str(folder / "earlier.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 12, (128, 72))
    for colour in ((0, 0, 200), (0, 0, 200), (0, 160, 0)):
        writer.write(np.full((72, 128, 3), colour, np.uint8))
    writer.release()
    start = StartFrame(video_key="earlier.avi", sha256="0" * 64)
    return job.model_copy(update={"input": job.input.model_copy(update={"start_frame": start})})


def test_a_beat_that_goes_on_opens_with_the_earlier_clips_last_frame(tmp_path: Path) -> None:
    job = going_on(a_job(a_beat_with(view=a_view(tmp_path)), film_format=WIDE), tmp_path)

    opening = opening_of(job, Files(tmp_path), ALL)

    assert opening is not None
    assert opening.label == "previous clip's last frame: earlier.avi"
    assert opening.picture_HWC.shape == (72, 128, 3)
    assert np.abs(opening.picture_HWC.astype(int) - (0, 160, 0)).max() < 8


def test_a_place_opens_with_its_picture_whoever_stands_in_it(tmp_path: Path) -> None:
    job = a_job(a_beat_with(a_sheet(tmp_path), view=a_view(tmp_path)), film_format=WIDE)

    opening = opening_of(job, Files(tmp_path), ALL)

    assert opening is not None
    assert opening.label == "picture place.png"
    assert (opening.picture_HWC == GREY).all()


def test_whoever_is_alone_is_seen_from_head_to_toe(tmp_path: Path) -> None:
    job = a_job(a_beat_with(a_sheet(tmp_path)), film_format=WIDE)

    opening = opening_of(job, Files(tmp_path), ALL)

    assert opening is not None
    assert opening.source is OpeningSource.PICTURE
    assert tuple(opening.picture_HWC[36, 64]) == RED
    assert tuple(opening.picture_HWC[0, 64]) == GROUND
    assert tuple(opening.picture_HWC[36, 0]) == GROUND
    red_rows = [row for row in opening.picture_HWC[:, 64].tolist() if np.allclose(row, RED, atol=40)]
    assert len(red_rows) == pytest.approx(72 * 200 / 220, abs=2)


def test_of_two_people_neither_is_the_opening(tmp_path: Path) -> None:
    sheet = a_sheet(tmp_path)
    job = a_job(a_beat_with(sheet, sheet), film_format=WIDE)

    assert opening_of(job, Files(tmp_path), (OpeningSource.PREVIOUS, OpeningSource.PICTURE)) is None


@pytest.mark.slow
def test_the_animatics_opening_is_its_very_first_frame(tmp_path: Path) -> None:
    job = a_job(film_format=WIDE)
    drawn = AnimaticBackend().keyframes(job, Files(tmp_path), FakeControl())

    opening = opening_of(job, Files(tmp_path), ALL)

    assert opening is not None
    assert opening.label == "animatic"
    assert np.array_equal(opening.picture_HWC, drawn.frames_THWC[0])


@pytest.mark.slow
def test_the_animatics_opening_is_its_own_also_where_a_beat_goes_on(tmp_path: Path) -> None:
    job = a_job(film_format=WIDE)
    own = opening_of(job, Files(tmp_path), (OpeningSource.ANIMATIC,))

    opening = opening_of(going_on(job, tmp_path), Files(tmp_path), (OpeningSource.ANIMATIC, OpeningSource.PREVIOUS))

    assert own is not None
    assert opening is not None
    assert np.array_equal(opening.picture_HWC, own.picture_HWC)


def test_a_clip_without_a_frame_fails_the_beat_with_its_key(tmp_path: Path) -> None:
    job = going_on(a_job(film_format=WIDE), tmp_path)
    (tmp_path / "earlier.avi").write_bytes(b"no video")

    with pytest.raises(RenderFailed, match=r"'earlier\.avi' holds no frame") as failed:
        opening_of(job, Files(tmp_path), ALL)

    assert failed.value.failure_class is FailureClass.CONTENT
