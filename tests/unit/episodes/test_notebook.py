"""What a coordinator still knows after a term that ended because the database went away."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from episodes.errors import Unavailable
from episodes.lifecycle import EpisodeState
from episodes.model import ActiveEpisode, Lease
from episodes.notebook import LONGEST_GAP_S, Notebook
from episodes.patience import Patience
from episodes.watch import Watch
from storage.memory import MemoryEpisodeStore
from tests.builders import a_plan
from tests.unit.episodes.stage import PACE, Stage


class LapsingStore(MemoryEpisodeStore):
    """It goes away for one call, when a test says so."""

    is_lapsing = False

    def active_episodes(self, lease: Lease) -> list[ActiveEpisode]:
        if self.is_lapsing:
            self.is_lapsing = False
            raise Unavailable("The database does not answer.")
        return super().active_episodes(lease)


@dataclass
class LapsingStage(Stage):
    def __post_init__(self) -> None:
        super().__post_init__()
        self.lapsing = self.store = LapsingStore(now_s=self.clock.now_s)

    async def go_on(self, seconds: int) -> None:
        """While the database goes away every other second."""
        for second in range(seconds):
            self.lapsing.is_lapsing = second % 2 == 0
            await self.clock.advance(1)


@pytest.mark.slow
async def test_a_renderer_that_does_not_listen_is_killed_though_the_database_comes_and_goes() -> None:
    stage = LapsingStage()
    async with stage.coordinator():
        episode_id = await stage.begin(a_plan(1))
        stage.fleet.is_deaf = True
        stage.store.cancel(episode_id)
        await stage.go_on(int(PACE.stop_s) + 10)

        assert stage.fleet.replaced == ["renderer:animatic:0"]
        assert stage.look(episode_id).state is EpisodeState.CANCELLED


@pytest.mark.slow
async def test_a_frozen_renderer_is_killed_though_the_database_comes_and_goes() -> None:
    stage = LapsingStage()
    async with stage.coordinator():
        episode_id = await stage.begin(a_plan(1))
        stage.fleet.silent.add("renderer:animatic:0")
        await stage.go_on(int(PACE.silence_s) + 10)
        await stage.finish_all()
        await stage.clock.advance(5)

        assert stage.fleet.replaced == ["renderer:animatic:0"]
        await stage.finish_all()
        await stage.clock.advance(5)
        assert stage.look(episode_id).state is EpisodeState.COMPLETED


@pytest.mark.slow
async def test_a_database_that_goes_away_for_a_while_loses_nothing() -> None:
    stage = Stage()
    async with stage.coordinator():
        episode_id = stage.submit(a_plan(1))
        accept, stage.store.accept = stage.store.accept, _refuse  # type: ignore[method-assign, assignment]
        await stage.wake()
        stage.fleet.finish()
        await stage.clock.advance(1)
        stage.store.accept = accept  # type: ignore[method-assign]
        await stage.clock.advance(30)

    assert stage.look(episode_id).state is EpisodeState.COMPLETED
    assert len(stage.fleet.started) == 1


def test_time_in_which_nobody_looked_makes_nobody_late() -> None:
    notebook = a_notebook()

    assert [notebook.watched_s(at_s) for at_s in (100, 101, 1101, 1103)] == pytest.approx(
        [0, 1, 1 + LONGEST_GAP_S, 3 + LONGEST_GAP_S]
    )


def test_what_was_told_to_stop_is_forgotten_when_it_has_ended() -> None:
    notebook = a_notebook(told_to_stop={"a": 1.0, "b": 2.0})

    notebook.keep_only({"b", "c"})

    assert notebook.told_to_stop == {"b": 2.0}


def a_notebook(told_to_stop: dict[str, float] | None = None) -> Notebook:
    watch, patience = Watch(silence_s=30, stall_s=300, start_s=1800), Patience(failing_s=30, starting_s=1800)
    return Notebook(watch=watch, patience=patience, told_to_stop=told_to_stop or {})


def _refuse(*_: object) -> None:
    raise Unavailable("The database does not answer.")
