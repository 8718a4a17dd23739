"""For tests: the points at which a process of this system dies, once at each."""

from __future__ import annotations

from episodes.crash_points import arm
from settings import crash_points, load_settings


def arm_crash_points() -> None:
    """Where the environment names some. Comes before anything is opened; every actor's constructor and the API's door call it."""
    points = crash_points()
    if points:
        arm(points, load_settings().storyworld_home / "run" / "crash-points")
