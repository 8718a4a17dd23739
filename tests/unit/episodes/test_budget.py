"""The coordinator spends no more than an episode has: beats wait for money, go on when there is more, and stop when theirs is used up."""

from __future__ import annotations

import pytest

from episodes.lifecycle import BeatState, EpisodeState
from episodes.money import Tariff
from episodes.waiting import why_waiting
from tests.builders import a_kind, a_plan, a_request
from tests.fakes import settle
from tests.unit.episodes.stage import PACE, Stage

SOLD = Tariff(sells_clips=True, per_s_micros=100_000)
HOURLY = Tariff(per_hour_micros=36_000_000)
"""A cent a second."""


def submit(stage: Stage, budget_micros: int | None, num_beats: int = 3) -> str:
    episode_id = stage.store.create(a_request(budget_micros=budget_micros)).episode_id
    stage.store.save_plan(episode_id, a_plan(num_beats), world_revision=1)
    stage.store.execute(episode_id)
    return episode_id


@pytest.mark.slow
async def test_no_beat_begins_that_the_budget_cannot_pay() -> None:
    stage = Stage(kinds=(a_kind(num_renderers=3, tariff=SOLD),))
    episode_id = submit(stage, 250_000)

    async with stage.coordinator() as coordinator:
        await stage.clock.advance(PACE.survey_s)
        assert stage.beat_states(episode_id) == [BeatState.RENDERING, BeatState.RENDERING, BeatState.PENDING]
        await stage.finish_all()
        await stage.clock.advance(10 * PACE.look_s)

        view = stage.look(episode_id)
        assert (view.state, view.funds.spent_micros) == (EpisodeState.EXECUTING, 200_000)
        assert why_waiting(view.beats[2], view) == "It waits for the episode's budget: 0.10 are needed and 0.05 left."

        stage.store.set_budget(episode_id, 300_000)
        coordinator.wake()
        await stage.clock.advance(PACE.survey_s)
        await stage.finish_all()
        assert stage.look(episode_id).state is EpisodeState.COMPLETED
        assert stage.look(episode_id).funds.spent_micros == 300_000


async def test_the_first_of_a_kind_shows_what_the_others_take() -> None:
    """Nobody knows how long it takes: it has all the money, and the others begin when it is done."""
    stage = Stage(kinds=(a_kind(num_renderers=3, tariff=HOURLY),))
    episode_id = submit(stage, 2_000_000)

    async with stage.coordinator():
        await stage.clock.advance(PACE.survey_s)
        assert len(stage.fleet.rendering) == 1
        stage.fleet.finish()
        await stage.clock.advance(PACE.survey_s)

        view = stage.look(episode_id)
        assert view.beats[0].state is BeatState.ACCEPTED
        assert view.funds.spent_micros <= 2_000_000


async def test_a_render_stops_when_its_money_is_used_up() -> None:
    stage = Stage(kinds=(a_kind(tariff=HOURLY),))
    episode_id = submit(stage, 100_000, num_beats=1)

    async with stage.coordinator():
        await stage.clock.advance(9.0)
        assert stage.beat_states(episode_id) == [BeatState.RENDERING]
        await stage.clock.advance(6.0)
        await settle()

        view = stage.look(episode_id)
        assert (view.beats[0].state, view.state) == (BeatState.FAILED, EpisodeState.FAILED)
        assert view.beats[0].reason == "It took longer than the money that was reserved for it."
        assert (view.funds.reserved_micros, view.funds.spent_micros) == (0, 100_000)


@pytest.mark.slow
async def test_without_a_budget_nothing_is_measured_reserved_or_stopped() -> None:
    stage = Stage(kinds=(a_kind(num_renderers=3, tariff=HOURLY),))
    episode_id = submit(stage, None)

    async with stage.coordinator():
        await stage.clock.advance(200.0)
        assert stage.beat_states(episode_id) == [BeatState.RENDERING] * 3
        assert stage.look(episode_id).funds.reserved_micros == 0
        await stage.finish_all()
        assert stage.look(episode_id).state is EpisodeState.COMPLETED


async def test_what_waits_for_money_holds_up_no_other_episode() -> None:
    stage = Stage(kinds=(a_kind(tariff=SOLD),))
    poor, rich = submit(stage, 50_000), submit(stage, None, num_beats=1)

    async with stage.coordinator():
        await stage.clock.advance(PACE.survey_s)
        await stage.finish_all()

        assert stage.look(rich).state is EpisodeState.COMPLETED
        assert stage.beat_states(poor) == [BeatState.PENDING] * 3
