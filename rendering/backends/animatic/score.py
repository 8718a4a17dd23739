"""The score: which pose a character holds at which moment of its act."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from episodes.plan import ShotSize
from rendering.backends.animatic import poses as p
from rendering.backends.animatic.acts import Act
from rendering.backends.animatic.poses import Pose, between


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """Poses at moments. With a period, moments are shares of it and it goes round; else they are shares of the beat."""

    moments: tuple[tuple[float, Pose], ...]
    period_s: float | None = None


def _loop(period_s: float, *poses: Pose) -> Score:
    return Score(moments=tuple((i / len(poses), pose) for i, pose in enumerate(poses)), period_s=period_s)


BLOW_PERIOD_S = 1.5
"""From one punch to the next; whoever is hit keeps the same time."""
BLOW_AT = 0.4
"""Share of the period at which a punch lands."""

FALLEN_AT = 0.26
"""Share of the beat after which who is beaten lies still."""
_BEFORE = BLOW_AT - 0.001  # blows are drawn without anything in between: that is what makes them fast

_FIGHT = Score(
    period_s=BLOW_PERIOD_S,
    moments=(
        (0.0, p.GUARD),
        (0.26, p.WIND_UP),
        (_BEFORE, p.WIND_UP),
        (BLOW_AT, p.PUNCH),
        (0.6, p.PUNCH._replace(x=0.36)),
        (0.85, p.GUARD_LOW),
    ),
)
_HIT = Score(
    period_s=BLOW_PERIOD_S,
    moments=(
        (0.0, p.GUARD),
        (_BEFORE, p.GUARD_LOW),
        (BLOW_AT, p.STRUCK),
        (0.62, p.STRUCK._replace(x=-0.29)),
        (0.86, p.STAGGER),
    ),
)

SCORES: dict[Act, Score] = {
    Act.STAND: _loop(3.2, p.STAND, p.BREATHE),
    Act.ENTER: _loop(1.1, p.CONTACT_A, p.PASSING_A, p.CONTACT_B, p.PASSING_B),
    Act.WALK: _loop(1.1, p.CONTACT_A, p.PASSING_A, p.CONTACT_B, p.PASSING_B),
    Act.RUN: _loop(0.84, p.RUN_A, p.RUN_B, p.RUN_C, p.RUN_D),
    Act.FLEE: _loop(0.84, p.RUN_A, p.RUN_B, p.RUN_C, p.RUN_D),
    Act.FIGHT: _FIGHT,
    Act.HIT: _HIT,
    Act.FACE_OFF: _loop(1.8, p.GUARD, p.GUARD_LOW),
    Act.DOWN: Score(moments=((0.0, p.STRUCK), (0.08, p.STRUCK), (FALLEN_AT, p.LYING), (1.0, p.LYING._replace(head=6)))),
    Act.ROAR: _loop(1.8, p.BELLOW_A, p.BELLOW_B, p.BELLOW_B._replace(mouth=0.7)),
    Act.CAST: Score(
        period_s=BLOW_PERIOD_S,
        moments=((0.0, p.GATHER), (_BEFORE, p.GATHER._replace(lean=-9)), (BLOW_AT, p.BLAST), (0.8, p.BLAST)),
    ),
    Act.JUMP: Score(period_s=1.7, moments=((0.0, p.CROUCH), (0.18, p.CROUCH), (0.42, p.LEAP), (0.55, p.LEAP), (0.8, p.CROUCH))),
    Act.FLY: _loop(1.8, p.FLIGHT_A, p.FLIGHT_B),
    Act.FALL: Score(
        moments=(
            (0.0, p.FALLING_A),
            (0.12, p.FALLING_B),
            (FALLEN_AT, p.LYING),
            (0.6, p.LYING),
            (1.0, p.LYING._replace(head=-10, near_arm=40)),
        )
    ),
    Act.TALK: _loop(2.2, p.TALK_A, p.TALK_B, p.TALK_C, p.TALK_B, p.TALK_A._replace(mouth=0.4), p.TALK_C._replace(mouth=0.9)),
    Act.LISTEN: _loop(2.6, p.STAND, p.NOD, p.STAND, p.BREATHE),
    Act.LOOK: Score(
        moments=((0.0, p.STAND), (0.2, p.PEER), (0.5, p.PEER), (0.65, p.PEER_BACK), (0.85, p.PEER_BACK), (1.0, p.PEER))
    ),
    Act.FIND: Score(
        moments=((0.0, p.PEER), (0.15, p.PEER), (0.4, p.REACH), (0.55, p.REACH), (0.75, p.HOLD_UP), (1.0, p.HOLD_UP))
    ),
    Act.GIVE: Score(moments=((0.0, p.STAND), (0.25, p.OFFER), (0.6, p.OFFER._replace(lean=12)), (1.0, p.OFFER))),
    Act.SLEEP: _loop(3.4, p.ASLEEP, p.ASLEEP._replace(squash=1.05)),
    Act.DANCE: _loop(1.2, p.GROOVE_A, p.GROOVE_B, p.GROOVE_C, p.GROOVE_B),
    Act.CRY: _loop(1.0, p.WEEP_A, p.WEEP_B),
    Act.HIDE: _loop(2.2, p.SNEAK_A, p.SNEAK_B),
    Act.EAT: _loop(1.4, p.CHEW, p.BITE),
    Act.SIT: _loop(3.2, p.SITTING, p.SIT_LOOK),
    Act.WORK: _loop(1.3, p.HANDS_A, p.HANDS_B),
    Act.CHEER: _loop(1.1, p.ARMS_UP, p.ARMS_HALF),
    Act.WAVE: _loop(0.9, p.WAVE_A, p.WAVE_B),
    Act.HUG: _loop(2.8, p.EMBRACE, p.EMBRACE._replace(lean=13, head=12)),
    Act.SCARED: _loop(0.6, p.COWER_A, p.COWER_B),
    Act.THINK: _loop(3.0, p.CHIN, p.CHIN_UP),
    Act.PANT: _loop(1.3, p.PANTING_A, p.PANTING_B),
    Act.KNEEL: _loop(3.0, p.KNEELING, p.KNEELING._replace(lean=12, head=12)),
    Act.BOW: Score(
        moments=((0.0, p.STAND), (0.2, p.STAND), (0.45, p.BOWING), (0.7, p.BOWING), (0.95, p.STAND), (1.0, p.STAND))
    ),
    Act.SHOW: _loop(2.6, p.HOLD_UP, p.HOLD_UP._replace(near_arm=104, head=-14)),
    Act.SPREAD: _loop(2.8, p.SPREAD_A, p.SPREAD_B),
}

_WALK_IN_S = 1.6
_WALK_IN_FROM = -0.9  # body heights left of its mark


def pose_at(act: Act, time_s: float, duration_s: float, *, enters: bool = False, delay_s: float = 0.0) -> Pose:
    """The pose of an act at a moment; who enters walks to the mark first. `delay_s` sets dancers out of step."""
    walk_in_s = min(_WALK_IN_S, 0.4 * duration_s)
    if enters and time_s < walk_in_s:
        share = time_s / walk_in_s
        walk = _play(SCORES[Act.WALK], time_s + delay_s, duration_s)
        there = _play(SCORES[act], 0.0, duration_s)
        pose = between(walk, there, max(0.0, (share - 0.75) / 0.25))
        return pose._replace(x=pose.x + _WALK_IN_FROM * (1 - share))
    since = time_s - walk_in_s if enters else time_s
    return _play(SCORES[act], since + delay_s, duration_s)


def restrained(pose: Pose, height: float, shot: ShotSize) -> Pose:
    """What the picture can hold of a pose: giants move by less than their own height, and near shots keep the head in."""
    pose = pose._replace(x=pose.x * min(1.0, 1.2 / height), y=pose.y * min(1.0, 1.3 / height))
    if shot not in (ShotSize.MEDIUM, ShotSize.CLOSE_UP) or pose.roll or pose.y > 0.2:
        return pose
    held = 0.6 if shot is ShotSize.MEDIUM else 0.18
    if shot is ShotSize.CLOSE_UP:
        pose = pose._replace(near_leg=p.STAND.near_leg, near_knee=2.0, far_leg=p.STAND.far_leg, far_knee=2.0)
    return pose._replace(x=pose.x * held, lean=pose.lean * held, head=pose.head * (0.4 + held))


def _play(score: Score, time_s: float, duration_s: float) -> Pose:
    where = (time_s / score.period_s) % 1.0 if score.period_s else min(1.0, time_s / duration_s)
    moments = [*score.moments, (1.0 if score.period_s else 1.0001, score.moments[0 if score.period_s else -1][1])]
    for (start, a), (end, b) in pairwise(moments):
        if where <= end:
            share = (where - start) / max(1e-6, end - start)
            return between(a, b, ease(share))
    return moments[-1][1]


def ease(share: float) -> float:
    """Slow, fast, slow: 0 to 1."""
    share = float(np.clip(share, 0, 1))
    return share * share * (3 - 2 * share)
