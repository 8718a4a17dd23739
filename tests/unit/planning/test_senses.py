"""Common words are taken in their usual sense, and who is in the picture shows what it would."""

from __future__ import annotations

import pytest

from episodes.world import World
from tests.unit.planning.test_plan_lengths import plan_of


def shown(intent: str, name: str) -> list[str]:
    """What somebody shows in each beat that it is in."""
    beats = plan_of(intent, World()).beats
    return [member.action for beat in beats for member in beat.cast if member.character.name == name]


@pytest.mark.parametrize(
    ("intent", "name"),
    [("The princess wakes up", "Princess"), ("Anna wakes at dawn", "Anna"), ("The old man awakens", "Old Man")],
)
def test_who_wakes_has_slept(intent: str, name: str) -> None:
    assert shown(intent, name) == ["sleeps", "sits up and stretches", "stands and looks around"]


def test_whom_somebody_wakes_has_slept() -> None:
    assert shown("Mother wakes the child", "Child") == ["sleeps", "sits up and stretches", "stands and looks around"]
    assert "sleeps" not in shown("Mother wakes the child", "Mother")
