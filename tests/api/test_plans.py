"""A plan is taken out and put in again, as JSON and as a screenplay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from api import plan_examples
from api.client import intent_or_screenplay
from episodes.errors import BadInput
from tests.api.rig import Rig, is_problem


async def test_a_plan_can_be_put_into_another_episode(rig: Rig) -> None:
    first, second = await rig.planned(num_beats=2), await rig.created()
    plan = (await rig.client.get(f"/episodes/{first}/plan")).json()

    answer = await rig.client.put(f"/episodes/{second}/plan", json=plan)

    assert answer.status_code == 200, answer.text
    assert (answer.json()["state"], len(answer.json()["beats"])) == ("PLANNED", 2)
    assert (await rig.client.get(f"/episodes/{second}/plan")).json() == plan
    assert (await rig.client.post(f"/episodes/{second}/execute")).status_code == 200


async def test_putting_in_the_plan_that_is_there_changes_nothing(rig: Rig) -> None:
    episode_id = await rig.executing(num_beats=2)
    rig.open(episode_id, "b1")
    plan = (await rig.client.get(f"/episodes/{episode_id}/plan")).json()

    same = await rig.client.put(f"/episodes/{episode_id}/plan", json=plan)
    assert [beat["state"] for beat in same.json()["beats"]] == ["RENDERING", "PENDING"]

    plan["beats"][1]["description"] = "Mika sings."
    other = await rig.client.put(f"/episodes/{episode_id}/plan", json=plan)
    assert (other.json()["state"], other.json()["beats"][1]["description"]) == ("PLANNED", "Mika sings.")
    assert [beat["revision"] for beat in other.json()["beats"]] == [2, 2]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"beats": []}, "beats"),
        ({"beats": [{**plan_examples.PLAN["beats"][0], "index": 1}]}, ""),
        ({"beats": [{**plan_examples.PLAN["beats"][0], "scene_id": "s9"}]}, ""),
        ({"beats": [{**plan_examples.PLAN["beats"][0], "duration_s": 31}]}, "beats.0.duration_s"),
        ({"beats": [{**plan_examples.PLAN["beats"][0], "backend": "oil-paint"}]}, "beats.0.backend"),
        ({"surplus": 1}, "surplus"),
    ],
)
async def test_a_plan_that_does_not_hold_together_is_refused_whole(rig: Rig, change: dict[str, Any], where: str) -> None:
    episode_id = await rig.planned(num_beats=2)

    answer = await rig.client.put(f"/episodes/{episode_id}/plan", json={**plan_examples.PLAN, **change})

    problem = is_problem(answer, 422, "bad-input")
    assert problem["detail"].startswith(where) or problem["errors"][0]["where"] == where
    assert len((await rig.client.get(f"/episodes/{episode_id}")).json()["beats"]) == 2


@pytest.mark.parametrize("path", ["plan", "plan.fountain"])
async def test_what_is_not_planned_has_no_plan_to_show(rig: Rig, path: str) -> None:
    is_problem(await rig.client.get(f"/episodes/{await rig.created()}/{path}"), 409, "illegal-move")
    is_problem(await rig.client.get(f"/episodes/NO-ID/{path}"), 404, "not-found")


async def test_a_plan_reads_as_a_screenplay(rig: Rig) -> None:
    episode_id = await rig.created()
    await rig.client.put(f"/episodes/{episode_id}/plan", json=plan_examples.PLAN)

    answer = await rig.client.get(f"/episodes/{episode_id}/plan.fountain")

    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text == plan_examples.SCREENPLAY.replace(
        "The tallest enemy", "A bored hero meets the tallest enemy in town."
    ).replace("SAITAMA", "@Saitama")


async def test_a_screenplay_is_told_in_place_of_an_intent(rig: Rig) -> None:
    new = {"world_id": "anime_world", "screenplay": plan_examples.SCREENPLAY}

    answer = await rig.client.post("/episodes", json=new)

    assert answer.status_code == 201, answer.text
    assert answer.json()["intent"] == "The tallest enemy"
    assert rig.episodes.episode(answer.json()["episode_id"]).request.screenplay == plan_examples.SCREENPLAY


@pytest.mark.parametrize(
    ("screenplay", "said"),
    [
        ("He waits.", "Line 1: "),
        ("INT. ROOM\n\n@Mika\n\n", "Line 3: The character says nothing."),
        ("INT. ROOM\n\nHe \x00 waits.", "Line 3: It contains the control character U+0000."),
        ("INT. ROOM\n\nHe waits.\n\n" * 301, "Line 1201: "),
    ],
)
async def test_a_screenplay_that_cannot_be_read_is_refused_with_its_line(rig: Rig, screenplay: str, said: str) -> None:
    problem = is_problem(await rig.client.post("/episodes", json={"screenplay": screenplay}), 422, "bad-input")

    assert problem["detail"].startswith(said)
    assert problem["errors"][0]["where"] == "screenplay"


async def test_something_has_to_be_told(rig: Rig) -> None:
    problem = is_problem(await rig.client.post("/episodes", json={"world_id": "anime_world"}), 422, "bad-input")

    assert problem["errors"][0]["where"] == "intent"


async def test_a_screenplay_and_an_intent_are_not_told_together(rig: Rig) -> None:
    both = {"intent": "Mika waits", "screenplay": plan_examples.SCREENPLAY}
    problem = is_problem(await rig.client.post("/episodes", json=both), 422, "bad-input")

    assert problem["errors"][0]["where"] == "intent"
    assert problem["errors"][0]["message"] == "A screenplay is told in place of an intent: give one of the two."


def test_what_is_typed_is_an_intent_or_names_a_screenplay(tmp_path: Path) -> None:
    (tmp_path / "kite.fountain").write_text("INT. ROOM\n\nHe waits.\n")
    (tmp_path / "KITE.FOUNTAIN").write_text("INT. ROOM\n\nHe sleeps.\n")
    (tmp_path / "odd.fountain").write_bytes(b"\xff\xfe\x00")

    assert intent_or_screenplay("Mika waits") == ("Mika waits", None)
    assert intent_or_screenplay(str(tmp_path / "kite.fountain")) == (None, "INT. ROOM\n\nHe waits.\n")
    assert intent_or_screenplay(str(tmp_path / "KITE.FOUNTAIN")) == (None, "INT. ROOM\n\nHe sleeps.\n")
    for name in ("odd.fountain", "x" * 300 + ".fountain", "odd.fountain/no.fountain"):
        with pytest.raises(BadInput, match="cannot be read"):
            intent_or_screenplay(str(tmp_path / name))


@pytest.mark.parametrize("name", ["no.fountain", "No.Fountain", ".fountain"])
def test_a_screenplay_that_is_not_there_is_not_taken_for_an_intent(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="There is no file"):
        intent_or_screenplay(str(tmp_path / name))
