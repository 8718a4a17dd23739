from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from episodes.errors import FailureClass, RenderFailed
from episodes.plan import ShotSize, TimeOfDay
from episodes.world import Box, Light, Picture, PictureKind
from rendering.backends.animatic.cutouts import Cutout, cut_out
from rendering.backends.animatic.openings import dissolve
from rendering.backends.animatic.poses import Pose
from rendering.backends.animatic.puppets import Puppet
from rendering.backends.animatic.references import References
from tests.builders import a_character, a_place

RED, GROUND = (200, 30, 30), (240, 240, 236)


def a_picture(
    folder: Path, pixels: NDArray[np.uint8], kind: PictureKind = PictureKind.SHEET, **fields: Any
) -> tuple[Picture, Path]:
    """Stored as PNG; RGB or RGBA."""
    order = cv2.COLOR_RGBA2BGRA if pixels.shape[2] == 4 else cv2.COLOR_RGB2BGR
    data = cv2.imencode(".png", cv2.cvtColor(pixels, order))[1].tobytes()
    sha256 = hashlib.sha256(data).hexdigest()
    path = folder / f"{sha256}.png"
    path.write_bytes(data)
    height, width = pixels.shape[:2]
    return Picture(key=path.name, sha256=sha256, size_bytes=len(data), width=width, height=height, kind=kind, **fields), path


def a_sheet(*lefts: int, size: tuple[int, int] = (120, 160)) -> NDArray[np.uint8]:
    """Red figures of 30 × 100 pixels with two legs on a plain ground."""
    sheet = np.full((*size, 3), GROUND, np.uint8)
    for left in lefts:
        sheet[10:70, left : left + 30] = RED
        sheet[70:110, left : left + 12] = RED
        sheet[70:110, left + 18 : left + 30] = RED
    return sheet


def with_alpha(sheet: NDArray[np.uint8]) -> NDArray[np.uint8]:
    alpha = np.where((sheet == RED).all(2), 255, 0).astype(np.uint8)
    return np.dstack([sheet, alpha])


@pytest.mark.parametrize("sheet", [a_sheet(60), with_alpha(a_sheet(60))], ids=["plain ground", "alpha"])
def test_a_figure_is_cut_from_its_ground(sheet: NDArray[np.uint8], tmp_path: Path) -> None:
    cutout = cut_out(*a_picture(tmp_path, sheet))

    assert cutout is not None
    assert cutout.image.shape[:2] == pytest.approx((100, 30), abs=3)
    assert tuple(cutout.image[30, 15]) == (*RED, 255)
    assert cutout.image[90, cutout.image.shape[1] // 2, 3] < 40  # between the legs


def test_of_several_views_the_one_with_the_face_is_taken(tmp_path: Path) -> None:
    sheet = a_sheet(10, 60, 110)
    sheet[15:30, 62:80] = (250, 220, 190)

    cutout = cut_out(*a_picture(tmp_path, sheet, faces=(Box(x=62 / 160, y=15 / 120, width=18 / 160, height=15 / 120),)))

    assert cutout is not None
    assert cutout.width < 0.4
    assert tuple(cutout.image[12, 11, :3]) == (250, 220, 190)


@pytest.mark.slow
def test_a_portrait_is_cut_out_around_the_face_as_a_bust(tmp_path: Path) -> None:
    photo = np.random.default_rng(1).integers(60, 120, (160, 160, 3)).astype(np.uint8)
    cv2.ellipse(photo, (80, 60), (26, 34), 0, 0, 360, (230, 190, 160), -1)
    cv2.ellipse(photo, (80, 150), (56, 60), 0, 0, 360, (220, 60, 40), -1)
    picture = a_picture(tmp_path, photo, PictureKind.PORTRAIT, faces=(Box(x=0.36, y=0.22, width=0.28, height=0.34),))

    cutout = cut_out(*picture)

    assert cutout is not None
    assert cutout.is_bust
    assert float((cutout.image[..., 3] > 128).mean()) < 0.9


def test_a_bust_is_used_in_near_shots_only(tmp_path: Path) -> None:
    photo = np.full((100, 100, 3), GROUND, np.uint8)
    photo[20:, 25:75] = RED
    picture, path = a_picture(tmp_path, photo, PictureKind.PORTRAIT, faces=(Box(x=0.3, y=0.2, width=0.4, height=0.4),))
    character = a_character(references=(picture,))
    references, pictures = References(), Folder(path.parent)

    assert references.cutout(character, ShotSize.CLOSE_UP, pictures) is not None
    assert references.cutout(character, ShotSize.WIDE, pictures) is None


def test_a_plain_picture_without_a_figure_is_drawn_instead(tmp_path: Path) -> None:
    assert cut_out(*a_picture(tmp_path, np.full((60, 60, 3), GROUND, np.uint8))) is None


def test_a_file_that_is_no_picture_fails_the_beat_at_once(tmp_path: Path) -> None:
    picture, path = a_picture(tmp_path, a_sheet(60))
    path.write_bytes(b"not a picture")

    with pytest.raises(RenderFailed) as failed:
        cut_out(picture, path)

    assert failed.value.failure_class is FailureClass.CONTENT


def test_a_warm_backend_reads_a_picture_once(tmp_path: Path) -> None:
    picture, _ = a_picture(tmp_path, a_sheet(60))
    references, pictures = References(), Folder(tmp_path)

    for _ in range(3):
        references.cutout(a_character(references=(picture,)), ShotSize.WIDE, pictures)

    assert pictures.num_reads == 1


def test_the_backdrop_taken_at_the_beats_hour_is_preferred(tmp_path: Path) -> None:
    by_day, by_night = (
        a_picture(tmp_path, np.full((40, 60, 3), level, np.uint8), PictureKind.PLACE, light=light)[0]
        for level, light in ((200, Light.DAY), (20, Light.NIGHT))
    )

    backdrop = References().backdrop(a_place(references=(by_day, by_night)), TimeOfDay.NIGHT, Folder(tmp_path))

    assert backdrop is not None
    assert backdrop[1] is Light.NIGHT
    assert backdrop[0][0, 0, 0] == 20


def a_puppet() -> Puppet:
    rgba = with_alpha(a_sheet(0, size=(120, 30)))[10:110]
    rgba[..., :3][rgba[..., 3] == 0] = 0
    return Puppet(Cutout(image=np.ascontiguousarray(rgba), is_bust=False, head=Box(x=0.2, y=0.0, width=0.6, height=0.2)))


def shown(pose: Pose, *, mirrored: bool = False) -> NDArray[np.uint8]:
    """Alpha of a puppet 100 pixels high, its feet at (100, 150)."""
    return a_puppet().drawn(pose, (0, 0, 200, 200), (100, 150), 100, mirrored=mirrored)[..., 3]


def test_a_straight_puppet_stands_on_its_feet() -> None:
    rows, columns = np.nonzero(shown(Pose(near_leg=0, far_leg=0, near_knee=0, far_knee=0)) > 128)

    assert (rows.min(), rows.max()) == pytest.approx((50, 149), abs=2)
    assert (columns.min(), columns.max()) == pytest.approx((85, 114), abs=2)


def test_a_stride_spreads_the_legs_and_tears_nothing() -> None:
    stride = shown(Pose(near_leg=-30, far_leg=30, near_knee=0, far_knee=0))

    feet = np.flatnonzero(stride[145] > 128)
    assert np.ptp(feet) > 36
    assert np.count_nonzero(np.diff(feet) > 1) == 1  # two legs, one gap


@pytest.mark.parametrize(("mirrored", "side"), [(False, 1), (True, -1)])
def test_a_puppet_leans_to_where_it_looks(mirrored: bool, side: int) -> None:
    head = np.flatnonzero(shown(Pose(lean=30), mirrored=mirrored)[70] > 128)

    assert np.sign(head.mean() - 100) == side


def test_who_lies_is_longer_than_high() -> None:
    rows, columns = np.nonzero(shown(Pose(roll=84)) > 128)

    assert np.ptp(columns) > 2 * np.ptp(rows)


def test_a_dissolve_begins_with_the_earlier_picture_without_its_slate_and_ends_without_it() -> None:
    before = np.full((100, 40, 3), 200, np.uint8)
    first, last = (np.zeros((100, 40, 3), np.uint8) for _ in range(2))

    dissolve(first, before, 0.0)
    dissolve(last, before, 0.5)

    assert (first[20:] == 200).all()
    assert (first[:8] == 0).all()
    assert (last == 0).all()


class Folder:
    """A PictureSource over a folder; counts how often it was asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.num_reads = 0

    def path(self, key: str, sha256: str) -> Path:
        self.num_reads += 1
        return self._folder / key
