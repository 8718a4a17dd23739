"""The API behind a real server, on SQLite and a folder: what only sockets and threads can show."""

from __future__ import annotations

import asyncio
import io
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from PIL import Image

from api.app import create_app
from api.event_tail import EventTail
from api.parts import ApiLimits, ApiParts
from episodes.episode_store import EpisodeStore
from episodes.upkeep import Upkeep
from planning.continuity.supervisor import Supervisor
from planning.fountain.door import FountainScreenplays
from planning.fountain.planner import ScreenplayPlanner
from planning.offline.planner import OfflinePlanner
from planning.world_builder import StoredWorlds
from storage.artifacts.folder import FolderArtifacts
from storage.database import open_database, upgrade
from storage.episodes_sql import SqlEpisodeStore
from storage.worlds_sql import SqlWorldStore
from tests.api.rig import FakeDoor, is_problem
from tests.builders import a_kind
from tests.fakes import nobody_examined

NUM_STREAMS = 50
BODY_TIMEOUT_S = 0.3


@dataclass(frozen=True, kw_only=True)
class Live:
    app: FastAPI
    episodes: EpisodeStore
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, timeout=30, limits=httpx.Limits(max_connections=200))


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    home: Path = tmp_path_factory.mktemp("api")
    engine = open_database(f"sqlite:///{home / 'live.db'}")
    upgrade(engine)
    episodes, worlds, artifacts = SqlEpisodeStore(engine, "a-test"), SqlWorldStore(engine), FolderArtifacts(home / "outputs")
    app = create_app(
        ApiParts(
            episodes=episodes,
            worlds=worlds,
            builder=StoredWorlds(worlds, artifacts),
            planner=ScreenplayPlanner(OfflinePlanner()),
            supervisor=Supervisor(),
            screenplays=FountainScreenplays(),
            artifacts=artifacts,
            coordinator=FakeDoor(),
            kinds=(a_kind(), a_kind("stub")),
            readiness=lambda: {"database": ""},
            upkeep=Upkeep(episodes, artifacts),
            doctor=nobody_examined,
            limits=ApiLimits(body_timeout_s=BODY_TIMEOUT_S, max_event_streams=NUM_STREAMS),
        )
    )
    server = uvicorn.Server(uvicorn.Config(app, port=0, ws="none", lifespan="off", log_level="error"))
    thread = threading.Thread(target=server.run, name="live api")
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield Live(app=app, episodes=episodes, port=server.servers[0].sockets[0].getsockname()[1])
    server.should_exit = True
    thread.join(30)
    engine.dispose()


@pytest.fixture
async def client(live: Live) -> AsyncIterator[httpx.AsyncClient]:
    async with live.client() as client:
        yield client


async def no_stream_is_open(live: Live) -> None:
    tail: EventTail = live.app.state.event_tail
    async with asyncio.timeout(30):
        while tail.num_streams:
            await asyncio.sleep(0.01)


async def planned(client: httpx.AsyncClient) -> str:
    created = (await client.post("/episodes", json={"intent": "A fox chases a hare through the snow"})).json()
    answer = await client.post(f"/episodes/{created['episode_id']}/plan")
    assert answer.status_code == 200, answer.text
    episode_id: str = created["episode_id"]
    return episode_id


async def test_fifty_open_streams_do_not_hold_up_other_requests_and_one_more_is_refused(
    live: Live, client: httpx.AsyncClient
) -> None:
    episode_ids = [await planned(client) for _ in range(5)]
    async with AsyncExitStack() as opened:
        streams = []
        for i in range(NUM_STREAMS):
            stream = client.stream("GET", f"/episodes/{episode_ids[i % 5]}/events")
            streams.append(await opened.enter_async_context(stream))
        is_problem(await client.get(f"/episodes/{episode_ids[0]}/events"), 429, "too-many-streams")
        for episode_id in episode_ids:
            assert (await client.post(f"/episodes/{episode_id}/execute")).status_code == 200
            assert (await client.post(f"/episodes/{episode_id}/cancel")).json()["state"] == "CANCELLED"
        texts = [(await stream.aread()).decode() for stream in streams]
    assert all("event: episode.executing" in text and "event: end" in text for text in texts)
    assert len(set(texts)) >= 5
    await no_stream_is_open(live)


async def test_a_client_that_goes_away_frees_its_stream(live: Live, client: httpx.AsyncClient) -> None:
    episode_id = await planned(client)
    async with client.stream("GET", f"/episodes/{episode_id}/events") as stream:
        async for line in stream.aiter_lines():
            if line == "event: episode.planned":
                break
    await no_stream_is_open(live)


def raw_answer(live: Live, request: bytes) -> bytes:
    """Send some bytes, then only listen."""
    with closing(socket.create_connection(("127.0.0.1", live.port), timeout=30)) as connection:
        connection.sendall(request)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
        return answer


def test_a_body_that_stops_half_way_is_given_up(live: Live) -> None:
    head = b"POST /episodes HTTP/1.1\r\nHost: api\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    answer = raw_answer(live, head + b'{"intent": ')
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"/docs#too-slow" in answer


async def test_a_body_without_a_length_is_counted_as_it_comes(client: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 100_000

    answer = await client.post("/episodes", content=endless(), headers={"content-type": "application/json"})
    is_problem(answer, 413, "too-large")


def a_picture(size: tuple[int, int], kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "#c0392b").save(file, kind)
    return file.getvalue()


async def test_a_picture_becomes_part_of_its_world_and_is_shown_again(client: httpx.AsyncClient) -> None:
    answer = await client.post("/worlds/forest/images", files=[("file", ("old-fox.png", a_picture((64, 64))))])
    assert answer.status_code == 201, answer.text
    uploaded = answer.json()["pictures"][0]
    shown = await client.get(uploaded["url"], headers={"Range": "bytes=0-7"})
    assert (shown.status_code, shown.content[1:4]) == (206, b"PNG")

    world = await client.get("/worlds/forest")
    assert uploaded["picture"]["sha256"] in world.text
    again = await client.put("/worlds/forest", json=world.json()["world"], headers={"If-Match": world.headers["etag"]})
    assert (again.status_code, again.json()["revision"]) == (200, world.json()["revision"])


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"no picture at all", 422),
        (a_picture((64, 64))[:60], 422),
        (a_picture((64, 64), "JPEG")[:-200], 422),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), 422),
        (b"<svg xmlns='x' width='9' height='9'/>", 422),
        (a_picture((12_000, 12_000)), 413),
    ],
    ids=["text", "half a PNG", "half a JPEG", "only a PNG's head", "SVG", "a small file of too many pixels"],
)
async def test_what_is_no_good_picture_is_refused_and_no_world_begins_with_it(
    client: httpx.AsyncClient, data: bytes, status: int
) -> None:
    answer = await client.post("/worlds/broken/images", files=[("file", ("a.png", data))])
    problem = is_problem(answer, status, "bad-input" if status == 422 else "too-large")
    assert problem["errors"][0]["where"] == "file.0"
    is_problem(await client.get("/worlds/broken"), 404, "not-found")
