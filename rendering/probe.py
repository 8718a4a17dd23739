"""What is really in a video file: found by reading or decoding all of it, never by believing its header."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from episodes.errors import FailureClass, RenderFailed
from episodes.job import StoredFile
from episodes.nouns import Noun
from episodes.plan import Format
from episodes.ports import Control
from rendering.ffmpeg import Said, local_input, run


class VideoFacts(Noun):
    """What decoding found."""

    width: int
    height: int
    fps: float
    num_frames: int
    duration_s: float

    def describe(self, stored: StoredFile) -> StoredFile:
        return stored.model_copy(update=self.model_dump())


def probe(path: Path, *, film_format: Format, num_frames: int, control: Control) -> VideoFacts:
    """Decode the whole file and compare it with what it should be. Raises RenderFailed (output) that says what differs."""
    said = _decoded(path, control)
    listing = _listing(said)
    _compare(
        path.name,
        found={
            "format": _stream_line(said),
            "size": listing.headers.get("dimensions", "none"),
            "frames": str(len(listing.rows)),
            "frames a second": str(listing.fps or "a varying number"),
        },
        wanted={
            "format": "h264 yuv420p tv bt709",
            "size": f"{film_format.width}x{film_format.height}",
            "frames": str(num_frames),
            "frames a second": str(film_format.fps),
        },
    )
    return VideoFacts(
        width=film_format.width,
        height=film_format.height,
        fps=film_format.fps,
        num_frames=num_frames,
        duration_s=num_frames / film_format.fps,
    )


def count_frames(path: Path, *, control: Control) -> int:
    """Decode a whole file, whatever is in it. Raises RenderFailed (output) for one that does not decode cleanly."""
    return len(_listing(_decoded(path, control)).rows)


def _decoded(path: Path, control: Control) -> Said:
    said = run(
        [
            *("-xerror", "-err_detect", "explode", *local_input(path.name), "-map", "0"),
            *("-fps_mode", "passthrough", "-enc_time_base", "demux", "-f", "framecrc", "pipe:1"),
        ],
        folder=path.parent,
        control=control,
    )
    if said.complaint:
        raise RenderFailed(f"{path.name} does not decode cleanly: {said.complaint}", FailureClass.OUTPUT)
    return said


class Stream(Noun):
    """What a file's packets say, without decoding them."""

    parameters: tuple[str, ...]
    """What must be equal for two files to be joined without re-encoding: the decoder's headers, the time base, the size,
    one duration for all frames, and a key frame at 0 to start with."""
    num_frames: int


def read_stream(path: Path, *, control: Control) -> Stream:
    """Read all packets. Raises RenderFailed (output) for a file without a video."""
    said = run(
        [*local_input(path.name), "-map", "0", "-c", "copy", "-f", "framecrc", "pipe:1"], folder=path.parent, control=control
    )
    listing = _listing(said)
    headers = (f"{name} {value}" for name, value in sorted(listing.headers.items()))
    return Stream(
        parameters=(*headers, f"fps {listing.fps}", f"starts with a key frame: {listing.starts_with_key}"),
        num_frames=len(listing.rows),
    )


def _compare(name: str, *, found: dict[str, str], wanted: dict[str, str]) -> None:
    wrong = [f"{what} {found[what]} instead of {wanted[what]}" for what in wanted if found[what] != wanted[what]]
    if wrong:
        raise RenderFailed(f"{name} is not what it should be: {'; '.join(wrong)}.", FailureClass.OUTPUT)


def _stream_line(said: Said) -> str:
    """Codec, pixel format, range and colours of a file's only stream, from ffmpeg's description of its input."""
    streams = re.findall(r"Stream #0:\d+.*: (\w+): (.*)$", said.log.partition("Output #0")[0], re.MULTILINE)
    if len(streams) != 1 or streams[0][0] != "Video":
        return f"{len(streams)} streams"
    match = re.match(r"(\w+)\b.*?, (\w+)\((\w+), (\w+)[,)]", streams[0][1])
    return " ".join(match.groups()) if match else str(streams[0][1])


@dataclass(frozen=True, kw_only=True, slots=True)
class _Listing:
    """ffmpeg's framecrc format: headers, and a row for every frame or packet."""

    headers: dict[str, str]
    rows: list[list[str]]

    @property
    def fps(self) -> Fraction | None:
        """None: the frames do not follow each other at one rate from 0."""
        starts = [int(row[2]) for row in self.rows]
        ticks = int(self.rows[0][3]) if self.rows else 0
        if ticks <= 0 or starts != list(range(0, ticks * len(starts), ticks)):
            return None
        return 1 / (ticks * Fraction(self.headers["tb"]))

    @property
    def starts_with_key(self) -> bool:
        return bool(self.rows) and not any(field.startswith("F=") for field in self.rows[0])


def _listing(said: Said) -> _Listing:
    headers: dict[str, str] = {}
    rows: list[list[str]] = []
    for line in said.output.decode().splitlines():
        if match := re.match(r"#(\w+) 0: *(.*)", line):
            headers[match[1]] = match[2]
        elif not line.startswith("#"):
            rows.append([field.strip() for field in line.split(",")])
    return _Listing(headers=headers, rows=rows)
