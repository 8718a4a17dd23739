"""Openings: a beat that goes on from another's last frame begins with that very picture."""

from __future__ import annotations

import numpy as np

from rendering.backend import Frames
from rendering.backends.animatic.score import ease

DISSOLVE_S = 0.5
"""How long the earlier picture takes to give way."""
_SLATE = 0.085
"""Share of the height at the top in which the earlier clip's slate and timecode are burnt in."""


def dissolve(frame: Frames, before: Frames, time_s: float) -> None:
    """Lets `before` shine through, in place: all of it at the beat's first frame, nothing after DISSOLVE_S.

    Its topmost strip never comes back: the slate and the timecode are burnt into it.
    """
    share = 1 - ease(time_s / DISSOLVE_S)
    if share > 0:
        y = (np.arange(frame.shape[0], dtype=np.float32) + 0.5) / frame.shape[0]
        part = np.clip((y - _SLATE) / 0.05, 0, 1) * np.float32(share)
        frame[:] = (frame + (before.astype(np.float32) - frame) * part[:, None, None] + 0.5).astype(np.uint8)
