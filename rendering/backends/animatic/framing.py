"""Framing: what a shot size shows of those who are on stage. Lengths are heights of a grown person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import cos, radians, sin
from typing import assert_never

from episodes.plan import Beat, CameraMove, ShotSize
from episodes.shots import Angle
from rendering.backends.animatic.actors import Actor
from rendering.backends.animatic.acts import LYING, Act
from rendering.backends.animatic.camera import PAN
from rendering.backends.animatic.looks import Body


@dataclass(frozen=True, kw_only=True, slots=True)
class Framing:
    """What the shot shows: `tall` stage units from the frame's top to its bottom, the feet at `floor`."""

    tall: float
    x: float
    """In the middle of the frame."""
    floor: float
    """Where y = 0 stands: a share of the frame's height from the top; above 1 lies below the frame."""
    horizon: float
    zoom: float
    """Of the place against a wide shot."""
    blur: float
    """Of the place, in frame heights."""
    tilt: float = 0.0
    """By how many degrees the picture is turned, clockwise, and enlarged so that no corner stays empty."""


# of the frame's height: what a move would else cut off at the sides when it begins or ends
_ROOM = {CameraMove.PAN_LEFT: PAN, CameraMove.PAN_RIGHT: PAN, CameraMove.PUSH_IN: 0.12, CameraMove.PULL_OUT: 0.12}


_HORIZONS = {Angle.LOW: 0.2, Angle.HIGH: -0.2, Angle.OVERHEAD: -0.4}
_DUTCH = 7.0


def focus_of(beat: Beat, actors: Sequence[Actor]) -> Actor | None:
    """Who is looked at when there is room for one: who speaks, else who acts."""
    speaker = beat.dialogue.character_id if beat.dialogue else None
    return next((a for a in actors if a.member.character.character_id == speaker), actors[0] if actors else None)


def frame(beat: Beat, actors: Sequence[Actor], focus: Actor | None, aspect: float) -> Framing:
    return _seen_from(beat.angle, _framed(beat, actors, focus, aspect), aspect)


def enlarged(tilt: float, aspect: float) -> float:
    """How much larger a picture has to be to fill the frame when it is turned by so many degrees."""
    turned = radians(abs(tilt))
    return cos(turned) + max(aspect, 1 / aspect) * sin(turned)


def _seen_from(angle: Angle, framing: Framing, aspect: float) -> Framing:
    """Who looks up has the horizon low, who looks down has it high."""
    match angle:
        case Angle.EYE_LEVEL:
            return framing
        case Angle.DUTCH:
            grown = enlarged(_DUTCH, aspect)
            floor, horizon = (0.5 + (share - 0.5) / grown for share in (framing.floor, framing.horizon))
            return replace(framing, tall=framing.tall * grown, floor=floor, horizon=horizon, tilt=_DUTCH)
        case Angle.LOW | Angle.HIGH | Angle.OVERHEAD:
            lowest = max(framing.horizon, min(framing.floor - 0.02, 0.94))
            return replace(framing, horizon=min(framing.horizon + _HORIZONS[angle], lowest))
        case _:
            assert_never(angle)


def _framed(beat: Beat, actors: Sequence[Actor], focus: Actor | None, aspect: float) -> Framing:
    sway = min(_ROOM.get(beat.camera_move, 0.0), 0.4 * aspect)  # a very narrow frame keeps most of its width
    match beat.shot_size:
        case ShotSize.EXTREME_WIDE:
            return _whole(actors, aspect, sway, tall=4.4, floor=0.84, horizon=0.6, zoom=0.86, blur=0.0)
        case ShotSize.FULL if focus is not None:
            return _whole(actors, aspect, sway, tall=1.55, floor=0.92, horizon=0.62, zoom=1.2, blur=0.002)
        case ShotSize.MEDIUM if focus is not None:
            return _medium(actors, focus, aspect, sway)
        case ShotSize.CLOSE_UP if focus is not None:
            return _close_up(focus, aspect)
        case _:  # a wide shot, and whatever shows a place where nobody is
            return _whole(actors, aspect, sway, tall=2.5, floor=0.87, horizon=0.62, zoom=1.0, blur=0.0)


def _whole(
    actors: Sequence[Actor], aspect: float, sway: float, *, tall: float, floor: float, horizon: float, zoom: float, blur: float
) -> Framing:
    """Everybody from head to foot, with the subtitle's room below."""
    left = min((a.x - a.width / 2 for a in actors), default=-0.5)
    right = max((a.x + a.width / 2 for a in actors), default=0.5)
    highest = max((a.top for a in actors), default=1.0)
    needed = max(tall, highest / (floor - 0.1) * (1.25 if tall > 4 else 1.04), (right - left) * 1.08 / (aspect - sway))
    return Framing(
        tall=needed, x=(left + right) / 2, floor=floor, horizon=horizon, zoom=zoom * (tall / needed) ** 0.25, blur=blur
    )


def _medium(actors: Sequence[Actor], focus: Actor, aspect: float, sway: float) -> Framing:
    """From the waist up; two who stand close are both in it."""
    near = [a for a in actors if a.back == 0 and a.height < focus.height * 1.6]
    left, right = min(a.x - a.width * 0.4 for a in near), max(a.x + a.width * 0.4 for a in near)
    low = focus.looks.body in (Body.BEAST, Body.BIRD, Body.BLOB, Body.DRAGON) or focus.act in (*LYING, Act.FLY)
    tall = focus.height * (1.5 if low else 0.8)
    both = (right - left) * 1.12 / (aspect - sway)
    if both < tall * 1.9 and len(near) > 1:
        tall, x = max(tall, both), (left + right) / 2
    else:
        x = focus.x + (0.1 if not focus.faces_left else -0.1) * tall * aspect
    highest = max(a.top for a in near) if both < tall * 1.01 else focus.top
    top = highest + (0.3 if low else 0.16) * tall
    return Framing(tall=tall, x=x, floor=top / tall, horizon=0.66, zoom=1.55, blur=0.006)


def _close_up(focus: Actor, aspect: float) -> Framing:
    """The head, a little off the middle, with room where it looks."""
    low = focus.looks.body in (Body.BEAST, Body.BIRD, Body.BLOB) or focus.act in LYING
    tall = focus.height * (0.95 if low else 0.5 if focus.looks.child else 0.42)
    top = focus.top + (0.2 if low else 0.15) * tall
    side = -1 if focus.faces_left else 1
    x = focus.x + side * 0.08 * tall * max(1.0, aspect)
    if focus.act in LYING:
        x, top = x - side * 0.3 * focus.height, 0.6 * tall
    return Framing(tall=tall, x=x, floor=top / tall, horizon=0.74, zoom=2.1, blur=0.013)
