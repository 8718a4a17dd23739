"""Ink: flat shapes with an outline and cel shading, drawn large and reduced at the end."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Point = tuple[float, float]
Knot = tuple[float, float, float]
"""A point of a limb's middle line and the limb's width there."""
Colour = str
Mask = NDArray[np.uint8]
OUTLINE = "#241a2b"
_SHIFT = 4  # fractional bits of OpenCV's drawing coordinates


class Ink:
    """A transparent sheet to draw on. Coordinates are the finished picture's pixels; later shapes cover earlier ones."""

    def __init__(self, width: int, height: int, *, scale: int = 3) -> None:
        self.width = width
        self.height = height
        self._scale = scale
        self._pixels = np.zeros((height * scale, width * scale, 4), dtype=np.uint8)

    def shape(
        self,
        points: Sequence[Point],
        fill: Colour,
        *,
        shade: Colour | None = None,
        light: Colour | None = None,
        depth: float = 9,
        outline: Colour | None = OUTLINE,
        line: float = 3,
        smooth: bool = True,
    ) -> None:
        """A closed shape. `shade` falls on the side away from a lamp at the upper left, `light` lies on the other; both `depth` wide."""
        path = closed_curve(points) if smooth else list(points)
        mask = self._mask(path)
        self._pixels[mask > 0] = _rgba(fill)
        if shade:
            self._pixels[_rim(mask, depth * self._scale, depth * 0.6 * self._scale)] = _rgba(shade)
        if light:
            self._pixels[_rim(mask, -depth * 0.4 * self._scale, -depth * 0.3 * self._scale)] = _rgba(light)
        if outline:
            self.stroke([*path, path[0]], outline, line)

    def limb(
        self, knots: Sequence[Knot], fill: Colour, *, shade: Colour | None = None, depth: float = 8, line: float = 3,
        outline: Colour | None = OUTLINE,
    ) -> None:  # fmt: skip
        """A tapering arm, leg or tail along its middle line, round at both ends."""
        self.shape(limb_outline(knots), fill, shade=shade, depth=depth, line=line, outline=outline, smooth=False)

    def ellipse(
        self, centre: Point, radii: Point, fill: Colour, *, turn: float = 0, shade: Colour | None = None, depth: float = 6,
        outline: Colour | None = OUTLINE, line: float = 3,
    ) -> None:  # fmt: skip
        self.shape(
            ellipse_outline(centre, radii, turn), fill, shade=shade, depth=depth, outline=outline, line=line, smooth=False
        )

    def stroke(self, path: Sequence[Point], colour: Colour, width: float, *, end_width: float | None = None) -> None:
        """A line with round ends; it tapers towards `end_width`."""
        last = width if end_width is None else end_width
        points = self._fixed(path)
        for i in range(len(points) - 1):
            here = width + (last - width) * i / max(1, len(points) - 2)
            cv2.line(
                self._pixels,
                points[i].tolist(),
                points[i + 1].tolist(),
                _rgba(colour),
                max(1, round(here * self._scale)),
                cv2.LINE_8,
                _SHIFT,
            )

    def curve(
        self, points: Sequence[Point], colour: Colour = OUTLINE, width: float = 3, *, end_width: float | None = None
    ) -> None:
        self.stroke(open_curve(points), colour, width, end_width=end_width)

    def glow(self, centre: Point, radius: float, colour: Colour, strength: float = 1.0) -> None:
        """Light that is added, fading to nothing at `radius`."""
        rows, columns = self._pixels.shape[:2]
        ys, xs = np.ogrid[0:rows, 0:columns]
        distance = np.hypot(xs - centre[0] * self._scale, ys - centre[1] * self._scale)
        share = (np.clip(1 - distance / (radius * self._scale), 0, 1) ** 2 * strength)[..., None].astype(np.float32)
        below = self._pixels[..., :3].astype(np.float32)
        lit = np.array(_rgba(colour)[:3], dtype=np.float32) / 255
        self._pixels[..., :3] = (below + (255 - below) * share * lit).clip(0, 255).astype(np.uint8)

    def gradient(self, stops: Sequence[tuple[float, Colour]], *, top: float = 0, bottom: float | None = None) -> None:
        """Colours from top to bottom, each stop at its share of the way, over everything drawn so far."""
        first, last = round(top * self._scale), round((self.height if bottom is None else bottom) * self._scale)
        self._pixels[first:last] = _ramp(stops, last - first)[:, None, :]

    def wash(self, points: Sequence[Point], stops: Sequence[tuple[float, Colour]], *, smooth: bool = False) -> None:
        """A shape filled with a gradient over its own height."""
        mask = self._mask(closed_curve(points) if smooth else list(points)) > 0
        rows = np.nonzero(mask.any(axis=1))[0]
        if len(rows):
            top, bottom = int(rows[0]), int(rows[-1]) + 1
            band = np.broadcast_to(_ramp(stops, bottom - top)[:, None, :], (bottom - top, mask.shape[1], 4))
            self._pixels[top:bottom][mask[top:bottom]] = band[mask[top:bottom]]

    def veil(self, points: Sequence[Point], colour: Colour, strength: float, *, blur: float = 0, smooth: bool = True) -> None:
        """A see-through shape: mist, a beam, a shadow. Only over what is there."""
        share = self._mask(closed_curve(points) if smooth else list(points)).astype(np.float32) / 255
        if blur:
            share = np.asarray(cv2.GaussianBlur(share, (0, 0), blur * self._scale), dtype=np.float32)
        share = (share * strength)[..., None]
        over = np.array(_rgba(colour)[:3], dtype=np.float32)
        self._pixels[..., :3] = (self._pixels[..., :3] * (1 - share) + over * share).round().astype(np.uint8)

    def finished(self) -> Image.Image:
        """Reduced, with the edges' colours not darkened by the nothing around them."""
        alpha = self._pixels[..., 3:].astype(np.float32) / 255
        size = (self.width, self.height)
        colours = cv2.resize(self._pixels[..., :3] * alpha, size, interpolation=cv2.INTER_AREA)
        cover = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)[..., None]
        rgb = np.divide(colours, cover, out=np.zeros_like(colours), where=cover > 0)
        return Image.fromarray(np.concatenate([rgb, cover * 255], axis=2).round().clip(0, 255).astype(np.uint8), "RGBA")

    def _mask(self, path: Sequence[Point]) -> Mask:
        mask = np.zeros(self._pixels.shape[:2], dtype=np.uint8)
        cv2.fillPoly(mask, [self._fixed(path)], (255,), cv2.LINE_8, _SHIFT)
        return mask

    def _fixed(self, path: Sequence[Point]) -> NDArray[np.int32]:
        return np.asarray(np.round(np.array(path, dtype=np.float64) * self._scale * 2**_SHIFT), dtype=np.int32)


def closed_curve(points: Sequence[Point], steps: int = 12) -> list[Point]:
    """A smooth closed line through the points (Catmull-Rom). A point given twice in a row is a corner."""
    count = len(points)
    return [
        at
        for i in range(count)
        for at in _segment(points[i - 1], points[i], points[(i + 1) % count], points[(i + 2) % count], steps)
    ]


def open_curve(points: Sequence[Point], steps: int = 12) -> list[Point]:
    padded = [points[0], *points, points[-1]]
    path = [
        at for i in range(1, len(padded) - 2) for at in _segment(padded[i - 1], padded[i], padded[i + 1], padded[i + 2], steps)
    ]
    return [*path, points[-1]]


def limb_outline(knots: Sequence[Knot]) -> list[Point]:
    middle = open_curve([(x, y) for x, y, _ in knots])
    widths = np.interp(np.linspace(0, len(knots) - 1, len(middle)), range(len(knots)), [w for _, _, w in knots])
    left: list[Point] = []
    right: list[Point] = []
    for i, (x, y) in enumerate(middle):
        before, after = middle[max(0, i - 1)], middle[min(len(middle) - 1, i + 1)]
        angle = math.atan2(after[1] - before[1], after[0] - before[0])
        dx, dy = math.sin(angle) * widths[i] / 2, -math.cos(angle) * widths[i] / 2
        left.append((x + dx, y + dy))
        right.append((x - dx, y - dy))
    return [*left, *_cap(middle[-1], left[-1]), *reversed(right), *_cap(middle[0], right[0])]


def ellipse_outline(centre: Point, radii: Point, turn: float = 0) -> list[Point]:
    """`turn` in degrees, clockwise."""
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    path = []
    for step in range(72):
        x, y = radii[0] * math.cos(math.tau * step / 72), radii[1] * math.sin(math.tau * step / 72)
        path.append((centre[0] + x * cos - y * sin, centre[1] + x * sin + y * cos))
    return path


def mirrored(points: Sequence[Point], axis: float) -> list[Point]:
    return [(2 * axis - x, y) for x, y in reversed(points)]


def mirrored_limb(knots: Sequence[Knot], axis: float) -> list[Knot]:
    return [(2 * axis - x, y, w) for x, y, w in knots]


def _segment(p0: Point, p1: Point, p2: Point, p3: Point, steps: int) -> list[Point]:
    path = []
    for step in range(steps):
        t = step / steps
        weights = (-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, -(t**2) + t**3)
        path.append((
            sum(w * p[0] for w, p in zip(weights, (p0, p1, p2, p3), strict=True)) / 2,
            sum(w * p[1] for w, p in zip(weights, (p0, p1, p2, p3), strict=True)) / 2,
        ))  # fmt: skip
    return path


def _cap(centre: Point, edge: Point) -> list[Point]:
    radius = math.dist(centre, edge)
    start = math.atan2(edge[1] - centre[1], edge[0] - centre[0])
    return [
        (centre[0] + radius * math.cos(start + math.pi * i / 32), centre[1] + radius * math.sin(start + math.pi * i / 32))
        for i in range(1, 32)
    ]


def _rim(mask: Mask, dx: float, dy: float) -> NDArray[np.bool_]:
    """What of the mask its copy, moved up and to the left by (dx, dy), leaves uncovered."""
    move = np.array([[1, 0, -round(dx)], [0, 1, -round(dy)]], dtype=np.float32)
    moved = cv2.warpAffine(mask, move, (mask.shape[1], mask.shape[0]), flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray((mask > 0) & (moved == 0), dtype=np.bool_)


def _ramp(stops: Sequence[tuple[float, Colour]], num_rows: int) -> Mask:
    rows = np.linspace(0, 1, max(1, num_rows))
    channels = [np.interp(rows, [s for s, _ in stops], [_rgba(c)[i] for _, c in stops]) for i in range(4)]
    return np.stack(channels, axis=1).round().astype(np.uint8)


def _rgba(colour: Colour) -> tuple[int, int, int, int]:
    digits = colour.lstrip("#")
    red, green, blue = (int(digits[i : i + 2], 16) for i in (0, 2, 4))
    return red, green, blue, 255
