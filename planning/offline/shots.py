"""Shots: how near, and how the camera moves, so that neighbours differ and lively things move."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from episodes.plan import CameraMove, ShotSize, StoryTurn, Transition
from episodes.shots import Angle
from planning.offline.dice import Dice
from planning.offline.outline import Stage
from planning.offline.story import Moment

Move, Size = CameraMove, ShotSize
_GIANT = 2.0  # from here on a figure needs the whole picture, and a tilt to be looked up at

_SIZES: Final = {
    Stage.SETUP: (Size.WIDE, Size.EXTREME_WIDE, Size.WIDE),
    Stage.ACTION: (Size.FULL, Size.MEDIUM),
    Stage.RISE: (Size.MEDIUM, Size.CLOSE_UP, Size.FULL, Size.WIDE),
    Stage.OUTCOME: (Size.CLOSE_UP, Size.MEDIUM, Size.WIDE),
}
_LIVELY: Final = {
    Stage.SETUP: (Move.PUSH_IN, Move.PAN_RIGHT, Move.PAN_LEFT, Move.TILT_DOWN),
    Stage.ACTION: (Move.HANDHELD, Move.PUSH_IN, Move.PAN_RIGHT, Move.PAN_LEFT),
    Stage.RISE: (Move.HANDHELD, Move.PUSH_IN, Move.PAN_LEFT, Move.TILT_UP, Move.PAN_RIGHT),
    Stage.OUTCOME: (Move.PULL_OUT, Move.STATIC, Move.PUSH_IN),
}
_CALM: Final = {
    Stage.SETUP: (Move.PAN_RIGHT, Move.PAN_LEFT, Move.TILT_DOWN, Move.PUSH_IN),
    Stage.ACTION: (Move.PUSH_IN, Move.STATIC, Move.PAN_RIGHT),
    Stage.RISE: (Move.STATIC, Move.PUSH_IN, Move.PAN_RIGHT, Move.TILT_UP, Move.PAN_LEFT),
    Stage.OUTCOME: (Move.PULL_OUT, Move.TILT_UP, Move.STATIC),
}
_FALLEN: Final = ("fall", "die", "cry")
_NEARNESS: Final = (Size.EXTREME_WIDE, Size.WIDE, Size.FULL, Size.MEDIUM, Size.CLOSE_UP)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shot:
    size: ShotSize
    angle: Angle
    move: CameraMove
    transition: Transition
    continues: bool
    """Starts from the last frame of the moment before."""


def shots_for(moments: tuple[Moment, ...], moves: Collection[CameraMove] | None, dice: Dice) -> tuple[Shot, ...]:
    """With none but these camera moves; None: with any."""
    shots: list[Shot] = []
    for at, moment in enumerate(moments):
        previous = shots[-1] if shots else None
        size = _size(moment, previous, dice, at)
        move = _move(moment, previous, size, moves, dice, at)
        continues = at > 0 and previous is not None and _continues(moments[at - 1], moment, previous, size)
        transition = Transition.FADE if at == 0 or _jumps(moments[at - 1], moment) else Transition.CUT
        angle = _angle(moment, size)
        shots.append(Shot(size=size, angle=angle, move=move, transition=transition, continues=continues))
    return tuple(shots)


def _size(moment: Moment, previous: Shot | None, dice: Dice, at: int) -> ShotSize:
    players = (*moment.actors, *moment.targets)
    options = list(_SIZES[moment.stage])
    if moment.turn is StoryTurn.SETUP:
        options = list(_SIZES[Stage.SETUP])
    if not players:
        options = [Size.WIDE, Size.EXTREME_WIDE]
    elif len(players) > 2 or any(p.scale >= _GIANT for p in players):
        # a close-up would hide who is there
        options = [s for s in options if s not in (Size.CLOSE_UP, Size.MEDIUM)] or [Size.FULL, Size.WIDE]
    elif len(players) > 1:
        options = [s for s in options if s is not Size.CLOSE_UP]
    fresh = [s for s in options if previous is None or s is not previous.size]
    return dice.pick(fresh or options, "size", at)


def _move(
    moment: Moment, previous: Shot | None, size: ShotSize, moves: Collection[CameraMove] | None, dice: Dice, at: int
) -> CameraMove:
    options = list((_LIVELY if moment.family.is_lively else _CALM)[moment.stage])
    if moment.stage is Stage.SETUP and any(p.scale >= _GIANT for p in (*moment.actors, *moment.targets)):
        options = [Move.TILT_UP]
    if size is Size.CLOSE_UP:
        # a pan would leave the face behind
        options = [m for m in options if m in (Move.STATIC, Move.PUSH_IN, Move.PULL_OUT, Move.HANDHELD)] or [Move.PUSH_IN]
    if moves:
        options = [m for m in options if m in moves] or [m for m in Move if m in moves]
    fresh = [m for m in options if previous is None or m is not previous.move]
    return dice.pick(fresh or options, "move", at)


def _angle(moment: Moment, size: ShotSize) -> Angle:
    """Giants are looked up to, the fallen down upon, unless the shot is so wide or so near that it shows neither."""
    if size not in (Size.FULL, Size.MEDIUM):
        return Angle.EYE_LEVEL
    if any(p.scale >= _GIANT for p in (*moment.actors, *moment.targets)):
        return Angle.LOW
    return Angle.HIGH if moment.family.name in _FALLEN and moment.stage is Stage.OUTCOME else Angle.EYE_LEVEL


def _continues(before: Moment, moment: Moment, previous: Shot, size: ShotSize) -> bool:
    """Only a step nearer in the same place with the same people grows out of the last frame; all else can be made at the same time."""
    same_scene = (
        before.scene.place.place_id == moment.scene.place.place_id and before.scene.time_of_day is moment.scene.time_of_day
    )
    if not same_scene or moment.stage not in (Stage.OUTCOME, Stage.RISE) or previous.continues:
        return False
    present = {p.character.character_id for p in (*before.actors, *before.targets)}
    stays = {p.character.character_id for p in (*moment.actors, *moment.targets)} <= present
    return stays and bool(moment.actors) and _NEARNESS.index(size) > _NEARNESS.index(previous.size)


def _jumps(before: Moment, moment: Moment) -> bool:
    """Another place at another hour: time has passed in between."""
    return (
        before.scene.place.place_id != moment.scene.place.place_id and before.scene.time_of_day is not moment.scene.time_of_day
    )
