"""The description is what clients are written from: it is whole, and its examples are true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from api import continuity_examples, examples, money_examples, plan_examples, take_examples, world_examples
from api.beat_changes import BeatChange
from api.continuity import ContinuityShape, PlannedShape
from api.fleet_shapes import FleetShape
from api.money_shapes import EstimateShape, FundsShape
from api.requests import NewBudget, NewEpisode
from api.shapes import (
    AuditShape,
    CheckupShape,
    EpisodePageShape,
    EpisodeShape,
    HealthShape,
    MovedShape,
    QueueShape,
    ReadinessShape,
    SweepShape,
)
from api.take_shapes import NewTakes, SelectedShape, TakeShape, TakesShape
from api.version_shapes import PlanVersionShape, VersionListShape
from api.world_changes import Change, CharacterEdit, Locks, MovingOn, PlaceEdit, PropEdit, Rollback, WorldEdit
from api.world_shapes import RevisionListShape, UploadShape, WorldListShape, WorldShape
from episodes.plan import Plan
from episodes.world import World
from tests.api.rig import Rig

Json = dict[str, Any]


@pytest.fixture(scope="module")
def spec() -> Json:
    description: Json = Rig().app.openapi()
    return description


def operations(spec: Json) -> Iterator[tuple[str, Json]]:
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def examples_of(content: Json) -> list[Any]:
    return [*([content["example"]] if "example" in content else []), *content.get("examples", {}).values()]


def test_every_operation_is_described(spec: Json) -> None:
    ids = [operation["operationId"] for _, operation in operations(spec)]
    assert len(ids) == len(set(ids))
    known_tags = {tag["name"] for tag in spec["tags"]}
    for name, operation in operations(spec):
        assert operation["summary"], name
        assert set(operation["tags"]) <= known_tags, name


def test_the_operations_are_those_of_the_design(spec: Json) -> None:
    assert {name for name, _ in operations(spec)} == {
        "GET /episodes",
        "POST /episodes",
        "GET /episodes/{episode_id}",
        "GET /episodes/{episode_id}/continuity",
        "POST /episodes/{episode_id}/plan",
        "GET /episodes/{episode_id}/plan",
        "PUT /episodes/{episode_id}/plan",
        "GET /episodes/{episode_id}/plan.fountain",
        "GET /episodes/{episode_id}/plan/versions",
        "GET /episodes/{episode_id}/plan/versions/{version}",
        "POST /episodes/{episode_id}/plan/versions/{version}/restore",
        "GET /episodes/{episode_id}/estimate",
        "PUT /episodes/{episode_id}/budget",
        "POST /episodes/{episode_id}/execute",
        "POST /episodes/{episode_id}/cancel",
        "POST /episodes/{episode_id}/pause",
        "POST /episodes/{episode_id}/resume",
        "POST /episodes/{episode_id}/retry",
        "POST /episodes/{episode_id}/beats",
        "PATCH /episodes/{episode_id}/beats/{beat_id}",
        "DELETE /episodes/{episode_id}/beats/{beat_id}",
        "POST /episodes/{episode_id}/beats/{beat_id}/move",
        "POST /episodes/{episode_id}/beats/{beat_id}/plan",
        "POST /episodes/{episode_id}/beats/{beat_id}/cancel",
        "POST /episodes/{episode_id}/beats/{beat_id}/retry",
        "POST /episodes/{episode_id}/beats/{beat_id}/takes",
        "GET /episodes/{episode_id}/beats/{beat_id}/takes",
        "GET /episodes/{episode_id}/beats/{beat_id}/takes/{number}/video",
        "GET /episodes/{episode_id}/beats/{beat_id}/takes/{number}/poster",
        "POST /episodes/{episode_id}/beats/{beat_id}/takes/{number}/select",
        "POST /episodes/{episode_id}/beats/{beat_id}/takes/{number}/cancel",
        "GET /queue",
        "GET /fleet",
        "POST /queue/pause",
        "POST /queue/resume",
        "GET /episodes/{episode_id}/beats/{beat_id}/video",
        "GET /episodes/{episode_id}/beats/{beat_id}/poster",
        "GET /episodes/{episode_id}/film",
        "GET /episodes/{episode_id}/poster",
        "GET /episodes/{episode_id}/subtitles.srt",
        "GET /episodes/{episode_id}/subtitles.vtt",
        "GET /episodes/{episode_id}/events",
        "GET /worlds",
        "GET /worlds/{world_id}",
        "PUT /worlds/{world_id}",
        "PATCH /worlds/{world_id}",
        "PATCH /worlds/{world_id}/characters/{character_id}",
        "PATCH /worlds/{world_id}/places/{place_id}",
        "PATCH /worlds/{world_id}/props/{prop_id}",
        "GET /worlds/{world_id}/revisions",
        "GET /worlds/{world_id}/revisions/{revision}",
        "POST /worlds/{world_id}/rollback",
        "POST /worlds/{world_id}/move-on",
        "POST /worlds/{world_id}/lock",
        "POST /worlds/{world_id}/unlock",
        "POST /worlds/{world_id}/images",
        "GET /worlds/{world_id}/images/{file}",
        "GET /audit",
        "POST /sweep",
        "GET /doctor",
        "GET /healthz",
        "GET /readyz",
    }


def test_every_operation_has_a_good_answer_with_an_example(spec: Json) -> None:
    for name, operation in operations(spec):
        good = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
        assert good, name
        for answer in good:
            for content in answer["content"].values():
                assert examples_of(content), name


def test_every_error_is_described_as_a_problem_with_an_example(spec: Json) -> None:
    for name, operation in operations(spec):
        bad = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
        assert {"500", "503"} <= set(bad), name
        for answer in bad.values():
            (content,) = [answer["content"][kind] for kind in answer["content"] if kind == "application/problem+json"]
            assert content["schema"] == {"$ref": "#/components/schemas/Problem"}, name
            assert examples_of(content), name
            assert list(answer["content"]) == ["application/problem+json"], name


def test_what_has_a_body_has_an_example_of_it_and_says_what_may_be_wrong_with_it(spec: Json) -> None:
    for name, operation in operations(spec):
        if "requestBody" in operation:
            assert {"408", "413", "415", "422"} <= set(operation["responses"]), name
        for media_type, content in operation.get("requestBody", {"content": {}})["content"].items():
            if media_type == "application/json":
                schema = (
                    spec["components"]["schemas"][content["schema"]["$ref"].rsplit("/", 1)[-1]]
                    if "$ref" in content["schema"]
                    else {}
                )
                assert examples_of(content) or content["schema"].get("examples") or schema.get("examples"), name


def test_every_post_may_carry_an_idempotency_key(spec: Json) -> None:
    for name, operation in operations(spec):
        keys = [p for p in operation.get("parameters", []) if p["name"] == "Idempotency-Key"]
        assert len(keys) == name.startswith("POST"), name


def test_every_kind_of_problem_is_explained_where_its_type_points(spec: Json) -> None:
    used = {
        name
        for _, operation in operations(spec)
        for answer in operation["responses"].values()
        for name in answer.get("content", {}).get("application/problem+json", {}).get("examples", {})
    }
    assert used < set(spec["x-problems"])
    assert "method-not-allowed" in spec["x-problems"]


def test_every_reference_leads_somewhere(spec: Json) -> None:
    def references(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                yield node["$ref"]
            for child in node.values():
                yield from references(child)
        elif isinstance(node, list):
            for child in node:
                yield from references(child)

    for reference in references(spec):
        assert reference.removeprefix("#/components/schemas/") in spec["components"]["schemas"]


@pytest.mark.parametrize(
    ("shape", "example"),
    [
        (EpisodeShape, examples.CREATED),
        (EpisodeShape, examples.PLANNED),
        (PlannedShape, continuity_examples.PLANNED),
        (ContinuityShape, continuity_examples.CONTINUITY),
        (EpisodeShape, examples.EPISODE),
        (EpisodePageShape, examples.PAGE),
        (MovedShape, examples.moved("EXECUTING")),
        (QueueShape, examples.queue(is_paused=True)),
        (WorldShape, world_examples.WORLD),
        (WorldListShape, world_examples.WORLDS),
        (UploadShape, world_examples.UPLOAD),
        (World, world_examples.NEW_WORLD),
        (RevisionListShape, world_examples.REVISIONS),
        (Rollback, world_examples.ROLLBACK),
        (Locks, world_examples.LOCKS),
        (MovingOn, world_examples.MOVING_ON),
        (WorldEdit, world_examples.WORLD_CHANGE),
        (CharacterEdit, world_examples.CHARACTER_CHANGE),
        (PlaceEdit, world_examples.PLACE_CHANGE),
        (PropEdit, world_examples.PROP_CHANGE),
        (AuditShape, examples.AUDIT),
        (CheckupShape, examples.CHECKUP),
        (SweepShape, examples.SWEEP),
        (FleetShape, examples.FLEET),
        (Plan, plan_examples.PLAN),
        (VersionListShape, plan_examples.VERSIONS),
        (PlanVersionShape, plan_examples.VERSION),
        (NewEpisode, plan_examples.NEW_SCREENPLAY["value"]),
        (EstimateShape, money_examples.ESTIMATE),
        (FundsShape, money_examples.FUNDS),
        *((NewBudget, example["value"]) for example in money_examples.NEW_BUDGETS.values()),
        (TakesShape, take_examples.TAKES),
        (TakeShape, take_examples.CANCELLED),
        (SelectedShape, take_examples.SELECTED),
        *((NewTakes, example["value"]) for example in take_examples.NEW_TAKES.values()),
        (HealthShape, examples.HEALTHY),
        (ReadinessShape, examples.READY),
        *((BeatChange, example["value"]) for example in examples.BEAT_CHANGES.values()),
        *((NewEpisode, example["value"]) for example in examples.NEW_EPISODES.values()),
    ],
)
def test_an_example_has_the_shape_that_it_shows(shape: type[BaseModel], example: Json) -> None:
    noun = shape.model_validate(example)
    if not issubclass(shape, (NewEpisode, NewBudget, NewTakes, Plan, PlanVersionShape, BeatChange, World, Change)):
        assert noun.model_dump(mode="json") == example


async def test_the_example_of_a_new_episode_makes_one(rig: Rig) -> None:
    for example in examples.NEW_EPISODES.values():
        assert (await rig.client.post("/episodes", json=example["value"])).status_code == 201


async def test_the_example_of_a_world_can_be_put(rig: Rig) -> None:
    assert (await rig.client.put("/worlds/example", json=world_examples.NEW_WORLD)).status_code == 200


async def test_the_description_shows_no_secret_and_no_place_of_this_machine(rig: Rig) -> None:
    text = (await rig.client.get("/openapi.json")).text
    assert "/work" not in text
    assert "localhost" not in text
