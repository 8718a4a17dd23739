"""What is measured in a picture, and how it is put into words."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageFilter

from episodes.world import Light, PictureKind
from planning.extraction.colours import colour_word, palette_of
from planning.extraction.decode import decode
from planning.extraction.faces import faces_in
from planning.extraction.file_names import name_in, safe_file_name
from planning.extraction.measure import Measured, measure
from planning.extraction.wording import description_of
from tests.unit.planning.pictures import a_face, a_figure, a_landscape, as_file


def measured(picture: Image.Image) -> Measured:
    return measure(decode(as_file(picture)))


@pytest.mark.slow
@pytest.mark.parametrize("ground", [(0, 0, 0, 0), (255, 255, 255, 255), (70, 160, 90, 255)])
def test_a_figure_on_a_plain_or_transparent_ground_is_a_sheet(ground: tuple[int, ...]) -> None:
    found = measured(a_figure(ground=ground))

    assert (found.kind, found.num_figures) == (PictureKind.SHEET, 1)
    assert [colour_word(c) for c in found.body_palette] == ["beige", "red", "dark blue"], "head, upper body, legs"


@pytest.mark.slow
def test_several_views_on_one_sheet_are_counted() -> None:
    assert measured(a_figure(num=3)).num_figures == 3


@pytest.mark.slow
def test_a_sheet_scanned_with_noise_is_still_a_sheet() -> None:
    noise = np.random.default_rng(1).integers(-4, 5, (240, 120, 3))
    page = np.asarray(a_figure(ground=(240, 238, 230, 255)).convert("RGB"), dtype=np.int16) + noise

    assert measured(Image.fromarray(page.clip(0, 255).astype(np.uint8)).filter(ImageFilter.BLUR)).kind is PictureKind.SHEET


@pytest.mark.slow
def test_a_large_face_makes_a_portrait() -> None:
    found = measured(a_face())

    assert found.kind is PictureKind.PORTRAIT
    face = found.faces[0]
    assert (face.x + face.width / 2, face.y + face.height / 2) == pytest.approx((0.5, 0.45), abs=0.1)


@pytest.mark.slow
def test_a_landscape_is_a_place_without_faces() -> None:
    found = measured(a_landscape())

    assert (found.kind, found.faces, found.body_palette) == (PictureKind.PLACE, (), ())


def test_skin_without_eyes_is_no_face() -> None:
    sand = Image.new("RGB", (200, 200), "#8aa0b8")
    sand.paste((236, 190, 160), (60, 40, 140, 150))

    assert faces_in(decode(as_file(sand)).rgba_HWC) == ()


@pytest.mark.parametrize(
    ("sky", "ground", "light"),
    [
        ("#9fd0f0", "#4fa050", Light.DAY),
        ("#d9704a", "#5a3040", Light.DUSK),
        ("#101838", "#0c1020", Light.NIGHT),
        ("#eeeeee", "#cccccc", Light.DAY),
    ],
)
def test_brightness_and_warmth_tell_the_hour(sky: str, ground: str, light: Light) -> None:
    picture = a_landscape(sky=sky, ground=ground) if light is Light.DAY else Image.new("RGB", (80, 60), sky)

    assert measured(picture).light is light


def test_a_palette_begins_with_the_most_frequent_colour() -> None:
    pixels = np.array([[200, 30, 30]] * 50 + [[20, 20, 200]] * 300 + [[240, 240, 240]] * 120, dtype=np.uint8)

    assert palette_of(pixels) == ("#1414c8", "#f0f0f0", "#c81e1e")


def test_nearly_equal_colours_are_one() -> None:
    pixels = np.array([[200, 30, 30], [203, 31, 29], [198, 28, 33]] * 40, dtype=np.uint8)

    assert len(palette_of(pixels)) == 1


@pytest.mark.slow
def test_measuring_twice_gives_the_same() -> None:
    assert measured(a_face()) == measured(a_face())


@pytest.mark.slow
def test_measurements_become_words() -> None:
    assert description_of(measured(a_figure())) == "wears mostly red and dark blue; beige at the head"
    assert description_of(measured(a_landscape())).startswith("a bright, ")
    assert "bluish place" in description_of(measured(Image.new("RGB", (60, 40), "#101c50")))


@pytest.mark.parametrize(
    ("file_name", "name"),
    [
        ("hero_mika-01.PNG", "Hero Mika"),
        ("mika_sheet.png", "Mika"),
        ("RoboKiku.webp", "Robo Kiku"),
        ("night street (2).png", "Night Street"),
        ("C:\\pictures\\dr. light.png", "Dr Light"),
        ("photo-of-mika.jpg", "Mika"),
        ("サイタマ.png", "サイタマ"),
        ("portrait.png", "Portrait"),
        ("MIKA.png", "Mika"),
        ("IMG_1234.jpg", ""),
        ("DSC0001.jpeg", ""),
        ("PXL_20230101_123456.jpg", ""),
        ("Screenshot 2024-01-02 at 10.20.30.png", ""),
        ("550e8400-e29b-41d4-a716-446655440000.png", ""),
        ("1234.png", ""),
        (".png", ""),
        ("", ""),
    ],
)
def test_the_name_is_read_from_the_file_name(file_name: str, name: str) -> None:
    assert name_in(file_name) == name


def test_a_kept_file_name_has_no_folders_and_no_control_characters() -> None:
    assert safe_file_name("../../etc/pass\x00wd.png") == "passwd.png"
    assert safe_file_name("") == "picture"
