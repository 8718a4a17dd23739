"""The system under test: a Ray with two CPUs, a home of its own, and the real coordinator over a fleet of a given size."""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray

from actors.coordinator import wait_until_gone
from actors.names import COORDINATOR, HEAD_RESOURCE, NAMESPACE, Handle, publisher_name
from actors.parts import open_stores
from actors.plan import FleetPlan, PublisherPlan, plan_kind
from benchmarks.free_parts import BACKEND, PACE, BenchmarkCoordinatorActor
from episodes.episode_store import EpisodeStore
from episodes.plan import Beat, EpisodeRequest, Format, Plan, StoryTurn
from episodes.world import Place
from settings import load_settings

ROOT = Path(__file__).resolve().parent.parent
VERSION = "benchmark"
PATIENCE_S = 60.0

NUM_FRAMES = 16
FPS = 24
LARGE = Format(width=512, height=512, fps=FPS)
"""16 frames of 512×512 RGB are 12.6 MB."""
TINY = Format(width=64, height=64, fps=FPS)


@contextmanager
def running_ray(home: Path) -> Iterator[None]:
    """Two CPUs on free ports, ended with the block. Its actors read their settings from this environment."""
    os.environ.update(
        STORYWORLD_HOME=str(home),
        STORYWORLD_VERSION=VERSION,
        PYTHONPATH=str(ROOT),
        RAY_USAGE_STATS_ENABLED="0",
        RAY_worker_niceness="0",  # the bare chain's driver is no worker: other programs must disturb both alike
        PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    )
    ray.init(
        address="local",
        num_cpus=2,
        namespace=NAMESPACE,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="error",
    )
    try:
        yield
    finally:
        ray.shutdown()


@dataclass(frozen=True, kw_only=True)
class System:
    """A fleet that is up, and the database that it works on."""

    store: EpisodeStore
    database: Path
    coordinator: Handle
    renderers: tuple[str, ...]

    def prepare(self, num_beats: int, film_format: Format) -> str:
        """A planned episode."""
        request = EpisodeRequest(world_id="empty", intent="Nothing moves.", format=film_format)
        episode_id = self.store.create(request).episode_id
        self.store.save_plan(episode_id, plan_of(num_beats, first_seed=int(episode_id[-12:], 16)), 1)
        return episode_id

    def execute(self, episode_ids: list[str]) -> None:
        for episode_id in episode_ids:
            self.store.execute(episode_id)
            self.coordinator.wake.remote()

    def wait(self, episode_ids: list[str], limit_s: float) -> None:
        """Until all of them are COMPLETED. Asks seldom and cheaply: the two CPUs are the system's."""
        deadline_s = time.monotonic() + limit_s
        while (states := self.states(episode_ids)) != {"COMPLETED"}:
            if not states <= {"EXECUTING", "CUTTING", "COMPLETED"} or time.monotonic() > deadline_s:
                raise RuntimeError(f"The episodes are {states} and not COMPLETED.")
            time.sleep(0.05)

    def run(self, num_beats: int, film_format: Format, limit_s: float = 300.0) -> str:
        episode_id = self.prepare(num_beats, film_format)
        self.execute([episode_id])
        self.wait([episode_id], limit_s)
        return episode_id

    def states(self, episode_ids: list[str]) -> set[str]:
        marks = ",".join("?" * len(episode_ids))
        return {row[0] for row in self._rows(f"SELECT DISTINCT state FROM episodes WHERE episode_id IN ({marks})", episode_ids)}

    def moments(self, episode_id: str) -> dict[str, float]:
        """Event type → when it happened last, by the database's clock (milliseconds)."""
        return dict(self._rows("SELECT event_type, max(at) FROM events WHERE episode_id = ? GROUP BY event_type", [episode_id]))

    def num_accepted(self, episode_id: str) -> int:
        [(number,)] = self._rows("SELECT count(*) FROM beats WHERE episode_id = ? AND state = 'ACCEPTED'", [episode_id])
        return int(number)

    def coordinator_rss_bytes(self) -> int:
        pid = ray.get(self.coordinator.status.remote()).pid
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def _rows(self, sql: str, parameters: list[str]) -> list[Any]:
        with closing(sqlite3.connect(self.database, timeout=30)) as connection:
            return connection.execute(sql, parameters).fetchall()


def plan_of(num_beats: int, first_seed: int) -> Plan:
    """Beats that wait for nothing, 16 frames each. Other seeds, other clips: none is a copy of one that is there."""
    place = Place(name="Nowhere", place_id="nowhere", description="grey", palette=("#808080",))
    return Plan(
        beats=tuple(
            Beat(
                beat_id=f"b{index + 1}",
                index=index,
                turn=StoryTurn.SETUP,
                description="A square crosses the picture.",
                place=place,
                caption=f"Moment {index + 1}",
                duration_s=NUM_FRAMES / FPS,
                seed=first_seed + index,
                prompt="a square that crosses the picture, plain, grey",
                backend=BACKEND,
            )
            for index in range(num_beats)
        )
    )


def fleet_of(num_renderers: int, pace_s: float) -> FleetPlan:
    return FleetPlan(
        kinds=(plan_kind(BACKEND, count=num_renderers, num_cpus=0.2, options={PACE: str(pace_s)}, version=VERSION),),
        publisher=PublisherPlan(version=VERSION, num_slots=2, spool_max_bytes=4_000_000_000),
        is_for_one_node=True,
        version=VERSION,
    )


@contextmanager
def running_system(*, num_renderers: int, encodes: bool, pace_s: float = 0.0) -> Iterator[System]:
    """A coordinator and its fleet, warm; all of them are killed at the end."""
    plan = fleet_of(num_renderers, pace_s)
    settings = load_settings()
    coordinator = BenchmarkCoordinatorActor.options(
        name=COORDINATOR,
        namespace=NAMESPACE,
        lifetime="detached",
        num_cpus=0.1,
        resources={HEAD_RESOURCE: 0.001},
    ).remote(plan, encodes=encodes)
    names = tuple(renderer.name for renderer in plan.all_renderers())
    publisher = publisher_name(ray.get_runtime_context().get_node_id())
    try:
        _wait_for_actors((*names, publisher))
        yield System(
            store=open_stores(settings)[0],
            database=settings.storyworld_home / "local.db",
            coordinator=coordinator,
            renderers=names,
        )
    finally:
        ray.get(coordinator.retire.remote(10.0))
        wait_until_gone(coordinator, 10.0)
        for name in (*names, publisher):
            ray.kill(ray.get_actor(name, namespace=NAMESPACE), no_restart=True)


def _wait_for_actors(names: tuple[str, ...]) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    for name in names:
        while True:
            try:
                ray.get(ray.get_actor(name, namespace=NAMESPACE).status.remote(), timeout=PATIENCE_S)
                break
            except ValueError:
                if time.monotonic() > deadline_s:
                    raise
                time.sleep(0.1)
