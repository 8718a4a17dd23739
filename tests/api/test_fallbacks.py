"""Other backends for beats that would fail: asked for with the episode, and shown with every beat that fell back."""

from __future__ import annotations

import pytest

from tests.api.rig import Rig, is_problem


async def fallen_back(rig: Rig) -> str:
    """Its first beat went on with the stub, the others are with their first choice."""
    body = {"world_id": "anime_world", "intent": "Mika runs", "backend": "animatic", "fallbacks": ["stub"]}
    episode_id = str((await rig.client.post("/episodes", json=body)).json()["episode_id"])
    await rig.client.post(f"/episodes/{episode_id}/plan")
    await rig.client.post(f"/episodes/{episode_id}/execute")
    rig.episodes.give_up(rig.lease, episode_id, "b1", "No GPU had room.")
    return episode_id


async def test_a_beat_that_fell_back_says_by_whom_it_is_rendered_and_why(rig: Rig) -> None:
    episode_id = await fallen_back(rig)
    rig.render_all(episode_id)

    episode = (await rig.client.get(f"/episodes/{episode_id}")).json()

    assert (episode["backend"], episode["fallbacks"]) == ("animatic", ["stub"])
    assert [(b["state"], b["backend"], b["fallback_reason"]) for b in episode["beats"]] == [
        ("ACCEPTED", "stub", "Rendered by stub because animatic could not: No GPU had room."),
        ("ACCEPTED", "animatic", ""),
        ("ACCEPTED", "animatic", ""),
    ]


async def test_every_step_is_an_event(rig: Rig) -> None:
    episode_id = await fallen_back(rig)

    told = [(e.event_type, e.data) for e in rig.episodes.events(episode_id)]

    assert told[-1] == ("beat.fell_back", {"beat_id": "b1", "from": "animatic", "to": "stub", "reason": "No GPU had room."})


async def test_a_change_of_a_beat_that_fell_back_begins_with_its_first_choice(rig: Rig) -> None:
    episode_id = await fallen_back(rig)

    changed = await rig.client.patch(f"/episodes/{episode_id}/beats/b1", json={"seed": 99})

    beat = changed.json()["beats"][0]
    assert (beat["backend"], beat["fallback_reason"], beat["revision"]) == ("animatic", "", 2)


@pytest.mark.parametrize(("backend", "revision"), [("stub", 1), ("animatic", 2)])
async def test_naming_the_backend_that_a_beat_is_at_changes_nothing_and_any_other_is_a_first_choice(
    rig: Rig, backend: str, revision: int
) -> None:
    episode_id = await fallen_back(rig)

    changed = await rig.client.patch(f"/episodes/{episode_id}/beats/b1", json={"backend": backend})

    beat = changed.json()["beats"][0]
    assert (beat["backend"], beat["revision"]) == (backend, revision)


@pytest.mark.parametrize(
    ("fallbacks", "what"),
    [
        (["sora"], "no such backend"),
        (["stub", "stub"], "stands twice"),
        (["stub", "animatic"], "first choice"),
        ("stub", "a list"),
        ([7], "a text"),
        (["stub"] * 9, "8 entries"),
    ],
)
async def test_fallbacks_that_cannot_be_are_refused(rig: Rig, fallbacks: object, what: str) -> None:
    answer = await rig.client.post("/episodes", json={"intent": "A dog runs", "backend": "animatic", "fallbacks": fallbacks})

    problem = is_problem(answer, 422, "bad-input")

    assert what in str(problem), problem
    assert rig.episodes.episodes().episodes == ()
