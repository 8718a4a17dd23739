from __future__ import annotations

import pysubs2
import pytest

from rendering.subtitles import Cue, cues_of, srt, webvtt


def a_cue(text: str, start_s: float = 0.0, end_s: float = 1.0) -> Cue:
    return Cue(start_s=start_s, end_s=end_s, text=text)


def test_times_follow_the_frames_of_the_clips_and_silent_clips_take_theirs() -> None:
    cues = cues_of([("one", 12), (" ", 24), ("two", 13)], fps=24)

    assert cues == [a_cue("one", 0.0, 0.5), a_cue("two", 1.5, 49 / 24)]


@pytest.mark.parametrize(("write", "format_"), [(srt, "srt"), (webvtt, "vtt")])
def test_another_reader_finds_the_same_times_and_words(write: object, format_: str) -> None:
    assert callable(write)
    text = write([a_cue("Mika: Où ?", 0.0, 0.5), a_cue("two\nlines", 3599.9996, 3661.0417)])

    read = pysubs2.SSAFile.from_string(text, format_=format_)

    assert [(e.start, e.end, e.plaintext) for e in read] == [(0, 500, "Mika: Où ?"), (3_600_000, 3_661_042, "two\nlines")]


def test_webvtt_begins_with_its_name_and_escapes_what_would_be_markup() -> None:
    text = webvtt([a_cue("a < b & {c}")])

    assert text == "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\na &lt; b &amp; {c}\n"


@pytest.mark.parametrize("write", [srt, webvtt])
def test_nothing_that_is_said_can_end_its_cue_or_begin_another(write: object) -> None:
    assert callable(write)
    text = write([a_cue("first\n\n00:00:05.000 --> 00:00:06.000\nsecond\r\n \r\nthird")])

    assert text.count(" --> ") == 1
    assert "\n\n" not in text.removeprefix("WEBVTT\n\n").strip()
