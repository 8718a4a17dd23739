"""Landmarks: points on all that moves in a picture, so that motion is measured without drawing anything."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rendering.backends.animatic.animals import wing_beat
from rendering.backends.animatic.camera import Camera, Lens
from rendering.backends.animatic.cutouts import Cutout
from rendering.backends.animatic.effects import Seen
from rendering.backends.animatic.figures import thickness_of
from rendering.backends.animatic.looks import Body
from rendering.backends.animatic.poses import Pose, grounded
from rendering.backends.animatic.puppets import HIP
from rendering.backends.animatic.shapes import Point
from rendering.backends.animatic.skeleton import ADULT, CHILD, HULK, MACHINE, Proportions, stand_up

Landmarks = NDArray[np.float64]
"""(point, 2): x and y in the frame's pixels, the same points in the same order in every frame."""
Paths = NDArray[np.float64]
"""(frame, point, 2)."""
GROUND_STEP = 0.06
"""Of the frame's shorter side: how far the place may travel between two keys; 31 of 512 pixels."""
_FIGURE_STEP = 0.07  # of the height: half a head, or the width of a leg

_SIZES: dict[Body, Proportions] = {Body.MONSTER: HULK, Body.ROBOT: MACHINE}


def step_px(shorter_side: int, height_px: float) -> float:
    """How far a part of a figure may travel between two keys. Farther, and flow takes one limb for the other."""
    return min(GROUND_STEP * shorter_side, _FIGURE_STEP * height_px)


def landmarks_of(seen: Seen, time_s: float, cutout: Cutout | None) -> Landmarks:
    """Where an actor's joints are; of a cut-out, which has none, its corners."""
    joints = _joints(seen, time_s) if cutout is None else _corners(seen.pose, cutout.width)
    pose = seen.pose
    aslant = np.radians(pose.roll)
    turn = np.array([[np.cos(aslant), -np.sin(aslant)], [np.sin(aslant), np.cos(aslant)]])
    at = np.asarray(joints) * (pose.squash**-0.5, pose.squash) @ turn.T
    lying = float(np.clip(pose.roll / 80, -1, 1)) * grounded(pose)
    at += (0.45 * lying + pose.x, thickness_of(seen.actor.looks.body) * abs(lying) + pose.y)
    return np.asarray(np.array(seen.feet) + at * (seen.ahead * seen.height, -seen.height))


def ground_of(camera: Camera, lens: Lens) -> Landmarks:
    """Where the camera sees the four corners of what it would show without moving."""
    corners = ((0, 0), (lens.width, 0), (0, lens.height), (lens.width, lens.height))
    return np.array([lens.point(camera, x, y) for x, y in corners])


def _joints(seen: Seen, time_s: float) -> list[Point]:
    looks = seen.actor.looks
    bones = stand_up(seen.pose, CHILD if looks.child else _SIZES.get(looks.body, ADULT))
    arms = [point for arm in (bones.near_arm, bones.far_arm) for point in (arm.elbow, arm.hand)]
    legs = [point for leg in (bones.near_leg, bones.far_leg) for point in (leg.knee, leg.ankle)]
    wing_tip = (-0.6, 0.6 + 0.24 * wing_beat(looks.body, seen.pose, time_s))
    return [bones.hips, bones.head, wing_tip, *arms, *legs]


def _corners(pose: Pose, width: float) -> list[Point]:
    """Its soles spread and rise in turn; its top leans."""
    stride = 0.17 * float(np.sin(np.radians(np.clip(abs(pose.near_leg - pose.far_leg) - 10, 0, 60))))
    lifts = [0.13 * float(np.clip((knee - 10) / 90, 0, 1)) for knee in (pose.near_knee, pose.far_knee)]
    lean = np.radians(np.clip(pose.lean, -40, 40))
    c, s = float(np.cos(lean)), float(np.sin(lean))
    sides = (-width / 2, width / 2)
    soles = [(x + np.sign(x) * stride, lift) for x, lift in zip(sides, lifts, strict=True)]
    return [*soles, *((c * x + s * (1 - HIP), HIP - s * x + c * (1 - HIP)) for x in sides)]
