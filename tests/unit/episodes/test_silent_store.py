"""A coordinator whose artifact store does not answer: it knows less, and goes on with all it knows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from episodes.errors import Unavailable
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from storage.artifacts.memory import MemoryArtifacts
from tests.builders import a_plan
from tests.fakes import settle
from tests.unit.episodes.stage import PACE, Stage


class SilentArtifacts(MemoryArtifacts):
    """Reading from it can be made impossible."""

    def __init__(self) -> None:
        super().__init__()
        self.is_silent = False

    def get_bytes(self, key: str) -> bytes:
        if self.is_silent:
            raise Unavailable("The store does not answer.")
        return super().get_bytes(key)


@dataclass
class SilentStage(Stage):
    artifacts: SilentArtifacts = field(default_factory=SilentArtifacts)


@pytest.mark.slow
async def test_what_nobody_has_is_not_rendered_again_while_the_store_may_have_it() -> None:
    stage = SilentStage(num_renderers=2)
    async with stage.coordinator("one"):
        episode_id = await stage.begin(a_plan(3))
        attempt_id = stage.fleet.hand_over("renderer:animatic:0")
    stage.fleet.forget_callers()
    stage.fleet.publish(attempt_id, reply=False)

    stage.artifacts.is_silent = True
    async with stage.coordinator("two"):  # it has to look for what was in the air
        await stage.clock.advance(PACE.lease_ttl_s + 60)
        assert stage.look(episode_id).beats[0].attempts[0].state is AttemptState.OPEN
        stage.fleet.finish("renderer:animatic:0")  # the third beat needs no old answer
        await settle()
        assert stage.beat_states(episode_id) == [BeatState.RENDERING, BeatState.RENDERING, BeatState.ACCEPTED]

        stage.artifacts.is_silent = False
        await stage.finish_all()
        await stage.clock.advance(5)

    episode = stage.look(episode_id)
    assert episode.state is EpisodeState.COMPLETED
    assert [len(b.attempts) for b in episode.beats] == [1, 1, 1]


@pytest.mark.slow
async def test_patience_with_a_silent_store_ends() -> None:
    stage = SilentStage(pace=replace(PACE, bear_s=90.0))
    stage.artifacts.is_silent = True
    async with stage.coordinator():
        episode_id = await stage.begin(a_plan(1))
        stage.fleet.lose("renderer:animatic:0")
        await stage.clock.advance(stage.pace.bear_s)
        assert len(stage.look(episode_id).beats[0].attempts) == 1

        await stage.clock.advance(60)
        attempts = stage.look(episode_id).beats[0].attempts
        assert [a.state for a in attempts] == [AttemptState.FAILED, AttemptState.OPEN]
        assert "cannot be read" in (attempts[0].reason or "")
        stage.artifacts.is_silent = False
        await stage.finish_all()


@pytest.mark.slow
async def test_a_render_that_was_told_to_stop_ends_as_stopped_though_the_store_stays_silent() -> None:
    stage = SilentStage(pace=replace(PACE, bear_s=90.0))
    stage.artifacts.is_silent = True
    async with stage.coordinator():
        episode_id = await stage.begin(a_plan(1))
        stage.fleet.is_deaf = True
        stage.store.cancel(episode_id)
        await stage.wake()
        stage.fleet.lose("renderer:animatic:0")
        await stage.clock.advance(stage.pace.bear_s + 10)

    episode = stage.look(episode_id)
    assert episode.state is EpisodeState.CANCELLED
    assert [a.state for a in episode.beats[0].attempts] == [AttemptState.CANCELLED]
