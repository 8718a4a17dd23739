from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from episodes.audit import audit
from episodes.coordinator import Coordinator
from episodes.errors import FailureClass, Unavailable
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from episodes.model import EpisodeView
from episodes.parts import Pace, Parts
from episodes.plan import Plan
from storage.artifacts.memory import MemoryArtifacts
from storage.memory import MemoryEpisodeStore
from tests.builders import a_beat, a_plan, a_request
from tests.fakes import FakeClock, FakeFleet, NullMeter, settle

T = TypeVar("T")
PACE = Pace()


async def inline(work: Callable[[], T], /) -> T:
    return work()


@dataclass
class Stage:
    """A store, a fleet without Ray, and the coordinators that a test raises on them."""

    num_renderers: int = 1
    clock: FakeClock = field(default_factory=FakeClock)
    artifacts: MemoryArtifacts = field(default_factory=MemoryArtifacts)
    meter: NullMeter = field(default_factory=NullMeter)
    pace: Pace = PACE

    def __post_init__(self) -> None:
        self.store = MemoryEpisodeStore(now_s=self.clock.now_s)
        self.fleet = FakeFleet(self.artifacts, self.num_renderers)

    @asynccontextmanager
    async def coordinator(self, holder: str = "one") -> AsyncIterator[Coordinator]:
        parts = Parts(
            store=self.store,
            fleet=self.fleet,
            artifacts=self.artifacts,
            clock=self.clock,
            meter=self.meter,
            random=Random(1),
            in_thread=inline,
        )
        coordinator = Coordinator(parts, holder, self.pace)
        task = asyncio.create_task(coordinator.run())
        await settle()
        try:
            yield coordinator
        finally:
            if task.done():
                task.result()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        assert audit(self.store, self.artifacts).violations == ()

    def submit(self, plan: Plan) -> str:
        episode_id = self.store.create(a_request()).episode_id
        self.store.save_plan(episode_id, plan, world_revision=1)
        self.store.execute(episode_id)
        return episode_id

    def look(self, episode_id: str) -> EpisodeView:
        return self.store.episode(episode_id)

    def beat_states(self, episode_id: str) -> list[BeatState]:
        return [b.state for b in self.look(episode_id).beats]

    async def finish_all(self) -> None:
        """Renderers finish whatever they get, until nothing more comes."""
        for _ in range(100):
            if not self.fleet.rendering:
                return
            self.fleet.finish()
            await settle()


async def test_an_episode_becomes_a_film() -> None:
    stage = Stage()
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(3))
        coordinator.wake()
        await settle()
        await stage.finish_all()

    episode = stage.look(episode_id)
    assert episode.state is EpisodeState.COMPLETED
    assert [b.state for b in episode.beats] == [BeatState.ACCEPTED] * 3
    assert [a.artifact_type for a in episode.artifacts] == ["film"]
    assert episode.progress == 1.0


async def test_the_film_has_the_clips_in_story_order() -> None:
    stage = Stage(num_renderers=3)
    async with stage.coordinator() as coordinator:
        stage.submit(a_plan(3))
        coordinator.wake()
        await settle()
        for renderer in ("renderer:animatic:2", "renderer:animatic:0", "renderer:animatic:1"):
            stage.fleet.finish(renderer)
            await settle()

    assert [p.beat_id for p in stage.fleet.films[0].parts] == ["b1", "b2", "b3"]


async def test_a_lost_wake_up_costs_only_a_look() -> None:
    stage = Stage()
    async with stage.coordinator():
        episode_id = stage.submit(a_plan(1))
        await stage.clock.advance(PACE.look_s)
        await stage.finish_all()

    assert stage.look(episode_id).state is EpisodeState.COMPLETED


async def test_publishing_overlaps_the_next_render() -> None:
    stage = Stage(num_renderers=1)
    async with stage.coordinator() as coordinator:
        stage.submit(a_plan(2))
        coordinator.wake()
        await settle()
        stage.fleet.hand_over("renderer:animatic:0")
        await settle()

        assert len(stage.fleet.publishing) == 1
        assert len(stage.fleet.rendering) == 1


async def test_a_beat_that_depends_on_another_waits_for_its_clip() -> None:
    plan = Plan(beats=(a_beat(0), a_beat(1, depends_on=("b1",), starts_from="b1")))
    stage = Stage(num_renderers=2)
    async with stage.coordinator() as coordinator:
        stage.submit(plan)
        coordinator.wake()
        await settle()
        assert [j.meta.beat_id for j in stage.fleet.started] == ["b1"]

        stage.fleet.finish()
        await settle()

        second = stage.fleet.started[1]
        assert second.meta.beat_id == "b2"
        assert second.input.start_frame is not None
        assert second.input.start_frame.video_key == stage.fleet.started[0].video_key


async def test_two_episodes_share_one_renderer_beat_by_beat() -> None:
    stage = Stage()
    async with stage.coordinator() as coordinator:
        first, second = stage.submit(a_plan(3)), stage.submit(a_plan(3))
        coordinator.wake()
        await settle()
        await stage.finish_all()

    order = [job.meta.episode_id for job in stage.fleet.started]
    assert order == [first, second] * 3


async def test_a_failed_attempt_goes_to_another_renderer() -> None:
    stage = Stage(num_renderers=2)
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(1))
        coordinator.wake()
        await settle()
        stage.fleet.fail(FailureClass.OUTPUT)
        await stage.clock.advance(5)
        await stage.finish_all()

    attempts = stage.look(episode_id).beats[0].attempts
    assert [a.state for a in attempts] == [AttemptState.FAILED, AttemptState.SELECTED]
    assert len({a.renderer for a in attempts}) == 2
    assert attempts[0].reason == "made to fail: output"


async def test_a_success_without_a_clip_is_a_failed_output() -> None:
    stage = Stage()
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(1))
        coordinator.wake()
        await settle()
        stage.fleet.succeed_without_a_clip()
        await stage.clock.advance(5)
        await stage.finish_all()

    attempts = stage.look(episode_id).beats[0].attempts
    assert [a.state for a in attempts] == [AttemptState.FAILED, AttemptState.SELECTED]
    assert attempts[0].failure_class is FailureClass.OUTPUT


async def test_a_success_with_anothers_clip_is_a_failed_output_and_stops_nobody() -> None:
    stage = Stage()
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(1))
        coordinator.wake()
        await settle()
        first = stage.fleet.finish()
        await stage.clock.advance(5)
        stage.store.revise_beat(episode_id, a_beat(0, description="Something else."))
        coordinator.wake()
        await settle()
        stage.fleet.succeed_with_a_file_of(first)
        await stage.clock.advance(5)
        await stage.finish_all()

    [beat] = stage.look(episode_id).beats
    assert [a.state for a in beat.attempts] == [AttemptState.SUPERSEDED, AttemptState.FAILED, AttemptState.SELECTED]
    assert beat.attempts[1].failure_class is FailureClass.OUTPUT
    assert stage.look(episode_id).state is EpisodeState.COMPLETED


async def test_a_render_that_stops_though_nobody_cancelled_it_is_not_the_beats_fault() -> None:
    stage = Stage()
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(1))
        coordinator.wake()
        await settle()
        await stage.fleet.cancel(stage.fleet.started[0].job_id)
        await stage.clock.advance(5)
        await stage.finish_all()

    attempts = stage.look(episode_id).beats[0].attempts
    assert [a.failure_class for a in attempts] == [FailureClass.INFRA, None]


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
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(1))
        coordinator.wake()
        await settle()
        stage.fleet.fail(FailureClass.CONTENT)
        await settle()

    assert stage.look(episode_id).state is EpisodeState.FAILED
    assert stage.fleet.films == []


async def test_a_killed_renderer_gives_its_beat_back() -> None:
    stage = Stage(num_renderers=1)
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(1))
        coordinator.wake()
        await settle()
        stage.fleet.lose("renderer:animatic:0")
        await stage.clock.advance(10)
        await stage.finish_all()

    episode = stage.look(episode_id)
    assert episode.state is EpisodeState.COMPLETED
    assert [a.failure_class for a in episode.beats[0].attempts] == [FailureClass.CRASH, None]


async def test_whether_a_lost_beat_is_anywhere_is_settled_before_the_next_survey_is_due() -> None:
    stage = Stage(num_renderers=1)
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(1))
        coordinator.wake()
        await settle()
        stage.fleet.lose("renderer:animatic:0")
        await settle()
        assert stage.beat_states(episode_id) == [BeatState.RENDERING]
        await stage.clock.advance(PACE.doubt_s)

        assert PACE.doubt_s < PACE.survey_s
        assert stage.beat_states(episode_id) == [BeatState.PENDING]


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
    async with stage.coordinator("one") as coordinator:
        episode_id = stage.submit(a_plan(1))
        coordinator.wake()
        await settle()
        attempt_id = stage.fleet.hand_over("renderer:animatic:0")
    stage.fleet.forget_callers()
    stage.fleet.publish(attempt_id, reply=False)

    async with stage.coordinator("two"):
        await stage.clock.advance(2 * PACE.lease_ttl_s)

    assert stage.look(episode_id).state is EpisodeState.COMPLETED
    assert len(stage.fleet.started) == 1


async def test_a_new_coordinator_waits_for_renders_that_still_run() -> None:
    stage = Stage()
    async with stage.coordinator("one") as coordinator:
        episode_id = stage.submit(a_plan(1))
        coordinator.wake()
        await settle()
    stage.fleet.forget_callers()

    async with stage.coordinator("two"):
        await stage.clock.advance(3 * PACE.lease_ttl_s)
        assert stage.beat_states(episode_id) == [BeatState.RENDERING]
        attempt_id = stage.fleet.hand_over("renderer:animatic:0")
        stage.fleet.publish(attempt_id, reply=False)
        await stage.clock.advance(3)

    assert stage.look(episode_id).state is EpisodeState.COMPLETED
    assert len(stage.fleet.started) == 1


async def test_work_that_died_with_everything_is_rendered_again() -> None:
    stage = Stage()
    async with stage.coordinator("one") as coordinator:
        episode_id = stage.submit(a_plan(2))
        coordinator.wake()
        await settle()
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


async def test_cancelling_stops_running_renders_and_accepts_nothing_more() -> None:
    stage = Stage(num_renderers=2)
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(3))
        coordinator.wake()
        await settle()
        stage.store.cancel(episode_id)
        coordinator.wake()
        await settle()

    episode = stage.look(episode_id)
    assert episode.state is EpisodeState.CANCELLED
    assert {b.state for b in episode.beats} == {BeatState.CANCELLED}
    assert len(stage.fleet.cancelled) == 2
    assert {a.state for b in episode.beats for a in b.attempts} == {AttemptState.CANCELLED}


async def test_a_renderer_that_does_not_listen_to_a_cancel_is_killed() -> None:
    stage = Stage()
    stage.fleet.is_deaf = True
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(1))
        coordinator.wake()
        await settle()
        stage.store.cancel(episode_id)
        coordinator.wake()
        await stage.clock.advance(PACE.stop_s - 2)
        assert stage.fleet.replaced == []
        await stage.clock.advance(10)

    assert stage.fleet.replaced == ["renderer:animatic:0"]
    assert stage.look(episode_id).state is EpisodeState.CANCELLED


async def test_a_clip_that_comes_after_the_cancel_is_not_taken() -> None:
    stage = Stage()
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(1))
        coordinator.wake()
        await settle()
        attempt_id = stage.fleet.hand_over("renderer:animatic:0")
        stage.store.cancel(episode_id)
        stage.fleet.publish(attempt_id)
        await stage.clock.advance(5)

    episode = stage.look(episode_id)
    assert episode.state is EpisodeState.CANCELLED
    assert episode.beats[0].artifacts == ()


async def test_a_retried_beat_opens_the_episode_again_and_the_film_is_cut_anew() -> None:
    stage = Stage()
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(2))
        coordinator.wake()
        await settle()
        stage.fleet.fail(FailureClass.CONTENT)
        await settle()
        await stage.finish_all()
        assert stage.look(episode_id).state is EpisodeState.PARTIALLY_COMPLETED

        stage.store.retry_beat(episode_id, "b1")
        coordinator.wake()
        await settle()
        await stage.finish_all()

    episode = stage.look(episode_id)
    assert episode.state is EpisodeState.COMPLETED
    assert [a.version for a in episode.artifacts] == [2]
    assert [p.beat_id for p in stage.fleet.films[-1].parts] == ["b1", "b2"]


async def test_a_beat_that_nobody_can_render_fails_with_that_reason() -> None:
    stage = Stage()
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(Plan(beats=(a_beat(0), a_beat(1, backend="veo"))))
        coordinator.wake()
        await settle()
        await stage.finish_all()

    episode = stage.look(episode_id)
    assert episode.state is EpisodeState.PARTIALLY_COMPLETED
    assert "No eligible renderer" in episode.beats[1].reason


async def test_a_frozen_renderer_is_killed_and_its_beat_goes_on_elsewhere() -> None:
    stage = Stage(num_renderers=2)
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(1))
        coordinator.wake()
        await settle()
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


async def test_a_renderer_that_fails_three_beats_in_a_row_gets_no_more() -> None:
    stage = Stage(num_renderers=2)
    bad, good = stage.fleet.names
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(8))
        coordinator.wake()
        for _ in range(60):
            await settle()
            if bad in stage.fleet.rendering:
                stage.fleet.fail(FailureClass.RESOURCE, bad)
            if good in stage.fleet.rendering:
                stage.fleet.finish(good)
            await stage.clock.advance(1)

    attempts = [a for b in stage.look(episode_id).beats for a in b.attempts]
    assert stage.look(episode_id).state is EpisodeState.COMPLETED
    assert sum(a.renderer == bad for a in attempts) == 3
    fleet = stage.store.fleet()
    assert fleet is not None
    assert {r.name: bool(r.blocked_reason) for r in fleet.renderers} == {bad: True, good: False}


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


async def test_a_paused_episode_finishes_what_runs_and_starts_nothing_new() -> None:
    stage = Stage()
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(2))
        coordinator.wake()
        await settle()
        stage.store.pause(episode_id)
        coordinator.wake()
        await settle()
        stage.fleet.finish()
        await stage.clock.advance(20)
        assert stage.beat_states(episode_id) == [BeatState.ACCEPTED, BeatState.PENDING]

        stage.store.resume(episode_id)
        coordinator.wake()
        await settle()
        await stage.finish_all()

    assert stage.look(episode_id).state is EpisodeState.COMPLETED


async def test_a_paused_queue_starts_nothing_for_anybody() -> None:
    stage = Stage()
    async with stage.coordinator() as coordinator:
        stage.store.pause_queue()
        episode_id = stage.submit(a_plan(1))
        coordinator.wake()
        await stage.clock.advance(20)
        assert stage.fleet.started == []

        stage.store.resume_queue()
        coordinator.wake()
        await settle()
        await stage.finish_all()

    assert stage.look(episode_id).state is EpisodeState.COMPLETED


async def test_cancelling_one_beat_stops_its_render_and_the_rest_becomes_the_film() -> None:
    stage = Stage(num_renderers=2)
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(2))
        coordinator.wake()
        await settle()
        stage.store.cancel_beat(episode_id, "b1")
        coordinator.wake()
        await settle()
        await stage.finish_all()

    assert [j.job_id for j in stage.fleet.started if j.meta.beat_id == "b1"] == stage.fleet.cancelled
    assert stage.beat_states(episode_id) == [BeatState.CANCELLED, BeatState.ACCEPTED]
    assert stage.look(episode_id).state is EpisodeState.PARTIALLY_COMPLETED


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


async def test_a_database_that_goes_away_for_a_while_loses_nothing() -> None:
    stage = Stage()
    async with stage.coordinator() as coordinator:
        episode_id = stage.submit(a_plan(1))
        accept, stage.store.accept = stage.store.accept, _refuse  # type: ignore[method-assign, assignment]
        coordinator.wake()
        await settle()
        stage.fleet.finish()
        await stage.clock.advance(1)
        stage.store.accept = accept  # type: ignore[method-assign]
        await stage.clock.advance(30)

    assert stage.look(episode_id).state is EpisodeState.COMPLETED
    assert len(stage.fleet.started) == 1


def _refuse(*_: object) -> None:
    raise Unavailable("The database does not answer.")
