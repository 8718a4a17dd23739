"""People cancel, pause and try again while a coordinator works."""

from __future__ import annotations

import pytest

from episodes.errors import FailureClass
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from tests.builders import a_plan
from tests.fakes import settle
from tests.unit.episodes.stage import Stage


async def test_cancelling_stops_running_renders_and_accepts_nothing_more() -> None:
    stage = Stage(num_renderers=2)
    async with stage.coordinator():
        episode_id = await stage.begin(a_plan(3))
        stage.store.cancel(episode_id)
        await stage.wake()

    episode = stage.look(episode_id)
    assert episode.state is EpisodeState.CANCELLED
    assert {b.state for b in episode.beats} == {BeatState.CANCELLED}
    assert len(stage.fleet.cancelled) == 2
    assert {a.state for b in episode.beats for a in b.attempts} == {AttemptState.CANCELLED}


async def test_a_clip_that_comes_after_the_cancel_is_not_taken() -> None:
    stage = Stage()
    async with stage.coordinator():
        episode_id = await stage.begin(a_plan(1))
        attempt_id = stage.fleet.hand_over("renderer:animatic:0")
        stage.store.cancel(episode_id)
        stage.fleet.publish(attempt_id)
        await stage.clock.advance(5)

    episode = stage.look(episode_id)
    assert episode.state is EpisodeState.CANCELLED
    assert episode.beats[0].artifacts == ()


async def test_cancelling_one_beat_stops_its_render_and_the_rest_becomes_the_film() -> None:
    stage = Stage(num_renderers=2)
    async with stage.coordinator():
        episode_id = await stage.begin(a_plan(2))
        stage.store.cancel_beat(episode_id, "b1")
        await stage.wake()
        await stage.finish_all()

    assert [j.job_id for j in stage.fleet.started if j.meta.beat_id == "b1"] == stage.fleet.cancelled
    assert stage.beat_states(episode_id) == [BeatState.CANCELLED, BeatState.ACCEPTED]
    assert stage.look(episode_id).state is EpisodeState.PARTIALLY_COMPLETED


@pytest.mark.slow
async def test_a_paused_episode_finishes_what_runs_and_starts_nothing_new() -> None:
    stage = Stage()
    async with stage.coordinator():
        episode_id = await stage.begin(a_plan(2))
        stage.store.pause(episode_id)
        await stage.wake()
        stage.fleet.finish()
        await stage.clock.advance(20)
        assert stage.beat_states(episode_id) == [BeatState.ACCEPTED, BeatState.PENDING]

        stage.store.resume(episode_id)
        await stage.wake()
        await stage.finish_all()

    assert stage.look(episode_id).state is EpisodeState.COMPLETED


@pytest.mark.slow
async def test_a_paused_queue_starts_nothing_for_anybody() -> None:
    stage = Stage()
    async with stage.coordinator() as coordinator:
        stage.store.pause_queue()
        episode_id = stage.submit(a_plan(1))
        coordinator.wake()
        await stage.clock.advance(20)
        assert stage.fleet.started == []

        stage.store.resume_queue()
        await stage.wake()
        await stage.finish_all()

    assert stage.look(episode_id).state is EpisodeState.COMPLETED


async def test_a_retried_beat_opens_the_episode_again_and_the_film_is_cut_anew() -> None:
    stage = Stage()
    async with stage.coordinator():
        episode_id = await stage.begin(a_plan(2))
        stage.fleet.fail(FailureClass.CONTENT)
        await settle()
        await stage.finish_all()
        assert stage.look(episode_id).state is EpisodeState.PARTIALLY_COMPLETED

        stage.store.retry_beat(episode_id, "b1")
        await stage.wake()
        await stage.finish_all()

    episode = stage.look(episode_id)
    assert episode.state is EpisodeState.COMPLETED
    assert [a.version for a in episode.artifacts] == [2]
    assert [p.beat_id for p in stage.fleet.films[-1].parts] == ["b1", "b2"]
