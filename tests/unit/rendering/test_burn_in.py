from __future__ import annotations

import numpy as np
import pytest

from episodes.plan import Format
from rendering.backend import BurnIn, Frames
from rendering.burn_in import Overlay, printable, timecode, wrap
from tests.clips import grey

SQUARE = Format(width=256, height=256, fps=24)


def drawn(
    label: str = "",
    subtitle: str = "",
    *,
    timecode: bool = False,
    index: int = 0,
    level: int = 120,
    film_format: Format = SQUARE,
) -> Frames:
    burn_in = BurnIn(label=label, subtitle=subtitle, show_timecode=timecode)
    return Overlay(burn_in, film_format).over(grey(level, film_format), index)


def touched(frame: Frames, level: int = 120) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what differs from the plain frame."""
    rows, columns = np.nonzero((frame != level).any(axis=2))
    return int(columns.min()), int(rows.min()), int(columns.max()), int(rows.max())


@pytest.mark.parametrize(
    ("index", "fps", "shown"),
    [(0, 24, "00:00:00:00"), (36, 24, "00:00:01:12"), (24 * 3661 + 5, 24, "01:01:01:05"), (59, 60, "00:00:00:59")],
)
def test_the_timecode_counts_hours_minutes_seconds_and_frames(index: int, fps: int, shown: str) -> None:
    assert timecode(index, fps) == shown


@pytest.mark.slow
def test_the_label_stands_at_the_top_left() -> None:
    left, top, right, bottom = touched(drawn(label="BEAT 2"))

    assert (left, top) == (0, 0)
    assert right < 128
    assert bottom < 32


def test_the_timecode_stands_at_the_top_right_and_changes_with_every_frame() -> None:
    left, top, right, bottom = touched(drawn(timecode=True))

    assert left > 128
    assert (top, right) == (0, 255)
    assert bottom < 32
    assert (drawn(timecode=True, index=0) != drawn(timecode=True, index=1)).any()


def test_the_subtitle_is_centred_at_the_bottom() -> None:
    left, top, right, bottom = touched(drawn(subtitle="Mika looks up."))

    assert abs((left + right) - 255) <= 4
    assert top > 192
    assert bottom < 256


@pytest.mark.parametrize("level", [0, 128, 255])
def test_the_subtitle_can_be_read_on_any_ground(level: int) -> None:
    frame = drawn(subtitle="Mika looks up.", level=level)[200:]

    assert frame.max() >= 240
    assert frame.min() <= 30 if level else True


@pytest.mark.parametrize("text", ["ÉÜŘŐ", "漢字", "Привет"])
def test_letters_beyond_ascii_are_drawn_and_not_replaced(text: str) -> None:
    assert (drawn(subtitle=text) != drawn(subtitle="?" * len(text))).any()
    assert (drawn(subtitle=text) != drawn(subtitle="")).any()


def test_what_has_no_letter_is_left_out_and_prints_no_question_mark() -> None:
    assert printable("Guten Abend! 🤖 Wie geht's? ♪") == "Guten Abend! Wie geht's? ♪"
    assert (drawn(subtitle="Hello 😀") == drawn(subtitle="Hello")).all()
    assert (drawn(label="😀") == drawn(label="")).all()


def test_lines_are_about_equally_long_and_lose_no_word() -> None:
    text = "then she turns around and runs back to the house as fast as she can"

    lines = wrap(text, 12, 240)

    assert " ".join(lines) == text
    assert len(lines) == 2
    assert abs(len(lines[0]) - len(lines[1])) < 12


def test_a_language_without_spaces_is_broken_anywhere() -> None:
    text = "ビルの屋上で巨大な怪獣が目を覚まし街じゅうに咆哮が響きわたる"

    lines = wrap(text, 16, 200)

    assert "".join(lines) == text
    assert len(lines) > 1


@pytest.mark.parametrize(("width", "height"), [(64, 64), (64, 2160), (3840, 64), (66, 64)])
def test_the_smallest_and_oddest_frames_take_any_text(width: int, height: int) -> None:
    film_format = Format(width=width, height=height, fps=8)

    frame = drawn("BEAT 1  MEDIUM  PUSH IN", "long words " * 18, timecode=True, index=99, film_format=film_format)

    assert frame.shape == (height, width, 3)


def test_the_keyframe_itself_is_left_alone() -> None:
    frame = grey(120, SQUARE)
    frame.flags.writeable = False  # as it comes out of Ray's object store

    Overlay(BurnIn(label="BEAT 1", subtitle="Mika looks up."), SQUARE).over(frame, 3)

    assert (frame == 120).all()
