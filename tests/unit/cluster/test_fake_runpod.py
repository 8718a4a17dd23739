"""The fake itself: it takes what RunPod takes, and refuses what RunPod refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.runpod.clock import Clock
from tests.runpod.cloud import FakeCloud
from tests.runpod.description import faults_of_answer, faults_of_request
from tests.runpod.desk import KEY, Desk

BODY = {"name": "a", "image": "x", "gpu": {"id": "NVIDIA L4", "count": 1}}
HEADERS = {"authorization": f"Bearer {KEY}"}


@pytest.fixture
def desk() -> Desk:
    return Desk(FakeCloud(Clock().today))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({}, None),
        ({"gpuTypeIds": ["NVIDIA L4"]}, "'gpuTypeIds' was unexpected"),
        ({"name": ""}, "should be non-empty"),
        ({"image": None}, "not of type 'string'"),
        ({"gpu": {"id": "NVIDIA L4", "minRamPerGpu": 8}}, "'minRamPerGpu' was unexpected"),
        ({"gpu": {"id": "NVIDIA L4", "minCudaVersion": "12"}}, "does not match"),
        ({"cloud": "ALL"}, "not one of"),
        ({"env": {"A": 1}}, "not of type 'string'"),
        ({"disk": 0}, "less than the minimum"),
        ({"mounts": {"persistent": {"size": 5, "path": "/a"}}}, "less than the minimum"),
    ],
)
def test_an_order_is_held_to_the_description(change: dict[str, Any], fault: str | None) -> None:
    faults = faults_of_request("POST /v2/pods", {}, {**BODY, **change})

    assert (faults == []) if fault is None else any(fault in text for text in faults)


def test_an_answer_is_held_to_the_description(desk: Desk) -> None:
    pod = desk.cloud.create(BODY)

    assert faults_of_answer("POST /v2/pods", 201, pod) == []
    assert faults_of_answer("POST /v2/pods", 200, pod) == ["there is no answer 200"]
    assert faults_of_answer("POST /v2/pods", 201, {**pod, "status": "HAPPY"}) != []
    assert faults_of_answer("POST /v2/pods", 201, {key: pod[key] for key in pod if key != "cost"}) != []


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ({"include": "AVAILABILITY", "product": "POD", "count": "2", "cloud": "SECURE"}, None),
        ({"include": "EVERYTHING"}, "not one of"),
        ({"count": "0"}, "less than the minimum"),
        ({"gpu": "L4"}, "no query parameter"),
    ],
)
def test_a_query_is_held_to_the_description(query: dict[str, str], fault: str | None) -> None:
    faults = faults_of_request("GET /v2/catalog/gpus", query, None)

    assert (faults == []) if fault is None else any(fault in text for text in faults)


def test_a_violation_is_answered_as_runpod_does_and_remembered(desk: Desk) -> None:
    answer = desk.answer("POST", "/v2/pods", {}, HEADERS, {**BODY, "spot": True})

    assert answer.status == 422
    assert len(desk.violations) == 1
    assert desk.cloud.alive() == []


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"cpu": {"id": "cpu5c", "vcpuCount": 2}}, 400),
        ({"gpu": None}, 400),
        ({"gpu": None, "cpu": {"id": "cpu5c", "vcpuCount": 2}}, 201),
        ({"gpu": None, "cpu": {"id": "cpu5c", "vcpuCount": 2}, "globalNetworking": True}, 400),
        ({"gpu": None, "cpu": {"id": "cpu5c", "vcpuCount": 2}, "mounts": {"persistent": {"size": 10, "path": "/a"}}}, 400),
        ({"mounts": {"persistent": {"size": 10, "path": "/a"}, "network": [{"volumeId": "v", "path": "/b"}]}}, 400),
        ({"dataCenterIds": ["AP-JP-1"], "globalNetworking": True}, 400),
        ({"dataCenterIds": ["AP-JP-1"]}, 201),
    ],
)
def test_rules_beyond_the_description_are_kept_too(desk: Desk, change: dict[str, Any], status: int) -> None:
    body = {key: value for key, value in {**BODY, **change}.items() if value is not None}

    assert desk.answer("POST", "/v2/pods", {}, HEADERS, body).status == status


def test_nothing_is_told_without_the_key(desk: Desk) -> None:
    assert desk.answer("GET", "/v2/pods", {}, {}, None).status == 401
