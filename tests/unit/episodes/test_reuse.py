"""Whoever needs a clip that is there already takes a copy of it, and nobody renders."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from episodes.editing import with_beat_changed, without_beat
from episodes.errors import Unavailable
from episodes.fleet import Kind
from episodes.job import JobResult
from episodes.lifecycle import AttemptState, EpisodeState
from episodes.model import EpisodeView
from episodes.plan import Beat, CastMember, Plan
from episodes.reuse import COPIER
from episodes.world import Character
from storage.artifacts.memory import MemoryArtifacts
from tests.builders import a_beat, a_character, a_kind, a_plan
from tests.fakes import settle
from tests.unit.episodes.stage import Stage

KIND = a_kind(recipe="drawn by hand", num_renderers=2)


class MoodyArtifacts(MemoryArtifacts):
    """It may not answer, or give other bytes than it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.is_silent = False
        self.lies: dict[str, bytes] = {}

    def get_bytes(self, key: str) -> bytes:
        if self.is_silent:
            raise Unavailable("The store does not answer.")
        return self.lies.get(key) or super().get_bytes(key)


@dataclass
class MoodyStage(Stage):
    artifacts: MoodyArtifacts = field(default_factory=MoodyArtifacts)


def a_stage(kind: Kind = KIND) -> MoodyStage:
    return MoodyStage(kinds=(kind,))


async def made(stage: Stage, plan: Plan) -> EpisodeView:
    """An episode of this plan, rendered as far as it has to be."""
    episode_id = stage.submit(plan)
    await stage.clock.advance(3.0)
    await stage.finish_all()
    await stage.clock.advance(3.0)
    return stage.look(episode_id)


def beat_of(index: int, character: Character, after: str | None = None) -> Beat:
    needs = (after,) if after else ()
    return a_beat(index, cast=(CastMember(character=character),), depends_on=needs, starts_from=after)


def sources(episode: EpisodeView) -> list[str | None]:
    """Of each beat's selected attempt."""
    selected = [a for b in episode.beats for a in b.attempts if a.state is AttemptState.SELECTED]
    return [a.reused_from.attempt_id if a.reused_from else None for a in selected]


def selected(episode: EpisodeView) -> list[str]:
    return [a.attempt_id for b in episode.beats for a in b.attempts if a.state is AttemptState.SELECTED]


@pytest.mark.slow
async def test_the_same_episode_twice_is_rendered_once() -> None:
    stage = a_stage()
    async with stage.coordinator():
        first = await made(stage, a_plan(5))
        num_rendered = len(stage.fleet.started)

        second = await made(stage, a_plan(5))

    assert second.state is EpisodeState.COMPLETED
    assert len(stage.fleet.started) == num_rendered == 5
    assert sources(second) == selected(first)
    assert {a.renderer for b in second.beats for a in b.attempts} == {COPIER}


@pytest.mark.slow
async def test_a_version_of_the_plan_that_comes_back_brings_its_clips_with_it() -> None:
    stage = a_stage()
    async with stage.coordinator():
        first = await made(stage, a_plan(3))
        episode_id, beats = first.episode_id, first.plan.beats
        stage.store.edit_plan(episode_id, with_beat_changed(beats, beats[0].model_copy(update={"description": "Mika dances."})))
        stage.store.edit_plan(episode_id, without_beat([view.beat for view in stage.look(episode_id).beats], "b2"))
        await stage.wake()
        await stage.finish_all()
        await stage.clock.advance(3.0)
        num_rendered = len(stage.fleet.started)

        change, _ = stage.store.restore_plan(episode_id, 1)
        await stage.wake()
        await stage.clock.advance(3.0)
        await stage.finish_all()

    assert (num_rendered, len(stage.fleet.started)) == (4, 4)
    assert (change.kept, change.to_render, change.film_to_recut) == (("b3",), ("b1", "b2"), True)
    again = stage.look(episode_id)
    assert (again.state, again.plan) == (EpisodeState.COMPLETED, first.plan)
    theirs = selected(first)
    assert sources(again) == [theirs[0], theirs[1], None]


@pytest.mark.slow
async def test_a_copy_has_keys_and_a_result_of_its_own() -> None:
    stage = a_stage()
    async with stage.coordinator():
        first = await made(stage, a_plan(1))
        second = await made(stage, a_plan(1))

    [theirs], [mine] = first.beats[0].artifacts, second.beats[0].artifacts
    attempt = second.beats[0].attempts[0]
    assert mine.file.key != theirs.file.key
    assert (attempt.attempt_id in mine.file.key, mine.file.sha256) == (True, theirs.file.sha256)
    key = f"episodes/{second.episode_id}/beats/b1/result/{attempt.attempt_id}.json"
    result = JobResult.model_validate_json(stage.artifacts.get_bytes(key))
    assert (result.job_id, result.episode_id, result.runtime.renderer) == (attempt.attempt_id, second.episode_id, COPIER)
    assert result.runtime.recipe["reused_from"] == first.beats[0].attempts[0].attempt_id


@pytest.mark.slow
async def test_a_changed_costume_renders_the_beats_with_that_character_and_those_that_start_from_them() -> None:
    def plan(costume: str) -> Plan:
        mika, rin = a_character("Mika", description=costume), a_character("Rin")
        of_rin = (beat_of(1, rin, after="b1"), beat_of(2, rin), beat_of(3, rin, after="b3"))
        return Plan(beats=(beat_of(0, mika), *of_rin, beat_of(4, mika)))

    stage = a_stage()
    async with stage.coordinator():
        await made(stage, plan("a red coat"))
        stage.fleet.started.clear()

        second = await made(stage, plan("a blue coat"))

    assert second.state is EpisodeState.COMPLETED
    assert {job.meta.beat_id for job in stage.fleet.started} == {"b1", "b2", "b5"}
    assert [source is None for source in sources(second)] == [True, True, False, False, True]


@pytest.mark.slow
async def test_planned_anew_without_a_change_it_renders_nothing() -> None:
    stage = a_stage()
    async with stage.coordinator():
        first = await made(stage, a_plan(3))
        stage.store.save_plan(first.episode_id, a_plan(3), 2)
        stage.store.execute(first.episode_id)
        await stage.clock.advance(5.0)

    assert len(stage.fleet.started) == 3
    assert sources(stage.look(first.episode_id)) == selected(first)


@pytest.mark.parametrize("how", ["executed", "retried"])
async def test_who_wants_a_new_clip_gets_one(how: str) -> None:
    stage = a_stage()
    async with stage.coordinator():
        first = await made(stage, a_plan(1))
        episode_id = stage.store.create(first.request).episode_id
        stage.store.save_plan(episode_id, a_plan(1), 1)
        if how == "executed":
            stage.store.execute(episode_id, fresh=True)
        else:
            stage.store.cancel(episode_id)
            stage.store.retry_failed(episode_id, fresh=True)
        await stage.clock.advance(3.0)
        await stage.finish_all()

    assert len(stage.fleet.started) == 2
    assert sources(stage.look(episode_id)) == [None]


async def test_nothing_is_used_again_of_a_kind_whose_recipe_nobody_knows() -> None:
    stage = a_stage(a_kind())
    async with stage.coordinator():
        await made(stage, a_plan(1))
        second = await made(stage, a_plan(1))

    assert (len(stage.fleet.started), sources(second)) == (2, [None])


@pytest.mark.slow
@pytest.mark.parametrize("spoil", ["clip", "result", "bytes"])
async def test_a_clip_that_is_not_whole_any_more_is_rendered(spoil: str) -> None:
    stage = a_stage()
    async with stage.coordinator():
        first = await made(stage, a_plan(1))
        [video] = first.beats[0].artifacts
        key = video.file.key
        result_key = key.replace("/video/", "/result/").replace(".mp4", ".json")
        kept = {one: stage.artifacts.get_bytes(one) for one in (key, result_key)}
        if spoil == "bytes":
            stage.artifacts.lies[key] = b"other bytes"
        else:
            stage.artifacts.delete(key if spoil == "clip" else result_key)

        second = await made(stage, a_plan(1))
        await stage.clock.advance(30.0)
        await stage.finish_all()
        second = stage.look(second.episode_id)
        stage.artifacts.lies.clear()  # mended, for the audit at the end
        for one, data in kept.items():
            stage.artifacts.put_bytes(one, data, "video/mp4")

    assert [(a.renderer == COPIER, a.state) for a in second.beats[0].attempts] == [
        (True, AttemptState.FAILED),
        (False, AttemptState.SELECTED),
    ]
    assert "is not whole any more" in second.beats[0].attempts[0].reason
    assert len(stage.fleet.started) == 2


@pytest.mark.slow
async def test_copies_need_no_renderer_at_all() -> None:
    stage = a_stage()
    async with stage.coordinator():
        await made(stage, a_plan(40))
        for name in list(stage.fleet.names):
            stage.fleet.not_ready[name] = "taken away"
            stage.fleet.lose(name)
        num_rendered = len(stage.fleet.started)

        second = await made(stage, a_plan(40))

    assert second.state is EpisodeState.COMPLETED
    assert len(stage.fleet.started) == num_rendered == 40


@pytest.mark.slow
async def test_a_copy_that_waits_for_the_store_is_told_to_stop() -> None:
    stage = a_stage()
    async with stage.coordinator():
        await made(stage, a_plan(1))
        stage.artifacts.is_silent = True
        episode_id = stage.submit(a_plan(1))
        await stage.clock.advance(25.0)
        assert [b.state.value for b in stage.look(episode_id).beats] == ["RENDERING"]

        stage.store.cancel(episode_id)
        await stage.clock.advance(5.0)
        stage.artifacts.is_silent = False
        await stage.clock.advance(30.0)

    assert stage.look(episode_id).state is EpisodeState.CANCELLED
    assert len(stage.fleet.started) == 1


@pytest.mark.slow
async def test_a_coordinator_that_dies_while_it_copies_leaves_it_to_the_next() -> None:
    stage = a_stage()
    async with stage.coordinator():
        await made(stage, a_plan(2))
        stage.artifacts.is_silent = True
        episode_id = stage.submit(a_plan(2))
        await stage.clock.advance(3.0)
        stage.artifacts.is_silent = False
    async with stage.coordinator("two"):
        await stage.clock.advance(40.0)
        await settle()

    episode = stage.look(episode_id)
    assert episode.state is EpisodeState.COMPLETED
    assert len(stage.fleet.started) == 2
    assert all(source is not None for source in sources(episode))
