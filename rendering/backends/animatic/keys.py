"""Which frames of a clip are drawn: as few as flow can fill the gaps between."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil

from rendering.backends.animatic.acts import Act
from rendering.backends.animatic.openings import DISSOLVE_S
from rendering.backends.animatic.score import BLOW_AT, BLOW_PERIOD_S, FALLEN_AT

_CALM_S = 1 / 3  # eight frames at 24 fps
_LIVELY_S = 1 / 4
_QUICK_S = 1 / 8  # legs that run cross each other in five frames: with a wider gap flow loses them and cross-fades
_MOST = 150  # keyframes of one beat, nearly: at 1280 × 720 they weigh 400 MB

_STILL = frozenset({Act.STAND, Act.SLEEP, Act.LISTEN, Act.SIT, Act.THINK, Act.LOOK, Act.DOWN})
_QUICK = frozenset({Act.RUN, Act.FLEE, Act.DANCE, Act.JUMP, Act.FALL})
_BLOWS = frozenset({Act.FIGHT, Act.HIT, Act.CAST})


def key_indices(num_frames: int, fps: int, acts: Iterable[Act], *, opens_with_dissolve: bool = False) -> tuple[int, ...]:
    """Evenly spread, the first and the last frame among them; closer together the faster somebody moves.

    A blow has a key right before and right on it, so that nothing is blended between the two. A dissolve from an earlier
    picture and the fall of who is beaten are drawn closely: flow cannot follow them.
    """
    played = set(acts)
    last = num_frames - 1
    gap_s = _QUICK_S if played & _QUICK else _LIVELY_S if played - _STILL else _CALM_S
    keys = _spread(last, max(gap_s * fps, num_frames / _MOST))
    if played & _BLOWS:
        keys |= {i for i in _snaps(num_frames, fps) if 0 <= i <= last}
    if Act.DOWN in played:
        keys |= {i for i in _spread(last, _QUICK_S * fps) if i <= FALLEN_AT * last}
    if opens_with_dissolve:
        keys |= {i for i in _spread(last, _QUICK_S * fps) if i <= DISSOLVE_S * fps}
    return tuple(sorted(keys))


def _spread(last: int, gap: float) -> set[int]:
    num_gaps = max(1, round(last / max(1, round(gap))))
    return {round(i * last / num_gaps) for i in range(num_gaps + 1)}


def _snaps(num_frames: int, fps: int) -> set[int]:
    """The last frame before each blow, and the first on it."""
    period = BLOW_PERIOD_S * fps
    blows = {ceil((n + BLOW_AT) * period) for n in range(int(num_frames / period) + 1)}
    return blows | {i - 1 for i in blows}
