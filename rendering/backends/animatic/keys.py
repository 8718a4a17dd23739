"""Which frames of a clip are drawn: as few as flow can fill the gaps between."""

from __future__ import annotations

from collections.abc import Iterable

from rendering.backends.animatic.acts import Act
from rendering.backends.animatic.openings import DISSOLVE_S

_CALM_S = 1 / 3  # eight frames at 24 fps
_LIVELY_S = 1 / 4
_QUICK_S = 1 / 6  # four frames: legs that run cross each other in five

_QUICK = frozenset({Act.RUN, Act.FLEE, Act.FIGHT, Act.HIT, Act.CAST, Act.DANCE, Act.JUMP, Act.DOWN, Act.FALL})
_STILL = frozenset({Act.STAND, Act.SLEEP, Act.LISTEN, Act.SIT, Act.THINK, Act.LOOK})


def key_indices(num_frames: int, fps: int, acts: Iterable[Act], *, opens_with_dissolve: bool = False) -> tuple[int, ...]:
    """Evenly spread, the first and the last frame among them; closer together the faster somebody moves."""
    played = set(acts)
    gap_s = _QUICK_S if played & _QUICK else _LIVELY_S if played - _STILL else _CALM_S
    last = num_frames - 1
    spread = _spread(last, max(1, round(gap_s * fps)))
    if opens_with_dissolve:  # flow cannot follow one picture into another, so the dissolve itself is drawn
        opening = _spread(last, max(1, round(_QUICK_S * fps)))
        spread |= {i for i in opening if i <= DISSOLVE_S * fps}
    return tuple(sorted(spread))


def _spread(last: int, gap: int) -> set[int]:
    num_gaps = max(1, round(last / gap))
    return {round(i * last / num_gaps) for i in range(num_gaps + 1)}
