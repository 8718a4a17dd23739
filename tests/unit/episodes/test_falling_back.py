"""What a coordinator makes of beats whose episode names other backends for them."""

from __future__ import annotations

import pytest

from episodes.errors import FailureClass
from episodes.lifecycle import BeatState, EpisodeState
from tests.builders import a_kind, a_plan
from tests.fakes import settle
from tests.unit.episodes.stage import PACE, Stage

SVD, ANIMATIC = "renderer:svd:0", "renderer:animatic:0"


def a_stage(*, num_svd: int = 2) -> Stage:
    return Stage(kinds=(a_kind(), a_kind("svd", num_svd)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("failure_class", "num_attempts"),
    [(FailureClass.OUTPUT, 3), (FailureClass.RESOURCE, 3), (FailureClass.CRASH, 2), (FailureClass.CONTENT, 1)],
)
async def test_whatever_makes_a_beat_fail_it_is_tried_with_the_next_backend(
    failure_class: FailureClass, num_attempts: int
) -> None:
    stage = a_stage()
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(1, backend="svd"), "animatic")
        coordinator.wake()
        for _ in range(num_attempts):
            await settle()
            stage.fleet.fail(failure_class)
            await stage.clock.advance(5)
        await stage.finish_all()

    [beat] = stage.look(episode_id).beats
    assert (beat.state, beat.backend) == (BeatState.ACCEPTED, "animatic")
    assert beat.fallback_reason.startswith(f"svd could not: made to fail: {failure_class}")
    assert [job.backend for job in stage.fleet.started] == ["svd"] * num_attempts + ["animatic"]
    assert stage.fleet.started[-1].input.beat.backend == "animatic"


async def test_a_beat_fails_when_the_last_backend_could_not_either() -> None:
    stage = a_stage()
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(1, backend="svd"), "animatic")
        coordinator.wake()
        for _ in range(2):
            await settle()
            stage.fleet.fail(FailureClass.CONTENT)
        await settle()

    assert stage.look(episode_id).state is EpisodeState.FAILED
    assert stage.beat_states(episode_id) == [BeatState.FAILED]


async def test_a_backend_that_the_fleet_has_not_is_left_at_once_for_one_that_it_has() -> None:
    stage = Stage()
    async with stage.coordinator():
        episode_id = await stage.begin(a_plan(3, backend="svd"), "veo", "animatic")
        await stage.finish_all()

    episode = stage.look(episode_id)
    assert episode.state is EpisodeState.COMPLETED
    assert {b.backend for b in episode.beats} == {"animatic"}
    assert "svd could not: No eligible renderer" in episode.beats[0].fallback_reason
    assert "veo could not: No eligible renderer" in episode.beats[0].fallback_reason


@pytest.mark.slow
async def test_a_backend_that_cannot_start_is_left_after_a_while() -> None:
    stage = a_stage()
    stage.fleet.not_ready = dict.fromkeys(a_kind("svd", 2).renderers, "no weights")
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(1, backend="svd"), "animatic")
        coordinator.wake()
        await stage.clock.advance(PACE.failing_s - 2)
        assert stage.look(episode_id).beats[0].backend == "svd"
        await stage.clock.advance(5)
        await stage.finish_all()

    [beat] = stage.look(episode_id).beats
    assert (beat.state, beat.backend) == (BeatState.ACCEPTED, "animatic")
    assert beat.fallback_reason == "svd could not: No renderer for 'svd' can start: no weights"


@pytest.mark.slow
async def test_a_backend_that_no_machine_has_room_for_is_left_after_a_while() -> None:
    stage = a_stage(num_svd=1)
    stage.fleet.not_ready, stage.fleet.impossible = {SVD: ""}, {"svd": "it needs 1 GPU."}
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(1, backend="svd"), "animatic")
        coordinator.wake()
        await stage.clock.advance(PACE.failing_s + 5)
        await stage.finish_all()

    [beat] = stage.look(episode_id).beats
    assert (beat.state, beat.backend) == (BeatState.ACCEPTED, "animatic")
    assert beat.fallback_reason == "svd could not: No renderer for 'svd' can start: it needs 1 GPU."


@pytest.mark.slow
async def test_a_backend_that_gets_no_room_is_left_when_its_renderers_should_be_ready() -> None:
    stage = a_stage(num_svd=1)
    stage.fleet.not_ready = {SVD: ""}
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(1, backend="svd"), "animatic")
        coordinator.wake()
        await stage.clock.advance(PACE.start_s - 5)
        assert stage.look(episode_id).beats[0].backend == "svd"
        await stage.clock.advance(10)
        await stage.finish_all()

    assert "got ready within 1800 s" in stage.look(episode_id).beats[0].fallback_reason


@pytest.mark.slow
async def test_without_fallbacks_a_beat_waits_for_a_backend_that_cannot_start() -> None:
    stage = a_stage(num_svd=1)
    stage.fleet.not_ready = {SVD: "no weights"}
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(1, backend="svd"))
        coordinator.wake()
        await stage.clock.advance(10 * PACE.failing_s)

    assert stage.beat_states(episode_id) == [BeatState.PENDING]


@pytest.mark.slow
async def test_what_fell_back_is_found_in_sql_by_the_next_coordinator() -> None:
    stage = a_stage(num_svd=1)
    async with stage.coordinator("one"):
        episode_id = await stage.begin(a_plan(1, backend="svd"), "animatic")
        stage.fleet.fail(FailureClass.CONTENT)
        await settle()
        assert list(stage.fleet.rendering) == [ANIMATIC]
    stage.fleet.forget_callers()

    async with stage.coordinator("two"):
        await stage.clock.advance(2 * PACE.lease_ttl_s)
        attempt_id = stage.fleet.hand_over(ANIMATIC)
        stage.fleet.publish(attempt_id, reply=False)
        await stage.clock.advance(3)

    [beat] = stage.look(episode_id).beats
    assert (beat.state, beat.backend, len(beat.attempts)) == (BeatState.ACCEPTED, "animatic", 2)


@pytest.mark.slow
async def test_a_backend_that_could_not_start_is_tried_again_for_whoever_asks_for_it_later() -> None:
    stage = Stage(kinds=(a_kind(), a_kind("svd", min_count=0)))
    stage.fleet.not_ready = {SVD: "no weights"}
    async with stage.coordinator() as coordinator:
        stage.submit(a_plan(1, backend="svd"), "animatic")
        coordinator.wake()
        await stage.clock.advance(PACE.failing_s + 5)
        await stage.finish_all()
        await stage.clock.advance(300)
        stage.fleet.not_ready = {}

        second = stage.submit(a_plan(1, backend="svd"), "animatic")
        coordinator.wake()
        await stage.clock.advance(2)
        await stage.finish_all()

    assert stage.look(second).beats[0].backend == "svd"
