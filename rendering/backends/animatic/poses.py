"""Poses: the joint angles of a body, and the few that everything is animated from.

Angles are degrees from hanging straight down, positive towards where the body looks; knees bend backwards and elbows
forwards for positive values. Lengths are shares of the body's height.
"""

from __future__ import annotations

from typing import NamedTuple


class Pose(NamedTuple):
    x: float = 0.0
    """Ahead of its place on the stage."""
    y: float = 0.0
    """Above the ground."""
    lean: float = 0.0
    """The upper body, forward."""
    roll: float = 0.0
    """The whole body, backwards; 90 lies on its back."""
    near_arm: float = -12.0
    near_elbow: float = 12.0
    far_arm: float = 8.0
    far_elbow: float = 12.0
    near_leg: float = -4.0
    near_knee: float = 2.0
    far_leg: float = 6.0
    far_knee: float = 2.0
    head: float = 0.0
    """Forward: looks down."""
    mouth: float = 0.0
    """0 closed, 1 wide open."""
    squash: float = 1.0
    """Height: above 1 stretched, below 1 squashed."""


def grounded(pose: Pose) -> float:
    """1 for who touches the ground, 0 in the air, and between the two on the way: nobody jumps when landing."""
    return max(0.0, 1.0 - pose.y / 0.2)


def between(a: Pose, b: Pose, share: float) -> Pose:
    return Pose(*(p + (q - p) * share for p, q in zip(a, b, strict=True)))


STAND = Pose()
BREATHE = Pose(near_arm=-9, far_arm=6, head=2, squash=1.012)
CONTACT_A = Pose(
    lean=3, near_leg=28, near_knee=3, far_leg=-24, far_knee=14, near_arm=-24, near_elbow=14, far_arm=26, far_elbow=22
)
PASSING_A = Pose(lean=2, near_leg=2, near_knee=2, far_leg=8, far_knee=48, near_arm=2, near_elbow=14, far_arm=4, far_elbow=18)
CONTACT_B = Pose(
    lean=3, near_leg=-24, near_knee=14, far_leg=28, far_knee=3, near_arm=26, near_elbow=22, far_arm=-24, far_elbow=14
)
PASSING_B = Pose(lean=2, near_leg=8, near_knee=48, far_leg=2, far_knee=2, near_arm=4, near_elbow=18, far_arm=2, far_elbow=14)
RUN_A = Pose(
    lean=18, near_leg=58, near_knee=34, far_leg=-34, far_knee=52, near_arm=-52, near_elbow=82, far_arm=52, far_elbow=92, y=0.03
)
RUN_B = Pose(lean=16, near_leg=6, near_knee=24, far_leg=26, far_knee=104, near_arm=-6, near_elbow=88, far_arm=8, far_elbow=88)
RUN_C = Pose(
    lean=18, near_leg=-34, near_knee=52, far_leg=58, far_knee=34, near_arm=52, near_elbow=92, far_arm=-52, far_elbow=82, y=0.03
)
RUN_D = Pose(lean=16, near_leg=26, near_knee=104, far_leg=6, far_knee=24, near_arm=8, near_elbow=88, far_arm=-6, far_elbow=88)
GUARD = Pose(lean=10, near_arm=38, near_elbow=98, far_arm=56, far_elbow=88, near_leg=-26, near_knee=16, far_leg=30, far_knee=24)
GUARD_LOW = GUARD._replace(lean=14, near_elbow=104, near_knee=26, far_knee=38, head=4)
WIND_UP = Pose(
    x=-0.06,
    lean=-12,
    near_arm=-50,
    near_elbow=112,
    far_arm=62,
    far_elbow=60,
    near_leg=-30,
    near_knee=22,
    far_leg=20,
    far_knee=16,
)
PUNCH = Pose(
    x=0.34, lean=28, near_arm=88, near_elbow=2, far_arm=-34, far_elbow=92, near_leg=-46, near_knee=6, far_leg=50, far_knee=48,
    head=-14, mouth=0.8,
)  # fmt: skip
KICK = Pose(
    x=0.26, lean=-30, near_arm=-40, near_elbow=60, far_arm=40, far_elbow=80, near_leg=98, near_knee=2, far_leg=-6, far_knee=8,
    mouth=0.6,
)  # fmt: skip
STRUCK = Pose(
    x=-0.26, lean=-34, near_arm=46, near_elbow=8, far_arm=62, far_elbow=4, near_leg=28, near_knee=8, far_leg=44, far_knee=4,
    head=-26, mouth=0.9, y=0.04,
)  # fmt: skip
STAGGER = Pose(
    x=-0.14, lean=18, near_arm=30, near_elbow=70, far_arm=20, far_elbow=50, near_leg=-22, near_knee=26, far_leg=22, head=18
)
LYING = Pose(
    roll=84, near_arm=24, near_elbow=10, far_arm=38, far_elbow=20, near_leg=12, near_knee=4, far_leg=26, far_knee=40, mouth=0.3
)
ASLEEP = Pose(roll=86, near_arm=10, near_elbow=60, far_arm=24, far_elbow=80, near_leg=8, near_knee=20, far_leg=20, far_knee=44)
CROUCH = Pose(
    lean=34, near_leg=72, near_knee=118, far_leg=88, far_knee=110, near_arm=30, near_elbow=60, far_arm=46, far_elbow=50
)
LEAP = Pose(
    y=0.42,
    lean=8,
    near_arm=150,
    near_elbow=10,
    far_arm=140,
    far_elbow=16,
    near_leg=40,
    near_knee=70,
    far_leg=-20,
    far_knee=40,
    mouth=0.5,
)
ARMS_UP = Pose(near_arm=152, near_elbow=14, far_arm=164, far_elbow=-10, head=-10, mouth=0.7)
ARMS_HALF = Pose(
    near_arm=110, near_elbow=70, far_arm=120, far_elbow=60, near_knee=18, far_knee=18, near_leg=6, far_leg=14, mouth=0.3
)
FLIGHT_A = Pose(
    y=0.55,
    roll=-58,
    near_arm=168,
    near_elbow=4,
    far_arm=10,
    far_elbow=6,
    near_leg=-8,
    near_knee=6,
    far_leg=6,
    far_knee=16,
    head=-40,
)
FLIGHT_B = FLIGHT_A._replace(y=0.63, near_leg=2, far_leg=-4, roll=-54)
FALLING_A = Pose(
    y=0.6, roll=46, near_arm=130, near_elbow=30, far_arm=100, far_elbow=60, near_leg=40, near_knee=50, far_leg=70, mouth=1
)
FALLING_B = FALLING_A._replace(roll=66, near_arm=100, far_arm=140, near_leg=66, far_leg=36, far_knee=40)
TALK_A = Pose(near_arm=34, near_elbow=64, far_arm=2, far_elbow=20, head=-4, mouth=0.75, lean=3)
TALK_B = Pose(near_arm=22, near_elbow=92, far_arm=28, far_elbow=62, head=4, mouth=0.15)
TALK_C = Pose(near_arm=48, near_elbow=40, far_arm=36, far_elbow=44, head=-2, mouth=0.55, lean=5)
NOD = Pose(near_arm=10, near_elbow=20, head=10, lean=2)
PEER = Pose(lean=10, near_arm=118, near_elbow=104, far_arm=8, far_elbow=20, head=-4)
PEER_BACK = Pose(lean=-3, near_arm=112, near_elbow=108, head=-10)
REACH = Pose(
    lean=30, near_arm=78, near_elbow=10, far_arm=20, far_elbow=40, near_leg=-22, near_knee=12, far_leg=34, far_knee=40, head=14
)
HOLD_UP = Pose(near_arm=96, near_elbow=38, far_arm=84, far_elbow=48, head=-8, mouth=0.6)
OFFER = Pose(lean=8, near_arm=68, near_elbow=18, far_arm=58, far_elbow=30, near_leg=-12, far_leg=18, head=2, mouth=0.2)
EMBRACE = Pose(x=0.1, lean=10, near_arm=78, near_elbow=48, far_arm=92, far_elbow=36, head=8)
SITTING = Pose(near_leg=84, near_knee=86, far_leg=90, far_knee=90, near_arm=24, near_elbow=40, far_arm=30, far_elbow=36)
SIT_LOOK = SITTING._replace(head=-6, lean=3, near_arm=28)
BITE = SITTING._replace(near_arm=50, near_elbow=112, head=8, mouth=0.8, lean=6)
CHEW = SITTING._replace(near_arm=34, near_elbow=70, head=2, mouth=0.2)
WEEP_A = Pose(lean=14, near_arm=66, near_elbow=128, far_arm=74, far_elbow=124, head=24, mouth=0.5)
WEEP_B = WEEP_A._replace(lean=19, head=30, mouth=0.8, squash=0.985)
COWER_A = Pose(
    lean=-8,
    near_arm=70,
    near_elbow=110,
    far_arm=84,
    far_elbow=96,
    near_leg=10,
    near_knee=36,
    far_leg=28,
    far_knee=36,
    mouth=0.7,
)
COWER_B = COWER_A._replace(x=-0.03, lean=-12, mouth=0.9, head=-6)
HANDS_A = Pose(lean=8, near_arm=46, near_elbow=58, far_arm=56, far_elbow=44, head=12)
HANDS_B = HANDS_A._replace(near_arm=62, near_elbow=34, far_arm=40, far_elbow=70, head=16)
WAVE_A = Pose(near_arm=150, near_elbow=24, head=-4, mouth=0.5)
WAVE_B = WAVE_A._replace(near_arm=128, near_elbow=52, mouth=0.3)
CHIN = Pose(near_arm=38, near_elbow=132, far_arm=34, far_elbow=92, head=10)
CHIN_UP = CHIN._replace(head=-12, lean=-3)
BLAST = Pose(
    x=0.08,
    lean=16,
    near_arm=86,
    near_elbow=4,
    far_arm=92,
    far_elbow=6,
    near_leg=-34,
    near_knee=8,
    far_leg=36,
    far_knee=36,
    mouth=0.9,
)
GATHER = Pose(
    lean=-6, near_arm=10, near_elbow=100, far_arm=24, far_elbow=96, near_leg=-22, near_knee=26, far_leg=26, far_knee=30
)
BELLOW_A = Pose(lean=-12, near_arm=58, near_elbow=50, far_arm=70, far_elbow=40, near_leg=-18, far_leg=24, head=-22, mouth=0.9)
BELLOW_B = Pose(lean=16, near_arm=30, near_elbow=60, far_arm=44, far_elbow=50, near_leg=-22, far_leg=26, head=-4, mouth=1.0)
GROOVE_A = Pose(
    lean=-8,
    x=-0.03,
    near_arm=120,
    near_elbow=60,
    far_arm=-20,
    far_elbow=70,
    near_leg=-16,
    near_knee=6,
    far_leg=34,
    far_knee=60,
    mouth=0.5,
)
GROOVE_B = Pose(
    near_arm=40, near_elbow=100, far_arm=50, far_elbow=96, near_leg=10, near_knee=30, far_leg=14, far_knee=30, squash=0.97
)
GROOVE_C = Pose(
    lean=8,
    x=0.04,
    near_arm=-24,
    near_elbow=60,
    far_arm=140,
    far_elbow=40,
    near_leg=36,
    near_knee=62,
    far_leg=-12,
    far_knee=6,
    mouth=0.5,
)
SNEAK_A = CROUCH._replace(near_leg=40, near_knee=80, far_leg=64, far_knee=70, lean=30, head=-18)
SNEAK_B = SNEAK_A._replace(near_leg=58, near_knee=92, far_leg=50, far_knee=84, lean=36, head=-8, x=0.04)
PANTING_A = Pose(
    lean=44,
    near_arm=34,
    near_elbow=8,
    far_arm=44,
    far_elbow=4,
    near_leg=-10,
    near_knee=22,
    far_leg=26,
    far_knee=34,
    head=8,
    mouth=0.7,
)
PANTING_B = PANTING_A._replace(lean=38, head=0, mouth=0.3)
KNEELING = Pose(
    lean=8, near_leg=16, near_knee=112, far_leg=82, far_knee=84, near_arm=34, near_elbow=40, far_arm=46, far_elbow=30, head=8
)
BOWING = Pose(lean=52, head=16, near_arm=14, near_elbow=10, far_arm=20, far_elbow=10)
SPREAD_A = Pose(lean=-4, near_arm=-78, near_elbow=16, far_arm=98, far_elbow=8, head=-14, mouth=0.2)
SPREAD_B = SPREAD_A._replace(near_arm=-86, far_arm=108, head=-18, squash=1.02)
