from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from episodes.lifecycle import BeatState, EpisodeState
from episodes.model import BeatView, EpisodeView, FleetSnapshot, KindNote, RendererNote
from episodes.waiting import why_waiting
from tests.builders import a_beat, a_request

NOW = datetime(2026, 11, 22, 9, 30, 5, tzinfo=UTC)
BEAT = BeatView(beat=a_beat(), revision=1, state=BeatState.PENDING, progress=0.0, backend="animatic")
EPISODE = EpisodeView(
    episode_id="e1", request=a_request(), state=EpisodeState.EXECUTING, progress=0.0, created_at=NOW, updated_at=NOW
)


def fleet(
    *states: str, backend: str = "animatic", blocked_reason: str = "", start_failures: tuple[str, ...] = ()
) -> FleetSnapshot:
    failures = (*start_failures, *("" for _ in states[len(start_failures) :]))
    notes = (
        RendererNote(name=f"r{i}", backend=backend, state=state, blocked_reason=blocked_reason, start_failure=failure)
        for i, (state, failure) in enumerate(zip(states, failures, strict=True))
    )
    return FleetSnapshot(at=NOW, renderers=tuple(notes))


def of_kind(seen: FleetSnapshot, *, count: int = 1, back_off_s: float = 0.0) -> FleetSnapshot:
    note = KindNote(name="animatic", count=count, min_count=0, back_off_s=back_off_s)
    return seen.model_copy(update={"kinds": (note,)})


def without_room(seen: FleetSnapshot) -> FleetSnapshot:
    renderers = tuple(
        r.model_copy(update={"no_room": "it needs 1 GPU."}) if r.state == "starting" else r for r in seen.renderers
    )
    return seen.model_copy(update={"renderers": renderers})


@pytest.mark.parametrize("state", [s for s in BeatState if s is not BeatState.PENDING])
def test_only_a_pending_beat_waits(state: BeatState) -> None:
    assert why_waiting(replace(BEAT, state=state), EPISODE) == ""


@pytest.mark.parametrize("state", [s for s in EpisodeState if s not in (EpisodeState.EXECUTING, EpisodeState.PAUSED)])
def test_an_episode_that_is_not_executed_is_why(state: EpisodeState) -> None:
    assert why_waiting(BEAT, replace(EPISODE, state=state)) == f"The episode is not executing: it is {state}."


def test_the_nearest_hindrance_is_told_first() -> None:
    """Each is taken away in turn, and the next one shows."""
    beat = replace(BEAT, unmet=("b1", "b2"), not_before=NOW, reason="The store is down.")
    episode = replace(EPISODE, state=EpisodeState.PAUSED, queue_is_paused=True, fleet=fleet("busy", "busy", "starting"))

    assert why_waiting(beat, episode) == "The episode is paused."
    episode = replace(episode, state=EpisodeState.EXECUTING)
    assert why_waiting(beat, episode) == "The queue is paused."
    episode = replace(episode, queue_is_paused=False)
    assert why_waiting(beat, episode) == "It waits for b1, b2."
    beat = replace(beat, unmet=())
    assert why_waiting(beat, episode) == "It backs off until 2026-11-22 09:30:05 UTC: The store is down."
    assert why_waiting(replace(beat, reason=""), episode).endswith("UTC: the last attempt failed.")
    beat = replace(beat, not_before=None)
    assert why_waiting(beat, episode) == "No free renderer for 'animatic': 2 busy, 1 starting."


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (None, "No free renderer for 'animatic' yet."),
        (fleet(), "No renderer for 'animatic' in this fleet."),
        (fleet("idle", backend="stub"), "No renderer for 'animatic' in this fleet."),
        (fleet("idle", blocked_reason="3 beats failed."), "Every renderer for 'animatic' is blocked: 3 beats failed."),
        (fleet("starting", start_failures=("No model.",)), "No renderer for 'animatic' can start: No model."),
        (fleet("starting", "busy", start_failures=("No model.",)), "No free renderer for 'animatic': 1 busy, 1 starting."),
        (fleet("starting", "starting"), "A renderer for 'animatic' is being started."),
        (of_kind(fleet()), "A renderer for 'animatic' is being started."),
        (of_kind(fleet(), count=0), "No renderer for 'animatic' in this fleet."),
        (
            of_kind(fleet("absent", start_failures=("No model.",)), back_off_s=8.0),
            "No renderer for 'animatic' can start: No model. It is tried again after 8 s.",
        ),
        (without_room(fleet("starting", "starting")), "Ray has no room for a renderer for 'animatic': it needs 1 GPU."),
        (without_room(fleet("starting", "busy")), "No free renderer for 'animatic': 1 busy, 1 starting."),
        (fleet("busy", "idle"), "A renderer for 'animatic' is free: it starts in a moment."),
    ],
)
def test_the_fleet_as_it_was_last_seen_is_why(seen: FleetSnapshot | None, why: str) -> None:
    assert why_waiting(BEAT, replace(EPISODE, fleet=seen)) == why
