"""The whole system in one process, without Ray: the HTTP API, the coordinator, a fleet, a database and an artifact store, all real.

Only pictures are left out: clips and films are stamps of their attempts (`stamped.py`), and beats do what a test's `acts` say.
"""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, Self, TypeVar

import httpx
from sqlalchemy import update

from actors.loop import WallClock
from api.app import create_app
from api.parts import ApiParts, EventPace
from episodes.coordinator import Coordinator
from episodes.episode_store import EpisodeStore
from episodes.model import Attempt, EpisodeView, Failure, Lease
from episodes.parts import Pace, Parts
from episodes.plan import EpisodeRequest, Plan
from episodes.ports import ArtifactStore, Planner, WorldStore
from episodes.upkeep import Upkeep
from episodes.world import StoredWorld
from planning.continuity.supervisor import Supervisor
from planning.fountain.door import FountainScreenplays
from planning.vision.remembering import Asking, RememberingEyes
from planning.world_builder import StoredWorlds
from rendering.film import FilmMaker
from rendering.publishing import ClipMaker
from rendering.spool import Spool
from rendering.uploading import Uploader
from storage.artifacts import FolderRecipe, open_artifact_store
from storage.database import open_database, upgrade
from storage.episodes_sql import SqlEpisodeStore
from storage.tables import LEASE
from storage.worlds_sql import SqlWorldStore
from tests.builders import a_beat
from tests.fakes import NullMeter, nobody_examined
from tests.reliability.local_fleet import LocalFleet
from tests.reliability.stamped import Act, write_stamped_clip, write_stamped_film

HURRY = 50.0
"""So much faster are back-offs and the waiting for a store."""
QUICK = Pace(
    lease_ttl_s=0.6,
    renew_s=0.2,
    survey_s=0.03,
    look_s=0.1,
    stop_s=0.2,
    silence_s=5.0,
    stall_s=5.0,
    start_s=5.0,
    retry_lease_s=0.02,
    retry_store_s=0.02,
)
SMALL = {"world_id": "empty", "width": 64, "height": 64, "fps": 8, "duration_s": 0.5}

T = TypeVar("T")


class TinyPlanner:
    """A Planner: beats b1, b2, … that do not wait for each other, each with a subtitle."""

    def plan(self, episode_id: str, request: EpisodeRequest, world: StoredWorld) -> Plan:
        beats = (a_beat(index, duration_s=request.duration_s) for index in range(request.num_beats))
        return Plan(beats=tuple(beats), logline=request.intent[:300])


class House:
    """`with House(folder) as house:` is a running StoryWorld; another one on the same folder and database goes on where it stood.

    `takes_over`: it begins so long after a killed one that the lease has run out. `acts`: beat id → what happens while it is
    rendered; may be changed while it runs. With a `recipe` a clip that is there is not made again. `wrap_…` put something between a store and
    everybody who uses it; `episodes`, `worlds` and `artifacts` are the stores themselves, for whoever looks from outside.
    """

    def __init__(
        self,
        home: Path,
        *,
        database_url: str | None = None,
        artifacts: ArtifactStore | None = None,
        num_renderers: int = 2,
        recipe: str = "",
        takes_over: bool = False,
        pace: Pace = QUICK,
        planner: Planner | None = None,
        vision_model: Asking | None = None,
        acts: Mapping[str, Act] | None = None,
        make_clip: ClipMaker = write_stamped_clip,
        make_film: FilmMaker = write_stamped_film,
        wrap_episodes: Callable[[EpisodeStore], EpisodeStore] = lambda store: store,
        wrap_worlds: Callable[[WorldStore], WorldStore] = lambda store: store,
        wrap_artifacts: Callable[[ArtifactStore], ArtifactStore] = lambda store: store,
    ) -> None:
        self.acts: dict[str, Act] = dict(acts or {})
        self.artifacts = artifacts or open_artifact_store(FolderRecipe(root=home / "outputs"))
        self._engine = open_database(database_url or f"sqlite:///{home / 'local.db'}")
        self.episodes = HurriedStore(self._engine, "house")
        self.worlds = SqlWorldStore(self._engine)
        self._their_episodes = wrap_episodes(self.episodes)
        self._their_worlds = wrap_worlds(self.worlds)
        self._their_artifacts = wrap_artifacts(self.artifacts)
        self._takes_over = takes_over
        self._home = home
        self._num_renderers = num_renderers
        self._recipe = recipe
        self._pace = pace
        self._planner = planner or TinyPlanner()
        self._eyes = RememberingEyes(vision_model, self._their_artifacts) if vision_model is not None else None
        self._make_clip = make_clip
        self._make_film = make_film
        self._api = LoopThread("api")
        self._coordination: _Coordination | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        upgrade(self._engine)
        if self._takes_over:
            self.let_the_lease_run_out()
        self._spool = Spool(self._home / "spool", max_bytes=1_000_000_000)
        self.fleet = LocalFleet(
            self._their_artifacts,
            self._spool,
            num_renderers=self._num_renderers,
            recipe=self._recipe,
            acts=self.acts,
            uploader=Uploader(self._their_artifacts, sleep=lambda seconds: time.sleep(seconds / HURRY)),
            make_clip=self._make_clip,
            make_film=self._make_film,
        )
        self._http = httpx.AsyncClient(
            transport=httpx.ASGITransport(create_app(self._api_parts()), raise_app_exceptions=False), base_url="http://house"
        )
        self._api.start()
        self.start_coordinator()

    def stop(self) -> None:
        """A sudden end for everybody but the coordinator, which gives its lease back. Nothing is left over but files and rows."""
        self.stop_coordinator()
        self.fleet.close()
        self._api.run(self._http.aclose())
        self._api.stop()
        self._spool.close()
        self._engine.dispose()

    # --- the coordinator may come and go ---

    def start_coordinator(self) -> None:
        parts = Parts(
            store=self._their_episodes,
            fleet=self.fleet,
            artifacts=self._their_artifacts,
            clock=WallClock(),
            meter=NullMeter(),
            random=Random(),
            in_thread=(threads := _Threads()),
        )
        self._coordination = _Coordination(Coordinator(parts, f"house:{uuid.uuid4().hex[:8]}", self._pace), threads)

    def stop_coordinator(self) -> None:
        """It gives its lease back."""
        self._end_coordinator(in_peace=True)

    def kill_coordinator(self) -> None:
        """It is gone, its lease runs on, and what the fleet answers goes to nobody."""
        self._end_coordinator(in_peace=False)

    def let_the_lease_run_out(self) -> None:
        """Whoever holds it: so much time has passed. For tests that would only wait for it."""
        with self._engine.begin() as connection:
            connection.execute(update(LEASE).values(expires_at=0.0))

    def wake(self) -> None:
        coordination = self._coordination
        if coordination is not None:
            coordination.wake()

    def _end_coordinator(self, *, in_peace: bool) -> None:
        if self._coordination is not None:
            self._coordination.end(in_peace=in_peace)
            self._coordination = None

    # --- what people do ---

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One HTTP call through the whole API; `options` are httpx's."""
        return self._api.run(self._http.request(method, path, **options))

    def submit(self, intent: str = "Mika looks around", **fields: object) -> str:
        """Create, plan and execute an episode; each call again until it was answered."""
        asked = {**SMALL, "intent": intent, **fields}
        episode_id: str = self.insist("POST", "/episodes", json=asked)["episode_id"]
        self.insist("POST", f"/episodes/{episode_id}/plan")
        self.insist("POST", f"/episodes/{episode_id}/execute")
        return episode_id

    def insist(self, method: str, path: str, *, limit_s: float = 20.0, **options: Any) -> dict[str, Any]:
        """Repeat a call until it is answered with something other than 503; then it must have succeeded. A POST has a key of its own."""
        if method == "POST":
            options = {"headers": {"Idempotency-Key": uuid.uuid4().hex}, **options}
        deadline_s = time.monotonic() + limit_s
        while (answer := self.call(method, path, **options)).status_code == httpx.codes.SERVICE_UNAVAILABLE:
            assert time.monotonic() < deadline_s, answer.text
            time.sleep(0.01)
        assert answer.is_success, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def wait_for_end(self, *episode_ids: str, limit_s: float = 30.0) -> list[EpisodeView]:
        """The episodes, all in a final state."""
        return [self.wait_until(episode_id, lambda e: e.state.is_final, limit_s=limit_s) for episode_id in episode_ids]

    def wait_until(self, episode_id: str, holds: Callable[[EpisodeView], bool], *, limit_s: float = 30.0) -> EpisodeView:
        """Bounded, never exact: nothing is asserted about time."""
        deadline_s = time.monotonic() + limit_s
        while not holds(episode := self.episodes.episode(episode_id)):
            assert time.monotonic() < deadline_s, f"it did not happen within {limit_s:.0f} s: {_in_short(episode)}"
            time.sleep(0.015)
        return episode

    def _api_parts(self) -> ApiParts:
        return ApiParts(
            episodes=self._their_episodes,
            worlds=self._their_worlds,
            builder=StoredWorlds(self._their_worlds, self._their_artifacts, self._eyes),
            planner=self._planner,
            supervisor=Supervisor(),
            screenplays=FountainScreenplays(),
            artifacts=self._their_artifacts,
            coordinator=self,
            kinds=self.fleet.kinds(),
            readiness=lambda: {"database": ""},
            upkeep=Upkeep(self.episodes, self.artifacts),
            doctor=nobody_examined,
            pace=EventPace(poll_s=0.01, progress_s=0.02),
        )


def _in_short(episode: EpisodeView) -> str:
    def attempts(of: Sequence[Attempt]) -> str:
        return ", ".join(f"{a.number}: {a.state} by {a.renderer} {a.reason}".strip() for a in of)

    beats = (f"{b.beat.beat_id} {b.state} {b.progress:.2f} {b.reason} [{attempts(b.attempts)}]" for b in episode.beats)
    return "\n  ".join((f"{episode.state} {episode.reason}", *beats, f"film [{attempts(episode.film_attempts)}]"))


class HurriedStore(SqlEpisodeStore):
    """The store, for a house in which a back-off of half a second is a hundredth."""

    def fail(self, lease: Lease, failures: Sequence[Failure]) -> None:
        super().fail(lease, [replace(f, retry_in_s=f.retry_in_s and f.retry_in_s / HURRY) for f in failures])


class LoopThread:
    """An event loop in a thread of its own."""

    def __init__(self, name: str) -> None:
        self._thread = threading.Thread(target=asyncio.run, args=(self._live(),), name=name)
        self._begun = threading.Event()

    def start(self) -> None:
        self._thread.start()
        self._begun.wait()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """From any other thread."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def stop(self) -> None:
        """Whatever still runs on it is cancelled."""
        self.loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    async def _live(self) -> None:
        self.loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        self._begun.set()
        await self._end.wait()


class _Threads:
    """Implements InThread."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="store")

    async def __call__(self, work: Callable[[], T], /) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.pool, work)


class _Coordination:
    """One life of a coordinator."""

    def __init__(self, coordinator: Coordinator, threads: _Threads) -> None:
        self._coordinator = coordinator
        self._threads = threads
        self._thread = LoopThread("coordinator")
        self._thread.start()
        self._running = asyncio.run_coroutine_threadsafe(coordinator.run(), self._thread.loop)

    def wake(self) -> None:
        self._thread.loop.call_soon_threadsafe(self._coordinator.wake)

    def end(self, *, in_peace: bool) -> None:
        if in_peace:
            self._thread.loop.call_soon_threadsafe(self._coordinator.stop)
            self._running.result()
        self._thread.stop()
        self._threads.pool.shutdown()
