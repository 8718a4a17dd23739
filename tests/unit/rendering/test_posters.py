from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from episodes.job import StoredFile
from episodes.plan import Format
from rendering.posters import MAX_BYTES, described, jpeg
from tests.clips import CARD, a_test_card, noise

STORED = StoredFile(key="p.jpg", uri="memory:p.jpg", size_bytes=1, sha256="0" * 64, media_type="image/jpeg")


def test_a_poster_shows_its_frame() -> None:
    film_format = Format(width=256, height=64)

    poster = np.asarray(Image.open(io.BytesIO(jpeg(a_test_card(film_format)))))

    assert poster.shape == (64, 256, 3)
    assert np.abs(poster[32, 16::32].astype(int) - np.array(CARD)).max() < 12


@pytest.mark.slow
@pytest.mark.parametrize(
    ("width", "height", "shown"), [(2160, 2160, (1280, 1280)), (1920, 1080, (1280, 720)), (64, 2160, (38, 1280))]
)
def test_no_picture_makes_a_heavy_poster_and_its_size_is_told(width: int, height: int, shown: tuple[int, int]) -> None:
    film_format = Format(width=width, height=height)

    data = jpeg(noise(1, film_format)[0])

    told = described(STORED, film_format)
    assert len(data) <= MAX_BYTES
    assert Image.open(io.BytesIO(data)).size == shown == (told.width, told.height)


def test_the_same_frame_gives_the_same_poster() -> None:
    (frame,) = noise(1, Format(width=64, height=64))

    assert jpeg(frame) == jpeg(frame)
