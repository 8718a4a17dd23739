"""What clients send by mistake or malice to the one route that makes episodes: always a reason, never a stored half."""

from __future__ import annotations

import json

import pytest

from tests.api.rig import Rig, is_problem

JSON = {"content-type": "application/json"}

WRONG_FIELDS: dict[str, list[object]] = {
    "intent": [None, "", "   ", 7, True, [], {}, "x" * 2001, "nul \x00", "escape \x1b[31m", "bell \x07"],
    "world_id": [None, "", "Anime", "../etc", "a b", 7, "x" * 65],
    "style": [None, 7, "x" * 501, "\x00"],
    "backend": ["", 7, True, ["animatic"], "x" * 81],
    "mode": [None, "fast", 1],
    "width": ["512", True, 63, 513, 3842, 512.5, -2, 10**30],
    "height": ["512", False, 62, 511, 2162],
    "fps": ["24", True, 0, 61, 23.976],
    "duration_s": ["5", True, 0.4, 30.1, -1, None],
    "num_beats": ["3", True, 0, 101, 2.5, None],
    "seed": ["1", True, -1, 2**63, 10**400, None],
    "motion": [None, "sparse", {"engine": "dense"}, {"params": {"strength": 2}}, {"params": {"reuse_poses": 1}}, {"x": 1}],
    "num_beast": [3],
    "format": [{"width": 64}],
}


@pytest.mark.parametrize("field", WRONG_FIELDS)
async def test_a_wrong_field_is_named_and_nothing_is_stored(rig: Rig, field: str) -> None:
    for value in WRONG_FIELDS[field]:
        body = json.dumps({"intent": "A dog runs", field: value})

        answer = await rig.client.post("/episodes", content=body, headers=JSON)

        problem = is_problem(answer, 422, "bad-input")
        assert problem["errors"][0]["where"].split(".")[0] == field, value
    assert rig.episodes.episodes().episodes == ()


NOT_JSON = [
    b"",
    b"{",
    b"nothing",
    b"[]",
    b'"intent"',
    b"null",
    b'{"intent": "a dog", "seed": NaN}',
    b'{"intent": "a dog", "duration_s": NaN}',
    b'{"intent": "a dog", "duration_s": Infinity}',
    b'{"intent": "a dog", "duration_s": -Infinity}',
    b'{"intent": "a dog", "duration_s": 1e999}',
    b'{"intent": NaN}',
    b'{"intent": "a dog", "extra": NaN}',
    b'{"intent": "\\ud800"}',
    b'{"intent": "a dog", "\\ud800": 1}',
    b'{"intent": "\xff\xfe"}',
    b'{"intent": "\xed\xa0\x80"}',
    b"[" * 50_000,
    b'{"a":' * 50_000,
    b'{"intent": "a dog", "seed": ' + b"9" * 100_000 + b"}",
]


async def test_what_is_not_the_right_json_is_refused_and_not_said_back(rig: Rig) -> None:
    for body in NOT_JSON:
        answer = await rig.client.post("/episodes", content=body, headers=JSON)

        is_problem(answer, 422, "bad-input")

        for part in ("NaN", "Infinity", "\\ud800", "9999", "[[["):
            assert part not in answer.text, body[:60]


async def test_a_field_of_a_thousand_letters_is_not_said_back_whole(rig: Rig) -> None:
    answer = await rig.client.post("/episodes", json={"intent": "A dog runs", "x" * 1000: 1})
    is_problem(answer, 422, "bad-input")
    assert len(answer.text) < 700


async def test_many_wrong_fields_are_not_all_listed(rig: Rig) -> None:
    answer = await rig.client.post("/episodes", json={f"field{i}": i for i in range(1000)})
    problem = is_problem(answer, 422, "bad-input")
    assert len(problem["errors"]) == 20
    assert problem["detail"].startswith("intent: ")


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
async def test_a_body_of_another_kind_is_not_guessed_at(rig: Rig, media_type: str) -> None:
    answer = await rig.client.post("/episodes", content=b'{"intent": "x"}', headers={"content-type": media_type})
    is_problem(answer, 415, "unsupported-media-type")


async def test_json_with_a_charset_or_a_dialect_is_json(rig: Rig) -> None:
    for media_type in ("application/json; charset=utf-8", "application/vnd.story+json"):
        answer = await rig.client.post("/episodes", content=b'{"intent": "x"}', headers={"content-type": media_type})
        assert answer.status_code == 201


async def test_whole_numbers_are_good_seconds(rig: Rig) -> None:
    answer = await rig.client.post("/episodes", json={"intent": "A dog runs", "duration_s": 5})
    assert answer.json()["duration_s"] == 5.0
