"""What `render` tells while an episode is being rendered."""

from __future__ import annotations

import pytest

from api.client import JsonObject
from commands.following import NUM_LOOKS, Hindrances

NO_MONEY = "It waits for the episode's budget: 2.00 are needed and 1.00 left."


def an_episode(*waiting: str, depends_on: tuple[str, ...] = ()) -> JsonObject:
    """A beat for each; an empty one is accepted."""
    beats = [
        {"beat_id": f"b{i}", "state": "PENDING" if why else "ACCEPTED", "waiting": why, "depends_on": list(depends_on)}
        for i, why in enumerate(waiting, 1)
    ]
    return {"beats": beats}


def told(*episodes: JsonObject) -> list[str]:
    hindrances = Hindrances()
    return [line for episode in episodes for line in hindrances.new_in(episode)]


def test_what_a_beat_waits_for_is_told_once_when_it_lasts() -> None:
    assert told(*[an_episode("", NO_MONEY, NO_MONEY)] * 3 * NUM_LOOKS) == [f"b2: {NO_MONEY}"]


def test_what_is_otherwise_soon_is_not_worth_a_word() -> None:
    starts = an_episode("A renderer for 'animatic' is free: it starts in a moment.")

    assert told(*[*[starts] * (NUM_LOOKS - 1), an_episode("")] * 3) == []


def test_what_it_waits_for_next_is_told_too() -> None:
    first, then = an_episode("The queue is paused."), an_episode(NO_MONEY)

    assert told(*[first] * NUM_LOOKS, *[then] * NUM_LOOKS) == ["b1: The queue is paused.", f"b1: {NO_MONEY}"]


@pytest.mark.parametrize(("depends_on", "num_told"), [(("b1",), 1), (("b2",), 0)])
def test_who_waits_for_another_beat_needs_no_word(depends_on: tuple[str, ...], num_told: int) -> None:
    waits = an_episode("", "It waits for something.", depends_on=depends_on)

    assert len(told(*[waits] * NUM_LOOKS)) == num_told
