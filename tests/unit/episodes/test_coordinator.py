from __future__ import annotations

from collections.abc import Sequence

import pytest

from episodes.errors import FailureClass
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from episodes.model import Acceptance, Lease
from episodes.plan import Plan
from tests.builders import a_beat, a_plan
from tests.fakes import settle
from tests.unit.episodes.stage import PACE, Stage


async def test_an_episode_becomes_a_film() -> None:
    stage = Stage()
    async with stage.coordinator():
        episode_id = await stage.begin(a_plan(3))
        await stage.finish_all()

    episode = stage.look(episode_id)
    assert episode.state is EpisodeState.COMPLETED
    assert [b.state for b in episode.beats] == [BeatState.ACCEPTED] * 3
    assert [a.artifact_type for a in episode.artifacts] == ["film"]
    assert episode.progress == 1.0


async def test_the_film_has_the_clips_in_story_order() -> None:
    stage = Stage(num_renderers=3)
    async with stage.coordinator():
        await stage.begin(a_plan(3))
        for renderer in ("renderer:animatic:2", "renderer:animatic:0", "renderer:animatic:1"):
            stage.fleet.finish(renderer)
            await settle()

    assert [p.beat_id for p in stage.fleet.films[0].parts] == ["b1", "b2", "b3"]


@pytest.mark.slow
async def test_of_many_episodes_each_is_asked_once_whether_it_moves_on(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(num_renderers=1)
    asked: list[str] = []

    def counted(lease: Lease, episode_id: str) -> EpisodeState:
        asked.append(episode_id)
        return settled(lease, episode_id)

    settled = stage.store.settle
    monkeypatch.setattr(stage.store, "settle", counted)
    async with stage.coordinator():
        ids = [await stage.begin(a_plan(2)) for _ in range(6)]
        await stage.finish_all()

    assert {stage.look(i).state for i in ids} == {EpisodeState.COMPLETED}
    assert sorted(asked) == sorted(ids)


async def test_a_lost_wake_up_costs_only_a_look() -> None:
    stage = Stage()
    async with stage.coordinator():
        episode_id = stage.submit(a_plan(1))
        await stage.clock.advance(PACE.look_s)
        await stage.finish_all()

    assert stage.look(episode_id).state is EpisodeState.COMPLETED


async def test_publishing_overlaps_the_next_render() -> None:
    stage = Stage(num_renderers=1)
    async with stage.coordinator():
        await stage.begin(a_plan(2))
        stage.fleet.hand_over("renderer:animatic:0")
        await settle()

        assert len(stage.fleet.publishing) == 1
        assert len(stage.fleet.rendering) == 1


async def test_a_beat_that_depends_on_another_waits_for_its_clip() -> None:
    plan = Plan(beats=(a_beat(0), a_beat(1, depends_on=("b1",), starts_from="b1")))
    stage = Stage(num_renderers=2)
    async with stage.coordinator():
        await stage.begin(plan)
        assert [j.meta.beat_id for j in stage.fleet.started] == ["b1"]

        stage.fleet.finish()
        await settle()

        second = stage.fleet.started[1]
        assert second.meta.beat_id == "b2"
        assert second.input.start_frame is not None
        assert second.input.start_frame.video_key == stage.fleet.started[0].video_key


async def test_two_episodes_share_one_renderer_beat_by_beat() -> None:
    stage = Stage()
    async with stage.coordinator():
        first, second = stage.submit(a_plan(3)), stage.submit(a_plan(3))
        await stage.wake()
        await stage.finish_all()

    order = [job.meta.episode_id for job in stage.fleet.started]
    assert order == [first, second] * 3


async def test_a_failed_attempt_goes_to_another_renderer() -> None:
    stage = Stage(num_renderers=2)
    async with stage.coordinator():
        episode_id = await stage.begin(a_plan(1))
        stage.fleet.fail(FailureClass.OUTPUT)
        await stage.clock.advance(5)
        await stage.finish_all()

    attempts = stage.look(episode_id).beats[0].attempts
    assert [a.state for a in attempts] == [AttemptState.FAILED, AttemptState.SELECTED]
    assert len({a.renderer for a in attempts}) == 2
    assert attempts[0].reason == "made to fail: output"


async def test_a_success_without_a_clip_is_a_failed_output() -> None:
    stage = Stage()
    async with stage.coordinator():
        episode_id = await stage.begin(a_plan(1))
        stage.fleet.succeed_without_a_clip()
        await stage.clock.advance(5)
        await stage.finish_all()

    attempts = stage.look(episode_id).beats[0].attempts
    assert [a.state for a in attempts] == [AttemptState.FAILED, AttemptState.SELECTED]
    assert attempts[0].failure_class is FailureClass.OUTPUT


@pytest.mark.slow
async def test_a_success_with_anothers_clip_is_a_failed_output_and_stops_nobody() -> None:
    stage = Stage()
    async with stage.coordinator():
        episode_id = await stage.begin(a_plan(1))
        first = stage.fleet.finish()
        await stage.clock.advance(5)
        stage.store.edit_plan(episode_id, a_plan(1, description="Something else.").beats)
        await stage.wake()
        stage.fleet.succeed_with_a_file_of(first)
        await stage.clock.advance(5)
        await stage.finish_all()

    [beat] = stage.look(episode_id).beats
    assert [a.state for a in beat.attempts] == [AttemptState.SUPERSEDED, AttemptState.FAILED, AttemptState.SELECTED]
    assert beat.attempts[1].failure_class is FailureClass.OUTPUT
    assert stage.look(episode_id).state is EpisodeState.COMPLETED


async def test_a_render_that_stops_though_nobody_cancelled_it_is_not_the_beats_fault() -> None:
    stage = Stage()
    async with stage.coordinator():
        episode_id = await stage.begin(a_plan(1))
        await stage.fleet.cancel(stage.fleet.started[0].job_id)
        await stage.clock.advance(5)
        await stage.finish_all()

    attempts = stage.look(episode_id).beats[0].attempts
    assert [a.failure_class for a in attempts] == [FailureClass.INFRA, None]


@pytest.mark.slow
async def test_a_job_says_how_often_its_beat_failed_since_a_person_asked_for_it() -> None:
    stage = Stage()
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(1))
        coordinator.wake()
        for failure_class in (FailureClass.INFRA, FailureClass.OUTPUT, FailureClass.CONTENT):
            await settle()
            stage.fleet.fail(failure_class)
            await stage.clock.advance(5)
        stage.store.retry_beat(episode_id, "b1")
        coordinator.wake()
        await stage.clock.advance(5)
        await stage.finish_all()

    assert [job.meta.num_failures for job in stage.fleet.started] == [0, 1, 2, 0]


@pytest.mark.slow
async def test_a_beat_fails_after_three_counted_attempts_and_the_rest_finishes() -> None:
    stage = Stage()
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(2))
        coordinator.wake()
        for _ in range(20):
            await settle()
            if stage.fleet.rendering:
                job = next(iter(stage.fleet.rendering.values())).job
                stage.fleet.fail(FailureClass.RESOURCE) if job.meta.beat_id == "b1" else stage.fleet.finish()
            await stage.clock.advance(2)

    episode = stage.look(episode_id)
    assert episode.state is EpisodeState.PARTIALLY_COMPLETED
    assert [b.state for b in episode.beats] == [BeatState.FAILED, BeatState.ACCEPTED]
    assert len(episode.beats[0].attempts) == 3
    assert [p.beat_id for p in stage.fleet.films[0].parts] == ["b2"]


async def test_an_episode_without_any_clip_fails() -> None:
    stage = Stage()
    async with stage.coordinator():
        episode_id = await stage.begin(a_plan(1))
        stage.fleet.fail(FailureClass.CONTENT)
        await settle()

    assert stage.look(episode_id).state is EpisodeState.FAILED
    assert stage.fleet.films == []


@pytest.mark.slow
async def test_a_second_coordinator_waits_until_the_lease_ends() -> None:
    stage = Stage()
    async with stage.coordinator("one"), stage.coordinator("two"):
        await stage.clock.advance(5 * PACE.lease_ttl_s)
        assert (stage.store.lease_holder() or ("", 0))[0] == "one"


async def test_a_stopped_coordinator_hands_over_at_once() -> None:
    stage = Stage()
    async with stage.coordinator("one") as first, stage.coordinator("two"):
        first.stop()
        await stage.clock.advance(PACE.retry_lease_s)
        assert (stage.store.lease_holder() or ("", 0))[0] == "two"


async def test_a_beat_that_nobody_can_render_fails_with_that_reason() -> None:
    stage = Stage()
    async with stage.coordinator():
        episode_id = await stage.begin(Plan(beats=(a_beat(0), a_beat(1, backend="veo"))))
        await stage.finish_all()

    episode = stage.look(episode_id)
    assert episode.state is EpisodeState.PARTIALLY_COMPLETED
    assert "No eligible renderer" in episode.beats[1].reason


async def fail_and_finish(stage: Stage, bad: str, good: str, *, every_s: float) -> None:
    """For a while, one fails whatever it gets and the other finishes it."""
    for _ in range(60):
        await settle()
        if bad in stage.fleet.rendering:
            stage.fleet.fail(FailureClass.RESOURCE, bad)
        if good in stage.fleet.rendering:
            stage.fleet.finish(good)
        await stage.clock.advance(every_s)


@pytest.mark.slow
async def test_a_renderer_that_fails_three_beats_in_a_row_gets_no_more() -> None:
    stage = Stage(num_renderers=2)
    bad, good = stage.fleet.kinds()[0].renderers
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(8))
        coordinator.wake()
        await fail_and_finish(stage, bad, good, every_s=1.0)

    attempts = [a for b in stage.look(episode_id).beats for a in b.attempts]
    assert stage.look(episode_id).state is EpisodeState.COMPLETED
    assert sum(a.renderer == bad for a in attempts) == 3
    fleet = stage.store.fleet()
    assert fleet is not None
    assert {r.name: bool(r.blocked_reason) for r in fleet.renderers} == {bad: True, good: False}


@pytest.mark.slow
async def test_a_blocked_renderer_stays_blocked_under_the_next_coordinator_unless_it_was_started_anew() -> None:
    stage = Stage(num_renderers=2)
    bad, good = stage.fleet.kinds()[0].renderers
    async with stage.coordinator("one") as coordinator:
        stage.submit(a_plan(8))
        coordinator.wake()
        await fail_and_finish(stage, bad, good, every_s=0.5)
    await stage.clock.advance(PACE.lease_ttl_s)

    async with stage.coordinator("two"):
        stage.submit(a_plan(2))
        await stage.clock.advance(PACE.look_s + PACE.lease_ttl_s)
        assert list(stage.fleet.rendering) == [good]
    stage.fleet.lose(bad)
    await stage.clock.advance(PACE.lease_ttl_s)

    async with stage.coordinator("three"):
        await stage.clock.advance(PACE.look_s + PACE.lease_ttl_s)
        assert sorted(stage.fleet.rendering) == [bad, good]


@pytest.mark.slow
async def test_who_is_started_in_place_of_a_blocked_renderer_gets_beats() -> None:
    stage = Stage(num_renderers=2)
    bad, good = stage.fleet.kinds()[0].renderers
    async with stage.coordinator() as coordinator:
        stage.submit(a_plan(8))
        coordinator.wake()
        await fail_and_finish(stage, bad, good, every_s=0.5)
        stage.submit(a_plan(2))
        await stage.clock.advance(PACE.look_s)
        assert list(stage.fleet.rendering) == [good]

        stage.fleet.lose(bad)
        await stage.clock.advance(PACE.look_s)

        assert sorted(stage.fleet.rendering) == [bad, good]


@pytest.mark.slow
async def test_a_beat_that_kills_its_renderers_is_quarantined_and_the_rest_finishes() -> None:
    stage = Stage(num_renderers=2)
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(3))
        coordinator.wake()
        for _ in range(30):
            await settle()
            for name, render in list(stage.fleet.rendering.items()):
                stage.fleet.lose(name) if render.job.meta.beat_id == "b2" else stage.fleet.finish(name)
            await stage.clock.advance(1)

    episode = stage.look(episode_id)
    assert episode.state is EpisodeState.PARTIALLY_COMPLETED
    assert [b.state for b in episode.beats] == [BeatState.ACCEPTED, BeatState.FAILED, BeatState.ACCEPTED]
    assert len(episode.beats[1].attempts) == 2
    assert len({a.renderer for a in episode.beats[1].attempts}) == 2
    assert "Quarantined" in episode.beats[1].reason


@pytest.mark.slow
async def test_when_every_renderer_is_blocked_the_rest_fails_with_that_reason() -> None:
    stage = Stage(num_renderers=1)
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(5))
        coordinator.wake()
        for _ in range(60):
            await settle()
            if stage.fleet.rendering:
                stage.fleet.fail(FailureClass.OUTPUT)
            await stage.clock.advance(2)

    episode = stage.look(episode_id)
    assert episode.state is EpisodeState.FAILED
    assert "No eligible renderer" in episode.beats[-1].reason


async def test_clips_that_come_while_all_renderers_are_busy_are_recorded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(num_renderers=2)
    recorded = batches_of(stage, monkeypatch)
    async with stage.coordinator():
        await stage.begin(a_plan(4))
        for renderer in ("renderer:animatic:0", "renderer:animatic:1"):
            stage.fleet.finish(renderer)
            await settle()
        before = list(recorded)
        await stage.clock.advance(PACE.gather_s)

    assert (before, recorded) == ([], [2])


async def test_no_renderer_stays_idle_for_a_clip_that_waits_to_be_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(num_renderers=1)
    recorded = batches_of(stage, monkeypatch)
    async with stage.coordinator():
        await stage.begin(Plan(beats=(a_beat(0), a_beat(1, depends_on=("b1",)))))
        stage.fleet.finish()
        await settle()

        assert recorded == [1]
        assert len(stage.fleet.rendering) == 1


def batches_of(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many clips each call to the store accepts, as they come."""
    batches: list[int] = []

    def counted(lease: Lease, acceptances: Sequence[Acceptance]) -> list[bool]:
        batches.append(len(acceptances))
        return accept(lease, acceptances)

    accept = stage.store.accept
    monkeypatch.setattr(stage.store, "accept", counted)
    return batches
