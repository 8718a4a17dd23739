"""The stage: who stands where in a beat, and what the shot shows of it. Lengths are heights of a grown person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from episodes.plan import Beat, CastMember, ShotSize, StoryTurn
from rendering.backends.animatic.acts import Act, Mood, act_of, mood_of
from rendering.backends.animatic.looks import Body, Looks, looks_of

_TALL: dict[Body, float] = {
    Body.MONSTER: 1.5,
    Body.ROBOT: 1.0,
    Body.BEAST: 0.5,
    Body.DRAGON: 2.2,
    Body.BIRD: 0.42,
    Body.BLOB: 0.75,
}
_WIDE: dict[Body, float] = {
    Body.PERSON: 0.42,
    Body.MONSTER: 0.8,
    Body.ROBOT: 0.55,
    Body.BEAST: 1.25,
    Body.DRAGON: 1.25,
    Body.BIRD: 0.8,
    Body.BLOB: 0.8,
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
        return self.height * _WIDE[self.looks.body]


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Staging:
    actors: tuple[Actor, ...]
    """From the back to the front."""
    framing: Framing
    scroll: float
    """How fast everybody travels, in stage units a second; the camera goes with them."""


_SCROLLS: dict[Act, float] = {Act.RUN: 1.0, Act.FLEE: 1.0, Act.WALK: 0.36, Act.FLY: 0.8}
_APART: dict[Act, float] = {
    Act.FIGHT: 0.3,
    Act.TALK: 0.34,
    Act.HUG: -0.2,
    Act.FACE_OFF: 0.75,
    Act.RUN: 0.45,
    Act.GIVE: 0.22,
    Act.CAST: 1.1,
    Act.DANCE: 0.3,
}


def stage(beat: Beat, aspect: float) -> Staging:
    """Sets the beat up for a frame `aspect` times as wide as high."""
    actors = _places([_actor(member, beat, rank) for rank, member in enumerate(_by_rank(beat))], beat.shot_size)
    lead = actors[0] if actors else None
    framing = _frame(beat, actors, _focus(beat, actors), aspect)
    scroll = _SCROLLS.get(lead.act, 0.0) if lead and not lead.enters else 0.0
    return Staging(
        actors=tuple(sorted(actors, key=lambda a: (-a.back, a.leads))), framing=framing, scroll=min(scroll, 6 / beat.duration_s)
    )


def _by_rank(beat: Beat) -> list[CastMember]:
    """The one who acts, the one to whom it is done, the others."""
    doers = [m for m in beat.cast if not m.is_target]
    targets = [m for m in beat.cast if m.is_target]
    return [*doers[:1], *targets[:1], *doers[1:], *targets[1:]]


def _actor(member: CastMember, beat: Beat, rank: int) -> Actor:
    looks = looks_of(member.character, scale=member.scale)
    act = act_of(member, beat)
    height = member.scale
    if member.scale == 1.0:
        beast = next(
            (tall for name, tall in _BIG_BEASTS.items() if name in looks.detail or name in member.character.name.lower()),
            _TALL.get(Body.BEAST, 0.5),
        )
        height = (
            beast
            if looks.body is Body.BEAST
            else _TALL.get(looks.body, 0.72 if looks.child else 0.95 if looks.feminine else 1.0)
        )
    calm = (Act.STAND, Act.LOOK, Act.TALK, Act.FACE_OFF, Act.ENTER, Act.FIND, Act.WAVE, Act.HIDE)
    enters = (
        beat.turn is StoryTurn.SETUP
        and rank == 0
        and act in calm
        and beat.starts_from is None
        and beat.shot_size not in (ShotSize.MEDIUM, ShotSize.CLOSE_UP)
    )
    return Actor(
        member=member, looks=looks, act=Act.STAND if act is Act.ENTER else act, mood=mood_of(member, beat, act), height=height, x=0.0, back=0.0,
        faces_left=False, enters=enters or act is Act.ENTER, leads=rank == 0, delay_s=0.23 * rank if act not in (Act.FIGHT, Act.HIT, Act.CAST) else 0.0,
    )  # fmt: skip


def _places(actors: list[Actor], shot: ShotSize) -> list[Actor]:
    """Lead left, partner right, the others around and behind them."""
    if len(actors) < 2:
        return actors
    lead, partner, *others = actors
    apart = _APART.get(lead.act, 0.4)
    if shot in (ShotSize.MEDIUM, ShotSize.CLOSE_UP):
        apart = min(apart, 0.12)  # near, people stand closer than they would: else one of them is out of the picture
    gap = (lead.width + partner.width) / 2 + apart
    onward = {Act.RUN, Act.FLEE, Act.WALK, Act.FLY}
    together = lead.act in onward and partner.act in onward
    ahead = -1 if together and lead.act is Act.FLEE and partner.act is not Act.FLEE else 1  # who flees runs in front
    placed = [
        replace(lead, x=-ahead * gap / 2),
        replace(partner, x=ahead * gap / 2, faces_left=not together),
    ]
    left, right = -gap / 2 - lead.width / 2, gap / 2 + partner.width / 2
    for number, other in enumerate(others):
        side = -1 if number % 2 == 0 else 1
        edge = left if side < 0 else right
        x = edge + side * (other.width / 2 + 0.02)
        left, right = min(left, x - other.width / 2), max(right, x + other.width / 2)
        placed.append(replace(other, x=x * 0.88, back=0.5 + 0.5 * (number % 2), faces_left=x > 0 and not together))
    return placed


def _focus(beat: Beat, actors: Sequence[Actor]) -> Actor | None:
    """Who is looked at when there is room for one: who speaks, else who acts."""
    speaker = beat.dialogue.character_id if beat.dialogue else None
    return next((a for a in actors if a.member.character.character_id == speaker), actors[0] if actors else None)


def _frame(beat: Beat, actors: Sequence[Actor], focus: Actor | None, aspect: float) -> Framing:
    size = beat.shot_size
    if focus is None:
        size = ShotSize.EXTREME_WIDE if size is ShotSize.EXTREME_WIDE else ShotSize.WIDE
    match size:
        case ShotSize.EXTREME_WIDE:
            return _whole(actors, aspect, tall=5.4, floor=0.84, horizon=0.6, zoom=0.86, blur=0.0)
        case ShotSize.WIDE:
            return _whole(actors, aspect, tall=2.5, floor=0.87, horizon=0.62, zoom=1.0, blur=0.0)
        case ShotSize.FULL:
            return _whole(actors, aspect, tall=1.55, floor=0.92, horizon=0.62, zoom=1.2, blur=0.002)
        case ShotSize.MEDIUM:
            return _medium(actors, focus, aspect)
        case ShotSize.CLOSE_UP:
            return _close_up(focus, aspect)


def _whole(
    actors: Sequence[Actor], aspect: float, *, tall: float, floor: float, horizon: float, zoom: float, blur: float
) -> Framing:
    """Everybody from head to foot, with the subtitle's room below."""
    left = min((a.x - a.width / 2 for a in actors), default=-0.5)
    right = max((a.x + a.width / 2 for a in actors), default=0.5)
    highest = max((a.height for a in actors), default=1.0)
    needed = max(tall, highest * 1.0 / (floor - 0.1) * (1.5 if tall > 5 else 1.04), (right - left) * 1.12 / aspect)
    return Framing(
        tall=needed, x=(left + right) / 2, floor=floor, horizon=horizon, zoom=zoom * (tall / needed) ** 0.25, blur=blur
    )


def _medium(actors: Sequence[Actor], focus: Actor | None, aspect: float) -> Framing:
    """From the waist up; two who stand close are both in it."""
    assert focus is not None  # noqa: S101 - _frame shows the whole place when nobody is there
    near = [a for a in actors if a.back == 0 and a.height < focus.height * 1.6]
    left, right = min(a.x - a.width * 0.4 for a in near), max(a.x + a.width * 0.4 for a in near)
    low = focus.looks.body in (Body.BEAST, Body.BIRD, Body.BLOB) or focus.act in (Act.SLEEP, Act.DOWN)
    tall = focus.height * (1.5 if low else 0.8)
    both = (right - left) * 1.02 / aspect
    if both < tall * 1.9 and len(near) > 1:
        tall, x = max(tall, both), (left + right) / 2
    else:
        x = focus.x + (0.1 if not focus.faces_left else -0.1) * tall * aspect
    top = focus.height + 0.16 * tall if not low else focus.height + 0.3 * tall
    return Framing(tall=tall, x=x, floor=top / tall, horizon=0.66, zoom=1.55, blur=0.006)


def _close_up(focus: Actor | None, aspect: float) -> Framing:
    """The head, a little off the middle, with room where it looks."""
    assert focus is not None  # noqa: S101 - as above
    low = focus.looks.body in (Body.BEAST, Body.BIRD, Body.BLOB) or focus.act in (Act.SLEEP, Act.DOWN)
    tall = focus.height * (0.95 if low else 0.5 if focus.looks.child else 0.42)
    top = focus.height + (0.2 if low else 0.15) * tall
    ahead = 0.08 * tall * max(1.0, aspect)
    lying = focus.act in (Act.SLEEP, Act.DOWN)
    x = (
        focus.x
        + (-ahead if focus.faces_left else ahead)
        + (0.3 * focus.height * (1 if focus.faces_left else -1) if lying else 0)
    )
    if lying:
        top = 0.6 * tall
    return Framing(tall=tall, x=x, floor=top / tall, horizon=0.74, zoom=2.1, blur=0.013)
