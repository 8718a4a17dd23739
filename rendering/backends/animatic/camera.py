"""The camera: where it stands at a moment, and how sheets at different depths move with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from episodes.plan import CameraMove
from rendering.backends.animatic.score import ease

PAN = 0.2  # of the frame's height, from end to end: moves that one sees and that flow can follow
_TILT = 0.13
_PUSH = 0.24


@dataclass(frozen=True, kw_only=True, slots=True)
class Camera:
    """Shifts are frame heights at the stage's depth; zoom 1 is the whole framing."""

    x: float
    y: float
    """Upwards."""
    zoom: float


def camera_at(move: CameraMove, share: float, time_s: float, seed: int) -> Camera:
    """Where the camera is at `share` of the beat. Even a static one breathes: a still looks like a fault."""
    k = ease(share)
    breath_x, breath_y = _drift(time_s, seed, 0.004)
    match move:
        case CameraMove.STATIC:
            return Camera(x=breath_x, y=breath_y, zoom=1.0 + 0.03 * k)
        case CameraMove.PAN_LEFT:
            return Camera(x=PAN * (0.5 - k), y=breath_y, zoom=1.06)
        case CameraMove.PAN_RIGHT:
            return Camera(x=PAN * (k - 0.5), y=breath_y, zoom=1.06)
        case CameraMove.TILT_UP:
            return Camera(x=breath_x, y=_TILT * (k - 0.6), zoom=1.06)
        case CameraMove.TILT_DOWN:
            return Camera(x=breath_x, y=_TILT * (0.4 - k), zoom=1.06)
        case CameraMove.PUSH_IN:
            return Camera(x=breath_x, y=breath_y, zoom=1.0 + _PUSH * k)
        case CameraMove.PULL_OUT:
            return Camera(x=breath_x, y=breath_y, zoom=1.0 + _PUSH * (1 - k))
        case CameraMove.HANDHELD:
            x, y = _drift(time_s * 2.2, seed, 0.016)
            return Camera(x=x, y=y, zoom=1.07)


def _drift(time_s: float, seed: int, wide: float) -> tuple[float, float]:
    """Smooth wandering: a few slow waves whose phases come from the seed."""
    phases = np.random.default_rng(seed).uniform(0, 2 * np.pi, (2, 3))
    speeds = np.array([1.1, 1.9, 3.1])
    x, y = (np.sin(speeds * time_s + phases) * np.array([0.55, 0.3, 0.15])).sum(1) * wide
    return float(x), float(y)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lens:
    """Turns camera positions into pixels for one frame size."""

    width: int
    height: int
    horizon: float
    """Share from the top."""

    def sheet(self, camera: Camera, depth: float, margin: tuple[int, int], slide_px: float) -> NDArray[np.float64]:
        """Sheet pixels → frame pixels for a sheet at one depth."""
        zoom = zoom_at(camera, depth)
        cx, cy = self.width / 2, self.height / 2
        dx = slide_px - depth * camera.x * self.height - margin[0] - cx
        dy = max(depth, 0.12) * camera.y * self.height - margin[1] - cy
        return np.array([[zoom, 0, zoom * dx + cx], [0, zoom, zoom * dy + cy]])

    def ground(self, camera: Camera, margin: tuple[int, int], feet_px: float) -> NDArray[np.float64]:
        """For the ground, whose depth grows from the horizon (about 0.3) to the feet (1) and on."""
        matrix = self.sheet(camera, 1.0, margin, 0.0)
        horizon_px = self.horizon * self.height
        slope = 0.7 / max(1.0, feet_px - horizon_px)
        shear = -camera.x * self.height * slope
        matrix[0, 1] = matrix[0, 0] * shear
        matrix[0, 2] -= matrix[0, 0] * shear * (feet_px + margin[1])
        return matrix

    def point(self, camera: Camera, x_px: float, y_px: float) -> tuple[float, float]:
        """A point of the framing at the stage's depth → where it is in the frame."""
        cx, cy = self.width / 2, self.height / 2
        return (
            (x_px - camera.x * self.height - cx) * camera.zoom + cx,
            (y_px + camera.y * self.height - cy) * camera.zoom + cy,
        )


def zoom_at(camera: Camera, depth: float) -> float:
    return 1 + (camera.zoom - 1) * (0.3 + 0.7 * depth)
