"""A coordinator renders takes beside the films that are there, or on their way."""

from __future__ import annotations

import pytest

from episodes.lifecycle import BeatState, EpisodeState
from episodes.model import Take
from episodes.reuse import COPIER
from tests.builders import a_kind, a_plan
from tests.contract.leading import a_chain
from tests.unit.episodes.stage import Stage

KIND = a_kind(recipe="drawn by hand", num_renderers=2)


def takes(stage: Stage, episode_id: str) -> list[Take]:
    return stage.store.takes(episode_id, "b1")


async def completed(stage: Stage, num_beats: int = 2) -> str:
    episode_id = await stage.begin(a_plan(num_beats))
    await stage.finish_all()
    assert stage.look(episode_id).state is EpisodeState.COMPLETED
    return episode_id


async def test_takes_of_a_finished_episode_are_rendered_and_it_stays_finished() -> None:
    stage = Stage(num_renderers=2)
    async with stage.coordinator():
        episode_id = await completed(stage)
        num_films = len(stage.look(episode_id).film_attempts)

        stage.store.ask_for_takes(episode_id, "b1", [None, 41])
        await stage.wake()
        assert [job.input.seed for job in stage.fleet.started[-2:]] == [take.seed for take in takes(stage, episode_id)[1:]]
        assert [job.input.beat.seed for job in stage.fleet.started[-2:]] == [take.seed for take in takes(stage, episode_id)[1:]]
        await stage.finish_all()

        assert [take.state for take in takes(stage, episode_id)] == [BeatState.ACCEPTED] * 3
        assert stage.look(episode_id).state is EpisodeState.COMPLETED
        assert len(stage.look(episode_id).film_attempts) == num_films


async def test_a_film_is_cut_while_a_take_is_rendered_and_the_take_goes_on() -> None:
    stage = Stage(num_renderers=2)
    async with stage.coordinator():
        episode_id = await stage.begin(a_chain(2))
        stage.fleet.finish()
        await stage.wake()
        stage.store.ask_for_takes(episode_id, "b1", [None])
        await stage.wake()
        slow = next(name for name, render in stage.fleet.rendering.items() if render.job.meta.beat_id == "b1")

        while others := [one for one in stage.fleet.rendering if one != slow]:
            stage.fleet.finish(others[0])
            await stage.wake()

        assert stage.look(episode_id).state is EpisodeState.COMPLETED
        assert takes(stage, episode_id)[1].state is BeatState.RENDERING
        stage.fleet.finish(slow)
        await stage.wake()
        assert takes(stage, episode_id)[1].state is BeatState.ACCEPTED


async def test_the_next_coordinator_goes_on_with_a_take() -> None:
    stage = Stage(num_renderers=1)
    async with stage.coordinator():
        episode_id = await completed(stage, 1)
        stage.store.ask_for_takes(episode_id, "b1", [None, None])
        await stage.wake()
    stage.fleet.forget_callers()
    async with stage.coordinator("two"):
        await stage.clock.advance(stage.pace.lease_ttl_s + 1.0)
        await stage.finish_all()
        await stage.clock.advance(3.0)
        await stage.finish_all()

        assert [take.state for take in takes(stage, episode_id)] == [BeatState.ACCEPTED] * 3


async def test_a_selected_take_is_cut_into_the_film_and_what_starts_from_it_is_rendered() -> None:
    stage = Stage(num_renderers=2)
    async with stage.coordinator():
        episode_id = await stage.begin(a_chain(2))
        await stage.finish_all()
        stage.store.ask_for_takes(episode_id, "b1", [41])
        await stage.wake()
        await stage.finish_all()

        stage.store.select_take(episode_id, "b1", 2)
        await stage.wake()
        assert [job.meta.beat_id for job in stage.fleet.started[-1:]] == ["b2"]
        await stage.finish_all()

        view = stage.look(episode_id)
        assert view.state is EpisodeState.COMPLETED
        assert [beat.revision for beat in view.beats] == [1, 2]
        assert len(view.film_attempts) == 2


async def test_a_stopped_take_lets_go_of_its_renderer() -> None:
    stage = Stage(num_renderers=1)
    async with stage.coordinator():
        episode_id = await completed(stage, 1)
        stage.store.ask_for_takes(episode_id, "b1", [None, None])
        await stage.wake()
        [running] = [render.job.job_id for render in stage.fleet.rendering.values()]

        stage.store.cancel_take(episode_id, "b1", 2)
        await stage.wake()

        assert running in stage.fleet.cancelled


@pytest.mark.slow
async def test_a_clip_of_a_take_is_used_again_by_whoever_has_its_seed() -> None:
    """And a selected take makes an episode that tells the same with its seed free."""
    stage = Stage(kinds=(KIND,))
    async with stage.coordinator():
        episode_id = stage.submit(a_plan(1))
        await stage.clock.advance(3.0)
        await stage.finish_all()
        stage.store.ask_for_takes(episode_id, "b1", [41])
        await stage.clock.advance(3.0)
        await stage.finish_all()
        stage.store.select_take(episode_id, "b1", 2)
        await stage.wake()
        num_rendered = len(stage.fleet.started)

        second = stage.submit(stage.look(episode_id).plan)
        await stage.clock.advance(3.0)

        [attempt] = stage.look(second).beats[0].attempts
        assert attempt.renderer == COPIER
        assert attempt.reused_from is not None
        source = takes(stage, episode_id)[1].attempt
        assert source is not None
        assert attempt.reused_from.attempt_id == source.attempt_id
        assert len(stage.fleet.started) == num_rendered


@pytest.mark.parametrize("backend", ["animatic", "gone"])
async def test_a_take_that_nobody_can_render_fails_alone(backend: str) -> None:
    stage = Stage(num_renderers=1)
    async with stage.coordinator():
        episode_id = await completed(stage, 1)
        there = stage.store._episodes[episode_id].beats["b1"]
        there.beat, there.backend = there.beat.model_copy(update={"backend": backend}), backend
        stage.store.ask_for_takes(episode_id, "b1", [None])
        await stage.wake()
        await stage.finish_all()

    is_there = backend == "animatic"
    assert takes(stage, episode_id)[1].state is (BeatState.ACCEPTED if is_there else BeatState.FAILED)
    assert stage.look(episode_id).state is EpisodeState.COMPLETED
