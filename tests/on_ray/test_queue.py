"""Beats that workers outside the cluster render, on a real Ray and a real Redis: the coordinator sees renderers like any others."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random

import pytest
import ray

from actors.fleet import RayFleet
from actors.loop import Threads, WallClock
from actors.members import actors_by_name
from actors.names import NAMESPACE
from actors.plan import FleetPlan, PublisherPlan, plan_kind
from actors.status import RendererStatus
from episodes.coordinator import Coordinator
from episodes.errors import RendererLost
from episodes.lifecycle import EpisodeState
from episodes.parts import Parts
from episodes.plan import Plan
from storage.artifacts.folder import FolderArtifacts
from storage.memory import MemoryEpisodeStore
from tests.builders import a_beat, a_job, a_request
from tests.contract.redis_servers import RedisServer, redis_server
from tests.fakes import NullMeter
from tests.on_ray.system import ROOT

SLOT, OTHER = "renderer:cloud:0", "renderer:cloud:1"


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with redis_server() as running:
        yield running


@pytest.fixture(scope="module")
def environment(server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """Of everybody; Ray runs while it is lent. As a runtime environment it would make Ray's first workers useless."""
    environment = {"STORYWORLD_HOME": str(tmp_path_factory.mktemp("queue")), "REDIS_URL": server.url}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        ray.init(
            address="local",
            num_cpus=2,
            namespace=NAMESPACE,
            include_dashboard=False,
            log_to_driver=False,
            logging_level="error",
        )
        yield environment
        ray.shutdown()


def a_fleet() -> RayFleet:
    kind = plan_kind("cloud", backend="animatic", count=2, queue=True, num_cpus=1, options={}, version="v1")
    publisher = PublisherPlan(version="v1", num_slots=1, spool_max_bytes=10**9)
    return RayFleet(FleetPlan(kinds=(kind,), publisher=publisher, is_for_one_node=True, version="v1"))


def status_of(slot: str) -> RendererStatus | None:
    handle = actors_by_name([slot]).get(slot)
    try:
        status: RendererStatus | None = ray.get(handle.status.remote(), timeout=5) if handle is not None else None
    except (ray.exceptions.RayActorError, ray.exceptions.GetTimeoutError):
        return None
    return status


def holds(slot: str) -> bool:
    status = status_of(slot)
    return status is not None and status.attempt_id is not None


async def until(is_so: Callable[[], bool], told: Callable[[], object]) -> None:
    for _ in range(300):
        if await asyncio.to_thread(is_so):
            return
        await asyncio.sleep(0.2)  # each look is a call, on CPUs that all others need
    raise AssertionError(f"it did not happen: {told()}")


async def test_an_episode_is_rendered_by_a_worker_that_nothing_reaches_and_a_killed_slot_costs_no_attempt(
    environment: Mapping[str, str],
) -> None:
    fleet = a_fleet()
    store, artifacts = MemoryEpisodeStore(), FolderArtifacts(Path(environment["STORYWORLD_HOME"]) / "outputs")
    parts = Parts(
        store=store,
        fleet=fleet,
        artifacts=artifacts,
        clock=WallClock(),
        meter=NullMeter(),
        random=Random(1),
        in_thread=Threads(),
    )
    coordinator = Coordinator(parts, "a test")
    leading = asyncio.create_task(coordinator.run())
    episode_id = store.create(a_request()).episode_id
    store.save_plan(episode_id, Plan(beats=tuple(a_beat(index, backend="cloud") for index in range(2))), world_revision=1)
    store.execute(episode_id)

    await until(lambda: holds(SLOT) and holds(OTHER), store.fleet)
    before = status_of(SLOT)
    assert before is not None
    os.kill(before.pid, signal.SIGKILL)

    def is_back() -> bool:
        status = status_of(SLOT)
        return status is not None and status.pid != before.pid and status.attempt_id == before.attempt_id

    await until(is_back, store.fleet)
    command = [sys.executable, str(ROOT / "storyworld.py"), "worker", "--backend", "animatic"]
    with subprocess.Popen(command, env={**os.environ, **environment}, cwd=environment["STORYWORLD_HOME"]) as worker:
        try:
            await until(lambda: store.episode(episode_id).state is EpisodeState.COMPLETED, lambda: store.episode(episode_id))
        finally:
            worker.kill()

    beats = store.episode(episode_id).beats
    assert sorted(attempt.renderer for beat in beats for attempt in beat.attempts) == [SLOT, OTHER], "one attempt each"
    coordinator.stop()
    await leading


async def test_a_slot_that_is_replaced_does_not_go_on_with_its_beat(
    environment: Mapping[str, str], server: RedisServer
) -> None:
    fleet = a_fleet()
    await fleet.survey([SLOT])
    rendering = asyncio.ensure_future(fleet.render(SLOT, a_job(), lambda: None))
    await until(lambda: holds(SLOT), lambda: status_of(SLOT))

    await fleet.replace(SLOT)
    with pytest.raises(RendererLost):
        await rendering
    await fleet.survey([SLOT])
    await until(lambda: status_of(SLOT) is not None, lambda: status_of(SLOT))

    assert not holds(SLOT)
    assert server.client().llen("storyworld:gpu:jobs") == 0
