"""Pen: draws antialiased shapes on premultiplied RGBA, in units of its own with y pointing up."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from rendering.backends.animatic.palette import INK, Rgb
from rendering.backends.animatic.shapes import Point, Points, limb, oval, ribbon

Rgba = NDArray[np.uint8]
"""(height, width, 4), colours already multiplied by alpha: layers then add up without dark seams."""
Matrix = NDArray[np.float64]
"""(2, 3): the pen's units → pixels."""

_SHIFT = 4  # bits of a pixel that cv2 takes behind the point: shapes move smoothly, not by whole pixels
_FAR_PX = 20_000  # beyond this cv2's fixed-point coordinates overflow


def blank(width: int, height: int) -> Rgba:
    return np.zeros((height, width, 4), np.uint8)


def frame_matrix(origin_px: Point, px_per_unit: float, *, mirrored: bool = False, degrees: float = 0.0) -> Matrix:
    """Puts (0, 0) at `origin_px`; turns counter-clockwise; `mirrored` looks left."""
    c, s = np.cos(np.radians(degrees)) * px_per_unit, np.sin(np.radians(degrees)) * px_per_unit
    flip = -1.0 if mirrored else 1.0
    return np.array([[flip * c, -flip * s, origin_px[0]], [-s, -c, origin_px[1]]])


class Pen:
    """Holds a picture, a place in it and a line width. Cheap to make: `at` gives one for a turned or smaller part."""

    def __init__(self, image: Rgba, matrix: Matrix, line_px: float = 2.0, ink: Rgb = INK) -> None:
        self.image = image
        self.matrix = matrix
        self.line_px = line_px
        self.ink = ink
        self.px_per_unit = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))

    def at(self, origin: Point, size: float = 1.0, degrees: float = 0.0) -> Pen:
        """A pen for a part at `origin`, `size` times as big, turned counter-clockwise."""
        c, s = np.cos(np.radians(degrees)) * size, np.sin(np.radians(degrees)) * size
        part = np.array([[c, -s, origin[0]], [s, c, origin[1]], [0, 0, 1]])
        return Pen(self.image, self.matrix @ part, self.line_px, self.ink)

    def fill(self, shape: Points, colour: Rgb) -> None:
        cv2.fillPoly(self.image, [self._px(shape)], (*colour, 255), cv2.LINE_AA, _SHIFT)

    def outline(self, shape: Points, width: float = 1.0) -> None:
        """The ink around a shape; half of it lies outside."""
        thick = max(1, round(2 * self.line_px * width))
        cv2.polylines(self.image, [self._px(shape)], True, (*self.ink, 255), thick, cv2.LINE_AA, _SHIFT)

    def body(self, shape: Points, colour: Rgb) -> None:
        self.bodies([(shape, colour)])

    def bodies(self, parts: Sequence[tuple[Points, Rgb]]) -> None:
        """Parts that grow together: one line around all of them, none between them."""
        for shape, _ in parts:
            self.outline(shape)
        for shape, colour in parts:
            self.fill(shape, colour)

    def stroke(self, path: Sequence[Point] | Points, width: float, colour: Rgb | None = None) -> None:
        """A line of `width` units along the points; the ink's colour unless told."""
        thick = max(1, round(width * self.px_per_unit))
        pixels = [self._px(np.asarray(path, dtype=np.float64))]
        cv2.polylines(self.image, pixels, False, (*(colour or self.ink), 255), thick, cv2.LINE_AA, _SHIFT)

    def curve(self, path: Sequence[Point], width: float, colour: Rgb | None = None) -> None:
        self.stroke(ribbon(path), width, colour)

    def disc(self, centre: Point, radius: float, colour: Rgb) -> None:
        self.fill(oval(centre, radius, radius), colour)

    def stick(self, a: Point, b: Point, ra: float, rb: float, colour: Rgb) -> None:
        self.fill(limb(a, b, ra, rb), colour)

    def wash(self, shape: Points, colour: Rgb, strength: float, blur: float = 0.0) -> None:
        """A translucent fill, with a soft edge `blur` units wide."""
        pixels = self._px(shape)
        soft_px = blur * self.px_per_unit
        x, y, w, h = cv2.boundingRect((pixels >> _SHIFT).astype(np.int32))
        pad = int(2 * soft_px) + 2
        x0, y0 = max(0, x - pad), max(0, y - pad)
        x1, y1 = min(self.image.shape[1], x + w + pad), min(self.image.shape[0], y + h + pad)
        if x1 <= x0 or y1 <= y0:
            return
        mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
        inside = (pixels - np.array([x0 << _SHIFT, y0 << _SHIFT])).astype(np.int32)
        cv2.fillPoly(mask, [inside], 255, cv2.LINE_AA, _SHIFT)
        if soft_px > 0.5:
            mask = softened(mask, soft_px)
        self._blend(mask.astype(np.float32) * (strength / 255), colour, (x0, y0, x1, y1))

    def glow(self, centre: Point, radius: float, colour: Rgb, strength: float) -> None:
        """Light that fades out from a point."""
        cx, cy = self.matrix @ np.array([*centre, 1.0])
        r = radius * self.px_per_unit
        x0, y0 = max(0, int(cx - r)), max(0, int(cy - r))
        x1, y1 = min(self.image.shape[1], int(cx + r) + 1), min(self.image.shape[0], int(cy + r) + 1)
        if x1 <= x0 or y1 <= y0:
            return
        dx = (np.arange(x0, x1, dtype=np.float32) - np.float32(cx)) / np.float32(r)
        dy = (np.arange(y0, y1, dtype=np.float32) - np.float32(cy)) / np.float32(r)
        fade = np.clip(1 - np.sqrt(dx[None, :] ** 2 + dy[:, None] ** 2), 0, 1) ** 2
        self._blend(fade * np.float32(strength), colour, (x0, y0, x1, y1))

    def _blend(self, share: NDArray[np.float32], colour: Rgb, window: tuple[int, int, int, int]) -> None:
        x0, y0, x1, y1 = window
        under = self.image[y0:y1, x0:x1]
        over = np.array([*colour, 255], np.float32)
        under[:] = (under + (over - under) * share[..., None] + 0.5).astype(np.uint8)

    def _px(self, shape: Points) -> NDArray[np.int32]:
        pixels = shape @ self.matrix[:, :2].T + self.matrix[:, 2]
        return np.round(np.clip(pixels, -_FAR_PX, _FAR_PX) * (1 << _SHIFT)).astype(np.int32)


def softened(image: NDArray[np.uint8], radius_px: float) -> NDArray[np.uint8]:
    """Blurred by about `radius_px`; big radii go through a smaller picture, which looks the same and costs less."""
    shrink = max(1, int(radius_px / 3))
    height, width = image.shape[:2]
    small = cv2.resize(image, (max(1, width // shrink), max(1, height // shrink)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), max(0.4, radius_px / shrink * 0.6))
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def lay_over(under: NDArray[np.uint8], over: Rgba) -> None:
    """Composite premultiplied `over` onto the opaque RGB picture `under`, in place."""
    through = cv2.cvtColor(cv2.bitwise_not(over[..., 3]), cv2.COLOR_GRAY2RGB)
    cv2.multiply(under, through, dst=under, scale=1 / 255)
    cv2.add(under, cv2.cvtColor(over, cv2.COLOR_RGBA2RGB), dst=under)
