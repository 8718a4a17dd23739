from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from episodes.errors import FailureClass, RenderFailed
from episodes.plan import CastMember, TimeOfDay
from episodes.world import Light, Picture, PictureKind
from rendering.backends.references import picture_of, picture_of_cast, picture_of_place, read_on_white
from tests.builders import a_beat, a_character, a_place


def a_picture(key: str, kind: PictureKind, light: Light = Light.DAY) -> Picture:
    sha256 = hashlib.sha256(key.encode()).hexdigest()
    return Picture(key=key, sha256=sha256, size_bytes=9, width=64, height=64, kind=kind, light=light)


def test_a_sheet_is_chosen_before_a_portrait_and_a_place_is_nobodys_likeness() -> None:
    pictures = [a_picture(kind, kind) for kind in (PictureKind.PLACE, PictureKind.PORTRAIT, PictureKind.SHEET)]
    mika = a_character(references=tuple(pictures))
    kiku = a_character("Kiku", references=tuple(pictures[:2]))

    assert picture_of(mika) == pictures[2]
    assert picture_of(kiku) == pictures[1]
    assert picture_of(a_character(references=tuple(pictures[:1]))) is None


def test_the_first_of_the_cast_that_has_a_picture_is_chosen() -> None:
    sheet = a_picture("kiku", PictureKind.SHEET)
    crowd = (CastMember(character=a_character()), CastMember(character=a_character("Kiku", references=(sheet,))))

    assert picture_of_cast(a_beat(cast=crowd)) == sheet
    assert picture_of_cast(a_beat(cast=())) is None


def test_a_place_is_rather_seen_at_the_beats_hour() -> None:
    day, night = a_picture("day", PictureKind.PLACE), a_picture("night", PictureKind.PLACE, Light.NIGHT)
    place = a_place(references=(day, night))

    assert picture_of_place(place, TimeOfDay.NIGHT) == night
    assert picture_of_place(place, TimeOfDay.DAWN) == day
    assert picture_of_place(a_place(references=(night,)), TimeOfDay.DAY) == night
    assert picture_of_place(a_place(), TimeOfDay.DAY) is None


def test_what_is_transparent_is_read_as_white(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8), (200, 0, 0, 0)).save(tmp_path / "clear.png")

    assert (np.array(read_on_white(tmp_path / "clear.png", "clear.png")) == 255).all()


@pytest.mark.slow
def test_a_file_that_is_no_picture_fails_the_beat_with_its_key(tmp_path: Path) -> None:
    spoilt = tmp_path / "spoilt.png"
    spoilt.write_bytes(b"no picture")

    with pytest.raises(RenderFailed, match=r"'worlds/w/spoilt\.png' is no picture") as failed:
        read_on_white(spoilt, "worlds/w/spoilt.png")

    assert failed.value.failure_class is FailureClass.CONTENT
