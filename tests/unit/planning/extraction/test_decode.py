"""Uploaded bytes become a clean picture, or are refused."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from episodes.errors import BadInput, TooLarge
from planning.extraction.decode import MAX_BYTES, MAX_SIDE, decode
from tests.unit.planning.pictures import a_figure, a_landscape, as_file


def a_bomb(width: int, height: int) -> bytes:
    """A PNG that says it is huge and holds next to nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(9000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [6_400, 10_000, 40_000])
def test_a_bomb_is_refused_before_it_unfolds(side: int) -> None:
    with pytest.raises(TooLarge):
        decode(a_bomb(side, side))


def test_too_many_bytes_are_refused() -> None:
    with pytest.raises(TooLarge):
        decode(bytes(MAX_BYTES + 1))


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"GIF89a" + bytes(40), b"<svg xmlns='http://www.w3.org/2000/svg'/>"]
)
def test_what_is_no_picture_is_refused_with_a_hint(data: bytes) -> None:
    with pytest.raises(BadInput) as refused:
        decode(data)

    assert refused.value.hint
    assert refused.value.where == "file"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_cut_off_anywhere_is_refused(kind: str) -> None:
    data = as_file(a_landscape(), kind)

    for share in (0.3, 0.6, 0.9):
        with pytest.raises(BadInput):
            decode(data[: int(len(data) * share)])


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_moving_picture_is_refused(kind: str) -> None:
    data = as_file(a_landscape(), kind, save_all=True, append_images=[a_landscape(sky="#000000")])

    with pytest.raises(BadInput, match="moves"):
        decode(data)


def test_other_formats_are_refused() -> None:
    with pytest.raises(BadInput):
        decode(as_file(a_landscape(), "BMP"))


def test_a_picture_is_turned_as_its_camera_was_held() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn

    decoded = decode(as_file(a_landscape((160, 90)), "JPEG", exif=exif))

    assert decoded.rgba_HWC.shape[:2] == (160, 90)


def test_nothing_else_hides_in_the_stored_bytes() -> None:
    note = PngInfo()
    note.add_text("Comment", "secret note")
    exif = Image.Exif()
    exif[0x010E] = "secret note"

    for data in (
        as_file(a_landscape(), "PNG", pnginfo=note) + b"secret note",
        as_file(a_landscape(), "JPEG", exif=exif) + b"secret note",
    ):
        assert b"secret note" in data
        assert b"secret note" not in decode(data).data


def test_transparency_survives_and_photographs_stay_jpeg() -> None:
    sheet, photo = decode(as_file(a_figure())), decode(as_file(a_landscape(), "JPEG"))

    assert (sheet.extension, sheet.media_type, sheet.has_alpha) == ("png", "image/png", True)
    assert (photo.extension, photo.media_type, photo.has_alpha) == ("jpg", "image/jpeg", False)
    with Image.open(BytesIO(sheet.data)) as again:
        assert np.array_equal(np.asarray(again), sheet.rgba_HWC)


@pytest.mark.parametrize("mode", ["L", "P", "1", "LA", "CMYK", "I;16"])
def test_every_colour_mode_is_taken(mode: str) -> None:
    picture = (
        a_landscape().convert("L").convert("I;16").point(lambda v: v * 256) if mode == "I;16" else a_landscape().convert(mode)
    )

    pixels = decode(as_file(picture, "JPEG" if mode == "CMYK" else "PNG")).rgba_HWC

    assert 60 < pixels[..., :3].mean() < 220, "neither black nor clipped to white"


def test_the_same_upload_gives_the_same_bytes() -> None:
    data = as_file(a_landscape(), "WEBP")

    assert decode(data).sha256 == decode(data).sha256


def test_a_large_picture_is_stored_reduced() -> None:
    assert max(decode(as_file(Image.new("RGB", (5000, 300), "#336699"))).rgba_HWC.shape) == MAX_SIDE
