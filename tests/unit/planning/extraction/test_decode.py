"""Uploaded bytes become a clean picture, or are refused."""

from __future__ import annotations

import contextlib
import random
import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageOps
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


@pytest.mark.slow
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


@pytest.mark.parametrize("orientation", [1, 2, 3, 4, 5, 6, 7, 8])
def test_every_way_to_hold_a_camera_is_turned_back(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = as_file(a_landscape(), "JPEG", exif=exif)

    with Image.open(BytesIO(data)) as picture:
        expected = np.asarray(ImageOps.exif_transpose(picture).convert("RGBA"))
    assert np.array_equal(decode(data).rgba_HWC, expected)


def an_ifd(tag: int, kind: int, count: int, value: int) -> bytes:
    return b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<HHHII", 1, tag, kind, count, value) + bytes(4)


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0no TIFF at all",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff",
        an_ifd(0x0112, 3, 1, 99),
        an_ifd(0x0112, 2, 4, 0xFFFFFF),
        an_ifd(0x0112, 3, 0xFFFFFFFF, 8),
        an_ifd(0x0112, 10, 1, 8),
        an_ifd(0x0112, 7, 1, 6),
        an_ifd(0x8769, 4, 1, 8),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow warns of what it skips
def test_a_broken_exif_breaks_no_picture(exif: bytes) -> None:
    assert decode(as_file(a_landscape((160, 90)), "JPEG", exif=exif)).rgba_HWC.shape[:2] == (90, 160)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_profile_is_neither_read_nor_kept(kind: str) -> None:
    profile = b"no profile at all" * 9

    decoded = decode(as_file(a_landscape(), kind, icc_profile=profile))

    assert profile[:17] not in decoded.data
    with Image.open(BytesIO(decoded.data)) as again:
        assert "icc_profile" not in again.info


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(
    "stowaway", [b"<html><script>alert(1)</script></html>", b"PK\x03\x04" + bytes(30), b"%PDF-1.7\n", b"#!/bin/sh\n"]
)
def test_what_is_a_picture_and_something_else_is_stored_as_a_picture(kind: str, stowaway: bytes) -> None:
    data = as_file(a_landscape(), kind) + stowaway

    assert stowaway not in decode(data).data
    with pytest.raises(BadInput):
        decode(stowaway + data)


@pytest.mark.slow
def test_texts_that_unfold_are_refused_or_left_behind() -> None:
    bomb = zlib.compress(bytes(3_000_000), 9)
    text = b"zTXt" + b"Comment\0\0" + bomb
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    png = as_file(a_landscape())

    with pytest.raises(BadInput):
        decode(png[:33] + chunk + png[33:])


@pytest.mark.parametrize("size", [(1, 30_000), (30_000, 1), (4_200, 100)])
def test_a_strip_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(BadInput, match="strip"):
        decode(as_file(Image.new("L", size)))


def test_a_jpeg_of_endless_scans_is_refused_before_it_is_decoded() -> None:
    progressive = as_file(a_landscape(), "JPEG", progressive=True)
    last = progressive.rindex(b"\xff\xda")
    head = progressive[last : last + 2 + int.from_bytes(progressive[last + 2 : last + 4])]

    assert progressive.count(b"\xff\xda") < 20, "an honest one"
    assert decode(progressive).extension == "jpg"
    with pytest.raises(TooLarge, match="scans"):
        decode(progressive[:-2] + (head + b"\0") * 200 + b"\xff\xd9")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_whatever_is_broken_in_a_file_it_is_taken_or_refused(kind: str) -> None:
    good, dice = as_file(a_landscape((64, 48)), kind), random.Random(7)
    taken = 0

    for _ in range(60):
        bad = bytearray(good)
        for _ in range(dice.choice((1, 1, 3, 20))):
            bad[dice.randrange(len(bad))] = dice.randrange(256)
        with contextlib.suppress(BadInput):
            taken += bool(decode(bytes(bad)).data)

    assert taken < 60, "some of them were broken for good"


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


@pytest.mark.slow
def test_a_large_picture_is_stored_reduced() -> None:
    assert max(decode(as_file(Image.new("RGB", (5000, 300), "#336699"))).rgba_HWC.shape) == MAX_SIDE
