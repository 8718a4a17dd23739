"""A fleet that grows and shrinks with its beats, as a coordinator leads it."""

from __future__ import annotations

import pytest

from episodes.lifecycle import BeatState, EpisodeState
from episodes.waiting import why_waiting
from tests.builders import a_kind, a_plan
from tests.unit.episodes.stage import PACE, Stage

ELASTIC = a_kind(num_renderers=3, min_count=0, retire_after_s=60.0)
R0, R1, R2 = ELASTIC.renderers


async def test_the_first_beat_of_a_kind_with_nobody_there_starts_one_at_once() -> None:
    stage = Stage(kinds=(ELASTIC,))
    async with stage.coordinator():
        assert stage.fleet.names == []
        await stage.begin(a_plan(1))

        assert list(stage.fleet.rendering) == [R0]
    assert stage.clock.now_s() == 0.0


async def test_as_many_come_as_there_are_beats_and_at_most_as_many_as_there_may_be() -> None:
    stage = Stage(kinds=(ELASTIC,))
    async with stage.coordinator():
        await stage.begin(a_plan(2))
        assert stage.fleet.names == [R0, R1]

        await stage.begin(a_plan(9))
        assert list(stage.fleet.rendering) == [R0, R1, R2]


@pytest.mark.slow
async def test_who_has_nothing_to_do_goes_and_comes_back_when_it_is_needed() -> None:
    stage = Stage(kinds=(ELASTIC,))
    async with stage.coordinator() as coordinator:
        await stage.begin(a_plan(2))
        await stage.finish_all()
        await stage.clock.advance(ELASTIC.retire_after_s - 5)
        assert stage.fleet.names == [R0, R1]
        await stage.clock.advance(10)
        assert (stage.fleet.names, sorted(stage.fleet.retired)) == ([], [R0, R1])

        second = stage.submit(a_plan(1))
        coordinator.wake()
        await stage.clock.advance(PACE.survey_s)
        await stage.finish_all()

    assert stage.look(second).state is EpisodeState.COMPLETED
    assert stage.fleet.num_starts == 3


@pytest.mark.slow
async def test_nobody_is_let_go_before_its_clip_is_stored() -> None:
    stage = Stage(kinds=(ELASTIC,))
    async with stage.coordinator():
        await stage.begin(a_plan(1))
        attempt_id = stage.fleet.hand_over(R0)
        await stage.clock.advance(10 * ELASTIC.retire_after_s)
        assert stage.fleet.retired == []

        stage.fleet.publish(attempt_id)
        await stage.clock.advance(ELASTIC.retire_after_s + 5)
        assert stage.fleet.retired == [R0]


@pytest.mark.slow
async def test_a_beat_waits_for_a_renderer_that_is_being_started() -> None:
    stage = Stage(kinds=(ELASTIC,))
    stage.fleet.not_ready = {R0: ""}
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(1))
        coordinator.wake()
        await stage.clock.advance(30)
        episode = stage.look(episode_id)
        assert why_waiting(episode.beats[0], episode) == "A renderer for 'animatic' is being started."

        stage.fleet.not_ready = {}
        await stage.clock.advance(2)
        await stage.finish_all()

    assert stage.look(episode_id).state is EpisodeState.COMPLETED
    assert stage.fleet.num_starts == 1


@pytest.mark.slow
async def test_who_is_started_and_not_needed_any_more_goes() -> None:
    stage = Stage(kinds=(ELASTIC,))
    stage.fleet.not_ready = {R0: ""}
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(1))
        coordinator.wake()
        await stage.clock.advance(2)
        stage.store.cancel(episode_id)
        coordinator.wake()
        await stage.clock.advance(ELASTIC.retire_after_s + 5)

        assert stage.fleet.retired == [R0]


@pytest.mark.slow
async def test_a_renderer_that_cannot_start_is_tried_ever_more_slowly_and_the_beat_says_why_it_waits() -> None:
    stage = Stage(kinds=(ELASTIC,))
    stage.fleet.not_ready = {R0: "No model."}
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(1))
        coordinator.wake()
        await stage.clock.advance(60)
        episode = stage.look(episode_id)
        assert episode.beats[0].state is BeatState.PENDING
        assert why_waiting(episode.beats[0], episode) == (
            "No renderer for 'animatic' can start: No model. It is tried again after 32 s."
        )
        assert stage.fleet.num_starts == 6

        stage.fleet.not_ready = {}
        await stage.clock.advance(60)
        await stage.finish_all()

    assert stage.look(episode_id).state is EpisodeState.COMPLETED


async def test_an_idle_renderer_is_parked_and_renders_again() -> None:
    stage = Stage(kinds=(a_kind(park_after_s=20.0),))
    async with stage.coordinator():
        await stage.clock.advance(22)
        assert stage.fleet.parked == {R0}
        fleet = stage.store.fleet()
        assert fleet is not None
        assert [r.is_parked for r in fleet.renderers] == [True]

        await stage.begin(a_plan(1))
        assert list(stage.fleet.rendering) == [R0]
    assert stage.fleet.parked == set()


@pytest.mark.slow
async def test_how_long_the_first_beat_took_is_measured_once() -> None:
    stage = Stage()
    stage.fleet.not_ready = {R0: ""}
    async with stage.coordinator():
        await stage.clock.advance(7)
        stage.fleet.not_ready = {}
        await stage.clock.advance(100)
        await stage.begin(a_plan(2))
        await stage.finish_all()

    [(backend, ready_s, _)] = stage.meter.first_beats
    assert (backend, ready_s) == ("animatic", 8.0)


@pytest.mark.slow
async def test_a_new_coordinator_keeps_who_is_there() -> None:
    stage = Stage(kinds=(ELASTIC,))
    async with stage.coordinator("one"):
        await stage.begin(a_plan(1))
    stage.fleet.forget_callers()
    await stage.clock.advance(PACE.lease_ttl_s + 1)
    async with stage.coordinator("two"):
        await stage.clock.advance(ELASTIC.retire_after_s + 5)

        assert (stage.fleet.names, stage.fleet.retired) == ([R0], [])
