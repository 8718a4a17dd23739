"""What is wrong with a request, in words for people: no word of the libraries that found it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from api.beat_changes import BeatChange
from api.requests import NewBudget, NewEpisode
from api.wording import in_words, sentence
from episodes.plan import Plan
from episodes.world import Character
from tests.api.rig import Rig, is_problem

ID = "It must be 1 to 64 lower-case letters, digits, `_` and `-`, and begin with a letter or digit."


@pytest.mark.parametrize(
    ("model", "body", "expected"),
    [
        (NewEpisode, {"intent": ""}, "It must not be empty."),
        (NewEpisode, {"intent": "x" * 2001}, "It must have at most 2000 characters."),
        (NewEpisode, {"intent": 7}, "It must be a text."),
        (NewEpisode, {"intent": "nul \0"}, "Contains the control character U+0000."),
        (NewEpisode, {}, "Give an intent, or a screenplay."),
        (NewEpisode, {"intent": "x", "num_beats": 0}, "It must be at least 1."),
        (NewEpisode, {"intent": "x", "num_beats": 101}, "It must be at most 100."),
        (NewEpisode, {"intent": "x", "num_beats": "3"}, "It must be a whole number."),
        (NewEpisode, {"intent": "x", "num_beats": 2.5}, "It must be a whole number."),
        (NewEpisode, {"intent": "x", "seed": 2**63}, f"It must be less than {2**63}."),
        (NewEpisode, {"intent": "x", "width": 513}, "It must be a multiple of 2."),
        (NewEpisode, {"intent": "x", "duration_s": "5"}, "It must be a number."),
        (NewEpisode, {"intent": "x", "mode": "fast"}, "It must be one of these: 'validate' or 'final'."),
        (NewEpisode, {"intent": "x", "motion": {"engine": "x"}}, "It must be one of these: 'sparse' or 'linear'."),
        (NewEpisode, {"intent": "x", "motion": {"params": {"reuse_poses": 1}}}, "It must be true or false."),
        (NewEpisode, {"intent": "x", "motion": 1}, "It must be an object."),
        (NewEpisode, {"intent": "x", "fallbacks": "svd"}, "It must be a list."),
        (NewEpisode, {"intent": "x", "fallbacks": ["a"] * 9}, "It must have at most 8 entries."),
        (NewEpisode, {"intent": "x", "world_id": "A"}, ID),
        (NewEpisode, {"intent": "x", "more": 1}, "There is no such field."),
        (NewEpisode, [], "It must be an object."),
        (NewBudget, {"budget": "much"}, "It must be a number."),
        (NewBudget, {"budget": "0.0000001"}, "It must have at most 6 digits behind the point."),
        (NewBudget, {}, "It is missing."),
        (BeatChange, {}, "Name at least one field to change."),
        (Plan, {"beats": []}, "It must not be empty."),
        (Character, {"character_id": "mika", "name": "Mika", "palette": ["red"]}, "It must be a colour: `#3a7bd5`."),
    ],
)
def test_what_a_value_must_be_is_a_sentence(model: type[BaseModel], body: object, expected: str) -> None:
    with pytest.raises(ValidationError) as refused:
        model.model_validate_json(json.dumps(body), strict=True)

    assert in_words(refused.value.errors()[0]) == expected


def test_a_body_that_is_no_json_says_where() -> None:
    with pytest.raises(ValidationError) as refused:
        NewBudget.model_validate_json("{")

    assert in_words(refused.value.errors()[0]).startswith("This is no JSON: EOF while parsing")


@pytest.mark.parametrize(("told", "expected"), [("no", "no."), ("no.", "no."), ("no?", "no?"), ("wait …", "wait …")])
def test_a_sentence_ends(told: str, expected: str) -> None:
    assert sentence(told) == expected


async def test_a_part_of_a_form_that_is_no_file_says_so(rig: Rig) -> None:
    answer = await rig.client.post("/worlds/market/images", files={"file": (None, "text")})

    assert is_problem(answer, 422, "bad-input")["detail"] == "file.0: It must be a file."


WRONG_WORDS = re.compile(r"Value error|should (be|have|match)|Field required|Input |<class|ACCEPTED that way|does not move")


async def refusal(rig: Rig, method: str, path: str, body: Any = None) -> dict[str, Any]:
    problem: dict[str, Any] = (await rig.client.request(method, path, json=body)).json()
    assert not WRONG_WORDS.search(problem["detail"])
    return problem


async def test_an_episode_without_a_plan_says_how_it_gets_one(rig: Rig) -> None:
    created = f"/episodes/{await rig.created()}"
    for method, path, body in (
        ("POST", "/execute", None),
        ("POST", "/pause", None),
        ("POST", "/retry", None),
        ("GET", "/plan", None),
        ("GET", "/plan.fountain", None),
        ("GET", "/estimate", None),
        ("POST", "/beats", {"description": "Mika waits."}),
        ("DELETE", "/beats/b1", None),
        ("POST", "/beats/b1/cancel", None),
    ):
        problem = await refusal(rig, method, created + path, body)

        assert (problem["status"], problem["state"]) == (409, "CREATED"), path
        assert problem["hint"] == "It has no plan yet: `POST /episodes/{id}/plan` makes one.", path


async def test_takes_of_a_beat_without_a_clip_say_what_to_wait_for(rig: Rig) -> None:
    episode_id = await rig.executing()

    problem = await refusal(rig, "POST", f"/episodes/{episode_id}/beats/b1/takes", {"count": 1})

    assert problem["detail"] == "Cannot choose takes of beat b1: it is PENDING."
    assert problem["hint"].endswith("wait until it is ACCEPTED.")


async def test_the_last_beat_stays(rig: Rig) -> None:
    episode_id = await rig.planned(num_beats=1)

    problem = await refusal(rig, "DELETE", f"/episodes/{episode_id}/beats/b1")

    assert (problem["status"], problem["detail"]) == (422, "An episode keeps at least one beat.")


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("film", "film of episode"),
        ("poster", "poster of episode"),
        ("subtitles.srt", "subtitle file of episode"),
        ("subtitles.vtt", "subtitle file of episode"),
        ("beats/b1/video", "clip of beat"),
        ("beats/b1/poster", "poster of beat"),
    ],
)
async def test_a_file_that_is_not_there_yet_is_called_by_its_name(rig: Rig, path: str, word: str) -> None:
    episode_id = await rig.planned()

    problem = await refusal(rig, "GET", f"/episodes/{episode_id}/{path}")

    assert problem["status"] == 404
    assert problem["detail"] == f"There is no {word} '{'b1' if 'beats' in path else episode_id}'."
