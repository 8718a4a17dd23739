"""Draws monsters and robots: big bodies on two legs."""

from __future__ import annotations

import numpy as np

from rendering.backends.animatic.acts import Mood
from rendering.backends.animatic.looks import Looks
from rendering.backends.animatic.palette import WHITE, Rgb, darker, lighter, mix
from rendering.backends.animatic.pen import Pen
from rendering.backends.animatic.poses import Pose
from rendering.backends.animatic.shapes import Point, box, limb, oval, points, smooth
from rendering.backends.animatic.skeleton import HULK, MACHINE, Arm, Leg, Skeleton, stand_up

_BONE: Rgb = (250, 240, 214)


def draw_monster(pen: Pen, looks: Looks, pose: Pose, mood: Mood, sway: float, time_s: float, blink: bool) -> None:
    """A hulk with horns, teeth, claws, spikes along its back and a tail."""
    # such arms reach the face long before a person's would
    calm = pose._replace(
        near_arm=0.7 * pose.near_arm - 6,
        near_elbow=0.5 * pose.near_elbow,
        far_arm=0.8 * pose.far_arm,
        far_elbow=0.6 * pose.far_elbow,
    )
    bones = stand_up(calm, HULK)
    hide, belly = looks.top, lighter(mix(looks.top, looks.legs, 0.3), 0.35)
    _tail(pen, bones, darker(hide, 0.15), time_s)
    _claw_arm(pen, bones.far_arm, darker(hide, 0.28))
    _claw_leg(pen, bones.far_leg, darker(hide, 0.26))
    _back_spikes(pen, bones, looks.hair_colour)
    _claw_leg(pen, bones.near_leg, hide)
    spine = pen.at(bones.hips, 1.0, -bones.lean)
    trunk = smooth(
        [
            (-0.17, -0.04),
            (-0.24, 0.18),
            (-0.27, 0.34),
            (-0.16, 0.47),
            (0.08, 0.48),
            (0.24, 0.36),
            (0.23, 0.14),
            (0.15, -0.05),
            (0.0, -0.09),
        ]
    )
    spine.body(trunk, darker(hide, 0.18))
    spine.fill(trunk * (0.86, 0.93) + (0.025, 0.014), hide)
    chest = smooth([(-0.02, -0.03), (-0.06, 0.16), (0.0, 0.32), (0.12, 0.34), (0.19, 0.2), (0.12, -0.03)])
    spine.fill(chest, belly)
    for rise in (0.04, 0.11, 0.18, 0.25):
        spine.curve([(-0.03, rise), (0.06, rise - 0.014), (0.16, rise + 0.008)], 0.006, darker(belly, 0.3))
    _monster_head(
        pen.at((bones.head[0] + 0.04, bones.head[1] - 0.03), 0.15, bones.head_degrees), looks, mood, pose.mouth, blink=blink
    )
    _claw_arm(pen, bones.near_arm, hide)


def _monster_head(pen: Pen, looks: Looks, mood: Mood, mouth: float, *, blink: bool) -> None:
    hide = looks.top
    for x, tip in ((-0.45, (-1.05, 1.65)), (0.35, (0.75, 1.7))):
        horn = smooth(
            [(x - 0.2, 0.6), (x + (tip[0] - x) * 0.45 - 0.3, 1.2), tip, (x + (tip[0] - x) * 0.5 + 0.2, 1.0), (x + 0.22, 0.7)]
        )
        pen.body(horn, _BONE)
        pen.fill(horn * (0.8, 0.9) + (x * 0.2, 0.14), darker(_BONE, 0.12))
    pen.body(
        smooth([(-0.9, 0.1), (-0.7, 0.75), (0.0, 0.95), (0.7, 0.7), (1.1, 0.2), (1.15, -0.3), (0.5, -0.6), (-0.5, -0.55)]), hide
    )
    _jaws(pen, hide, mouth)
    for x, r in ((-0.05, 0.22), (0.6, 0.2)):
        if blink or mood is Mood.ASLEEP:
            pen.curve([(x - r, 0.3), (x, 0.22), (x + r, 0.3)], 0.08)
            continue
        pen.glow((x, 0.3), 0.5, (255, 210, 60), 0.5)
        pen.fill(oval((x, 0.3), r, r * 0.8), (255, 226, 80) if mood is not Mood.SCARED else WHITE)
        pen.fill(oval((x + 0.06, 0.29), 0.06, 0.14 if mood is not Mood.SCARED else 0.06), (30, 10, 10))
    slant = -0.16 if mood is not Mood.SCARED else 0.14
    pen.curve([(-0.38, 0.58), (-0.05, 0.52 + slant * 0.4), (0.25, 0.42 + slant * 0.5)], 0.13)
    pen.curve([(0.42, 0.42 + slant * 0.5), (0.65, 0.5), (0.9, 0.56)], 0.13)
    for x in (0.9, 1.04):
        pen.fill(oval((x, 0.02), 0.045, 0.06), darker(hide, 0.6))


def _jaws(pen: Pen, hide: Rgb, mouth: float) -> None:
    """The upper jaw stays, the lower one falls; teeth on both."""
    drop = 0.12 + 0.75 * mouth
    lower = smooth(
        [
            (-0.5, -0.25),
            (0.3, -0.3 - drop * 0.5),
            (1.0, -0.25 - drop * 0.6),
            (0.9, -0.5 - drop),
            (0.2, -0.65 - drop),
            (-0.5, -0.6),
        ]
    )
    pen.body(lower, darker(hide, 0.12))
    pen.fill(smooth([(-0.3, -0.2), (1.08, -0.16), (0.92, -0.36 - drop * 0.8), (0.2, -0.42 - drop * 0.8)]), (120, 24, 40))
    for i in range(6):
        x = -0.1 + i * 0.21
        pen.fill(points((x - 0.09, -0.17), (x + 0.09, -0.17), (x, -0.4)), _BONE)
        foot = -0.38 - drop * (0.62 + 0.1 * (i % 2))
        pen.fill(points((x - 0.07, foot), (x + 0.07, foot), (x + 0.02, foot + 0.2)), _BONE)


def _claw_arm(pen: Pen, arm: Arm, colour: Rgb) -> None:
    pen.bodies([(limb(arm.shoulder, arm.elbow, 0.1, 0.07), colour), (limb(arm.elbow, arm.hand, 0.075, 0.085), colour)])
    pen.stick((arm.shoulder[0] + 0.03, arm.shoulder[1]), (arm.elbow[0] + 0.02, arm.elbow[1]), 0.06, 0.04, lighter(colour, 0.12))
    along = np.arctan2(arm.hand[1] - arm.elbow[1], arm.hand[0] - arm.elbow[0])
    for spread in (-0.7, 0.0, 0.7):
        a = along + spread
        tip = (arm.hand[0] + 0.155 * float(np.cos(a)), arm.hand[1] + 0.155 * float(np.sin(a)))
        left, right = (_around(arm.hand, a + s * 0.32, 0.075) for s in (-1, 1))
        pen.body(points(left, tip, right), _BONE)


def _claw_leg(pen: Pen, leg: Leg, colour: Rgb) -> None:
    foot = pen.at(leg.ankle, 1.0, leg.toe_degrees)
    foot.body(smooth([(-0.07, 0.05), (0.04, 0.06), (0.13, 0.0), (0.13, -0.022), (-0.07, -0.022)]), colour)
    for x in (0.05, 0.09, 0.13):
        foot.body(points((x - 0.012, 0.012), (x + 0.036, -0.022), (x - 0.018, -0.022)), _BONE)
    pen.bodies([(limb(leg.hip, leg.knee, 0.115, 0.085), colour), (limb(leg.knee, leg.ankle, 0.085, 0.062), colour)])


def _tail(pen: Pen, bones: Skeleton, colour: Rgb, time_s: float) -> None:
    swing = 0.07 * float(np.sin(time_s * 2.1))
    x, y = bones.hips
    pen.body(
        smooth(
            [
                (x - 0.02, y + 0.09),
                (x - 0.26, y - 0.08),
                (x - 0.46, y - 0.14 + swing),
                (x - 0.62, y + 0.04 + 2 * swing),
                (x - 0.48, y - 0.22 + swing),
                (x - 0.26, y - 0.26),
                (x, y - 0.12),
            ]
        ),
        colour,
    )


def _back_spikes(pen: Pen, bones: Skeleton, colour: Rgb) -> None:
    spine = pen.at(bones.hips, 1.0, -bones.lean)
    for x, y, size in ((-0.2, 0.08, 0.09), (-0.25, 0.2, 0.12), (-0.26, 0.33, 0.13), (-0.17, 0.45, 0.11)):
        spine.body(
            points((x + 0.03, y - 0.06), (x - size, y + size * 0.7), (x + 0.06, y + 0.05)), mix(colour, (255, 120, 60), 0.25)
        )


def _around(centre: Point, angle: float, r: float) -> Point:
    return centre[0] + r * float(np.cos(angle)), centre[1] + r * float(np.sin(angle))


def draw_robot(pen: Pen, looks: Looks, pose: Pose, mood: Mood, sway: float, time_s: float, blink: bool) -> None:
    """Boxes, joints that one sees, a lamp on an antenna and a face of light."""
    bones = stand_up(pose, MACHINE)
    metal = looks.top
    _piston(pen, bones.far_arm.shoulder, bones.far_arm.elbow, bones.far_arm.hand, darker(metal, 0.3), hand=True)
    _metal_leg(pen, bones.far_leg, darker(looks.legs, 0.3))
    _metal_leg(pen, bones.near_leg, looks.legs)
    spine = pen.at(bones.hips, 1.0, -bones.lean)
    spine.body(smooth([(-0.09, -0.05), (-0.09, 0.04), (0.09, 0.04), (0.09, -0.05)], 2), darker(metal, 0.4))
    trunk = smooth([(-0.15, 0.02), (-0.17, 0.3), (-0.12, 0.34), (0.12, 0.34), (0.17, 0.3), (0.15, 0.02)], 3)
    spine.body(trunk, darker(metal, 0.18))
    spine.fill(trunk * (0.84, 0.94) + (0.02, 0.012), metal)
    spine.body(box(-0.06, 0.12, 0.1, 0.25), darker(metal, 0.5))
    for i, colour in enumerate(((255, 96, 84), (255, 210, 90), (110, 230, 150))):
        on = (time_s * 2 + i) % 3 < 1.5
        spine.fill(oval((-0.025 + i * 0.045, 0.215), 0.014, 0.014), colour if on else darker(colour, 0.5))
    spine.stroke([(-0.04, 0.15), (-0.01, 0.18), (0.02, 0.145), (0.05, 0.18), (0.08, 0.15)], 0.008, (120, 240, 230))
    pen.stick(bones.chest, bones.neck, 0.03, 0.03, darker(metal, 0.5))
    raised = pose.near_arm + pose.near_elbow > 120
    for is_arm in (True, False) if raised else (False, True):
        if is_arm:
            _piston(pen, bones.near_arm.shoulder, bones.near_arm.elbow, bones.near_arm.hand, metal, hand=True)
        else:
            _robot_head(pen.at(bones.head, 0.125, bones.head_degrees), metal, mood, pose.mouth, blink=blink)


def _robot_head(pen: Pen, metal: Rgb, mood: Mood, mouth: float, *, blink: bool) -> None:
    pen.stroke([(-0.2, 0.8), (-0.28, 1.3)], 0.08)
    pen.glow((-0.29, 1.38), 0.5, (255, 120, 100), 0.6)
    pen.body(oval((-0.29, 1.38), 0.13, 0.13), (255, 110, 96))
    pen.body(oval((-0.95, 0.05), 0.16, 0.28), darker(metal, 0.35))
    head = smooth([(-0.9, -0.72), (-1.0, 0.6), (-0.75, 0.9), (0.75, 0.9), (1.0, 0.6), (0.9, -0.72)], 3)
    pen.body(head, darker(metal, 0.1))
    pen.fill(head * (0.88, 0.9) + (0.06, 0.04), lighter(metal, 0.14))
    pen.body(smooth([(-0.55, -0.3), (-0.62, 0.45), (-0.3, 0.62), (0.7, 0.62), (0.86, 0.45), (0.78, -0.3)], 3), (28, 34, 54))
    glow: Rgb = (255, 110, 90) if mood is Mood.ANGRY else (120, 245, 240)
    for x in (-0.15, 0.45):
        if blink or mood is Mood.ASLEEP:
            pen.stroke([(x - 0.14, 0.2), (x + 0.14, 0.2)], 0.07, glow)
        elif mood is Mood.HAPPY:
            pen.curve([(x - 0.16, 0.1), (x, 0.3), (x + 0.16, 0.1)], 0.1, glow)
        else:
            pen.glow((x, 0.2), 0.4, glow, 0.5)
            pen.fill(oval((x, 0.2), 0.14, 0.2 if mood is not Mood.DETERMINED else 0.13), glow)
    tall = 0.03 + 0.12 * mouth
    pen.fill(oval((0.15, -0.12), 0.2, tall), glow)


def _piston(pen: Pen, a: Point, b: Point, c: Point, colour: Rgb, *, hand: bool) -> None:
    pen.bodies([(limb(b, c, 0.04, 0.048), colour), (limb(a, b, 0.045, 0.04), darker(colour, 0.15))])
    pen.body(oval(a, 0.058, 0.058), colour)
    pen.body(oval(b, 0.04, 0.04), darker(colour, 0.45))
    if hand:
        pen.body(oval(c, 0.055, 0.055), darker(colour, 0.3))
        pen.fill(oval((c[0] + 0.012, c[1] + 0.012), 0.03, 0.03), lighter(colour, 0.2))


def _metal_leg(pen: Pen, leg: Leg, colour: Rgb) -> None:
    foot = pen.at(leg.ankle, 1.0, leg.toe_degrees)
    _piston(pen, leg.hip, leg.knee, leg.ankle, colour, hand=False)
    foot.body(smooth([(-0.06, -0.022), (-0.055, 0.045), (0.03, 0.05), (0.11, 0.0), (0.11, -0.022)], 3), darker(colour, 0.2))
