"""Draws people: a body with joints, dressed in its colours, looking right."""

from __future__ import annotations

from rendering.backends.animatic.acts import Mood
from rendering.backends.animatic.heads import draw_back_hair, draw_head
from rendering.backends.animatic.looks import Dress, Looks
from rendering.backends.animatic.palette import Rgb, darker, lighter, mix
from rendering.backends.animatic.pen import Pen
from rendering.backends.animatic.poses import Pose
from rendering.backends.animatic.shapes import Point, Points, limb, oval, smooth
from rendering.backends.animatic.skeleton import ADULT, CHILD, Arm, Leg, Skeleton, stand_up


def draw_person(pen: Pen, looks: Looks, pose: Pose, mood: Mood, sway: float, *, blink: bool) -> None:
    """`sway`, from -1 to 1, is where hair and cloth hang against the movement."""
    size = CHILD if looks.child else ADULT
    bones = stand_up(pose, size)
    head = pen.at(bones.head, size.head, bones.head_degrees)
    if looks.cape:
        _draw_cape(pen, bones, looks.cape, sway)
    draw_back_hair(head, looks, sway)
    _draw_arm(pen, bones.far_arm, looks, far=True)
    _draw_leg(pen, bones.far_leg, looks, far=True)
    _draw_leg(pen, bones.near_leg, looks, far=False)
    _draw_torso(pen, bones, looks, sway)
    raised = pose.near_arm + pose.near_elbow > 120
    if raised:  # behind the head: an arm across the face hides who it is
        _draw_arm(pen, bones.near_arm, looks, far=False)
    draw_head(head, looks, mood, pose.mouth, sway, blink=blink)
    if looks.scarf:
        _draw_scarf(pen, bones, looks.scarf, sway)
    if not raised:
        _draw_arm(pen, bones.near_arm, looks, far=False)


def _draw_leg(pen: Pen, leg: Leg, looks: Looks, *, far: bool) -> None:
    cloth = darker(looks.legs, 0.28) if far else looks.legs
    bare = looks.dress is Dress.GOWN
    colour = (darker(looks.skin, 0.2) if far else looks.skin) if bare else cloth
    shoe = darker(looks.shoes, 0.2) if far else looks.shoes
    wide = (0.052, 0.038, 0.026) if not bare else (0.042, 0.032, 0.023)
    foot = pen.at(leg.ankle, 1.0, leg.toe_degrees)
    foot.body(smooth([(-0.03, 0.03), (0.02, 0.034), (0.05, 0.006), (0.082, -0.004), (0.084, -0.022), (-0.032, -0.022)]), shoe)
    parts = [
        (limb(leg.hip, leg.knee, wide[0], wide[1]), colour),
        (limb(leg.knee, leg.ankle, wide[1], wide[2]), colour),
    ]
    pen.bodies(parts)
    _shade_limb(pen, leg.hip, leg.knee, wide[0], wide[1], colour)
    _shade_limb(pen, leg.knee, leg.ankle, wide[1], wide[2], colour)


def _draw_arm(pen: Pen, arm: Arm, looks: Looks, *, far: bool) -> None:
    sleeve = darker(looks.top, 0.26) if far else looks.top
    skin = darker(looks.skin, 0.14) if far else looks.skin
    short = looks.dress is Dress.PLAIN and looks.chance % 3 == 0
    lower = skin if short else sleeve
    gloves = looks.dress in (Dress.SUIT, Dress.ARMOUR) or "glove" in looks.detail
    hand = (darker(mix(looks.top, (255, 70, 60), 0.85), 0.2 if far else 0)) if gloves else skin
    pen.body(_hand(arm), hand)
    pen.bodies([(limb(arm.elbow, arm.hand, 0.027, 0.021), lower), (limb(arm.shoulder, arm.elbow, 0.037, 0.03), sleeve)])
    _shade_limb(pen, arm.shoulder, arm.elbow, 0.037, 0.03, sleeve)
    _shade_limb(pen, arm.elbow, arm.hand, 0.027, 0.021, lower)


def _hand(arm: Arm) -> Points:
    dx, dy = arm.hand[0] - arm.elbow[0], arm.hand[1] - arm.elbow[1]
    length = max(1e-6, (dx * dx + dy * dy) ** 0.5)
    return oval((arm.hand[0] + dx / length * 0.016, arm.hand[1] + dy / length * 0.016), 0.029, 0.029)


def _shade_limb(pen: Pen, a: Point, b: Point, ra: float, rb: float, colour: Rgb) -> None:
    """Cel shading in one step: the lit side is a narrower stick towards the light."""
    off = 0.28
    pen.stick(a, b, ra * 0.96, rb * 0.96, darker(colour, 0.16))
    pen.stick((a[0] + ra * off, a[1] + ra * 0.1), (b[0] + rb * off, b[1] + rb * 0.1), ra * 0.7, rb * 0.7, colour)


def _draw_torso(pen: Pen, bones: Skeleton, looks: Looks, sway: float) -> None:
    """In the spine's own frame: hips at the origin, up along the back."""
    spine = pen.at(bones.hips, 1.0, -bones.lean)
    length = ((bones.chest[0] - bones.hips[0]) ** 2 + (bones.chest[1] - bones.hips[1]) ** 2) ** 0.5
    pen.body(limb(bones.chest, bones.neck, 0.032, 0.03), darker(looks.skin, 0.14))
    wide, waist = (0.098, 0.062) if looks.feminine else (0.112, 0.078)
    skirt = {Dress.GOWN: 0.2, Dress.COAT: 0.15}.get(looks.dress, 0.03)
    flare = {Dress.GOWN: 0.15, Dress.COAT: 0.105}.get(looks.dress, 0.078)
    swing = sway * 0.025 if skirt > 0.1 else 0.0
    outline = smooth(
        [
            (-wide * 0.55, length + 0.012), (wide * 0.6, length + 0.012), (wide, length - 0.04), (waist, length * 0.4),
            (waist + 0.012, 0.0), (flare + swing, -skirt), (-flare + swing, -skirt), (-waist - 0.008, 0.0),
            (-waist, length * 0.4), (-wide, length - 0.04),
        ]
    )  # fmt: skip
    spine.body(outline, darker(looks.top, 0.16))
    light = outline * (0.74, 0.95) + (0.02, 0.004)
    spine.fill(light, looks.top)
    _draw_trimmings(spine, looks, length, waist)


def _draw_trimmings(spine: Pen, looks: Looks, length: float, waist: float) -> None:
    trim = lighter(looks.top, 0.55)
    if looks.dress is Dress.COAT:
        spine.curve([(0.03, length), (0.038, 0.1), (0.045, -0.13)], 0.007)
        spine.fill(smooth([(-0.01, length + 0.012), (0.06, length + 0.012), (0.035, length - 0.09)], 3), trim)
    elif looks.dress is Dress.ARMOUR:
        for rise in (0.3, 0.55, 0.8):
            spine.curve([(-waist, length * rise), (0.0, length * rise - 0.014), (waist, length * rise)], 0.007)
        spine.body(oval((-0.085, length - 0.03), 0.055, 0.05), trim)
        spine.body(oval((0.09, length - 0.03), 0.045, 0.045), trim)
    elif looks.dress is Dress.GOWN:
        spine.curve([(-waist - 0.004, 0.02), (0.0, 0.008), (waist + 0.004, 0.02)], 0.022, trim)
    else:
        spine.fill(smooth([(-0.012, length + 0.01), (0.058, length + 0.01), (0.026, length - 0.045)], 3), trim)
        spine.curve([(-waist - 0.008, 0.004), (0.0, -0.006), (waist + 0.008, 0.004)], 0.022, darker(looks.legs, 0.5))


def _draw_cape(pen: Pen, bones: Skeleton, colour: Rgb, sway: float) -> None:
    x, y = bones.chest
    back = -0.1 - 0.12 * max(0.0, sway)
    shape = smooth(
        [(x + 0.08, y + 0.01), (x - 0.07, y + 0.02), (x + back - 0.1, y - 0.25), (x + back - 0.14 - 0.05 * sway, 0.1), (x + back + 0.06, 0.07),
         (x + back + 0.14, 0.12), (x + 0.04, y - 0.2)]
    )  # fmt: skip
    pen.body(shape, darker(colour, 0.2))
    pen.fill((shape - (x, y)) * (0.82, 0.95) + (x - 0.01, y - 0.005), colour)


def _draw_scarf(pen: Pen, bones: Skeleton, colour: Rgb, sway: float) -> None:
    x, y = bones.neck
    tail = [
        (x - 0.03, y),
        (x - 0.12, y - 0.03 + 0.03 * sway),
        (x - 0.2, y - 0.08 - 0.05 * sway),
        (x - 0.18, y - 0.13 - 0.05 * sway),
        (x - 0.06, y - 0.06),
    ]
    pen.body(smooth(tail), darker(colour, 0.12))
    pen.body(oval((x + 0.004, y - 0.016), 0.068, 0.03, -bones.lean), colour)
