"""The stage: who stands where in a beat. Lengths are heights of a grown person."""

from __future__ import annotations

from dataclasses import dataclass, replace

from episodes.plan import Beat, CastMember, ShotSize
from rendering.backends.animatic.actors import Actor, cast_as
from rendering.backends.animatic.acts import Act
from rendering.backends.animatic.framing import Framing, focus_of, frame
from rendering.backends.animatic.positions import as_told, beside


@dataclass(frozen=True, kw_only=True, slots=True)
class Staging:
    actors: tuple[Actor, ...]
    """From the back to the front."""
    framing: Framing
    scroll: float
    """How fast everybody travels, in stage units a second; the camera goes with them."""


_SCROLLS: dict[Act, float] = {Act.RUN: 0.8, Act.FLEE: 0.8, Act.WALK: 0.36, Act.FLY: 0.7}
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
    actors = as_told(_places([cast_as(member, beat, rank) for rank, member in enumerate(_by_rank(beat))], beat.shot_size))
    lead = actors[0] if actors else None
    framing = beside(frame(beat, actors, focus_of(beat, actors), aspect), actors, aspect)
    scroll = _SCROLLS.get(lead.act, 0.0) if lead and not lead.enters else 0.0
    return Staging(
        actors=tuple(sorted(actors, key=lambda a: (-a.back, a.leads))), framing=framing, scroll=min(scroll, 6 / beat.duration_s)
    )


def _by_rank(beat: Beat) -> list[CastMember]:
    """The one who acts, the one to whom it is done, the others."""
    doers = [m for m in beat.cast if not m.is_target]
    targets = [m for m in beat.cast if m.is_target]
    return [*doers[:1], *targets[:1], *doers[1:], *targets[1:]]


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
