from __future__ import annotations

import io

import numpy as np
from PIL import Image

from episodes.plan import Format
from rendering.previewing import MAX_BYTES, Previews
from tests.clips import FakeControl, FakeSleep, a_test_card, grey, noise

HD = Format(width=1280, height=720)


def test_the_first_frame_is_shown_at_once_and_then_one_a_second() -> None:
    control, clock = FakeControl(), FakeSleep()
    previews = Previews(control, clock.now_s)
    shown_at_s = []

    for _ in range(9):
        num_before = len(control.shown)
        previews.show(grey(90, HD))
        if len(control.shown) > num_before:
            shown_at_s.append(clock.now_s())
        clock(0.3)

    assert shown_at_s == [0, 1.2, 2.4]


def test_a_preview_is_small_whatever_it_shows() -> None:
    control, clock = FakeControl(), FakeSleep()
    previews = Previews(control, clock.now_s)

    for frame in (a_test_card(HD), *noise(1, Format(width=320, height=320))):
        previews.show(frame)
        clock(1)

    card, noisy = (Image.open(io.BytesIO(data)) for data in control.shown)
    assert (card.size, noisy.size) == ((320, 180), (320, 320))
    assert np.abs(np.asarray(card)[90, 20].astype(int) - (255, 0, 0)).max() < 12
    assert all(len(data) <= MAX_BYTES for data in control.shown)


def test_a_picture_that_is_small_already_stays_as_it_is() -> None:
    control = FakeControl()

    Previews(control).show(grey(90, Format(width=64, height=64)))

    assert Image.open(io.BytesIO(control.shown[0])).size == (64, 64)
