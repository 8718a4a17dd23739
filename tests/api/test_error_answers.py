from __future__ import annotations

import logging
from typing import Any

import pytest

from api.error_answers import LastResort
from episodes.errors import (
    ArtifactConflict,
    BadInput,
    Conflict,
    IllegalMove,
    KeyReused,
    NotFound,
    RevisionConflict,
    StoryWorldError,
    TooLarge,
    Unavailable,
)
from episodes.model import EpisodeView
from storage.memory import MemoryEpisodeStore
from tests.api.rig import Rig, is_problem


class RaisingStore(MemoryEpisodeStore):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def episode(self, episode_id: str) -> EpisodeView:
        raise self.error


@pytest.mark.parametrize(
    ("error", "status", "name"),
    [
        (NotFound("episode", "e1", "a hint"), 404, "not-found"),
        (IllegalMove("episode e1", "CREATED", "execute", "EXECUTING"), 409, "illegal-move"),
        (Conflict("somebody was first", "a hint"), 409, "conflict"),
        (RevisionConflict("the world changed", "a hint"), 409, "conflict"),
        (ArtifactConflict("other bytes", "a hint"), 409, "conflict"),
        (KeyReused("another body", "a hint"), 422, "key-reused"),
        (BadInput("wrong", "a hint", "num_beats"), 422, "bad-input"),
        (TooLarge("too much", "a hint", "file.0"), 413, "too-large"),
        (Unavailable("the database is away", "a hint", 9), 503, "unavailable"),
    ],
)
async def test_each_error_of_the_tree_is_its_own_problem(error: StoryWorldError, status: int, name: str) -> None:
    answer = await Rig(episodes=RaisingStore(error)).client.get("/episodes/e1")
    problem = is_problem(answer, status, name)
    assert problem["detail"] == error.message
    assert problem["hint"]
    assert problem["instance"] == "/episodes/e1"


async def test_what_is_away_says_when_to_come_back() -> None:
    answer = await Rig(episodes=RaisingStore(Unavailable("away", "", 9))).client.get("/episodes/e1")
    assert answer.headers["retry-after"] == "9"


async def test_an_answer_that_breaks_off_is_not_patched_with_another() -> None:
    async def breaking(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    with pytest.raises(RuntimeError):
        await LastResort(breaking)({"type": "http", "method": "GET", "path": "/"}, receive, send)
    assert [message["status"] for message in sent] == [200]


@pytest.mark.parametrize("error", [RuntimeError("secret"), StoryWorldError("secret"), KeyError("secret")])
async def test_a_fault_of_ours_is_a_problem_for_the_client_and_a_story_for_the_log(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, logger="api"):
        answer = await Rig(episodes=RaisingStore(error)).client.get("/episodes/e1")
    is_problem(answer, 500, "internal-error")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    (record,) = caplog.records
    assert record.message == "request.crashed"
    assert record.exc_info is not None
    assert record.exc_info[1] is error


async def test_a_detail_that_utf_8_cannot_hold_is_said_as_far_as_it_goes() -> None:
    answer = await Rig(episodes=RaisingStore(BadInput("half a \ud83d", "\udcff", "\ud800"))).client.get("/episodes/e1")
    problem = is_problem(answer, 422, "bad-input")
    assert problem["detail"] == "half a ?"


@pytest.mark.parametrize(
    ("method", "path", "status", "name"),
    [
        ("GET", "/nowhere", 404, "not-found"),
        ("GET", "/episodes/a/b/c/d", 404, "not-found"),
        ("DELETE", "/episodes", 405, "method-not-allowed"),
        ("PUT", "/episodes", 405, "method-not-allowed"),
        ("BREW", "/episodes", 405, "method-not-allowed"),
    ],
)
async def test_the_routers_own_refusals_are_problems_too(rig: Rig, method: str, path: str, status: int, name: str) -> None:
    answer = await rig.client.request(method, path)
    is_problem(answer, status, name)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/episodes", "GET, POST"),
        ("/worlds/w", "GET, PATCH, PUT"),
        ("/episodes/e/film", "GET, HEAD"),
        ("/episodes/e/plan", "GET, POST, PUT"),
    ],
)
async def test_a_method_that_does_not_work_is_told_all_that_do(rig: Rig, path: str, allowed: str) -> None:
    answer = await rig.client.delete(path)
    is_problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == allowed


async def test_that_a_beat_can_be_taken_out_is_told_too(rig: Rig) -> None:
    answer = await rig.client.put("/episodes/e/beats/b1")
    is_problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "DELETE, PATCH"

    asks = {"Origin": "https://page.example", "Access-Control-Request-Method": "DELETE"}
    assert (
        await Rig(cors_origins=("https://page.example",)).client.options("/episodes/e/beats/b1", headers=asks)
    ).status_code == 200


async def test_no_other_origin_is_let_in_unless_named(rig: Rig) -> None:
    origin = {"Origin": "https://page.example"}
    assert "access-control-allow-origin" not in (await rig.client.get("/episodes", headers=origin)).headers

    named = Rig(cors_origins=("https://page.example",))
    answer = await named.client.get("/episodes", headers=origin)
    preflight = await named.client.options(
        "/episodes",
        headers={**origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "Idempotency-Key"},
    )
    assert answer.headers["access-control-allow-origin"] == "https://page.example"
    assert preflight.status_code == 200
    crossed: Any = await named.client.get("/episodes/nobody", headers=origin)
    assert crossed.headers["access-control-allow-origin"] == "https://page.example"
