from __future__ import annotations

import pytest

from api.shaping import episode_shape, percent
from storage.memory import MemoryEpisodeStore
from tests.builders import a_plan, a_request


@pytest.mark.parametrize(
    ("share", "shown"), [(0.0, 0), (0.004, 0), (0.29, 29), (0.57, 57), (0.999, 99), (0.9999, 99), (1.0, 100)]
)
def test_per_cents_are_rounded_down_so_that_100_means_done(share: float, shown: int) -> None:
    assert percent(share) == shown


def test_an_episode_has_as_many_beats_as_were_planned_and_before_that_as_were_asked_for() -> None:
    store = MemoryEpisodeStore()
    asked = store.create(a_request(num_beats=7))
    planned = store.save_plan(asked.episode_id, a_plan(2), world_revision=1)
    assert (episode_shape(asked).num_beats, episode_shape(planned).num_beats) == (7, 2)
