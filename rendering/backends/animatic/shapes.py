"""Outlines as point lists: what a pen can draw. Points are (n, 2) float arrays in the pen's own units."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Point = tuple[float, float]


def points(*pairs: Point) -> Points:
    return np.array(pairs, dtype=np.float64)


def smooth(pairs: Sequence[Point] | Points, steps: int = 6) -> Points:
    """A closed curve through the points (Catmull-Rom)."""
    p1 = np.asarray(pairs, dtype=np.float64)
    p0, p2, p3 = np.roll(p1, 1, 0), np.roll(p1, -1, 0), np.roll(p1, -2, 0)
    return _catmull_rom(p0, p1, p2, p3, steps)


def ribbon(pairs: Sequence[Point] | Points, steps: int = 6) -> Points:
    """An open curve through the points."""
    p = np.asarray(pairs, dtype=np.float64)
    padded = np.vstack([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
    curve = _catmull_rom(padded[:-3], padded[1:-2], padded[2:-1], padded[3:], steps)
    return np.vstack([curve, p[-1:]])


def _catmull_rom(p0: Points, p1: Points, p2: Points, p3: Points, steps: int) -> Points:
    t = (np.arange(steps) / steps)[None, :, None]
    a, b, c, d = (p[:, None, :] for p in (p0, p1, p2, p3))
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return np.asarray(curve.reshape(-1, 2))


def oval(centre: Point, rx: float, ry: float, degrees: float = 0.0, steps: int = 28) -> Points:
    a = np.linspace(0, 2 * np.pi, steps, endpoint=False)
    flat = np.stack([rx * np.cos(a), ry * np.sin(a)], 1)
    return np.asarray(flat @ _rotation(degrees) + centre)


def box(x0: float, y0: float, x1: float, y1: float) -> Points:
    return points((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def limb(a: Point, b: Point, ra: float, rb: float) -> Points:
    """A rounded, tapering stick from `a` to `b`."""
    along = np.arctan2(b[1] - a[1], b[0] - a[0])
    turn = np.linspace(np.pi / 2, 3 * np.pi / 2, 9) + along
    round_a = np.stack([np.cos(turn), np.sin(turn)], 1) * ra + a
    round_b = np.stack([np.cos(turn + np.pi), np.sin(turn + np.pi)], 1) * rb + b
    return np.vstack([round_a, round_b])


def star(centre: Point, outer: float, inner: float, spikes: int, degrees: float = 0.0) -> Points:
    a = np.radians(degrees) + np.arange(2 * spikes) * np.pi / spikes
    r = np.where(np.arange(2 * spikes) % 2 == 0, outer, inner)
    return np.stack([centre[0] + r * np.cos(a), centre[1] + r * np.sin(a)], 1)


def moved(shape: Points, dx: float, dy: float) -> Points:
    return np.asarray(shape + np.array([dx, dy]))


def _rotation(degrees: float) -> Points:
    """For row vectors: turns counter-clockwise."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, s], [-s, c]])
