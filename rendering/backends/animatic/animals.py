"""Draws animals: beasts on four legs, dragons, birds and blobs. Feet at the origin, height 1."""

from __future__ import annotations

import numpy as np

from rendering.backends.animatic.acts import Mood
from rendering.backends.animatic.looks import Body, Looks
from rendering.backends.animatic.palette import WHITE, Rgb, darker, lighter, mix
from rendering.backends.animatic.pen import Pen
from rendering.backends.animatic.poses import Pose, grounded
from rendering.backends.animatic.shapes import Point, limb, oval, points, smooth

_BONE: Rgb = (250, 240, 214)


def draw_beast(pen: Pen, looks: Looks, pose: Pose, mood: Mood, sway: float, time_s: float, blink: bool) -> None:
    """Four legs that go like a person's two pairs; asleep it curls up."""
    fur = looks.top if "fur" not in looks.detail else looks.hair_colour
    if abs(pose.roll) > 45 and (mood is Mood.ASLEEP or pose.y == 0):  # not while it falls
        _curled(pen.at((0, 0), 1.0, -pose.roll), fur, looks, pose, time_s)
        return
    if pose.y == 0 and min(pose.near_leg, pose.far_leg) > 60:
        _sitting(pen, fur, looks, pose, mood, time_s, blink=blink)
        return
    pen = pen.at((0.0, 0.0), 1.0, -0.85 * pose.roll * (1 - grounded(pose)))
    tilt = float(np.clip(-pose.lean * 0.35, -20, 24))
    body = pen.at((0.0, 0.46), 1.0, tilt)
    for x, angle, knee in ((0.3, pose.far_leg, pose.far_knee), (-0.28, pose.near_leg, -0.6 * pose.near_knee)):
        _paw(pen, (x + 0.05, 0.42), angle, knee, darker(fur, 0.3))
    _beast_tail(body, fur, looks, time_s)
    trunk = smooth(
        [(-0.46, 0.06), (-0.4, 0.2), (0.0, 0.2), (0.34, 0.26), (0.46, 0.1), (0.38, -0.12), (0.0, -0.12), (-0.36, -0.14)]
    )
    body.body(trunk, darker(fur, 0.16))
    body.fill(trunk * (0.93, 0.82) + (0.01, 0.03), fur)
    body.fill(smooth([(-0.2, -0.1), (0.2, -0.1), (0.4, 0.06), (0.3, -0.09), (0.0, -0.13)]), lighter(fur, 0.5))
    for x, angle, knee in ((0.28, pose.near_arm * 0.5, pose.near_knee * 0.4), (-0.3, pose.far_leg, -0.6 * pose.far_knee)):
        _paw(pen, (x, 0.42), angle, knee, fur)
    head = body.at((0.46, 0.34 - pose.head * 0.004), 0.235, -pose.head * 0.6 - tilt)
    _beast_head(head, fur, looks, mood, pose.mouth, blink=blink)


def _sitting(pen: Pen, fur: Rgb, looks: Looks, pose: Pose, mood: Mood, time_s: float, *, blink: bool) -> None:
    """On its haunches, front paws together."""
    body = pen.at((-0.1, 0.3), 1.0, 48)
    _beast_tail(pen.at((0.08, 0.06)), fur, looks, time_s)
    _paw(pen, (0.22, 0.42), 6, 0, darker(fur, 0.25))
    trunk = smooth([(-0.36, -0.02), (-0.28, 0.2), (0.1, 0.19), (0.4, 0.16), (0.44, -0.02), (0.2, -0.13), (-0.2, -0.2)])
    body.body(trunk, darker(fur, 0.16))
    body.fill(trunk * (0.92, 0.84) + (0.01, 0.02), fur)
    _paw(pen, (0.12, 0.42), 2, 0, fur)
    pen.body(smooth([(-0.38, 0.02), (-0.36, 0.24), (-0.14, 0.3), (0.04, 0.16), (0.1, 0.0), (-0.2, -0.01)]), fur)
    pen.body(oval((0.02, 0.025), 0.12, 0.035), lighter(fur, 0.4))
    _beast_head(pen.at((0.26, 0.78), 0.235, -pose.head * 0.6), fur, looks, mood, pose.mouth, blink=blink)


def _paw(pen: Pen, hip: Point, degrees: float, knee: float, fur: Rgb) -> None:
    a, b = np.radians(np.clip(degrees, -50, 55)), np.radians(np.clip(degrees - knee * 0.5, -70, 60))
    joint = (hip[0] + 0.2 * float(np.sin(a)), hip[1] - 0.2 * float(np.cos(a)))
    foot = (joint[0] + 0.2 * float(np.sin(b)), joint[1] - 0.2 * float(np.cos(b)))
    pen.bodies(
        [
            (oval((foot[0] + 0.03, foot[1] + 0.005), 0.06, 0.035), lighter(fur, 0.4)),
            (limb(joint, foot, 0.052, 0.042), fur),
            (limb(hip, joint, 0.09, 0.055), fur),
        ]
    )


def _beast_tail(body: Pen, fur: Rgb, looks: Looks, time_s: float) -> None:
    s = 0.09 * float(np.sin(time_s * 3.0))
    if "fox" in looks.detail or "wolf" in looks.detail or "horse" in looks.detail:
        bush = smooth(
            [(-0.42, 0.12), (-0.62, 0.24 + s), (-0.86, 0.2 + s), (-0.95, 0.02 + s), (-0.74, -0.06 + s), (-0.44, 0.02)]
        )
        body.body(bush, darker(fur, 0.1))
        body.fill(oval((-0.86, 0.08 + s), 0.09, 0.09), lighter(fur, 0.7))
        return
    path = [(-0.42, 0.1), (-0.58, 0.16), (-0.68, 0.34 + s), (-0.62 + s, 0.52), (-0.72 + 2 * s, 0.62)]
    body.curve(path, 0.1)
    body.curve(path, 0.1 - 2 * body.line_px / body.px_per_unit, darker(fur, 0.08))


def _beast_head(pen: Pen, fur: Rgb, looks: Looks, mood: Mood, mouth: float, *, blink: bool) -> None:
    text = looks.detail
    if "lion" in text:
        pen.body(oval((-0.1, 0.0), 1.35, 1.4), darker(mix(fur, (150, 80, 40), 0.5), 0.1))
    if any(word in text for word in ("dog", "puppy")):
        pen.body(smooth([(-0.85, 0.7), (-1.2, 0.1), (-1.05, -0.6), (-0.65, -0.2), (-0.5, 0.5)]), darker(fur, 0.3))
    elif "rabbit" in text:
        for x in (-0.45, 0.1):
            pen.body(oval((x, 1.5), 0.24, 0.85, -8), fur)
            pen.fill(oval((x, 1.45), 0.1, 0.6, -8), (246, 180, 180))
    else:
        for x in (-0.6, 0.35):
            pen.body(points((x - 0.34, 0.55), (x - 0.12, 1.5), (x + 0.4, 0.78)), fur)
            pen.fill(points((x - 0.16, 0.68), (x - 0.06, 1.2), (x + 0.2, 0.78)), (246, 180, 180))
    if "unicorn" in text:
        pen.body(points((0.3, 0.85), (0.75, 2.0), (0.55, 0.75)), (250, 224, 130))
    pen.body(oval((0, 0), 1.0, 0.9), fur)
    long = any(word in text for word in ("dog", "wolf", "fox", "horse", "deer", "bear", "unicorn", "cow"))
    nose = (0.95, -0.25) if long else (0.5, -0.18)
    pen.body(oval((nose[0] - 0.3, nose[1] - 0.1), 0.55 if long else 0.42, 0.36), lighter(fur, 0.55))
    if long:
        pen.fill(oval((0.3, -0.1), 0.5, 0.5), fur)
    pen.fill(oval(nose, 0.13, 0.09), (70, 40, 50) if long else (236, 120, 130))
    if mouth > 0.25:
        pen.body(oval((nose[0] - 0.15, nose[1] - 0.3), 0.16, 0.05 + 0.16 * mouth), (150, 50, 60))
    else:
        pen.curve(
            [
                (nose[0] - 0.3, nose[1] - 0.24),
                (nose[0] - 0.12, nose[1] - 0.3),
                (nose[0], nose[1] - 0.1),
                (nose[0] + 0.12, nose[1] - 0.28),
            ],
            0.06,
        )
    for x in (-0.2, 0.42) if not long else (0.05, 0.5):
        _round_eye(pen, (x, 0.18), looks.eyes, mood, blink=blink)
    if not long:
        for y in (-0.2, -0.34):
            pen.stroke([(0.0, y), (-0.75, y + 0.08)], 0.025)
            pen.stroke([(0.8, y), (1.35, y + 0.1)], 0.025)


def _round_eye(pen: Pen, where: Point, colour: Rgb, mood: Mood, *, blink: bool) -> None:
    x, y = where
    if blink or mood is Mood.ASLEEP:
        pen.curve([(x - 0.18, y), (x, y - 0.1), (x + 0.18, y)], 0.08)
        return
    r = 0.25 if mood in (Mood.ASTONISHED, Mood.SCARED) else 0.21
    pen.outline(oval(where, r * 0.86, r), 0.6)
    pen.fill(oval(where, r * 0.86, r), lighter(colour, 0.5))
    pen.fill(oval((x + 0.03, y), r * 0.45, r * 0.8), (26, 20, 34))
    pen.disc((x - 0.04, y + r * 0.4), r * 0.28, WHITE)
    if mood in (Mood.ANGRY, Mood.DETERMINED):
        pen.stroke([(x - 0.26, y + 0.34), (x + 0.22, y + 0.18)], 0.09)


def _curled(pen: Pen, fur: Rgb, looks: Looks, pose: Pose, time_s: float) -> None:
    """A sleeping ball, breathing."""
    rise = 0.02 * float(np.sin(time_s * 1.9))
    pen = pen.at((-0.45, -0.08))
    trunk = smooth(
        [(-0.62, 0.06), (-0.58, 0.34 + rise), (-0.2, 0.52 + rise), (0.28, 0.46 + rise), (0.56, 0.2), (0.5, 0.02), (-0.4, 0.0)]
    )
    pen.body(trunk, darker(fur, 0.16))
    pen.fill(trunk * (0.92, 0.86) + (0.01, 0.06), fur)
    tail = [(-0.56, 0.1), (-0.5, 0.0), (-0.1, -0.01), (0.22, 0.03)]
    pen.curve(tail, 0.15)
    pen.curve(tail, 0.15 - 2 * pen.line_px / pen.px_per_unit, darker(fur, 0.08))
    _beast_head(pen.at((0.42, 0.25 + rise * 0.5), 0.25, -14), fur, looks, Mood.ASLEEP, 0.0, blink=True)


def wing_beat(body: Body, pose: Pose, time_s: float) -> float:
    """How high the wings are, -1 to 1: they beat in the air and stir on the ground. 0 for who has none."""
    if body not in (Body.DRAGON, Body.BIRD):
        return 0.0
    aloft = 1 - grounded(pose)
    return aloft * float(np.sin(time_s * (4.2 if body is Body.DRAGON else 6.0))) + (1 - aloft) * 0.25 * float(
        np.sin(time_s * 2)
    )


def draw_dragon(pen: Pen, looks: Looks, pose: Pose, mood: Mood, sway: float, time_s: float, blink: bool) -> None:
    """Wings that beat, a long neck, a belly of plates; breathes fire when its mouth is wide open."""
    hide, belly = looks.top, lighter(mix(looks.top, (255, 224, 140), 0.6), 0.25)
    pen = pen.at((0.0, 0.0), 1.0, -0.55 * pose.roll * (1 - grounded(pose)))
    beat = wing_beat(Body.DRAGON, pose, time_s)
    body = pen.at((0.0, 0.34), 1.0, float(np.clip(-pose.lean * 0.4, -18, 18)))
    _wing(body, darker(hide, 0.35), looks, beat * 0.8, far=True)
    s = 0.06 * float(np.sin(time_s * 1.7))
    tail = smooth(
        [
            (-0.18, 0.02),
            (-0.4, -0.16),
            (-0.62, -0.2 + s),
            (-0.82, -0.06 + 2 * s),
            (-0.9, 0.06 + 2 * s),
            (-0.84, -0.14 + 2 * s),
            (-0.6, -0.3 + s),
            (-0.36, -0.28),
            (-0.1, -0.16),
        ]
    )
    body.body(tail, hide)
    body.body(points((-0.88, 0.02 + 2 * s), (-1.0, 0.12 + 2 * s), (-0.84, 0.14 + 2 * s)), looks.hair_colour)
    for x, tone, angle in ((0.14, darker(hide, 0.28), pose.far_leg), (-0.12, hide, pose.near_leg)):
        _dragon_leg(body, x, tone, float(np.clip(angle, -25, 30)))
    trunk = smooth([(-0.26, -0.04), (-0.22, 0.14), (-0.02, 0.2), (0.17, 0.17), (0.25, 0.0), (0.16, -0.16), (-0.1, -0.18)])
    body.body(trunk, hide)
    nod = -pose.head * 0.003
    neck = smooth(
        [
            (0.02, 0.18),
            (0.12, 0.32),
            (0.15, 0.46 + nod),
            (0.26, 0.54 + nod),
            (0.34, 0.46 + nod),
            (0.29, 0.3),
            (0.26, 0.08),
            (0.16, -0.02),
        ]
    )
    body.body(neck, hide)
    front = smooth([(0.17, -0.1), (0.22, 0.1), (0.24, 0.3), (0.3, 0.42 + nod), (0.3, 0.3), (0.28, 0.08), (0.22, -0.06)])
    body.fill(front, belly)
    for i in range(5):
        y = -0.04 + 0.09 * i
        body.stroke([(0.2 + 0.012 * i, y), (0.275, y + 0.01)], 0.005, darker(belly, 0.3))
    for x, y in ((-0.16, 0.18), (-0.05, 0.22), (0.05, 0.26), (0.1, 0.36), (0.14, 0.46 + nod)):
        body.body(points((x - 0.035, y - 0.02), (x - 0.03, y + 0.06), (x + 0.03, y + 0.005)), looks.hair_colour)
    _dragon_head(body.at((0.32, 0.53 + nod), 0.105, -pose.head * 0.5), hide, belly, looks, mood, pose.mouth, blink=blink)
    _wing(body, darker(hide, 0.12), looks, beat, far=False)


def _wing(body: Pen, colour: Rgb, looks: Looks, beat: float, *, far: bool) -> None:
    x = 0.04 if far else -0.06
    up = 0.4 + 0.24 * beat
    tips = [(-0.62, 0.16 + up * 0.8), (-0.74, -0.02 + up * 0.4), (-0.6, -0.06 + up * 0.2), (-0.36, -0.04 + up * 0.1)]
    shoulder, wrist = (x, 0.12), (x - 0.2, 0.24 + up)
    skin = mix(colour, (255, 150, 90), 0.3)
    outline: list[Point] = [shoulder, wrist]
    for i, tip in enumerate(tips):
        outline.append((tip[0] + x, tip[1]))
        if i + 1 < len(tips):
            following = tips[i + 1]
            outline.append(((tip[0] + following[0]) / 2 + x + 0.07, (tip[1] + following[1]) / 2 + 0.05))
    body.body(points(*outline), skin)
    for tip in tips:
        body.stroke([wrist, (tip[0] + x, tip[1])], 0.014, darker(colour, 0.3))
    body.body(limb(shoulder, wrist, 0.04, 0.022), colour)


def _dragon_leg(body: Pen, x: float, tone: Rgb, degrees: float) -> None:
    a = np.radians(degrees)
    knee = (x + 0.12 * float(np.sin(a)) + 0.03, -0.2)
    foot = (x + 0.2 * float(np.sin(a)), -0.32)
    body.bodies(
        [
            (limb((x, -0.06), knee, 0.1, 0.055), tone),
            (limb(knee, foot, 0.05, 0.036), tone),
            (oval((foot[0] + 0.035, foot[1]), 0.07, 0.03), tone),
        ]
    )
    for i in range(3):
        body.fill(
            points(
                (foot[0] + 0.04 + i * 0.025, foot[1] - 0.005),
                (foot[0] + 0.085 + i * 0.025, foot[1] - 0.03),
                (foot[0] + 0.03 + i * 0.025, foot[1] - 0.03),
            ),
            _BONE,
        )


def _dragon_head(pen: Pen, hide: Rgb, belly: Rgb, looks: Looks, mood: Mood, mouth: float, *, blink: bool) -> None:
    for x in (-0.55, -0.2):
        pen.body(smooth([(x - 0.15, 0.4), (x - 0.8, 1.3), (x - 0.1, 0.9), (x + 0.2, 0.5)], 5), _BONE)
    drop = 0.1 + 0.6 * mouth
    pen.body(
        smooth(
            [
                (-0.4, -0.2),
                (0.6, -0.25 - drop * 0.6),
                (1.5, -0.2 - drop),
                (1.4, -0.42 - drop),
                (0.4, -0.55 - drop * 0.7),
                (-0.5, -0.5),
            ]
        ),
        belly,
    )
    if mouth > 0.2:
        pen.fill(points((-0.1, -0.1), (1.45, -0.08), (1.4, -0.25 - drop), (0.5, -0.35 - drop * 0.6)), (140, 30, 44))
    pen.body(
        smooth(
            [
                (-0.8, 0.0),
                (-0.6, 0.6),
                (0.0, 0.72),
                (0.6, 0.4),
                (1.4, 0.35),
                (1.75, 0.12),
                (1.65, -0.15),
                (0.6, -0.2),
                (-0.4, -0.35),
            ]
        ),
        hide,
    )
    for i in range(5):
        x = 0.5 + i * 0.24
        pen.fill(points((x - 0.08, -0.14), (x + 0.08, -0.14), (x, -0.36)), _BONE)
    pen.fill(oval((1.5, 0.14), 0.07, 0.05), darker(hide, 0.6))
    _round_eye(pen, (0.22, 0.24), (250, 200, 60), Mood.ANGRY if mood in (Mood.CALM, Mood.DETERMINED) else mood, blink=blink)


def draw_bird(pen: Pen, looks: Looks, pose: Pose, mood: Mood, sway: float, time_s: float, blink: bool) -> None:
    feathers = looks.top
    pen = pen.at((0.0, 0.0), 1.0, -0.8 * pose.roll * (1 - grounded(pose)))
    beat = wing_beat(Body.BIRD, pose, time_s)
    for x in (-0.06, 0.1):
        pen.stroke([(x, 0.3), (x + 0.02, 0.03), (x + 0.12, 0.01)], 0.035, (226, 150, 60))
    body = pen.at((0.0, 0.5), 1.0, -pose.lean * 0.5)
    body.body(points((-0.3, 0.02), (-0.72, -0.02), (-0.66, -0.16), (-0.28, -0.14)), darker(feathers, 0.25))
    body.body(smooth([(-0.4, 0.0), (-0.2, 0.24), (0.2, 0.26), (0.38, 0.0), (0.2, -0.25), (-0.2, -0.22)]), feathers)
    body.fill(smooth([(0.0, -0.18), (0.12, 0.06), (0.32, 0.08), (0.3, -0.08), (0.16, -0.22)]), lighter(feathers, 0.55))
    head = body.at((0.26, 0.34), 0.24, -pose.head)
    head.body(points((0.7, 0.16), (1.5 + 0.1 * pose.mouth, -0.1), (0.7, -0.24 - 0.2 * pose.mouth)), (244, 172, 66))
    head.body(oval((0, 0), 0.92, 0.88), feathers)
    _round_eye(head, (0.3, 0.16), looks.eyes, mood, blink=blink)
    lift = 0.42 * beat
    body.body(
        smooth([(0.1, 0.1), (-0.16, 0.16 + lift * 0.6), (-0.6, 0.08 + lift), (-0.42, -0.06 + lift * 0.5), (-0.12, -0.14)]),
        darker(feathers, 0.16),
    )


def draw_blob(pen: Pen, looks: Looks, pose: Pose, mood: Mood, sway: float, time_s: float, blink: bool) -> None:
    """Ghosts float with a wavy hem; slimes wobble on the ground."""
    ghost = any(word in looks.detail for word in ("ghost", "spirit", "phantom"))
    colour = lighter(looks.top, 0.5) if ghost else looks.top
    wobble = 0.05 * float(np.sin(time_s * 4.0))
    if ghost:
        pen = pen.at((0.0, 0.14 + wobble))
        hem = [(0.36 - 0.12 * i, 0.02 + (0.09 if i % 2 else 0.0) + 0.03 * float(np.sin(time_s * 5 + i))) for i in range(7)]
        shape = smooth([(-0.36, 0.5), (-0.22, 0.86), (0.04, 0.96), (0.28, 0.84), (0.38, 0.5), *hem])
    else:
        shape = smooth(
            [
                (-0.52 - wobble, 0.04),
                (-0.42, 0.42),
                (-0.14, 0.8 + wobble),
                (0.08, 0.96 + wobble),
                (0.2, 0.78 + wobble),
                (0.44, 0.4),
                (0.54 + wobble, 0.04),
                (0.0, 0.0),
            ]
        )
    pen.body(shape, darker(colour, 0.15))
    pen.fill(shape * (0.88, 0.92) + (0.02, 0.04), colour)
    pen.fill(oval((-0.12, 0.72), 0.06, 0.09, -24), lighter(colour, 0.7))
    face = pen.at((0.06, 0.55), 0.26, -pose.lean * 0.4 - pose.head * 0.4)
    for x in (-0.3, 0.45):
        _round_eye(face, (x, 0.1), looks.eyes, mood, blink=blink)
    face.body(oval((0.08, -0.36), 0.2, 0.06 + 0.2 * pose.mouth), (120, 40, 56))
