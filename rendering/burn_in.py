"""Slate, timecode and subtitle over finished frames, as on a real animatic."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from episodes.plan import Format
from rendering.backend import BurnIn, Frames

FONT = "sans"
"""OpenCV carries it: Latin with all accents, Cyrillic, and CJK from its companion; needs no font file on the machine."""

WEIGHT = 600  # semibold: thin strokes drown in compression
SMALLEST_TEXT = 8  # pixels; below that no letter can be told from another
SLATE_SIZE, SUBTITLE_SIZE = 0.034, 0.046  # of the frame's shorter side
MAX_SUBTITLE_LINES = 3
SUBTITLE_WIDTH = 0.88  # of the frame's width
BOX_OPACITY = 0.62
WHITE, AMBER = (245, 245, 245), (255, 205, 90)


@dataclass(frozen=True, kw_only=True)
class Strip:
    """A small picture with transparency and its place in the frame, ready to be laid over."""

    x: int
    y: int
    colour_HWC: NDArray[np.uint16]
    """Colour times opacity, 0 to 255."""
    opacity_HW1: NDArray[np.uint16]
    """0 to 256."""

    def lay_over(self, frame_HWC: Frames) -> None:
        height, width = self.opacity_HW1.shape[:2]
        window = frame_HWC[self.y : self.y + height, self.x : self.x + width]
        window[:] = (window * (256 - self.opacity_HW1) >> 8) + self.colour_HWC


class Overlay:
    """Draws one clip's burn-in over its frames; everything that does not change is drawn once."""

    def __init__(self, burn_in: BurnIn, film_format: Format) -> None:
        self._format = film_format
        self._slate_size = _size(SLATE_SIZE, film_format)
        self._burn_in = burn_in

    def over(self, frame_HWC: Frames, index: int) -> Frames:
        """A copy of the frame with the burn-in of the frame at this place in the clip."""
        frame_HWC = frame_HWC.copy()
        for strip in self._still:
            strip.lay_over(frame_HWC)
        if self._clock is not None:
            self._clock.strip(timecode(index, self._format.fps)).lay_over(frame_HWC)
        return frame_HWC

    @cached_property
    def _clock(self) -> _Clock | None:
        if not self._burn_in.show_timecode:
            return None
        clock = _Clock(self._slate_size, self._format)
        return clock if clock.x >= 0 else None

    @cached_property
    def _still(self) -> list[Strip]:
        right = self._clock.x if self._clock is not None else self._format.width
        strips = [_slate(self._burn_in.label, self._slate_size, right), _subtitle(self._burn_in.subtitle, self._format)]
        return [s for s in strips if s is not None]


def timecode(index: int, fps: int) -> str:
    """HH:MM:SS:FF, counting frames."""
    seconds, frame = divmod(index, fps)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}:{frame:02}"


class _Clock:
    """The timecode, put together from glyphs that were drawn once. Digits share one width, so that it does not dance."""

    def __init__(self, size: int, film_format: Format) -> None:
        digits = {c: _text(c, size) for c in "0123456789"}
        width = max(g.shape[1] for g in digits.values())
        self._glyphs = {c: _centred(g, width) for c, g in digits.items()}
        self._glyphs[":"] = _centred(_text(":", size), max(2, round(width * 0.55)))
        self._size = size
        self.x = film_format.width - _boxed(self._mask("00:00:00:00"), size, AMBER, x=0).opacity_HW1.shape[1]
        """Below 0: it does not fit."""

    def strip(self, text: str) -> Strip:
        return _boxed(self._mask(text), self._size, AMBER, x=self.x)

    def _mask(self, text: str) -> NDArray[np.uint8]:
        return np.concatenate([self._glyphs[c] for c in text], axis=1)


def _slate(label: str, size: int, right: int) -> Strip | None:
    """The label in a box at the top left, cut where the timecode begins."""
    label = printable(label)
    if not label:
        return None
    strip = _boxed(_text(label, size), size, WHITE, x=0)
    room = right - size // 2
    if room < 2 * size:
        return None
    return Strip(x=0, y=0, colour_HWC=strip.colour_HWC[:, :room], opacity_HW1=strip.opacity_HW1[:, :room])


def _subtitle(text: str, film_format: Format) -> Strip | None:
    """Centred lines with a dark outline; smaller letters where it would take too many lines."""
    text = printable(text)
    if not text:
        return None
    size = _size(SUBTITLE_SIZE, film_format)
    room = int(film_format.width * SUBTITLE_WIDTH)
    lines = wrap(text, size, room)
    while len(lines) > MAX_SUBTITLE_LINES and size > SMALLEST_TEXT:
        size = max(SMALLEST_TEXT, size * 9 // 10)
        lines = wrap(text, size, room)
    if len(lines) > MAX_SUBTITLE_LINES:
        lines = [*lines[: MAX_SUBTITLE_LINES - 1], f"{lines[MAX_SUBTITLE_LINES - 1]} …"]
    return _outlined([_text(line, size) for line in lines], size, film_format)


def printable(text: str) -> str:
    """Without what the font has no letter for, such as emoji: it would print a question mark for each."""
    return " ".join("".join(c for c in text if c.isspace() or _has_letter(c)).split())


@lru_cache(maxsize=4096)
def _has_letter(letter: str) -> bool:
    return letter == "?" or not np.array_equal(_text(letter, 20), _text("?", 20))


def wrap(text: str, size: int, room: int) -> list[str]:
    """Break into lines of at most `room` pixels, about equally long; words longer than that are broken anywhere."""
    lines = _fill(text, size, room)
    shortest, longest = room // 3, room
    while longest - shortest > size:
        middle = (shortest + longest) // 2
        if len(_fill(text, size, middle)) > len(lines):
            shortest = middle
        else:
            longest = middle
    return _fill(text, size, longest)


def _fill(text: str, size: int, room: int) -> list[str]:
    lines: list[str] = []
    line = ""
    for word in _pieces(text, size, room):
        longer = line + word
        if line and _width(longer.strip(), size) > room:
            lines.append(line.strip())
            longer = word
        line = longer
    return [*lines, line.strip()] if line.strip() else lines


def _pieces(text: str, size: int, room: int) -> list[str]:
    """Words with the space after them; one that is too long, as in languages without spaces, letter by letter."""
    words = [f"{word} " for word in text.split()]
    return [piece for word in words for piece in (word if _width(word.strip(), size) > room else [word])]


def _size(share: float, film_format: Format) -> int:
    return max(SMALLEST_TEXT, round(share * min(film_format.width, film_format.height)))


def _width(text: str, size: int) -> int:
    return int(_measure(text, size)[2])


def _measure(text: str, size: int) -> tuple[int, ...]:
    return tuple(cv2.getTextSize((1 << 20, 1 << 12), text, (0, 0), cv2.FontFace(FONT), size, WEIGHT))


def _text(text: str, size: int) -> NDArray[np.uint8]:
    """Coverage, 0 to 255, of one line; as high for every text of a size, so that lines stand on one base."""
    width = max(1, _width(text, size) + 2)
    canvas = np.zeros((round(size * 1.45), width, 3), np.uint8)
    cv2.putText(canvas, text, (1, round(size * 1.1)), (255, 255, 255), cv2.FontFace(FONT), size, WEIGHT)
    return canvas[:, :, 0]


def _centred(mask: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    spare = max(0, width - mask.shape[1])
    return np.pad(mask, ((0, 0), (spare // 2, spare - spare // 2)))


def _boxed(mask: NDArray[np.uint8], size: int, colour: tuple[int, int, int], *, x: int) -> Strip:
    """Letters on a dark see-through box."""
    margin = max(1, size // 3)
    mask = np.pad(mask, ((margin // 2, margin // 2), (margin, margin)))
    letters = mask.astype(np.float32)[:, :, None] / 255
    return _strip(x, 0, letters, letters + (1 - letters) * BOX_OPACITY, colour)


def _outlined(masks: list[NDArray[np.uint8]], size: int, film_format: Format) -> Strip:
    """Lines one under the other at the bottom, each letter with a dark rim and a soft shadow, readable on any ground."""
    rim = max(1, size // 10)
    width = max(m.shape[1] for m in masks)
    block = np.concatenate([_centred(m, width) for m in masks])
    block = np.pad(block, rim * 3)[:, : film_format.width]
    block = block[-film_format.height :]
    around = cv2.dilate(block, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * rim + 1, 2 * rim + 1)))
    shadow = cv2.GaussianBlur(around, (0, 0), rim).astype(np.float32)[:, :, None] / 255
    letters = block.astype(np.float32)[:, :, None] / 255
    opacity = np.maximum(around.astype(np.float32)[:, :, None] / 255, shadow * 0.8)
    y = film_format.height - block.shape[0] - round(film_format.height * 0.03)
    return _strip((film_format.width - block.shape[1]) // 2, max(0, y), letters, opacity, WHITE)


def _strip(x: int, y: int, letters: NDArray[np.floating], opacity: NDArray[np.floating], colour: tuple[int, int, int]) -> Strip:
    """Coloured letters on black of the given opacity."""
    return Strip(
        x=x,
        y=y,
        colour_HWC=np.round(letters * np.array(colour, np.float32)).astype(np.uint16),
        opacity_HW1=np.round(np.maximum(opacity, letters) * 256).astype(np.uint16),
    )
