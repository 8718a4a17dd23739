"""Which frames of a clip are drawn: as few as flow can fill the gaps between."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil

import numpy as np
from numpy.typing import NDArray

from episodes.shots import KeyframeDensity
from rendering.backends.animatic.acts import Act
from rendering.backends.animatic.openings import DISSOLVE_S

_CALM_S = 1 / 3  # eight frames at 24 fps
_BUSY_S = 1 / 6  # stars, notes and confetti are smaller than the way that they make in eight frames
_BUSY = frozenset({Act.DOWN, Act.CHEER, Act.DANCE, Act.HUG, Act.SCARED, Act.FLEE, Act.HIDE, Act.SLEEP, Act.ROAR, Act.CAST})
_DISSOLVE_GAP_S = 1 / 8  # flow cannot follow one picture that turns into another
_STEPS = {KeyframeDensity.SPARSE: 1.5, KeyframeDensity.NORMAL: 1.0, KeyframeDensity.DENSE: 0.5}
_KEYS_PER_S = 24  # of 25 ms each at 512 × 512, which is half of what filling a frame in takes
_MOST = 150  # of one beat: at 1280 × 720 they weigh 400 MB
_EASING = 1.08


def key_indices(
    paths_TN2: NDArray[np.float64],
    fps: int,
    acts: Iterable[Act] = (),
    *,
    density: KeyframeDensity = KeyframeDensity.NORMAL,
    opens_with_dissolve: bool = False,
) -> tuple[int, ...]:
    """The first frame, the last, and between them one whenever some point has travelled a step since the last key.

    `paths_TN2`: where each of N points is in each of T frames, in steps. A blow lands within one frame, and so has a key
    right before and right on it. Where this makes more keys than `most_keys`, steps grow until it does not: calm parts
    give up theirs first, and what moves fastest stays drawn the closest.
    """
    num_frames = len(paths_TN2)
    travelled_TN = np.zeros(paths_TN2.shape[:2])
    np.cumsum(np.linalg.norm(np.diff(paths_TN2, axis=0), axis=2), axis=0, out=travelled_TN[1:])
    # in long beats the widest gaps alone must not use up the keys, or no step would be long enough
    step = _STEPS[density]
    calm_s = max(step * (_CALM_S if _BUSY.isdisjoint(acts) else _BUSY_S), num_frames / fps / (_MOST - 20))
    dissolve_s = DISSOLVE_S if opens_with_dissolve else 0.0
    widest = [max(1, ceil((_DISSOLVE_GAP_S if i / fps < dissolve_s else calm_s) * fps)) for i in range(num_frames)]
    keys = _walk(travelled_TN, step, widest)
    while len(keys) > most_keys(num_frames, fps):
        step *= _EASING
        keys = _walk(travelled_TN, step, widest)
    return tuple(keys)


def most_keys(num_frames: int, fps: int) -> int:
    """What drawing a beat may cost; always more than a calm beat takes."""
    return min(_MOST, 6 + num_frames * _KEYS_PER_S // fps)


def _walk(travelled_TN: NDArray[np.float64], step: float, widest: list[int]) -> list[int]:
    """From key to key, each time as far as the step and the widest gap allow, at least one frame."""
    keys, last = [0], len(travelled_TN) - 1
    while keys[-1] < last:
        here = keys[-1]
        ahead = travelled_TN[here + 1 : here + 1 + widest[here]] - travelled_TN[here]
        near = (ahead <= step).all(axis=1)
        keys.append(here + (len(near) if near.all() else max(1, int(near.argmin()))))
    return keys
