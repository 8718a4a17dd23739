"""Figures: draws an actor into a frame, lit by the hour, with its shadow."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from rendering.backend import Frames
from rendering.backends.animatic.actors import Actor
from rendering.backends.animatic.acts import Act
from rendering.backends.animatic.creatures import draw_creature
from rendering.backends.animatic.looks import Body
from rendering.backends.animatic.palette import Light, Rgb
from rendering.backends.animatic.pen import Pen, Rgba, blank, frame_matrix, lay_over
from rendering.backends.animatic.people import draw_person
from rendering.backends.animatic.poses import Pose, grounded
from rendering.backends.animatic.puppets import Puppet
from rendering.backends.animatic.shapes import Point

_FINER = 2  # figures are drawn at twice the size: smooth edges, and joints that move by fractions of a pixel
_REACH = 1.25  # how far, in body heights, anything of a figure is from its feet


def draw_actor(
    frame: Frames, actor: Actor, pose: Pose, feet: Point, height_px: float, light: Light, time_s: float, puppet: Puppet | None
) -> None:
    """`feet` is where it stands, in pixels; `height_px` how tall it is. With a puppet it is moved, not drawn."""
    direction = -1.0 if actor.faces_left else 1.0
    moved = (feet[0] + direction * pose.x * height_px, feet[1] - pose.y * height_px)
    window = _window(frame, actor, pose, moved, height_px)
    if window is None:
        return
    if puppet is not None:
        figure = puppet.drawn(pose, window, moved, height_px, mirrored=actor.faces_left)
    else:
        figure = _drawn(actor, pose, window, moved, height_px, time_s)
    x0, y0, x1, y1 = window
    lay_over(frame[y0:y1, x0:x1], in_light(figure, light, height_px))


def _drawn(actor: Actor, pose: Pose, window: tuple[int, int, int, int], feet: Point, height_px: float, time_s: float) -> Rgba:
    x0, y0, x1, y1 = window
    image = blank((x1 - x0) * _FINER, (y1 - y0) * _FINER)
    origin = ((feet[0] - x0) * _FINER, (feet[1] - y0) * _FINER)
    line_px = float(np.clip(height_px * 0.0042, 0.45, 0.8 + height_px * 0.0012)) * _FINER
    pen = _turned(
        Pen(image, frame_matrix(origin, height_px * _FINER, mirrored=actor.faces_left), line_px), pose, actor.looks.body
    )
    sway = float(np.sin(time_s * 2.4 + actor.delay_s * 7))
    if actor.act in (Act.RUN, Act.FLEE, Act.FLY, Act.WALK):
        sway = 0.8 + 0.3 * sway
    blink = (time_s + actor.looks.chance % 17 / 10) % 2.9 < 0.12
    if actor.looks.body is Body.PERSON:
        draw_person(pen, actor.looks, pose, actor.mood, sway, blink=blink)
    else:
        draw_creature(pen, actor.looks, pose, actor.mood, sway, time_s, blink=blink)
    return np.asarray(cv2.resize(image, (x1 - x0, y1 - y0), interpolation=cv2.INTER_AREA), np.uint8)


def _turned(pen: Pen, pose: Pose, body: Body) -> Pen:
    """Rolls and squashes the whole body about its feet (lying down: about the back)."""
    stretched = pen.matrix @ np.array([[1 / pose.squash**0.5, 0, 0], [0, pose.squash, 0], [0, 0, 1]])
    lift = thickness_of(body) * min(1.0, abs(pose.roll) / 80)
    flat = Pen(pen.image, stretched, pen.line_px)
    return flat.at((0.45 * min(1.0, pose.roll / 80) * grounded(pose), lift), 1.0, pose.roll)


def thickness_of(body: Body) -> float:
    """How far above the ground its middle is when it lies, in its heights."""
    return 0.24 if body is Body.MONSTER else 0.08


def _window(frame: Frames, actor: Actor, pose: Pose, feet: Point, height_px: float) -> tuple[int, int, int, int] | None:
    """The part of the frame that a figure can touch."""
    x, y = feet
    upright = abs(pose.roll) < 20 and actor.looks.body in (Body.PERSON, Body.ROBOT)
    across = (0.8 if upright else _REACH) * height_px
    x0, x1 = max(0, int(x - across)), min(frame.shape[1], int(x + across) + 1)
    y0, y1 = max(0, int(y - _REACH * 1.1 * height_px)), min(frame.shape[0], int(y + (0.12 if upright else 0.5) * height_px) + 1)
    return (x0, y0, x1, y1) if x1 - x0 > 1 and y1 - y0 > 1 else None


def in_light(figure: Rgba, light: Light, height_px: float) -> Rgba:
    """The hour's colour on a figure, a shade on its one side and a rim of light on the other."""
    out = np.asarray(cv2.LUT(figure, _ambient_table(light.ambient)), np.uint8)
    alpha = figure[..., 3]
    step = max(1.0, min(height_px * 0.012, 9.0))
    for dx, colour, strength in ((-step, light.rim, light.rim_strength), (step * 1.6, (18, 14, 50), 0.16)):
        edge = np.asarray(cv2.subtract(alpha, _shifted(alpha, dx, abs(dx) * 0.35)), np.uint8)
        _tint(out, edge, colour, strength)
    return out


@cache
def _ambient_table(ambient: tuple[float, float, float]) -> NDArray[np.uint8]:
    factors = np.array([*ambient, 1.0])
    return np.asarray(np.clip(np.arange(256)[:, None] * factors, 0, 255).round().astype(np.uint8)[:, None, :])


def _shifted(alpha: NDArray[np.uint8], dx: float, dy: float) -> NDArray[np.uint8]:
    matrix = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
    return np.asarray(
        cv2.warpAffine(
            alpha, matrix, (alpha.shape[1], alpha.shape[0]), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        ),
        np.uint8,
    )


def _tint(figure: Rgba, edge: NDArray[np.uint8], colour: Rgb, strength: float) -> None:
    """Only where there is an edge, which is a small part of a figure."""
    rows, columns = np.nonzero(edge > 3)
    share = edge[rows, columns].astype(np.float32)[:, None] * np.float32(strength / 255)
    under = figure[rows, columns, :3]
    figure[rows, columns, :3] = (under + (np.array(colour, np.float32) - under) * share + 0.5).astype(np.uint8)


def draw_shadow(frame: Frames, actor: Actor, pose: Pose, feet: Point, height_px: float, light: Light) -> None:
    """Where it touches the ground; paler and wider the higher it is."""
    direction = -1.0 if actor.faces_left else 1.0
    aloft = min(1.0, pose.y * 1.6)
    wide = (
        (0.5 if abs(pose.roll) > 50 and pose.y < 0.1 else 0.3 * actor.width / actor.height + 0.08)
        * height_px
        * (1 + 0.3 * aloft)
    )
    tall = wide * 0.2
    cx, cy = feet[0] + direction * pose.x * height_px, feet[1]
    strength = (0.3 if light.is_night else 0.4) * (1 - 0.65 * aloft)
    x0, x1 = max(0, int(cx - wide)), min(frame.shape[1], int(cx + wide) + 1)
    y0, y1 = max(0, int(cy - tall)), min(frame.shape[0], int(cy + tall) + 1)
    if x1 <= x0 or y1 <= y0:
        return
    dx = (np.arange(x0, x1, dtype=np.float32) - np.float32(cx)) / np.float32(wide)
    dy = (np.arange(y0, y1, dtype=np.float32) - np.float32(cy)) / np.float32(tall)
    dark = np.clip(1.25 - 1.25 * (dx[None, :] ** 2 + dy[:, None] ** 2), 0, 1) * np.float32(strength)
    part = frame[y0:y1, x0:x1]
    part[:] = (part * (1 - dark[..., None]) + np.array([18, 12, 44], np.float32) * dark[..., None]).astype(np.uint8)
