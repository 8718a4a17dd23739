"""Backdrops: a place from its reference picture, lit by the hour of the beat."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from episodes.plan import TimeOfDay
from episodes.world import Light as PlaceLight
from rendering.backends.animatic.palette import Light
from rendering.backends.animatic.pen import Pen, Rgba, softened
from rendering.backends.animatic.scenery.easel import Layer, View
from rendering.backends.animatic.shapes import oval

_DEPTH = 0.55
_USUAL = {
    PlaceLight.DAY: (TimeOfDay.DAY, TimeOfDay.DAWN),
    PlaceLight.DUSK: (TimeOfDay.DUSK,),
    PlaceLight.NIGHT: (TimeOfDay.NIGHT,),
}


def hang_backdrop(picture: Rgba, shot_in: PlaceLight, hour: TimeOfDay, light: Light, view: View) -> tuple[Layer, ...]:
    """One sheet that covers whatever the camera will see of it; beyond its edges the picture is mirrored."""
    lit = np.ascontiguousarray(picture[..., :3])
    if hour not in _USUAL[shot_in]:
        lit = _relit(lit, shot_in, hour)
    elif hour is TimeOfDay.DAWN:
        lit = _graded(lit, (1.04, 0.97, 0.96), lift=14)
    reach_x = int(max(view.left, view.right) * _DEPTH * view.height + 0.1 * view.width) + 4
    reach_y = int((view.rise + 0.07) * _DEPTH * view.height + 0.08 * view.height) + 4
    cover = _covering(lit, view)
    sheet = cv2.copyMakeBorder(cover, reach_y, reach_y, reach_x, reach_x, cv2.BORDER_REFLECT_101)
    image = np.asarray(cv2.cvtColor(sheet, cv2.COLOR_RGB2RGBA), np.uint8)
    if hour is TimeOfDay.NIGHT and shot_in is not PlaceLight.NIGHT:
        _add_moon(image, view, (reach_x, reach_y))
    return (Layer(image=image, depth=_DEPTH, margin_left=reach_x, margin_top=reach_y),)


def _covering(picture: NDArray[np.uint8], view: View) -> NDArray[np.uint8]:
    """Scaled to fill the frame at the shot's zoom; closer shots look at the lower middle, where people stand."""
    height, width = picture.shape[:2]
    zoom = 1 + (view.zoom - 1) * 0.7 if view.zoom > 1 else 1.0
    scale = max(view.width / width, view.height / height) * zoom
    w, h = max(2, int(view.width / scale)), max(2, int(view.height / scale))
    x = (width - w) // 2
    y = int((height - h) * (0.5 if zoom == 1.0 else 0.62))
    part = picture[y : y + h, x : x + w]
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(part, (view.width, view.height), interpolation=way), np.uint8)


def _relit(picture: NDArray[np.uint8], shot_in: PlaceLight, hour: TimeOfDay) -> NDArray[np.uint8]:
    match hour:
        case TimeOfDay.NIGHT:
            return _by_night(picture)
        case TimeOfDay.DUSK:
            return _graded(picture, (1.06, 0.8, 0.72) if shot_in is PlaceLight.DAY else (1.5, 1.15, 0.95), lift=6)
        case TimeOfDay.DAWN | TimeOfDay.DAY:
            bright = 1.9 if shot_in is PlaceLight.NIGHT else 1.12
            warm = (1.04, 0.97, 0.96) if hour is TimeOfDay.DAWN else (0.98, 1.0, 1.05)
            r, g, b = (k * bright for k in warm)
            return _graded(picture, (r, g, b), lift=14 if hour is TimeOfDay.DAWN else 4)


def _graded(picture: NDArray[np.uint8], factors: tuple[float, float, float], lift: int) -> NDArray[np.uint8]:
    """Channel by channel, rolling off towards white instead of clipping."""
    x = np.arange(256)[:, None] / 255 * np.array(factors)
    table = np.clip(lift + 255 * np.where(x > 0.85, 0.85 + 0.15 * (1 - np.exp(-(x - 0.85) / 0.15)), x), 0, 255)
    return np.asarray(cv2.LUT(picture, table.round().astype(np.uint8)[:, None, :]), np.uint8)


def _by_night(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Darker and bluer, less colour; what was brightest and warm keeps some light, like windows."""
    grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    dull = cv2.addWeighted(picture, 0.45, grey, 0.55, 0)
    table = np.clip((np.arange(256)[:, None] / 255) ** 1.5 * np.array([0.34, 0.42, 0.66]) * 255 + np.array([5, 8, 24]), 0, 255)
    dark = cv2.LUT(dull, table.round().astype(np.uint8)[:, None, :])
    warm = cv2.subtract(picture[..., 0], picture[..., 2])
    lamps = cv2.bitwise_and(warm, cv2.threshold(picture[..., 0], 205, 255, cv2.THRESH_BINARY)[1])
    glow = softened(np.asarray(lamps, np.uint8), picture.shape[0] / 60)
    shine = cv2.merge([glow, cv2.convertScaleAbs(glow, alpha=0.8), cv2.convertScaleAbs(glow, alpha=0.45)])
    return np.asarray(cv2.add(dark, shine), np.uint8)


def _add_moon(image: Rgba, view: View, margin: tuple[int, int]) -> None:
    """Where the top of the picture is open sky: bright and even before it was night."""
    height = view.height
    where = (margin[0] + view.width * 0.76, margin[1] + height * 0.17)
    around = image[
        int(where[1] - height * 0.08) : int(where[1] + height * 0.08),
        int(where[0] - height * 0.08) : int(where[0] + height * 0.08),
        :3,
    ]
    if around.size == 0 or float(around.reshape(-1, 3).std(0).max()) > 9:
        return
    pen = Pen(image, np.array([[height, 0.0, where[0]], [0.0, -float(height), where[1]]]))
    pen.glow((0, 0), 0.26, (150, 175, 240), 0.5)
    pen.fill(oval((0, 0), 0.055, 0.055), (244, 240, 220))
    pen.fill(oval((-0.016, 0.012), 0.012, 0.012), (226, 220, 196))
