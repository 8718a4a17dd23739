"""The API on stores that live in memory, and a coordinator's hand to bring its episodes forward."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
from fastapi import FastAPI

from api.app import create_app
from api.parts import ApiParts, EventPace
from episodes.errors import BadInput, FailureClass, NotFound
from episodes.health import Checkup, Finding, fine
from episodes.job import JobResult, RuntimeFacts, StoredFile, result_key
from episodes.model import Acceptance, EpisodeView, Failure, FleetSnapshot, KindNote, Opening, RendererNote
from episodes.money import NOTHING
from episodes.orders import opening_of
from episodes.plan import CastMember, EpisodeRequest, Line, Plan
from episodes.upkeep import Upkeep
from episodes.world import EMPTY_WORLD_ID, Picture, PictureKind, StoredWorld, UploadedPicture, World, WorldSource
from planning.continuity.supervisor import Supervisor
from planning.fountain.door import FountainScreenplays
from storage.artifacts.memory import MemoryArtifacts
from storage.memory import MemoryEpisodeStore, MemoryWorldStore
from tests.builders import a_beat, a_kind, a_place, a_world

PNG = b"\x89PNG\r\n\x1a\n a picture"
CLIP = bytes(range(256)) * 8
QUICK = EventPace(poll_s=0.001, progress_s=0.002, heartbeat_s=5)


class FakePlanner:
    """As many beats as asked for, each of the world's first character in its first place."""

    says = ""
    """In every beat, by whoever plays in it."""

    def __init__(self) -> None:
        self.num_plans = 0

    def plan(self, episode_id: str, request: EpisodeRequest, world: StoredWorld) -> Plan:
        self.num_plans += 1
        if "untellable" in request.intent:
            raise BadInput("This intent cannot be told.", "Say who does what.", "intent")
        place = next(iter(world.world.places), a_place())
        cast = tuple(CastMember(character=c, action="looks around") for c in world.world.characters[:1])
        beats = tuple(
            a_beat(
                i,
                description=f"{request.intent[:1900]} {i}",
                cast=cast,
                place=place,
                dialogue=Line(character_id=cast[0].character.character_id, text=self.says) if self.says else None,
                duration_s=request.duration_s,
                backend=request.backend or "animatic",
            )
            for i in range(request.num_beats)
        )
        return Plan(beats=beats, logline=request.intent[:300])


class FakeBuilder:
    """Takes everything for a picture that begins like a PNG."""

    def __init__(self, worlds: MemoryWorldStore, artifacts: MemoryArtifacts) -> None:
        self._worlds = worlds
        self._artifacts = artifacts

    def load(self, world_id: str) -> StoredWorld:
        try:
            return self._worlds.world(world_id)
        except NotFound:
            return StoredWorld(world_id=world_id, revision=0, source=WorldSource.EMPTY, world=World())

    def exists(self, world_id: str) -> bool:
        return world_id == EMPTY_WORLD_ID or self.load(world_id).revision > 0

    def add_picture(self, world_id: str, file_name: str, data: bytes) -> tuple[StoredWorld, Picture]:
        if not data.startswith(PNG[:8]):
            raise BadInput("These bytes are no whole picture.", "Send a PNG, JPEG or WebP file.")
        sha256 = hashlib.sha256(data).hexdigest()
        key = f"worlds/{world_id}/images/{sha256}.png"
        self._artifacts.put_bytes(key, data, "image/png")
        self._worlds.add_picture(
            UploadedPicture(world_id=world_id, file_name=file_name, key=key, sha256=sha256, size_bytes=len(data))
        )
        picture = Picture(key=key, sha256=sha256, size_bytes=len(data), width=8, height=8, kind=PictureKind.PLACE)
        now = self.load(world_id)
        return self._worlds.put(world_id, now.world, WorldSource.EXTRACTED, record=now.record), picture


class FakeDoor:
    def __init__(self) -> None:
        self.num_wakes = 0

    def wake(self) -> None:
        self.num_wakes += 1


class Rig:
    """`parts` given by name replace the usual ones."""

    def __init__(self, **parts: Any) -> None:
        self.episodes: MemoryEpisodeStore = parts.pop("episodes", None) or MemoryEpisodeStore()
        self.worlds: MemoryWorldStore = parts.pop("worlds", None) or MemoryWorldStore()
        self.artifacts: MemoryArtifacts = parts.pop("artifacts", None) or MemoryArtifacts()
        self.planner = FakePlanner()
        self.findings: tuple[Finding, ...] = (fine("database", "It answers."),)
        self.door = FakeDoor()
        usual: dict[str, Any] = {
            "episodes": self.episodes,
            "worlds": self.worlds,
            "builder": FakeBuilder(self.worlds, self.artifacts),
            "planner": self.planner,
            "supervisor": Supervisor(),
            "screenplays": FountainScreenplays(),
            "artifacts": self.artifacts,
            "coordinator": self.door,
            "kinds": (a_kind(), a_kind("stub"), a_kind("animatediff")),
            "readiness": lambda: {"database": "", "coordinator": ""},
            "upkeep": Upkeep(self.episodes, self.artifacts),
            "doctor": lambda: Checkup(code_version="v1", findings=self.findings),
            "pace": QUICK,
        }
        self.parts = ApiParts(**{**usual, **parts})
        self.app: FastAPI = create_app(self.parts)
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://api")
        self._furnish()

    def begin_anew(self) -> Rig:
        """Forget everything. FastAPI builds routes at their first use, which takes longer than most tests: an app is worth keeping."""
        vars(self.episodes).update(vars(MemoryEpisodeStore()))
        vars(self.worlds).update(vars(MemoryWorldStore()))
        vars(self.artifacts).update(vars(MemoryArtifacts()))
        self.planner.num_plans = self.door.num_wakes = 0
        self.planner.says = ""
        self._furnish()
        return self

    def _furnish(self) -> None:
        self.worlds.put("anime_world", a_world(), WorldSource.STORED)
        self._lease = self.episodes.acquire_lease("a test", 3600)

    # --- what a client does ---

    async def created(self, **fields: Any) -> str:
        answer = await self.client.post("/episodes", json={"world_id": "anime_world", "intent": "Mika looks around", **fields})
        assert answer.status_code == 201, answer.text
        episode_id: str = answer.json()["episode_id"]
        return episode_id

    async def planned(self, **fields: Any) -> str:
        episode_id = await self.created(**fields)
        assert (await self.client.post(f"/episodes/{episode_id}/plan")).status_code == 200
        return episode_id

    async def executing(self, **fields: Any) -> str:
        episode_id = await self.planned(**fields)
        assert (await self.client.post(f"/episodes/{episode_id}/execute")).status_code == 200
        return episode_id

    async def completed(self, **fields: Any) -> str:
        episode_id = await self.executing(**fields)
        self.render_all(episode_id)
        self.cut_film(episode_id)
        return episode_id

    # --- what the coordinator does ---

    def find(self, *renderers: RendererNote, kinds: tuple[KindNote, ...] = ()) -> None:
        """The fleet as a survey finds it."""
        snapshot = FleetSnapshot(at=datetime(2026, 11, 26, tzinfo=UTC), renderers=renderers, kinds=kinds)
        self.episodes.record_fleet(self.lease, snapshot)

    def render_all(self, episode_id: str, fail: Iterable[str] = ()) -> None:
        for beat in self.episodes.episode(episode_id).beats:
            attempt_id = self.open(episode_id, beat.beat.beat_id)
            if beat.beat.beat_id in fail:
                lost = Failure(
                    attempt_id=attempt_id, failure_class=FailureClass.CONTENT, reason="no", counted=True, retry_in_s=None
                )
                self.episodes.fail(self.lease, [lost])
            else:
                files = self._clip(episode_id, beat.beat.beat_id, attempt_id)
                self.accept(episode_id, beat.beat.beat_id, attempt_id, files)
        self.episodes.settle(self.lease, episode_id)

    def render_take(self, episode_id: str, beat_id: str, number: int) -> None:
        [ready] = [
            one
            for one in self.episodes.ready_takes(self.lease, episode_id, limit=100)
            if (one.beat.beat_id, one.take) == (beat_id, number)
        ]
        attempt_id = hashlib.sha256(f"{episode_id} {beat_id} {number}".encode()).hexdigest()[:32]
        opening = opening_of(ready, "r", "n", None, NOTHING)
        self.episodes.open_attempts(self.lease, [replace(opening, attempt_id=attempt_id)])
        self.accept(episode_id, beat_id, attempt_id, self._clip(episode_id, beat_id, attempt_id))

    def _clip(self, episode_id: str, beat_id: str, attempt_id: str) -> dict[str, StoredFile]:
        folder = f"episodes/{episode_id}/beats/{beat_id}"
        return {
            "video": self.store(f"{folder}/video/{attempt_id}.mp4", CLIP, "video/mp4"),
            "poster": self.store(f"{folder}/poster/{attempt_id}.jpg", CLIP[:9], "image/jpeg"),
        }

    def cut_film(self, episode_id: str) -> EpisodeView:
        attempt_id = self.open(episode_id, None)
        folder = f"episodes/{episode_id}/film/{attempt_id}"
        kinds = {"film": "mp4", "poster": "jpg", "subtitles_srt": "srt", "subtitles_vtt": "vtt"}
        files = {kind: self.store(f"{folder}.{end}", CLIP, f"test/{end}") for kind, end in kinds.items()}
        self.accept(episode_id, None, attempt_id, files)
        return self.episodes.episode(episode_id)

    def open(self, episode_id: str, beat_id: str | None) -> str:
        attempt_id = hashlib.sha256(f"{episode_id} {beat_id}".encode()).hexdigest()[:32]
        beats = {b.beat.beat_id: (b.revision, b.backend) for b in self.episodes.episode(episode_id).beats}
        revision, backend = beats[beat_id] if beat_id else (1, "")
        opening = Opening(
            attempt_id=attempt_id,
            episode_id=episode_id,
            beat_id=beat_id,
            revision=revision,
            backend=backend,
            renderer="r",
            node="n",
        )
        (opened,) = self.episodes.open_attempts(self.lease, [opening])
        assert opened is not None
        return attempt_id

    def accept(self, episode_id: str, beat_id: str | None, attempt_id: str, files: dict[str, StoredFile]) -> None:
        result = self._result(episode_id, beat_id, attempt_id, files)
        assert self.episodes.accept(self.lease, [Acceptance(attempt_id=attempt_id, result=result)]) == [True]

    def _result(self, episode_id: str, beat_id: str | None, attempt_id: str, files: dict[str, StoredFile]) -> JobResult:
        return JobResult(
            job_id=attempt_id,
            status="succeeded",
            runtime=RuntimeFacts(backend="animatic", latency_sec=1.0),
            files=files,
            fence=self.lease.fence,
            episode_id=episode_id,
            beat_id=beat_id,
        )

    def store_results(self, episode_id: str) -> None:
        """What publishers store last, of every selected attempt."""
        audit = self.episodes.audit_episode(episode_id)
        for attempt in audit.attempts:
            files = {
                a.artifact_type: StoredFile(
                    key=a.key, uri="memory:", size_bytes=a.size_bytes, sha256=a.sha256, media_type="video/mp4"
                )
                for a in audit.artifacts
                if a.attempt_id == attempt.attempt_id
            }
            result = self._result(episode_id, attempt.beat_id, attempt.attempt_id, files)
            key = result_key(episode_id, attempt.beat_id, attempt.attempt_id)
            self.store(key, result.model_dump_json().encode(), "application/json")

    def store(self, key: str, data: bytes, media_type: str) -> StoredFile:
        return self.artifacts.put_bytes(key, data, media_type)

    @property
    def lease(self) -> Any:
        assert self._lease is not None
        return self._lease


class OpenStream:
    """An answer that is read while it is being sent, by a client that may go away."""

    def __init__(self) -> None:
        self.status = 0
        self.text = ""
        self._sent = asyncio.Event()
        self._gone = asyncio.Event()
        self._began = False

    async def receive(self) -> dict[str, Any]:
        if not self._began:
            self._began = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.text += message.get("body", b"").decode()
        self._sent.set()

    async def read_until(self, part: str) -> str:
        async with asyncio.timeout(20):  # against hanging; nothing is measured by it
            while part not in self.text:
                self._sent.clear()
                await self._sent.wait()
        return self.text

    async def begin(self) -> None:
        async with asyncio.timeout(20):
            await self._sent.wait()

    def go_away(self) -> None:
        self._gone.set()


@asynccontextmanager
async def open_stream(app: FastAPI, path: str, headers: dict[str, str] | None = None) -> AsyncIterator[OpenStream]:
    """GET `path`; the client goes away at the end."""
    stream = OpenStream()
    raw_headers = [(k.lower().encode(), v.encode()) for k, v in (headers or {}).items()]
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": raw_headers,
        "root_path": "",
    }
    answering = asyncio.create_task(app(scope, stream.receive, stream.send))
    try:
        await stream.begin()
        yield stream
    finally:
        stream.go_away()
        await answering


def events_in(text: str) -> list[dict[str, str]]:
    """Server-Sent Events as field → value; comments left out."""
    blocks = [block for block in text.split("\n\n") if block and not block.startswith(":")]
    return [dict(line.split(": ", 1) for line in block.split("\n")) for block in blocks]


def is_problem(answer: httpx.Response, status: int, name: str) -> dict[str, Any]:
    """Checks that an answer is one whole problem of this kind."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = json.loads(answer.text)
    assert problem["type"] == f"/docs#{name}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    return problem
