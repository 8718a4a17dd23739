"""Placing: which frames of a bought clip are kept, and where in the beat's clip they stand. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Placing:
    picks: tuple[int, ...]
    """Frames of the bought clip, in order."""
    indices: tuple[int, ...]
    """Where each stands; motion fills in the rest."""
    is_spread: bool
    """The bought clip is too short: it runs slower than it was made."""
    is_hurried: bool
    """It is too long, and its end is wanted: it runs faster."""


def placed(num_bought: int, bought_fps: float, num_frames: int, fps: int, *, to_its_end: bool = False) -> Placing:
    """At its own speed, cut where the beat ends; a clip that is shorter than the beat is spread over all of it.

    `to_its_end`: its last frame is the beat's, so that it is never cut.
    """
    last = num_frames - 1
    at_own_speed = bought_fps / fps
    """Bought frames per frame of the beat."""
    is_spread = (num_bought - 1) < round(last * at_own_speed) - 1  # a frame less at the end is only held
    is_hurried = to_its_end and (num_bought - 1) > round(last * at_own_speed) + 1
    step = (num_bought - 1) / last if (is_spread or to_its_end) and last else at_own_speed
    if step >= 1 or last == 0:
        indices = tuple(range(num_frames))
    else:
        num_keys = min(num_bought, int(last * step) + 1)
        indices = tuple(sorted({0, *(min(last, round(key / step)) for key in range(1, num_keys)), last}))
    picks = tuple(min(num_bought - 1, round(index * step)) for index in indices)
    return Placing(picks=picks, indices=indices, is_spread=is_spread, is_hurried=is_hurried)
