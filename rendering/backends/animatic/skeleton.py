"""Skeleton: where the joints of a two-legged body are for a pose, in body heights with the feet at the origin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rendering.backends.animatic.poses import Pose
from rendering.backends.animatic.shapes import Point


@dataclass(frozen=True, kw_only=True, slots=True)
class Proportions:
    thigh: float = 0.235
    shin: float = 0.235
    torso: float = 0.275
    neck: float = 0.035
    head: float = 0.105
    """Half the head's height."""
    upper_arm: float = 0.165
    forearm: float = 0.15
    shoulder: float = 0.075
    """From the spine."""
    hip: float = 0.038


ADULT = Proportions()
CHILD = Proportions(
    thigh=0.19, shin=0.19, torso=0.27, neck=0.03, head=0.15, upper_arm=0.145, forearm=0.13, shoulder=0.07, hip=0.036
)
HULK = Proportions(thigh=0.17, shin=0.16, torso=0.42, neck=0.0, head=0.13, upper_arm=0.25, forearm=0.25, shoulder=0.2, hip=0.1)
MACHINE = Proportions(
    thigh=0.2, shin=0.2, torso=0.31, neck=0.03, head=0.115, upper_arm=0.17, forearm=0.17, shoulder=0.15, hip=0.07
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Leg:
    hip: Point
    knee: Point
    ankle: Point
    toe_degrees: float
    """Of the foot against the ground: 0 lies flat."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Arm:
    shoulder: Point
    elbow: Point
    hand: Point


@dataclass(frozen=True, kw_only=True, slots=True)
class Skeleton:
    hips: Point
    chest: Point
    neck: Point
    head: Point
    head_degrees: float
    """Of the head, counter-clockwise."""
    lean: float
    near_arm: Arm
    far_arm: Arm
    near_leg: Leg
    far_leg: Leg


def stand_up(pose: Pose, size: Proportions = ADULT) -> Skeleton:
    """Bends the joints, and sets the body down so that its lower foot stands on the ground."""
    legs = [(pose.near_leg, pose.near_knee, -1.0), (pose.far_leg, pose.far_knee, 1.0)]
    hips = (0.0, max(_reach(thigh, knee, size) for thigh, knee, _ in legs))
    near_leg, far_leg = (_leg(hips, thigh, knee, side, size) for thigh, knee, side in legs)
    chest = _step(hips, 180 - pose.lean, size.torso)
    neck = _step(chest, 180 - pose.lean * 0.8, size.neck)
    tilt = pose.lean * 0.5 + pose.head
    head = _step(neck, 180 - tilt, size.head * 0.86)
    return Skeleton(
        hips=hips,
        chest=chest,
        neck=neck,
        head=head,
        head_degrees=-tilt,
        lean=pose.lean,
        near_arm=_arm(chest, pose.near_arm, pose.near_elbow, -1.0, pose.lean, size),
        far_arm=_arm(chest, pose.far_arm, pose.far_elbow, 1.0, pose.lean, size),
        near_leg=near_leg,
        far_leg=far_leg,
    )


def _reach(thigh: float, knee: float, size: Proportions) -> float:
    """How far below the hips the foot is."""
    return float(size.thigh * np.cos(np.radians(thigh)) + size.shin * np.cos(np.radians(thigh - knee))) + 0.02


def _leg(hips: Point, thigh: float, knee: float, side: float, size: Proportions) -> Leg:
    hip = (hips[0] + side * size.hip, hips[1])
    joint = _step(hip, thigh, size.thigh)
    ankle = _step(joint, thigh - knee, size.shin)
    return Leg(hip=hip, knee=joint, ankle=ankle, toe_degrees=float(np.clip((thigh - knee) * 0.9, -70, 40)))


def _arm(chest: Point, shoulder: float, elbow: float, side: float, lean: float, size: Proportions) -> Arm:
    across = (np.cos(np.radians(lean)) * side * size.shoulder, -np.sin(np.radians(lean)) * side * size.shoulder)
    start = (chest[0] + float(across[0]), chest[1] + float(across[1]) - 0.02)
    middle = _step(start, shoulder, size.upper_arm)
    return Arm(shoulder=start, elbow=middle, hand=_step(middle, shoulder + elbow, size.forearm))


def _step(start: Point, degrees: float, length: float) -> Point:
    """From straight down (0), turning forward."""
    a = np.radians(degrees)
    return start[0] + float(np.sin(a)) * length, start[1] - float(np.cos(a)) * length
