"""Whatever is sent, the API answers with what its description promises, and never with a fault of its own."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api import examples, world_examples
from api.problems import MEDIA_TYPE, Problem
from tests.api.rig import PNG, Rig

Json = dict[str, Any]

RIG = Rig()
SPEC: Json = RIG.app.openapi()


async def _some_ids() -> tuple[str, str, str]:
    picture = await RIG.client.post("/worlds/anime_world/images", files=[("file", ("a.png", PNG))])
    return await RIG.completed(), await RIG.completed(num_beats=1), picture.json()["pictures"][0]["url"].rsplit("/", 1)[-1]


async def _episodes_that_move() -> tuple[str, str, str]:
    return await RIG.completed(), await RIG.executing(), await RIG.planned()


FINISHED, OTHER, PICTURE = asyncio.run(_some_ids())
KNOWN = {"episode_id": (FINISHED, OTHER), "beat_id": ("b1",), "world_id": ("anime_world", "empty"), "file": (PICTURE,)}
KNOWN |= {
    "character_id": ("mika",),
    "place_id": ("rooftop",),
    "prop_id": ("key",),
    "revision": ("1", "2"),
    "version": ("1", "2"),
}
"""For looking. Only finished episodes: the event stream of another does not end."""
MOVED = asyncio.run(_episodes_that_move())


@dataclass(frozen=True, kw_only=True)
class Operation:
    method: str
    path: str
    described: Json

    @property
    def promised(self) -> set[int]:
        return {int(status) for status in self.described["responses"]}


def _operations() -> Iterator[Operation]:
    for path, methods in SPEC["paths"].items():
        for method, described in methods.items():
            yield Operation(method=method.upper(), path=path, described=described)


OPERATIONS = list(_operations())

hostile = st.sampled_from(
    ["", "\x00", "../..", "%2e%2e", "'; --", "\ud800", "NaN", "-1", "9" * 40, "x" * 3000, "\r\nX: y", "🎬", "{}", "null"]
)
words = hostile | st.text(max_size=20)
header_words = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=30) | st.sampled_from(
    [
        "bytes=0-",
        "bytes=-0",
        "bytes=9-1",
        "bytes=0-0,5-6",
        "bytes=a-b",
        "*",
        '"1"',
        'W/"1"',
        "0",
        "-1",
        "9" * 30,
        "1e3",
        "",
        "٣",
    ]
)
scalars = st.none() | st.booleans() | st.integers(-(10**25), 10**25) | st.floats() | words
jsons = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=6
)
raw_bodies = st.binary(max_size=60) | st.sampled_from(
    [b"", b"{", b"[" * 2000, b'{"intent":NaN}', b'{"a":' * 900, b'"\\ud800"', b"\xff\xfe"]
)


@st.composite
def nearly_right(draw: st.DrawFn, example: Json) -> bytes:
    """The example with one thing in it changed, added or taken away."""
    body = copy.deepcopy(example)
    inside: Any = body
    while True:
        keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
        key = draw(st.sampled_from(keys))
        if isinstance(inside[key], (dict, list)) and inside[key] and draw(st.booleans()):
            inside = inside[key]
            continue
        if draw(st.integers(0, 4)) == 0:
            del inside[key]
        else:
            inside[key] = draw(jsons)
        if isinstance(inside, dict) and draw(st.integers(0, 4)) == 0:
            inside[draw(words)] = draw(jsons)
        return json.dumps(body).encode()


new_episodes = st.sampled_from([example["value"] for example in examples.NEW_EPISODES.values()])
beat_changes = st.sampled_from([example["value"] for example in examples.BEAT_CHANGES.values()])


@st.composite
def forms(draw: st.DrawFn) -> bytes:
    content = draw(st.sampled_from([PNG, PNG * 50, b"", b"no picture"]))
    name = draw(st.sampled_from(["file", "file", "file", "picture", "", "fil\x00e"]))
    file_name = draw(st.sampled_from(["a.png", "../a.png", "é.png", "", "a\x00.png", "x" * 300]))
    end = draw(st.sampled_from(["--x--\r\n", "--x--", "--x", "", "--y--\r\n"]))
    head = f'--x\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n\r\n'
    return head.encode() + content + b"\r\n" + end.encode()


MEDIA_TYPES = [
    "application/json",
    "application/json",
    "text/plain",
    "",
    "application/json; charset=utf-16",
    "multipart/form-data",
]
any_bodies = st.tuples(raw_bodies | jsons.map(json.dumps).map(str.encode), st.sampled_from(MEDIA_TYPES))
BODIES = {
    "create_episode": st.tuples(new_episodes.flatmap(nearly_right), st.just("application/json")),
    "revise_beat": st.tuples(beat_changes.flatmap(nearly_right), st.just("application/json")),
    "put_world": st.tuples(nearly_right(world_examples.NEW_WORLD), st.just("application/json")),
    "edit_world": st.tuples(nearly_right(world_examples.WORLD_CHANGE), st.just("application/json")),
    "edit_character": st.tuples(nearly_right(world_examples.CHARACTER_CHANGE), st.just("application/json")),
    "edit_place": st.tuples(nearly_right(world_examples.PLACE_CHANGE), st.just("application/json")),
    "edit_prop": st.tuples(nearly_right(world_examples.PROP_CHANGE), st.just("application/json")),
    "roll_back_world": st.tuples(nearly_right(world_examples.ROLLBACK), st.just("application/json")),
    "move_world_on": st.tuples(nearly_right(world_examples.MOVING_ON), st.just("application/json")),
    "lock_fields": st.tuples(nearly_right(world_examples.LOCKS), st.just("application/json")),
    "unlock_fields": st.tuples(nearly_right(world_examples.LOCKS), st.just("application/json")),
    "upload_pictures": st.tuples(forms(), st.just("multipart/form-data; boundary=x")),
}
HEADERS = {
    "files": ["range", "if-range", "if-none-match"],
    "events": ["last-event-id", "accept"],
    "worlds": ["if-match", "if-none-match", "range"],
}
SENT_TO_ALL = ["idempotency-key", "accept", "origin"]


@st.composite
def requests(draw: st.DrawFn) -> tuple[Operation, httpx.Request]:
    operation = draw(st.sampled_from(OPERATIONS))
    path = operation.path
    for name, seen in KNOWN.items():
        known = MOVED if name == "episode_id" and operation.method != "GET" else seen
        value = draw(st.sampled_from(known) if draw(st.integers(0, 3)) else words)
        # a slash would make it another path, and so would dots or nothing
        path = path.replace(f"{{{name}}}", quote(value.replace("/", "_"), safe="", errors="replace").replace(".", "%2E") or "_")
    names = [p["name"] for p in operation.described.get("parameters", []) if p["in"] == "query"]
    query = draw(st.dictionaries(st.sampled_from([*names, "unknown"]), words, max_size=2))
    heard = HEADERS.get(operation.described["tags"][0], SENT_TO_ALL)
    headers = draw(st.dictionaries(st.sampled_from(heard), header_words, max_size=2))
    body, media_type = b"", ""
    if operation.method in ("POST", "PUT", "PATCH"):
        right_kind = BODIES.get(operation.described["operationId"], any_bodies)
        body, media_type = draw(right_kind | right_kind | right_kind | any_bodies)
    if media_type:
        headers["content-type"] = media_type
    raw_headers = [(name.encode(), value.encode("latin-1", errors="replace")) for name, value in headers.items()]
    encoded = {name: value.encode(errors="replace") for name, value in query.items()}
    return operation, httpx.Request(operation.method, f"http://api{path}", params=encoded, headers=raw_headers, content=body)


@settings(
    max_examples=1200,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
@given(requests())
def test_every_answer_is_one_that_the_description_promises(asked: tuple[Operation, httpx.Request]) -> None:
    operation, request = asked
    answer = asyncio.run(RIG.client.send(request))

    assert answer.status_code in operation.promised, (request, request.content, answer.text)
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == MEDIA_TYPE
        problem = Problem.model_validate_json(answer.content)
        assert problem.status == answer.status_code
        assert len(answer.content) < 20_000
    elif answer.headers.get("content-type") == "application/json":
        json.loads(answer.text, parse_constant=lambda constant: f"{constant} is no JSON" / 0)  # type: ignore[operator]


def test_no_refused_request_leaves_half_an_episode_or_world() -> None:
    """After all that: whatever is stored can be shown, listed and planned with."""

    async def look_at_everything() -> None:
        cursor: dict[str, str] = {}
        while True:
            page = (await RIG.client.get("/episodes", params=cursor)).json()
            for episode in page["episodes"]:
                assert (await RIG.client.get(f"/episodes/{episode['episode_id']}")).status_code == 200
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        for world in (await RIG.client.get("/worlds")).json()["worlds"]:
            assert (await RIG.client.get(f"/worlds/{world['world_id']}")).status_code == 200

    asyncio.run(look_at_everything())
