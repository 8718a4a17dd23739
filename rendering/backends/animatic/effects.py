"""Effects: what a storyboard artist adds so that a picture can be read: impacts, speed lines, dust, notes, tears, weather."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rendering.backend import Frames
from rendering.backends.animatic.actors import Actor
from rendering.backends.animatic.acts import Act
from rendering.backends.animatic.looks import Body
from rendering.backends.animatic.palette import WHITE, Light, Rgb
from rendering.backends.animatic.pen import Pen, blank, lay_over
from rendering.backends.animatic.poses import Pose
from rendering.backends.animatic.score import BLOW_AT, BLOW_PERIOD_S
from rendering.backends.animatic.shapes import Point, limb, oval, points, smooth, star
from rendering.backends.animatic.words import RAIN, SNOW, mentions


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """An actor as it stands in the frame: pixels, y downwards."""

    actor: Actor
    pose: Pose
    feet: Point
    height: float

    @property
    def ahead(self) -> float:
        return -1.0 if self.actor.faces_left else 1.0

    @property
    def head(self) -> Point:
        """The middle of its head, forward and up, in its heights."""
        match self.actor.looks.body:
            case Body.PERSON | Body.ROBOT:
                a = np.radians(self.pose.lean)
                return 0.4 * float(np.sin(a)) + 0.02, 0.47 + 0.43 * float(np.cos(a))
            case Body.MONSTER:
                return 0.08, 0.86
            case Body.DRAGON:
                return 0.34, 0.88
            case Body.BEAST:
                return (0.32, 0.3) if self.actor.act is Act.SLEEP else (0.46, 0.8)
            case Body.BIRD:
                return 0.26, 0.84
            case Body.BLOB:
                return 0.06, 0.6

    def spot(self, forward: float, up: float) -> Point:
        """A point of the body, in its heights: forward of the feet and above them."""
        x = self.feet[0] + self.ahead * (forward + self.pose.x) * self.height
        return x, self.feet[1] - (up + self.pose.y) * self.height


class Effects:
    """Draws over the cast of one beat. Chances come from the seed and the time, so any frame can be drawn alone."""

    def __init__(self, width: int, height: int, seed: int, told: str, light: Light) -> None:
        self._width, self._height = width, height
        self._dice = np.random.default_rng(seed).random((256, 3))
        self._light = light
        self._rain = mentions(told, RAIN)
        self._snow = mentions(told, SNOW)
        self._hearts = mentions(told, "love kiss heart romance")

    def behind(self, frame: Frames, cast: Sequence[Seen], time_s: float) -> None:
        """Between the place and the cast."""
        pen = self._pen()
        lead = next((s for s in cast if s.actor.leads), None)
        if lead is not None and lead.actor.act in (Act.FIGHT, Act.CAST) and _blow_force(time_s) > 0:
            self._burst_lines(pen, self._contact(lead, cast), _blow_force(time_s))
        if lead is not None and lead.actor.act in (Act.RUN, Act.FLEE, Act.FLY):
            self._speed_lines(pen, lead, time_s)
        lay_over(frame, pen.image)

    def before(self, frame: Frames, cast: Sequence[Seen], time_s: float) -> None:
        """Over the cast."""
        pen = self._pen()
        for seen in cast:
            self._of_one(pen, seen, cast, time_s)
        if self._rain:
            self._draw_rain(pen, time_s)
        if self._snow:
            self._draw_snow(pen, time_s)
        lay_over(frame, pen.image)

    def _pen(self) -> Pen:
        """In pixels with y down, like frames."""
        identity = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
        return Pen(blank(self._width, self._height), identity, line_px=max(0.6, self._height / 420))

    def _of_one(self, pen: Pen, seen: Seen, cast: Sequence[Seen], time_s: float) -> None:
        match seen.actor.act:
            case Act.FIGHT if _blow_force(time_s) > 0:
                self._impact(pen, self._contact(seen, cast), seen.height * (0.16 + 0.16 * _blow_force(time_s)), time_s)
            case Act.CAST if _blow_force(time_s, hold=0.36) > 0:
                self._beam(pen, seen, cast)
            case Act.ROAR:
                self._shout(pen, seen, time_s, (255, 240, 200))
                if seen.actor.looks.body is Body.DRAGON and seen.pose.mouth > 0.75:
                    self._fire(pen, seen, time_s)
            case Act.TALK if seen.pose.mouth > 0.3:
                self._shout(pen, seen, time_s, WHITE)
            case Act.SLEEP:
                self._zzz(pen, seen, time_s)
            case Act.DANCE:
                self._notes(pen, seen, time_s)
            case Act.FIND | Act.SHOW if seen.pose.far_arm > 60:
                self._find(pen, seen, cast, time_s)
            case Act.CHEER:
                self._confetti(pen, seen, time_s)
            case Act.SCARED | Act.FLEE | Act.HIDE:
                self._sweat(pen, seen, time_s)
            case Act.RUN | Act.JUMP | Act.FALL:
                self._dust(pen, seen, time_s)
            case Act.DOWN:
                self._dizzy(pen, seen, time_s)
            case Act.HUG if seen.actor.leads:
                self._hearts_up(pen, seen, time_s)
            case Act.THINK:
                self._thoughts(pen, seen)
            case _:
                if self._hearts and seen.actor.leads:
                    self._hearts_up(pen, seen, time_s)

    def _contact(self, seen: Seen, cast: Sequence[Seen]) -> Point:
        """Where a blow lands: on the partner, at the height of the fist."""
        fist = seen.spot(0.42, 0.74)
        others = [s for s in cast if s is not seen and s.actor.act in (Act.HIT, Act.DOWN, Act.FIGHT)]
        if not others:
            return fist
        body = min(others, key=lambda s: abs(s.feet[0] - seen.feet[0]))
        edge = body.feet[0] - seen.ahead * 0.3 * body.actor.width / body.actor.height * body.height
        return 0.5 * fist[0] + 0.5 * edge, fist[1]

    def _impact(self, pen: Pen, where: Point, size: float, time_s: float) -> None:
        turn = 30 * time_s
        pen.body(star(where, size * 1.25, size * 0.5, 9, turn), (255, 120, 60))
        pen.fill(star(where, size * 0.95, size * 0.42, 9, turn + 8), (255, 224, 90))
        pen.fill(star(where, size * 0.55, size * 0.28, 9, turn + 16), WHITE)

    def _burst_lines(self, pen: Pen, centre: Point, force: float) -> None:
        """Wedges from the edges towards the blow."""
        far = float(np.hypot(self._width, self._height))
        for i in range(44):
            a = 2 * np.pi * (i + 0.7 * self._dice[i, 0]) / 44
            near = self._height * (0.26 + 0.2 * self._dice[i, 1])
            wide = 0.012 + 0.02 * self._dice[i, 2]
            tip = _polar(centre, a, near)
            pen.wash(points(tip, _polar(centre, a - wide, far), _polar(centre, a + wide, far)), (255, 250, 235), 0.75 * force)

    def _speed_lines(self, pen: Pen, lead: Seen, time_s: float) -> None:
        for i in range(16):
            speed = 1.6 + self._dice[i, 2]
            length = self._width * (0.1 + 0.22 * self._dice[i, 0])
            x = self._width * ((self._dice[i, 1] - lead.ahead * speed * time_s) % 1.5) - 0.3 * self._width
            y = self._height * (0.08 + 0.75 * self._dice[i + 40, 0])
            pen.wash(points((x, y - 1), (x + length, y), (x, y + 1.2 * self._height / 400)), WHITE, 0.55)

    def _beam(self, pen: Pen, seen: Seen, cast: Sequence[Seen]) -> None:
        start = seen.spot(0.38, 0.74)
        end = next((s.spot(0.05, 0.6) for s in cast if s is not seen), (start[0] + seen.ahead * self._width, start[1]))
        r = 0.07 * seen.height
        for wide, colour, strength in ((2.2, (90, 170, 255), 0.5), (1.3, (150, 220, 255), 0.85), (0.6, WHITE, 1.0)):
            pen.wash(limb(start, end, r * wide * 0.7, r * wide), colour, strength, 2.0)
        self._impact(pen, end, 3.2 * r, seen.pose.mouth)

    def _shout(self, pen: Pen, seen: Seen, time_s: float, colour: Rgb) -> None:
        """Three small strokes before the mouth."""
        reach = 0.045 if seen.actor.act is Act.TALK else 0.12
        mouth = seen.spot(*_mouth_of(seen))
        grow = 0.7 + 0.3 * float(np.sin(time_s * 14))
        for turn in (-0.45, 0.0, 0.45):
            a = turn if seen.ahead > 0 else np.pi - turn
            inner, outer = (_polar(mouth, a, seen.height * reach * k) for k in (0.9, 1.0 + 0.9 * grow))
            pen.stroke([inner, outer], max(2.0, 0.012 * seen.height) + 2 * pen.line_px)
            pen.stroke([inner, outer], max(1.5, 0.012 * seen.height), colour)

    def _fire(self, pen: Pen, seen: Seen, time_s: float) -> None:
        start = seen.spot(0.52, 0.8)
        for i in range(14):
            k = (i / 14 + time_s * 1.2) % 1.0
            a = 0.35 + 0.5 * (self._dice[i, 0] - 0.5) * k
            x, y = _polar(start, a if seen.ahead > 0 else np.pi - a, seen.height * 0.62 * k)
            r = seen.height * (0.03 + 0.1 * k)
            colour = ((255, 240, 150), (255, 176, 60), (240, 96, 44))[min(2, int(k * 3))]
            pen.wash(oval((x, y), r, r * 0.85), colour, 0.9 * (1 - 0.6 * k), r * 0.25)

    def _zzz(self, pen: Pen, seen: Seen, time_s: float) -> None:
        for i in range(3):
            k = (time_s * 0.32 + i / 3) % 1.0
            s = max(seen.height * (0.025 + 0.045 * k), 0.012 * self._height)
            side = 0.32 if seen.actor.looks.body is Body.BEAST else -0.42
            x = seen.feet[0] + seen.ahead * (seen.height * side + 5.5 * s * k)
            y = seen.feet[1] - seen.height * 0.36 - (0.1 * self._height + 0.22 * seen.height) * k - 2 * s
            z = [(x - s, y - s), (x + s, y - s), (x - s, y + s), (x + s, y + s)]
            pen.stroke(z, max(2.0, 0.3 * s) + 2 * pen.line_px)
            pen.stroke(z, max(1.5, 0.3 * s), (200, 226, 255))

    def _notes(self, pen: Pen, seen: Seen, time_s: float) -> None:
        low = 1.0 if seen.actor.looks.body is Body.BEAST else 0.7  # its head is where a person's shoulder would be
        for i in range(2):
            k = (time_s * 0.35 + i / 2 + seen.actor.delay_s) % 1.0
            side = -1 if i % 2 else 1
            s = 0.026 * seen.height
            x, y = seen.feet[0] + side * seen.height * (0.42 + 0.1 * k), seen.feet[1] - seen.height * (low + 0.45 * k)
            colour = ((255, 214, 90), (120, 226, 240), (255, 150, 190))[i]
            pen.stroke([(x + s, y), (x + s, y - 3.2 * s), (x + 2.4 * s, y - 2.6 * s)], 0.55 * s + 2 * pen.line_px)
            pen.body(oval((x, y), 1.2 * s, 0.9 * s, 20), colour)
            pen.stroke([(x + s, y), (x + s, y - 3.2 * s), (x + 2.4 * s, y - 2.6 * s)], 0.55 * s, colour)

    def _find(self, pen: Pen, seen: Seen, cast: Sequence[Seen], time_s: float) -> None:
        """A star in the hands stands for a thing; who is found shines itself."""
        found = next((s for s in cast if s.actor.member.is_target), None)
        if found is None:
            self._sparkle(pen, seen.spot(0.36, 0.86), 0.09 * seen.height, time_s)
            pen.body(star(seen.spot(0.36, 0.86), 0.054 * seen.height, 0.025 * seen.height, 5, -90), (255, 216, 80))
        else:
            self._sparkle(pen, found.spot(found.head[0], found.head[1] + 0.34), 0.16 * found.height, time_s)

    def _sparkle(self, pen: Pen, where: Point, size: float, time_s: float) -> None:
        pen.glow(where, size * 2.2, (255, 236, 150), 0.8)
        for i in range(5):
            a, k = i * 1.256 + time_s, 0.6 + 0.4 * float(np.sin(time_s * 7 + 2 * i))
            x, y = _polar(where, a, size * 1.2)
            pen.fill(star((x, y), size * 0.36 * k, size * 0.07, 4, 45), (255, 250, 210))

    def _confetti(self, pen: Pen, seen: Seen, time_s: float) -> None:
        for i in range(18):
            k = (self._dice[i, 0] + time_s * (0.25 + 0.2 * self._dice[i, 1])) % 1.0
            x = seen.feet[0] + seen.height * 1.1 * (self._dice[i, 2] - 0.5 + 0.05 * float(np.sin(time_s * 4 + i)))
            y = seen.feet[1] - seen.height * (1.45 - 1.2 * k)
            s = 0.014 * seen.height + 1
            colour = ((255, 92, 92), (255, 214, 90), (110, 210, 130), (100, 170, 255), (220, 130, 255))[i % 5]
            pen.fill(oval((x, y), s, s * 0.55, 80 * time_s + 40 * i, 8), colour)

    def _sweat(self, pen: Pen, seen: Seen, time_s: float) -> None:
        for i in range(2):
            k = (time_s * 1.3 + 0.5 * i) % 1.0
            x, y = seen.spot(seen.head[0] - 0.13 - 0.08 * k, seen.head[1] + 0.08 - 0.03 * i + 0.06 * k)
            s = 0.026 * seen.height
            pen.body(
                smooth([(x, y - 1.5 * s), (x + 0.7 * s, y + 0.2 * s), (x, y + 0.9 * s), (x - 0.7 * s, y + 0.2 * s)]),
                (150, 214, 255),
            )

    def _dust(self, pen: Pen, seen: Seen, time_s: float) -> None:
        if seen.pose.y > 0.2:
            return
        for i in range(4):
            k = (time_s * 1.5 + i / 4) % 1.0
            x, y = seen.feet[0] - seen.ahead * seen.height * (0.16 + 0.5 * k), seen.feet[1] - seen.height * 0.05 * k
            r = seen.height * (0.025 + 0.05 * k)
            pen.wash(oval((x, y), r * 1.3, r), (240, 232, 220), 0.6 * (1 - k), r * 0.4)

    def _dizzy(self, pen: Pen, seen: Seen, time_s: float) -> None:
        if seen.pose.roll < 80:
            return
        thick = 0.5 if seen.actor.looks.body is Body.MONSTER else 0.26
        head = (seen.feet[0] - seen.ahead * 0.38 * seen.height, seen.feet[1] - thick * seen.height)
        for i in range(3):
            a = time_s * 1.2 + i * 2.09  # slowly: flow fills in between
            where = (head[0] + 0.13 * seen.height * float(np.cos(a)), head[1] + 0.035 * seen.height * float(np.sin(a)))
            pen.body(star(where, 0.04 * seen.height, 0.017 * seen.height, 5, -90), (255, 222, 90))

    def _hearts_up(self, pen: Pen, seen: Seen, time_s: float) -> None:
        for i in range(3):
            k = (time_s * 0.4 + i / 3) % 1.0
            s = seen.height * 0.035 * (0.6 + k)
            x = seen.feet[0] + seen.ahead * seen.height * (0.18 + 0.06 * float(np.sin(4 * k + i)))
            y = seen.feet[1] - seen.height * (0.98 + 0.3 * k)
            heart = [
                (x, y + s),
                (x - 1.1 * s, y - 0.1 * s),
                (x - 0.6 * s, y - 0.8 * s),
                (x, y - 0.35 * s),
                (x + 0.6 * s, y - 0.8 * s),
                (x + 1.1 * s, y - 0.1 * s),
            ]
            pen.body(smooth(heart, 4), (255, 100, 130))

    def _thoughts(self, pen: Pen, seen: Seen) -> None:
        for forward, up, r in ((0.12, 1.02, 0.016), (0.17, 1.07, 0.026), (0.27, 1.15, 0.06)):
            pen.body(oval(seen.spot(forward, up), r * seen.height * 1.3, r * seen.height), WHITE)

    def _draw_rain(self, pen: Pen, time_s: float) -> None:
        for i in range(90):
            x = self._width * (1.2 * self._dice[i, 0] - 0.1)
            y = self._height * ((self._dice[i, 1] + time_s * 1.7) % 1.0)
            long = self._height * (0.03 + 0.03 * self._dice[i, 2])
            pen.stroke([(x, y), (x - 0.2 * long, y + long)], max(1.0, self._height / 420), (190, 208, 232))

    def _draw_snow(self, pen: Pen, time_s: float) -> None:
        for i in range(110):
            x = self._width * ((self._dice[i, 0] + 0.02 * np.sin(time_s * 1.4 + i)) % 1.0)
            y = self._height * ((self._dice[i, 1] + time_s * (0.08 + 0.1 * self._dice[i, 2])) % 1.0)
            pen.disc((float(x), y), self._height * (0.002 + 0.005 * self._dice[i, 2]), (246, 248, 255))


def shake_of(acts: Sequence[Act], time_s: float, seed: int) -> float:
    """How far a blow jolts the camera, in frame heights."""
    if Act.FIGHT not in acts:
        return 0.0
    return 0.012 * _blow_force(time_s) * (1 if seed % 2 else -1)


def _blow_force(time_s: float, hold: float = 0.14) -> float:
    """1 when a blow lands, fading while it is held; 0 between blows."""
    where = (time_s / BLOW_PERIOD_S) % 1.0 - BLOW_AT + 1e-6
    return 1 - where / hold if 0 <= where < hold else 0.0


def _mouth_of(seen: Seen) -> Point:
    """Just before the mouth, forward and up, in heights."""
    ahead = {
        Body.PERSON: 0.11,
        Body.ROBOT: 0.12,
        Body.MONSTER: 0.16,
        Body.DRAGON: 0.18,
        Body.BEAST: 0.26,
        Body.BIRD: 0.3,
        Body.BLOB: 0.3,
    }
    x, y = seen.head
    return x + ahead[seen.actor.looks.body], y - 0.05


def _polar(centre: Point, angle: float, r: float) -> Point:
    return centre[0] + r * float(np.cos(angle)), centre[1] + r * float(np.sin(angle))
