"""A vision model behind OpenAI's protocol, and all that may come back instead of an answer: asked over HTTP on 127.0.0.1."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import SecretStr

from planning.extraction.decode import decode
from planning.models import ModelAccess
from planning.vision.asking import ModelEyes, Refused
from planning.vision.prompts import INSTRUCTIONS
from planning.vision.remembering import RememberingEyes
from planning.vision.sight import Seen, Shown, Unseen
from planning.world_builder import StoredWorlds
from storage.artifacts.memory import MemoryArtifacts
from storage.memory import MemoryWorldStore
from tests.api.rig import Rig
from tests.loopback import LOST, Answer, Asked, as_json, serving
from tests.unit.planning.pictures import a_figure, a_landscape, as_file

Json = dict[str, Any]

KEY = "a-key-of-the-tests"  # pragma: allowlist secret
FIGURE = as_file(a_figure())
HERO = {"shows": "character", "description": "tall, with grey eyes", "clothes": "red tunic", "style": "flat colours"}


def completion(content: str | None, finish_reason: str = "stop", **message: Any) -> Answer:
    said = {"role": "assistant", "content": content, **message}
    choice = {"index": 0, "finish_reason": finish_reason, "message": said}
    usage = {"prompt_tokens": 900, "completion_tokens": 60, "total_tokens": 960}
    return as_json({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage})


def failed(status: int) -> Answer:
    """Whoever asks again may do so at once."""
    return as_json({"error": {"message": f"no, {KEY}"}}, status, retry_after_ms="1")


GOOD, NONSENSE = completion(json.dumps(HERO)), completion("I see a hero!")


@dataclass
class Server:
    """Gives its answers one after the other, the last one for ever."""

    answers: list[Answer | Callable[[], Answer]]
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        one = self.answers[min(len(self.asked), len(self.answers)) - 1]
        return one() if callable(one) else one

    def eyes(self, timeout_s: float = 60.0) -> ModelEyes:
        access = ModelAccess(
            provider="openai", model="m", base_url=f"{self.url}/v1", api_key=SecretStr(KEY), timeout_s=timeout_s
        )
        return ModelEyes(access)


@contextmanager
def a_server(*answers: Answer | Callable[[], Answer]) -> Iterator[Server]:
    server = Server(list(answers))
    with serving(server.answer) as url:
        server.url = url
        yield server


def test_the_picture_is_sent_as_data_and_the_answer_is_asked_for_in_a_shape() -> None:
    picture = decode(FIGURE)
    with a_server(GOOD) as server:
        told = server.eyes().look(picture)

    assert isinstance(told, Seen)
    assert (told.sight.shows, told.sight.clothes, told.model) == (Shown.CHARACTER, "red tunic", "openai:m")
    (asked,) = server.asked
    assert (asked.path, asked.headers["authorization"]) == ("/v1/chat/completions", f"Bearer {KEY}")
    system, user = asked.json["messages"]
    assert system == {"role": "system", "content": INSTRUCTIONS}
    sent = user["content"][1]["image_url"]["url"]
    assert sent == f"data:image/png;base64,{base64.b64encode(picture.data).decode()}"
    assert asked.json["response_format"]["json_schema"]["schema"]["required"] == ["shows"]


@pytest.mark.parametrize(
    ("answers", "num_asked"),
    [
        pytest.param([NONSENSE, GOOD], 2, id="no JSON, then right"),
        pytest.param([completion('{"shows": "dragon"}'), GOOD], 2, id="another word, then right"),
        pytest.param([completion(json.dumps({**HERO, "mood": "x"})), GOOD], 2, id="a field too many, then right"),
        pytest.param([failed(429), GOOD], 2, id="busy, then right"),
        pytest.param([failed(503), GOOD], 2, id="down, then right"),
        pytest.param([LOST, GOOD], 2, id="lost, then right"),
    ],
)
def test_what_passes_is_asked_again(answers: list[Answer], num_asked: int) -> None:
    with a_server(*answers) as server:
        assert isinstance(server.eyes().look(decode(FIGURE)), Seen)

    assert len(server.asked) == num_asked


def test_an_answer_that_is_no_answer_is_sent_back_with_what_was_wrong() -> None:
    with a_server(completion('{"shows": "dragon"}'), GOOD) as server:
        server.eyes().look(decode(FIGURE))

    assert "'character', 'place' or 'prop'" in server.asked[1].json["messages"][-1]["content"]


@pytest.mark.parametrize(
    ("answers", "num_asked", "reason"),
    [
        pytest.param([NONSENSE], 2, "gave no answer of the shape", id="never JSON"),
        pytest.param([completion(json.dumps({**HERO, "name": "x" * 81}))], 2, "gave no answer of the shape", id="too long"),
        pytest.param([completion('{"shows": "char', "length")], 1, "gave no answer of the shape", id="cut off"),
        pytest.param([failed(429)], 2, "has too much to do", id="busy"),
        pytest.param([failed(500)], 2, "failed (ModelServerError)", id="broken"),
        pytest.param([failed(401)], 1, "does not take the key", id="key"),
        pytest.param([failed(404)], 1, "knows no such model", id="model"),
        pytest.param([failed(400)], 1, "failed (", id="request"),
        pytest.param([LOST], 2, "cannot be reached", id="lost"),
        pytest.param([Answer(body=b"<html>")], 1, "failed (", id="no API"),
    ],
)
def test_what_does_not_pass_is_told_and_asked_no_more(answers: list[Answer], num_asked: int, reason: str) -> None:
    with a_server(*answers) as server:
        told = server.eyes().look(decode(FIGURE))

    assert isinstance(told, Unseen)
    assert not isinstance(told, Refused)
    assert reason in told.reason
    assert KEY not in told.reason
    assert len(server.asked) == num_asked


@pytest.mark.parametrize(
    "refusal",
    [completion(None, refusal="I cannot help with that."), completion("", "content_filter")],
    ids=["said", "filtered"],
)
def test_a_refusal_is_told_apart(refusal: Answer) -> None:
    with a_server(refusal) as server:
        assert isinstance(server.eyes().look(decode(FIGURE)), Refused)

    assert len(server.asked) == 1


def test_a_server_that_hangs_is_left_after_its_time() -> None:
    is_over = threading.Event()

    def hang() -> Answer:
        is_over.wait(60)
        return GOOD

    with a_server(hang) as server:
        try:
            told = server.eyes(timeout_s=0.3).look(decode(FIGURE))
        finally:
            is_over.set()

    assert told == Unseen(reason="The vision model openai:m did not answer within 0.3 s.")


def test_nobody_listens() -> None:
    with a_server(GOOD) as server:
        eyes = server.eyes()

    told = eyes.look(decode(FIGURE))

    assert told == Unseen(reason="The vision model openai:m cannot be reached.")


async def test_an_upload_is_answered_with_what_failed_and_paid_for_once() -> None:
    """Through the API: measured facts stay, the answer says what the model did not, and who uploads again has it asked again."""
    worlds, artifacts = MemoryWorldStore(), MemoryArtifacts()
    with a_server(NONSENSE, NONSENSE, GOOD) as server:
        eyes = RememberingEyes(server.eyes(), artifacts)
        rig = Rig(worlds=worlds, artifacts=artifacts, builder=StoredWorlds(worlds, artifacts, eyes))
        files = [("file", ("hero.png", FIGURE))]
        failing = await rig.client.post("/worlds/w/images", files=files)
        shown = (await rig.client.get("/worlds/w")).json()
        told = await rig.client.post("/worlds/w/images", files=files)
        num_paid = len(server.asked)
        for world_id in ("w", "v"):
            assert (await rig.client.post(f"/worlds/{world_id}/images", files=files)).status_code == 201
        other = await rig.client.post("/worlds/w/images", files=[("file", ("harbour.png", as_file(a_landscape())))])

    assert failing.status_code == told.status_code == 201
    assert "gave no answer of the shape" in failing.json()["pictures"][0]["unread"]
    looks = "characters.hero.description"
    assert (shown["sources"][looks]["kind"], len(shown["unread"])) == ("measured", 1)
    assert told.json()["pictures"][0]["unread"] == ""
    assert num_paid == 3
    assert (len(server.asked), other.json()["pictures"][0]["unread"]) == (4, ""), "only what is new is paid for"
    now = (await rig.client.get("/worlds/w")).json()
    assert now["sources"][looks] == {
        "kind": "model",
        "picture": told.json()["pictures"][0]["picture"]["sha256"],
        "model": "openai:m",
        "episode_id": None,
        "since_revision": 2,
    }
    assert now["world"]["characters"][0]["wardrobe"] == [{"outfit_id": "seen", "description": "red tunic"}]
    assert now["unread"] == {}
