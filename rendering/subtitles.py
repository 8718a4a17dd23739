"""What is read under the picture, as SRT and WebVTT."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Cue:
    start_s: float
    end_s: float
    text: str


def cues_of(parts: Sequence[tuple[str, int]], fps: int) -> list[Cue]:
    """One cue per part that says something, from each part's text and number of frames."""
    cues: list[Cue] = []
    frame = 0
    for text, num_frames in parts:
        if text.strip():
            cues.append(Cue(start_s=frame / fps, end_s=(frame + num_frames) / fps, text=text))
        frame += num_frames
    return cues


def srt(cues: Sequence[Cue]) -> str:
    """https://www.matroska.org/technical/subtitles.html#srt-subtitles"""
    blocks = (f"{i}\n{_clock(c.start_s, ',')} --> {_clock(c.end_s, ',')}\n{_plain(c.text)}\n" for i, c in enumerate(cues, 1))
    return "\n".join(blocks)


def webvtt(cues: Sequence[Cue]) -> str:
    """https://www.w3.org/TR/webvtt1/"""
    blocks = (
        f"{_clock(c.start_s, '.')} --> {_clock(c.end_s, '.')}\n{html.escape(_plain(c.text), quote=False)}\n" for c in cues
    )
    return "\n".join(("WEBVTT\n", *blocks))


def _plain(text: str) -> str:
    """Without empty lines, which would end the cue, and without the arrow that would begin another one."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line).replace("-->", "→")


def _clock(seconds: float, mark: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds // 1000:02}{mark}{milliseconds % 1000:03}"
