"""Easel: the layers of a place while they are painted. Coordinates are frame heights: u to the right, v up from the horizon."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from rendering.backends.animatic.palette import Light, Rgb, lit, mix
from rendering.backends.animatic.pen import Pen, Rgba, blank
from rendering.backends.animatic.shapes import Points

FEET_V = -0.24
"""Where the feet of people at the stage stand."""


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """How big the place is painted, and how far beyond the frame the camera will see."""

    width: int
    height: int
    """Pixels of the frame."""
    horizon: float
    """Share of the frame's height, from the top."""
    zoom: float
    """Of the place against a wide shot."""
    left: float
    right: float
    rise: float
    """How far the camera travels at the stage's depth: to the left, to the right, up or down, in frame heights."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """A sheet of a place. `depth` 0 never moves with the camera, 1 moves like the stage, above 1 is before it."""

    image: Rgba
    depth: float
    margin_left: int
    margin_top: int
    drift: float = 0.0
    """Moves by itself, in frame heights a second: clouds."""
    lies: bool = False
    """It is the ground: its depth grows from the horizon down to the stage."""


class Easel:
    def __init__(self, view: View, light: Light, palette: tuple[Rgb, ...], name: str) -> None:
        self.view = view
        self.light = light
        self.palette = palette
        self.layers: list[Layer] = []
        self._salt = int.from_bytes(hashlib.sha256(name.encode()).digest()[:7], "big")

    def layer(self, depth: float, *, drift: float = 0.0, lies: bool = False) -> Pen:
        """A new sheet before all earlier ones, and a pen that draws on it in u and v."""
        view = self.view
        reach = max(depth, 0.06) * view.height
        left = int(view.left * reach + 0.07 * view.width + max(0.0, drift) * view.height * 30) + 4
        right = int(view.right * reach + 0.07 * view.width) + 4
        rise = int((view.rise + 0.07) * reach + 0.06 * view.height) + 4
        image = blank(view.width + left + right, view.height + 2 * rise)
        scale = view.height * (1 + (view.zoom - 1) * (0.35 + 0.65 * min(depth, 1.0)))
        matrix = np.array([[scale, 0.0, left + view.width / 2], [0.0, -scale, rise + view.horizon * view.height]])
        self.layers.append(Layer(image=image, depth=depth, margin_left=left, margin_top=rise, drift=drift, lies=lies))
        return Pen(image, matrix, line_px=max(0.6, view.height / 640))

    def span(self, pen: Pen) -> tuple[float, float]:
        """The leftmost and rightmost u of a sheet."""
        width = pen.image.shape[1]
        return float(-pen.matrix[0, 2] / pen.matrix[0, 0]), float((width - pen.matrix[0, 2]) / pen.matrix[0, 0])

    def drop(self, pen: Pen) -> tuple[float, float]:
        """The lowest and the highest v of a sheet."""
        height = pen.image.shape[0]
        return float((height - pen.matrix[1, 2]) / pen.matrix[1, 1]), float(-pen.matrix[1, 2] / pen.matrix[1, 1])

    def cells(self, pen: Pen, step: float, beyond: float = 1.0) -> Iterator[tuple[int, float]]:
        """Places `step` apart over the whole sheet; the same number always stands at the same place."""
        left, right = self.span(pen)
        for number in range(int(np.floor(left / step - beyond)), int(np.ceil(right / step + beyond)) + 1):
            yield number, number * step

    def dice(self, number: int, what: int) -> float:
        """0 to 1: chance that is the same in every beat at this place."""
        x = (self._salt + number * 0x9E3779B97F4A7C15 + what * 0xD1B54A32D192ED03) & 0xFFFFFFFFFFFFFFFF
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
        return ((x ^ (x >> 31)) >> 11) / float(1 << 53)

    def tone(self, colour: Rgb, far: float = 0.0) -> Rgb:
        """A surface under this light; `far`, 0 to 1, fades into the haze."""
        return mix(lit(colour, self.light), self.light.haze, far)

    def own(self, place: int, otherwise: Rgb) -> Rgb:
        """A colour shifted towards the place's own one, where it has it: 0 is its sky, 1 what stands there, 2 the ground."""
        return mix(otherwise, self.palette[place], 0.45) if place < len(self.palette) else otherwise

    def gradient(self, pen: Pen, top: float, bottom: float, *colours: Rgb) -> None:
        """Colours from v `top` down to v `bottom`, over the whole width; beyond them the first and the last."""
        height = pen.image.shape[0]
        v = (np.arange(height) - pen.matrix[1, 2]) / pen.matrix[1, 1]
        share = np.clip((top - v) / max(1e-6, top - bottom), 0, 1)
        stops = np.linspace(0, 1, len(colours))
        for channel in range(3):
            pen.image[..., channel] = np.interp(share, stops, [c[channel] for c in colours]).round()[:, None]
        pen.image[..., 3] = 255

    def shade(self, pen: Pen, shape: Points, top: Rgb, bottom: Rgb) -> None:
        """Fills a shape with a gradient from its highest to its lowest point."""
        mask = np.zeros(pen.image.shape[:2], np.uint8)
        solid = Pen(np.zeros_like(pen.image), pen.matrix)
        solid.fill(shape, (255, 255, 255))
        mask = solid.image[..., 3]
        high, low = float(shape[:, 1].max()), float(shape[:, 1].min())
        v = (np.arange(pen.image.shape[0]) - pen.matrix[1, 2]) / pen.matrix[1, 1]
        share = np.clip((high - v) / max(1e-6, high - low), 0, 1)[:, None]
        row = np.array(top, np.float32) + (np.array(bottom, np.float32) - np.array(top, np.float32)) * share.astype(np.float32)
        colours = np.broadcast_to(
            np.concatenate([row, np.full((len(row), 1), 255, np.float32)], 1)[:, None, :], pen.image.shape
        )
        part = (mask.astype(np.float32) / 255)[..., None]
        pen.image[:] = (pen.image * (1 - part) + colours * part + 0.5).astype(np.uint8)

    def mist(self, v: float, tall: float, strength: float, depth: float) -> None:
        """A band of haze that separates what is behind it from what is before."""
        pen = self.layer(depth)
        height = pen.image.shape[0]
        rows = (np.arange(height) - pen.matrix[1, 2]) / pen.matrix[1, 1]
        share = np.clip(1 - np.abs(rows - v) / tall, 0, 1) ** 1.5 * strength
        premultiplied = np.array([*self.light.haze, 255]) * share[:, None]
        pen.image[:] = premultiplied.round().astype(np.uint8)[:, None, :]


def blurred(layer: Layer, radius_px: float) -> Layer:
    """The same sheet out of focus."""
    sigma = max(0.3, radius_px * 0.6)
    return replace(layer, image=np.asarray(cv2.GaussianBlur(layer.image, (0, 0), sigma), np.uint8))
