"""Every plan that an episode has had can be looked at, and brought back; that says exactly what it does, and does only that."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from episodes.errors import RevisionConflict
from storage.memory import MemoryEpisodeStore
from tests.api.rig import Rig, is_problem
from tests.api.test_plan_edits import difference, names

Json = dict[str, Any]


async def edited_five_times(rig: Rig) -> str:
    """A finished film whose plan is at version 6; of the first one only b3 is left as it was."""
    await rig.client.put("/worlds/anime_world", json={"title": "Anime"})
    episode_id = await rig.completed()
    beats = f"/episodes/{episode_id}/beats"
    for method, path, body in (
        ("PATCH", "/b1", {"description": "Mika dances."}),
        ("POST", "", {"description": "Mika waits."}),
        ("POST", "/b4/move", {"after": "b1"}),
        ("DELETE", "/b2", None),
        ("POST", "/b1/plan", {}),
    ):
        assert (await rig.client.request(method, f"{beats}{path}", json=body)).status_code == 200
    return episode_id


async def versions(rig: Rig, episode_id: str, **query: int) -> Json:
    answer = await rig.client.get(f"/episodes/{episode_id}/plan/versions", params=query)
    assert answer.status_code == 200, answer.text
    page: Json = answer.json()
    return page


def restoring(rig: Rig, episode_id: str, version: object, **how: Any) -> Any:
    return rig.client.post(f"/episodes/{episode_id}/plan/versions/{version}/restore", **how)


async def test_each_change_is_listed_with_what_was_done(rig: Rig) -> None:
    episode_id = await edited_five_times(rig)

    page = await versions(rig, episode_id)

    assert [(one["version"], one["cause"], one["num_beats"]) for one in page["versions"]] == [
        (6, "beat b1 told anew", 3),
        (5, "beat b2 taken out", 3),
        (4, "beat b4 moved", 4),
        (3, "beat b4 put in", 4),
        (2, "beat b1 changed", 3),
        (1, "planned", 3),
    ]
    assert (page["episode_id"], page["next_before"]) == (episode_id, None)
    plan = (await rig.client.get(f"/episodes/{episode_id}/plan")).json()
    plan["logline"] = "Another story"
    assert (await rig.client.put(f"/episodes/{episode_id}/plan", json=plan)).status_code == 200
    assert (await versions(rig, episode_id, limit=1))["versions"][0]["cause"] == "plan put in"


async def test_the_history_comes_in_pages(rig: Rig) -> None:
    episode_id = await edited_five_times(rig)
    seen, before = [], 7

    while before is not None:
        page = await versions(rig, episode_id, limit=2, before=before)
        seen.append([one["version"] for one in page["versions"]])
        before = page["next_before"]

    assert seen == [[6, 5], [4, 3], [2, 1]]
    assert (await versions(rig, await rig.created()))["versions"] == []


async def test_a_version_is_shown_whole_and_can_be_put_into_another_episode(rig: Rig) -> None:
    episode_id = await rig.planned()
    plan = (await rig.client.get(f"/episodes/{episode_id}/plan")).json()
    await rig.client.patch(f"/episodes/{episode_id}/beats/b1", json={"seed": 99})

    old = (await rig.client.get(f"/episodes/{episode_id}/plan/versions/1")).json()

    assert (old["plan"], old["version"], old["cause"], old["num_beats"]) == (plan, 1, "planned", 3)
    newest = (await rig.client.get(f"/episodes/{episode_id}/plan/versions/2")).json()
    assert newest["plan"] == (await rig.client.get(f"/episodes/{episode_id}/plan")).json() != plan
    assert (await rig.client.put(f"/episodes/{await rig.created()}/plan", json=old["plan"])).status_code == 200


async def test_a_version_that_comes_back_says_what_it_does_and_does_only_that(rig: Rig) -> None:
    episode_id = await edited_five_times(rig)
    before, num_wakes = rig.episodes.episode(episode_id), rig.door.num_wakes

    looked = (await restoring(rig, episode_id, 1, params={"dry_run": "true"})).json()
    assert (looked["dry_run"], rig.episodes.episode(episode_id), rig.door.num_wakes) == (True, before, num_wakes)
    answer = await restoring(rig, episode_id, 1)

    assert answer.status_code == 200, answer.text
    back = answer.json()
    assert (names(back), names(looked)) == (["b1", "b2", "b3"], ["b1", "b2", "b3"])
    # b1 was told anew as it was at first, and waits for that already
    expected = difference(kept=["b1", "b3"], removed=["b4"], to_render=["b2"], film_to_recut=True)
    assert back["difference"] == looked["difference"] == expected
    assert (back["plan_version"], back["state"], rig.door.num_wakes) == (7, "EXECUTING", num_wakes + 1)
    assert (await versions(rig, episode_id, limit=1))["versions"][0]["cause"] == "restored version 1"
    again = (await restoring(rig, episode_id, 1)).json()
    assert (again["plan_version"], again["difference"]) == (7, difference(kept=["b1", "b2", "b3"]))
    assert rig.door.num_wakes == num_wakes + 1


async def test_a_plan_that_was_changed_meanwhile_is_not_taken_back(rig: Rig) -> None:
    episode_id = await rig.planned()
    await rig.client.patch(f"/episodes/{episode_id}/beats/b1", json={"seed": 99})
    before = rig.episodes.episode(episode_id)

    late = await restoring(rig, episode_id, 1, params={"plan_version": 1})
    assert "version 2" in is_problem(late, 409, "conflict")["detail"]
    is_problem(await restoring(rig, episode_id, 1, headers={"If-Match": '"1"'}), 412, "precondition-failed")
    assert rig.episodes.episode(episode_id) == before
    assert (await restoring(rig, episode_id, 1, headers={"If-Match": '"1", "2"'})).status_code == 200


async def test_whoever_names_no_version_brings_one_back_whatever_others_do_meanwhile() -> None:
    class Busy(MemoryEpisodeStore):
        """Somebody changes the plan just before the first two tries."""

        num_tries = 0

        def restore_plan(self, *given: Any, **how: Any) -> Any:
            self.num_tries += 1
            if self.num_tries <= 2:
                raise RevisionConflict("The plan is at another version.")
            return super().restore_plan(*given, **how)

    rig = Rig(episodes=Busy())
    episode_id = await rig.planned()
    await rig.client.patch(f"/episodes/{episode_id}/beats/b1", json={"seed": 99})

    assert (await restoring(rig, episode_id, 1)).status_code == 200


async def test_two_who_repeat_a_call_bring_one_version_back(rig: Rig) -> None:
    episode_id = await rig.planned()
    await rig.client.patch(f"/episodes/{episode_id}/beats/b1", json={"seed": 99})
    key = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}

    first, second = await asyncio.gather(*(restoring(rig, episode_id, 1, headers=key) for _ in range(2)))

    assert first.json() == second.json()
    assert len((await versions(rig, episode_id))["versions"]) == 3


@pytest.mark.parametrize("version", ["0", "9", "first", "-1", "1.0", "²", "9" * 40])
async def test_a_version_that_there_never_was_is_not_found(rig: Rig, version: str) -> None:
    episode_id = await rig.planned()

    for answer in (
        await rig.client.get(f"/episodes/{episode_id}/plan/versions/{version}"),
        await restoring(rig, episode_id, version),
    ):
        assert "no plan version" in is_problem(answer, 404, "not-found")["detail"]
    assert len((await versions(rig, episode_id))["versions"]) == 1


async def test_what_nobody_knows_has_no_plan_or_is_being_cancelled_is_refused(rig: Rig) -> None:
    for episode_id in ("nobody", "NO-ID"):
        for path in ("", "/1"):
            answer = await rig.client.get(f"/episodes/{episode_id}/plan/versions{path}")
            is_problem(answer, 404, "not-found")
        is_problem(await restoring(rig, episode_id, 1), 404, "not-found")
    is_problem(await restoring(rig, await rig.created(), 1), 409, "illegal-move")
    stopping = await rig.executing()
    rig.open(stopping, "b1")
    await rig.client.post(f"/episodes/{stopping}/cancel")
    is_problem(await restoring(rig, stopping, 1), 409, "illegal-move")


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 201}, {"before": 0}, {"before": "x"}])
async def test_a_page_that_cannot_be_is_refused(rig: Rig, query: Json) -> None:
    answer = await rig.client.get(f"/episodes/{await rig.planned()}/plan/versions", params=query)

    is_problem(answer, 422, "bad-input")


async def test_what_comes_back_with_contradictions_is_not_executed_unless_somebody_forces_it(rig: Rig) -> None:
    """As after any other change: the plan is shown with them, and refused when it would cost something."""
    rig.planner.says = " ".join(["word"] * 50)
    await rig.client.put("/worlds/anime_world", json={"title": "A", "characters": [{"character_id": "mika", "name": "Mika"}]})
    new = {"intent": "Mika waits", "world_id": "anime_world", "duration_s": 1, "num_beats": 1}
    episode_id = (await rig.client.post("/episodes", json=new)).json()["episode_id"]
    await rig.client.post(f"/episodes/{episode_id}/plan")
    await rig.client.patch(f"/episodes/{episode_id}/beats/b1", json={"dialogue": None})
    assert (await rig.client.get(f"/episodes/{episode_id}/continuity")).json()["num_errors"] == 0

    assert (await restoring(rig, episode_id, 1)).status_code == 200

    assert (await rig.client.get(f"/episodes/{episode_id}/continuity")).json()["num_errors"] > 0
    is_problem(await rig.client.post(f"/episodes/{episode_id}/execute"), 422, "contradictory-plan")
    assert (await rig.client.post(f"/episodes/{episode_id}/execute?force=true")).status_code == 200
