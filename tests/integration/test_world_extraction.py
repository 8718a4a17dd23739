"""Extraction on real photographs, damaged files and uploads at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import skimage
from hypothesis import given, settings
from hypothesis import strategies as st

from episodes.errors import BadInput
from episodes.world import Light, PictureKind, StoredWorld
from planning.extraction.decode import decode
from planning.extraction.measure import measure
from tests.unit.planning.pictures import a_figure, a_landscape, as_file
from tests.unit.planning.test_world_builder import Desk

PHOTOGRAPHS = Path(skimage.__file__).parent / "data"


def test_a_photographed_portrait_is_found_by_its_face() -> None:
    found = measure(decode((PHOTOGRAPHS / "astronaut.png").read_bytes()))

    assert found.kind is PictureKind.PORTRAIT
    face = found.faces[0]
    assert face.x < 0.44 < face.x + face.width, "the astronaut's nose lies at 44 % from the left"
    assert face.y < 0.23 < face.y + face.height, "and at 23 % from the top"


@pytest.mark.parametrize(
    "name", ["coffee.png", "chelsea.png", "rocket.jpg", "motorcycle_left.png", "brick.png", "hubble_deep_field.jpg"]
)
def test_photographs_without_people_are_places(name: str) -> None:
    found = measure(decode((PHOTOGRAPHS / name).read_bytes()))

    assert (found.kind, found.faces) == (PictureKind.PLACE, ())


def test_a_night_launch_is_dark() -> None:
    assert measure(decode((PHOTOGRAPHS / "rocket.jpg").read_bytes())).light is Light.NIGHT


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.sampled_from(["PNG", "JPEG", "WEBP"]), st.integers(0, 10_000), st.binary(min_size=1, max_size=12))
def test_a_damaged_picture_is_decoded_or_refused_and_nothing_else(kind: str, at: int, damage: bytes) -> None:
    data = as_file(a_figure().resize((24, 48)) if kind != "JPEG" else a_landscape((40, 30)), kind)
    at %= len(data)

    try:
        decoded = decode(data[:at] + damage + data[at + len(damage) :])
    except BadInput:
        return
    assert decoded.rgba_HWC.shape[2] == 4


def test_uploads_at_the_same_time_are_all_taken_in() -> None:
    desk = Desk()
    files = [(f"name{'abcdefgh'[n]}.png", as_file(a_figure(coat=f"#{n * 30:02x}4040"))) for n in range(8)]

    def upload(file: tuple[str, bytes]) -> StoredWorld:
        return desk.builder.add_picture("w", *file)[0]

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(upload, files))

    assert len(desk.builder.load("w").world.characters) == 8
