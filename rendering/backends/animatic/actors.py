"""Actors: a cast member with the looks, the act and the size that it has in one beat. Lengths are heights of a grown person."""

from __future__ import annotations

from dataclasses import dataclass

from episodes.plan import Beat, CastMember, ShotSize, StoryTurn
from rendering.backends.animatic.acts import LYING, Act, Mood, act_of, mood_of
from rendering.backends.animatic.looks import Body, Looks, looks_of

AIR = 0.62
"""How far above the ground somebody flies, in own heights; of giants, in those of somebody 1.3 tall."""

_GIANT = 1.6

_TALL: dict[Body, float] = {
    Body.MONSTER: 1.5,
    Body.ROBOT: 1.0,
    Body.BEAST: 0.5,
    Body.DRAGON: 2.2,
    Body.BIRD: 0.42,
    Body.BLOB: 0.75,
}
_WIDE: dict[Body, float] = {
    Body.PERSON: 0.44,
    Body.MONSTER: 1.0,
    Body.ROBOT: 0.55,
    Body.BEAST: 1.55,
    Body.DRAGON: 1.5,
    Body.BIRD: 0.9,
    Body.BLOB: 0.85,
}
_BIG_BEASTS = {
    "horse": 1.15,
    "unicorn": 1.2,
    "lion": 0.8,
    "tiger": 0.75,
    "bear": 0.95,
    "wolf": 0.62,
    "deer": 1.0,
    "cow": 0.95,
    "panther": 0.6,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """A cast member at its place on the stage."""

    member: CastMember
    looks: Looks
    act: Act
    mood: Mood
    height: float
    x: float
    back: float
    """Steps behind the front row: higher up in the picture and smaller."""
    faces_left: bool
    enters: bool
    leads: bool
    delay_s: float

    @property
    def width(self) -> float:
        lies = self.act in LYING and self.looks.body is not Body.BEAST
        return self.height * (1.05 if lies else _WIDE[self.looks.body])

    @property
    def top(self) -> float:
        """How high it reaches over the ground."""
        return self.height + AIR * min(self.height, 1.3) if self.act is Act.FLY else self.height


_WALKS_IN = frozenset({Act.STAND, Act.LOOK, Act.TALK, Act.FACE_OFF, Act.FIND, Act.WAVE, Act.HIDE})
_IN_TIME = frozenset({Act.FIGHT, Act.HIT, Act.CAST})  # who strikes and who is struck keep the same time


def cast_as(member: CastMember, beat: Beat, rank: int) -> Actor:
    """`rank` 0 leads. Where on the stage it stands is decided later."""
    looks = looks_of(member.character, scale=member.scale)
    act = act_of(member, beat)
    return Actor(
        member=member,
        looks=looks,
        act=Act.STAND if act is Act.ENTER else act,
        mood=mood_of(member, beat, act),
        height=_shown(member.scale) if member.scale != 1.0 else _usual_height(looks),
        x=0.0,
        back=0.0,
        faces_left=False,
        enters=act is Act.ENTER or (rank == 0 and _walks_in(act, beat)),
        leads=rank == 0,
        delay_s=0.0 if act in _IN_TIME else 0.23 * rank,
    )


def _walks_in(act: Act, beat: Beat) -> bool:
    """Stories begin with somebody who comes, where there is room to be seen coming."""
    near = beat.shot_size in (ShotSize.MEDIUM, ShotSize.CLOSE_UP)
    return beat.turn is StoryTurn.SETUP and act in _WALKS_IN and beat.starts_from is None and not near


def _shown(scale: float) -> float:
    """Giants are drawn smaller than they are told to be: beside a true one nobody else could be seen."""
    return scale if scale <= _GIANT else _GIANT + 0.4 * (scale - _GIANT)


def _usual_height(looks: Looks) -> float:
    if looks.body is Body.BEAST:
        return next((tall for name, tall in _BIG_BEASTS.items() if name in looks.detail), _TALL[Body.BEAST])
    if looks.body is Body.PERSON:
        return 0.72 if looks.child else 0.95 if looks.feminine else 1.0
    return _TALL[looks.body]
