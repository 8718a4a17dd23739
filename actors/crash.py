"""For tests: the point at which one process of this system dies, once."""

from __future__ import annotations

from episodes.crash_points import arm
from settings import crash_point, load_settings


def arm_crash_point() -> None:
    """Where the environment names one. Comes before anything is opened; every actor's constructor and the API's door call it."""
    point = crash_point()
    if point is not None:
        arm(point, load_settings().storyworld_home / "run" / "crash-point")
