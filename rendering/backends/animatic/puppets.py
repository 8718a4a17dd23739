"""Puppets: bends a cut-out into a pose. A flat picture has no joints, so it leans, swings its legs, squashes and turns."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rendering.backends.animatic.cutouts import Cutout
from rendering.backends.animatic.pen import Rgba
from rendering.backends.animatic.poses import Pose, grounded

HIP = 0.46  # of the height: below it swing the legs
_SHARP = 1.4  # pixels of the cut-out per pixel of the frame that are worth keeping


class Puppet:
    """One character's cut-out, kept at the sizes that it is drawn at."""

    def __init__(self, cutout: Cutout) -> None:
        self.cutout = cutout
        self._sizes: dict[int, Rgba] = {}
        self._parting = _parting(cutout)

    def drawn(
        self, pose: Pose, window: tuple[int, int, int, int], feet: tuple[float, float], height_px: float, *, mirrored: bool
    ) -> Rgba:
        """The puppet in a window of the frame; `feet` in the frame's pixels, before the pose moves it."""
        x0, y0, x1, y1 = window
        if self.cutout.is_bust:
            feet, height_px = _hung(self.cutout, feet, height_px)
        image = self._sized(height_px)
        tall, wide = image.shape[:2]
        across = (np.arange(x0, x1 + _COARSE, _COARSE, dtype=np.float32)[None, :] - np.float32(feet[0])) / np.float32(height_px)
        up = (np.float32(feet[1]) - np.arange(y0, y1 + _COARSE, _COARSE, dtype=np.float32)[:, None]) / np.float32(height_px)
        grid = np.broadcast_arrays(-across if mirrored else across, up)
        u, v, gap = _unposed(grid[0], grid[1], pose, self.cutout, self._parting)
        columns, rows = (_finer(part, (x1 - x0, y1 - y0)) for part in (u * tall + wide / 2 - 0.5, (1 - v) * tall - 0.5))
        if gap is not None:
            columns[_finer(gap.astype(np.float32), (x1 - x0, y1 - y0)) > 0.5] = -9
        return np.asarray(cv2.remap(image, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT), np.uint8)

    def _sized(self, height_px: float) -> Rgba:
        """Shrunk by area first: sampling a big picture at few points flickers."""
        source = self.cutout.image
        level = max(0, int(np.floor(np.log2(max(1.0, source.shape[0] / max(1.0, height_px * _SHARP))))))
        if level not in self._sizes:
            k = 0.5**level
            size = (max(1, round(source.shape[1] * k)), max(1, round(source.shape[0] * k)))
            self._sizes[level] = np.asarray(cv2.resize(source, size, interpolation=cv2.INTER_AREA), np.uint8)
        return self._sizes[level]


Grid = NDArray[np.float32]
Gap = NDArray[np.bool_]
_COARSE = 2  # pixels between the points that are worked out


@dataclass(frozen=True, kw_only=True, slots=True)
class Seam:
    """Where the legs part."""

    middle: Grid
    """Row by row from the hips down to the soles, in heights from the cut-out's middle."""
    opens: float
    """From which share of the way down ground shows between them."""


def _parting(cutout: Cutout) -> Seam | None:
    """None for a robe: nothing shows between the legs."""
    tall, wide = cutout.image.shape[:2]
    alpha = cutout.image[int(tall * (1 - HIP)) :, :, 3]
    seam: list[float] = []
    for row in alpha:
        filled = np.flatnonzero(row > 60)
        gaps = np.flatnonzero(row[filled[0] : filled[-1]] <= 60) + filled[0] if filled.size > 1 else filled[:0]
        beside = seam[-1] if seam and not np.isnan(seam[-1]) else wide / 2
        reached = gaps[np.abs(gaps - beside) < 0.09 * tall]
        seam.append(float(reached[np.abs(reached - beside).argmin()]) if reached.size else np.nan)
    known = np.flatnonzero(~np.isnan(seam))
    if known.size < 0.25 * len(seam):
        return None
    rows = np.interp(np.arange(len(seam)), known, np.asarray(seam)[known])
    return Seam(middle=((rows - wide / 2) / tall).astype(np.float32), opens=float(known[0] / len(seam)))


def _hung(cutout: Cutout, feet: tuple[float, float], height_px: float) -> tuple[tuple[float, float], float]:
    """A bust's own height, and where its lower edge is, so that its head is where a person's would be."""
    tall_px = height_px * float(np.clip(0.19 / cutout.head.height, 0.3, 1.0))
    return (feet[0], feet[1] - height_px + tall_px), tall_px


def _finer(coarse: Grid, size: tuple[int, int]) -> Grid:
    """From every few pixels to every pixel: poses bend smoothly."""
    matrix = np.array([[1 / _COARSE, 0, 0], [0, 1 / _COARSE, 0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(np.ascontiguousarray(coarse, np.float32), matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE),
        np.float32,
    )


def _unposed(u: Grid, v: Grid, pose: Pose, cutout: Cutout, parting: Seam | None) -> tuple[Grid, Grid, Gap | None]:
    """From where in the straight cut-out each point of the posed one comes, and where nothing comes: in body heights, feet at the origin."""
    u, v = _unturned(u, v, pose, cutout.width)
    v = v / np.float32(pose.squash)
    u = u * np.float32(pose.squash**0.5)
    if cutout.is_bust:
        return *_nodded(u, v, pose), None
    u, v = _unbent(u, v, float(np.clip(pose.lean, -40, 40)))
    return _stepped(u, v, pose, parting)


def _unturned(u: Grid, v: Grid, pose: Pose, width: float) -> tuple[Grid, Grid]:
    a = np.radians(pose.roll)
    lift = (0.45 * width - 0.05) * min(1.0, abs(pose.roll) / 80) * grounded(pose)
    shift = 0.45 * float(np.clip(pose.roll / 80, -1, 1)) * grounded(pose)
    du, dv = u - np.float32(shift), v - np.float32(lift)
    c, s = np.float32(np.cos(a)), np.float32(np.sin(a))
    return du * c + dv * s, -du * s + dv * c


def _unbent(u: Grid, v: Grid, degrees: float) -> tuple[Grid, Grid]:
    """The upper body turns about the hips as a whole; only the waist is stretched."""
    half = np.radians(degrees / 2)
    du, dv = u, v - np.float32(HIP)
    over = np.clip((du * np.float32(np.sin(half)) + dv * np.float32(np.cos(half))) / np.float32(0.2), 0, 1)
    a = np.float32(2 * half) * over * over * (3 - 2 * over)
    c, s = np.cos(a), np.sin(a)
    return du * c - dv * s, du * s + dv * c + np.float32(HIP)


def _stepped(u: Grid, v: Grid, pose: Pose, parting: Seam | None) -> tuple[Grid, Grid, Gap | None]:
    """Legs: the halves below the hips spread as the legs do, and rise in turn as the knees bend.

    They never cross, which would tear the picture. A robe, where no parting is seen, swings as a whole.
    """
    down = np.clip((HIP - v) / HIP, 0, 1)
    if parting is None:
        return u - down * down * np.float32(0.12 * np.sin(np.radians(pose.near_leg - pose.far_leg))), v, None
    middle = np.interp(down, np.linspace(0, 1, parting.middle.size), parting.middle).astype(np.float32)
    near_side = (0.5 - 0.5 * np.tanh((u - middle) / np.float32(0.02))).astype(np.float32)
    apart = max(0.0, min(70.0, abs(pose.near_leg - pose.far_leg)) - 10)
    spread = np.float32(0.17 * np.sin(np.radians(apart)))
    lift_near, lift_far = (0.13 * float(np.clip((knee - 10) / 90, 0, 1)) for knee in (pose.near_knee, pose.far_knee))
    sunk = min(lift_near, lift_far)
    off = u - middle  # what lies between the spread legs is the gap itself, drawn wider
    u = middle + np.sign(off) * np.maximum(np.abs(off) - down * spread, 0)
    gap = (np.abs(off) < down * spread) & (down > parting.opens) & (v >= 0)
    v = v - down * (near_side * np.float32(lift_near - sunk) + (1 - near_side) * np.float32(lift_far - sunk))
    return u, v * np.float32(1 + 0.5 * sunk), gap


def _nodded(u: Grid, v: Grid, pose: Pose) -> tuple[Grid, Grid]:
    """A bust bends from the shoulders up."""
    above = np.clip(v - 0.25, 0, None)
    return u - np.float32(np.tan(np.radians(pose.lean * 0.4))) * above, v + np.float32(0.0006 * pose.head) * above
