"""Changing what a beat shows: a new revision is rendered, and nothing is where nothing changed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.beat_changes import BeatChange, changed_beat
from episodes.errors import BadInput
from tests.api.rig import Rig, is_problem
from tests.builders import a_beat, a_character
from tests.unit.episodes.test_plan import a_picture


def change(**fields: Any) -> BeatChange:
    return BeatChange.model_validate_json(json.dumps(fields), strict=True)


def test_only_what_was_sent_is_changed() -> None:
    beat = a_beat(caption="Before", dialogue={"character_id": "mika", "text": "Oh."})
    changed = changed_beat(beat, change(seed=99, dialogue=None, duration_s=2))
    assert changed == beat.model_copy(update={"seed": 99, "dialogue": None, "duration_s": 2.0})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("wide shot: Mika waits. Mika: red coat", "wide shot: Mika runs. Mika: red coat"),
        ("Mika, red coat", "Mika runs. Mika, red coat"),
        ("Mika waits." + "x" * 1989, "Mika runs." + "x" * 1989),
        ("x" * 2000, "Mika runs. " + "x" * 1989),
    ],
)
def test_a_new_description_takes_the_old_ones_place_in_the_prompt_or_stands_in_front(before: str, after: str) -> None:
    beat = a_beat(description="Mika waits.", prompt=before)
    assert changed_beat(beat, change(description="Mika runs.")).prompt == after
    assert changed_beat(beat, change(description="Mika waits.")) == beat
    assert changed_beat(beat, change(description="Mika runs.", prompt="this")).prompt == "this"


def test_how_it_is_looked_at_and_from_which_pictures_can_be_changed() -> None:
    picture = a_picture(1)
    cast = (a_beat().cast[0].model_copy(update={"character": a_character(references=(picture,))}),)
    beat = a_beat(cast=cast)

    changed = changed_beat(beat, change(angle="overhead", keyframe_density="sparse", references=[picture.key]))

    assert (changed.angle, changed.keyframe_density, changed.references) == ("overhead", "sparse", (picture.key,))
    with pytest.raises(BadInput, match="Not all of these are pictures of b1's cast and place, which have 1") as refused:
        changed_beat(beat, change(references=[picture.key, "worlds/w/images/other.png"]))
    assert refused.value.where == "references"


def test_an_old_description_that_was_empty_is_found_nowhere() -> None:
    beat = a_beat(description="", prompt="Mika")
    assert changed_beat(beat, change(description="Mika runs.")).prompt == "Mika runs. Mika"


async def test_a_changed_beat_is_rendered_anew_at_the_next_revision(rig: Rig) -> None:
    episode_id = await rig.completed()
    num_wakes = rig.door.num_wakes

    answer = await rig.client.patch(f"/episodes/{episode_id}/beats/b2", json={"seed": 99, "shot_size": "close-up"})

    assert answer.status_code == 200, answer.text
    episode = answer.json()
    beat = episode["beats"][1]
    assert episode["state"] == "EXECUTING"
    assert (beat["state"], beat["revision"], beat["seed"], beat["shot_size"]) == ("PENDING", 2, 99, "close-up")
    assert [b["state"] for b in episode["beats"]] == ["ACCEPTED", "PENDING", "ACCEPTED"]
    assert rig.door.num_wakes == num_wakes + 1


async def test_a_change_that_is_repeated_or_changes_nothing_renders_nothing(rig: Rig) -> None:
    episode_id = await rig.completed()
    for _ in range(2):
        answer = await rig.client.patch(f"/episodes/{episode_id}/beats/b2", json={"description": "Mika runs."})
        assert answer.json()["beats"][1]["revision"] == 2
    same = await rig.client.patch(f"/episodes/{episode_id}/beats/b1", json={"duration_s": 5, "backend": "animatic"})
    assert same.json()["beats"][0]["state"] == "ACCEPTED"


WRONG: dict[str, list[object]] = {
    "description": [None, "", "  ", 7, "x" * 2001, "nul \x00"],
    "prompt": [None, 7, "x" * 2001],
    "negative_prompt": [None, ["text"]],
    "duration_s": ["5", True, 0.4, 30.1, None],
    "seed": ["1", True, -1, 2**63, None],
    "shot_size": [None, "huge", 1],
    "camera_move": [None, "push_in"],
    "time_of_day": [None, "noon"],
    "transition": [None, "wipe"],
    "dialogue": ["Oh.", {"text": "Oh."}, {"character_id": "nobody", "text": "Oh."}, {"character_id": "mika", "text": 7}],
    "caption": [None, "x" * 201],
    "backend": [None, "", 7, "hollywood"],
    "beat_id": ["b9"],
    "depends_on": [[]],
}


@pytest.mark.parametrize("field", WRONG)
async def test_a_wrong_field_is_named_and_nothing_is_changed(rig: Rig, field: str) -> None:
    episode_id = await rig.planned()
    before = rig.episodes.episode(episode_id)
    for value in WRONG[field]:
        answer = await rig.client.patch(f"/episodes/{episode_id}/beats/b1", json={"seed": 99, field: value})
        assert is_problem(answer, 422, "bad-input")["errors"][0]["where"].split(".")[0] == field, value
    assert rig.episodes.episode(episode_id) == before
    assert rig.door.num_wakes == 0


async def test_a_change_of_nothing_is_refused(rig: Rig) -> None:
    episode_id = await rig.planned()
    for body in (b"", b"{}", b"[]", b"null"):
        answer = await rig.client.patch(
            f"/episodes/{episode_id}/beats/b1", content=body, headers={"content-type": "application/json"}
        )
        is_problem(answer, 422, "bad-input")


async def test_a_beat_that_is_not_there_or_being_stopped_is_not_changed(rig: Rig) -> None:
    episode_id = await rig.executing()
    for name in ("b9", "B1"):
        is_problem(await rig.client.patch(f"/episodes/{episode_id}/beats/{name}", json={"seed": 9}), 404, "not-found")
    is_problem(await rig.client.patch("/episodes/nobody/beats/b1", json={"seed": 9}), 404, "not-found")
    rig.open(episode_id, "b1")
    await rig.client.post(f"/episodes/{episode_id}/cancel")
    is_problem(await rig.client.patch(f"/episodes/{episode_id}/beats/b1", json={"seed": 9}), 409, "illegal-move")
