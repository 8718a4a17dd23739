"""What becomes of attempts whose renderer, answer or coordinator is gone."""

from __future__ import annotations

import pytest

from episodes.errors import FailureClass
from episodes.fleet import MAX_PREVIEW_BYTES
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from tests.builders import a_plan
from tests.fakes import settle
from tests.unit.episodes.stage import PACE, Stage


async def test_a_killed_renderer_gives_its_beat_back() -> None:
    stage = Stage(num_renderers=1)
    async with stage.coordinator():
        episode_id = await stage.begin(a_plan(1))
        stage.fleet.lose("renderer:animatic:0")
        await stage.clock.advance(10)
        await stage.finish_all()

    episode = stage.look(episode_id)
    assert episode.state is EpisodeState.COMPLETED
    assert [a.failure_class for a in episode.beats[0].attempts] == [FailureClass.CRASH, None]


async def test_whether_a_lost_beat_is_anywhere_is_settled_before_the_next_survey_is_due() -> None:
    stage = Stage(num_renderers=1)
    async with stage.coordinator():
        episode_id = await stage.begin(a_plan(1))
        stage.fleet.lose("renderer:animatic:0")
        await settle()
        assert stage.beat_states(episode_id) == [BeatState.RENDERING]
        await stage.clock.advance(PACE.doubt_s)

        assert PACE.doubt_s < PACE.survey_s
        assert stage.beat_states(episode_id) == [BeatState.PENDING]


@pytest.mark.slow
async def test_a_renderer_that_was_frozen_before_the_coordinator_came_is_replaced_when_it_stays_silent() -> None:
    stage, frozen = Stage(num_renderers=1), "renderer:animatic:0"
    async with stage.coordinator("one"):
        await settle()
    stage.fleet.found.add(frozen)
    async with stage.coordinator("two"):
        await stage.clock.advance(PACE.lease_ttl_s + PACE.silence_s)
        assert stage.fleet.replaced == []
        await stage.clock.advance(2 * PACE.survey_s + PACE.retry_lease_s)

        assert stage.fleet.replaced == [frozen]


async def test_a_clip_whose_reply_was_lost_is_found_in_the_store_and_not_rendered_again() -> None:
    stage = Stage()
    async with stage.coordinator("one"):
        episode_id = await stage.begin(a_plan(1))
        attempt_id = stage.fleet.hand_over("renderer:animatic:0")
    stage.fleet.forget_callers()
    stage.fleet.publish(attempt_id, reply=False)

    async with stage.coordinator("two"):
        await stage.clock.advance(2 * PACE.lease_ttl_s)

    assert stage.look(episode_id).state is EpisodeState.COMPLETED
    assert len(stage.fleet.started) == 1


@pytest.mark.slow
async def test_a_new_coordinator_waits_for_renders_that_still_run() -> None:
    stage = Stage()
    async with stage.coordinator("one"):
        episode_id = await stage.begin(a_plan(1))
    stage.fleet.forget_callers()

    async with stage.coordinator("two"):
        await stage.clock.advance(3 * PACE.lease_ttl_s)
        assert stage.beat_states(episode_id) == [BeatState.RENDERING]
        attempt_id = stage.fleet.hand_over("renderer:animatic:0")
        stage.fleet.publish(attempt_id, reply=False)
        await stage.clock.advance(3)

    assert stage.look(episode_id).state is EpisodeState.COMPLETED
    assert len(stage.fleet.started) == 1


@pytest.mark.slow
async def test_work_that_died_with_everything_is_rendered_again() -> None:
    stage = Stage()
    async with stage.coordinator("one"):
        episode_id = await stage.begin(a_plan(2))
        stage.fleet.finish()
        await settle()
    stage.fleet.forget_callers()
    stage.fleet.rendering.clear()

    async with stage.coordinator("two"):
        for _ in range(10):
            await stage.clock.advance(4)
            await stage.finish_all()

    assert stage.look(episode_id).state is EpisodeState.COMPLETED
    assert [j.meta.beat_id for j in stage.fleet.started] == ["b1", "b2", "b2"]


async def test_a_renderer_that_does_not_listen_to_a_cancel_is_killed() -> None:
    stage = Stage()
    stage.fleet.is_deaf = True
    async with stage.coordinator() as coordinator:
        episode_id = await stage.begin(a_plan(1))
        stage.store.cancel(episode_id)
        coordinator.wake()
        await stage.clock.advance(PACE.stop_s - 2)
        assert stage.fleet.replaced == []
        await stage.clock.advance(10)

    assert stage.fleet.replaced == ["renderer:animatic:0"]
    assert stage.look(episode_id).state is EpisodeState.CANCELLED


@pytest.mark.slow
async def test_a_frozen_renderer_is_killed_and_its_beat_goes_on_elsewhere() -> None:
    stage = Stage(num_renderers=2)
    async with stage.coordinator():
        episode_id = await stage.begin(a_plan(1))
        [frozen] = stage.fleet.rendering
        stage.fleet.silent.add(frozen)
        await stage.clock.advance(PACE.silence_s - 3)
        assert stage.fleet.replaced == []
        await stage.clock.advance(10)
        await stage.finish_all()

    first, second = stage.look(episode_id).beats[0].attempts
    assert stage.fleet.replaced == [frozen]
    assert "no sign of life" in first.reason
    assert first.failure_class is FailureClass.CRASH
    assert (second.state, second.renderer != frozen) == (AttemptState.SELECTED, True)


@pytest.mark.slow
async def test_a_renderer_that_answers_but_comes_no_further_is_killed_too() -> None:
    stage = Stage()
    stage.fleet.is_stuck = True
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(1))
        coordinator.wake()
        await stage.clock.advance(PACE.stall_s - 3)
        assert stage.fleet.replaced == []
        await stage.clock.advance(10)

    assert stage.fleet.replaced == ["renderer:animatic:0"]
    assert "no progress" in stage.look(episode_id).beats[0].attempts[0].reason


async def test_progress_is_recorded_while_a_beat_renders_and_never_falls() -> None:
    stage = Stage()
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(1))
        coordinator.wake()
        await stage.clock.advance(2)
        rendering = stage.look(episode_id).beats[0].progress
        stage.fleet.hand_over("renderer:animatic:0")
        await stage.clock.advance(2)
        publishing = stage.look(episode_id).beats[0].progress

    assert 0 < rendering < publishing < 1


async def test_how_a_beat_looks_is_recorded_now_and_then_and_only_when_it_is_news() -> None:
    stage, renderer = Stage(), "renderer:animatic:0"
    async with stage.coordinator():
        episode_id = await stage.begin(a_plan(1))
        stage.fleet.show(renderer, b"first")
        await stage.clock.advance(PACE.survey_s)
        assert stage.store.preview(episode_id, "b1") == b"first"

        stage.fleet.show(renderer, b"second")
        await stage.clock.advance(PACE.survey_s)
        assert stage.store.preview(episode_id, "b1") == b"first"
        await stage.clock.advance(PACE.preview_s)
        assert stage.store.preview(episode_id, "b1") == b"second"

        await stage.finish_all()
        assert stage.store.preview(episode_id, "b1") is None


async def test_a_picture_that_is_too_large_is_not_recorded_and_harms_nobody() -> None:
    stage = Stage()
    async with stage.coordinator():
        episode_id = await stage.begin(a_plan(1))
        stage.fleet.show("renderer:animatic:0", b"x" * (MAX_PREVIEW_BYTES + 1))
        await stage.clock.advance(2 * PACE.survey_s)
        assert stage.store.preview(episode_id, "b1") is None
        await stage.finish_all()

    assert stage.look(episode_id).state is EpisodeState.COMPLETED
