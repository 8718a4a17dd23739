"""The fleet on a real Ray with two pretended GPUs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
import ray

from actors.fleet import RayFleet
from actors.loop import Threads, WallClock
from actors.members import actors_by_name
from actors.names import NAMESPACE
from actors.plan import FleetPlan, KindPlan, PublisherPlan, RendererPlan, plan_kind
from episodes.coordinator import Coordinator
from episodes.fleet import FleetReport, RendererState
from episodes.job import JobResult
from episodes.lifecycle import EpisodeState
from episodes.model import OpenAttempt
from episodes.parts import Parts
from episodes.plan import Plan
from episodes.results import stored_result
from storage.artifacts.folder import FolderArtifacts
from storage.memory import MemoryEpisodeStore
from tests.builders import a_beat, a_job, a_request
from tests.fakes import NullMeter


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("fleet")
    environment = {"STORYWORLD_HOME": str(home), "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "1"}
    ray.init(
        address="local",
        num_cpus=2,
        num_gpus=2,
        namespace=NAMESPACE,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="error",
        runtime_env={"env_vars": environment},
    )
    yield home
    ray.shutdown()


def a_plan(version: str = "v1", *kinds: KindPlan) -> FleetPlan:
    usual = plan_kind("animatic", count=2, num_cpus=0.4, num_gpus=1, options={}, version=version)
    publisher = PublisherPlan(version=version, num_slots=1, spool_max_bytes=10**9)
    return FleetPlan(kinds=(usual, *kinds), publisher=publisher, is_for_one_node=True, version=version)


def everybody(fleet: RayFleet) -> list[str]:
    return [name for kind in fleet.kinds() for name in kind.renderers]


async def staffed(fleet: RayFleet) -> FleetReport:
    for _ in range(300):
        report = await fleet.survey(everybody(fleet))
        if report.publishers and {r.state for r in report.renderers} == {RendererState.IDLE}:
            return report
        await asyncio.sleep(0.1)
    raise AssertionError(f"the fleet did not get ready: {report}")


def gpus_of(plan: RendererPlan) -> str:
    status = ray.get(ray.get_actor(plan.name, namespace=NAMESPACE).status.remote())
    return str(status.gpus)


async def test_each_gpu_renderer_is_pinned_to_a_gpu_of_its_own(home: Path) -> None:
    plan = a_plan()
    await staffed(RayFleet(plan))

    assert sorted(gpus_of(r) for r in plan.all_renderers()) == ["0", "1"]


async def test_a_kind_that_needs_more_than_the_only_machine_has_is_told_to_be_impossible(home: Path) -> None:
    plan = a_plan("v1", plan_kind("big", backend="animatic", num_cpus=0.1, num_gpus=9, options={}, version="v1"))

    alone = await RayFleet(plan).survey([])
    in_a_cluster = await RayFleet(replace(plan, is_for_one_node=False)).survey([])

    assert alone.impossible == {"big": "it needs 9 GPU, and no machine of the cluster has that."}
    assert in_a_cluster.impossible == {}, "the next machine may have them"


async def test_why_a_renderer_cannot_start_is_told(home: Path) -> None:
    broken = plan_kind("broken", backend="animatic", num_cpus=0.1, options={"brush": "wide"}, version="v1")
    fleet = RayFleet(a_plan("v1", broken))

    for _ in range(300):
        report = (await fleet.survey(everybody(fleet))).renderers[-1]
        if report.start_failure:
            break
        await asyncio.sleep(0.1)

    assert report.state is RendererState.ABSENT
    assert report.num_failed_starts == 1
    assert report.start_failure == "The animatic backend has no option 'brush'. It takes none."


async def test_a_job_becomes_a_stored_clip_with_its_result(home: Path) -> None:
    fleet = RayFleet(a_plan())
    await staffed(fleet)
    job, handed_over = a_job(episode_id="fleet-job"), asyncio.Event()

    result = await fleet.render("renderer:animatic:0", job, handed_over.set)

    assert result.status == "succeeded", result
    assert handed_over.is_set()
    assert (result.files["video"].num_frames, result.files["video"].width) == (job.num_frames, job.input.format.width)
    assert stored(home, job.job_id, "fleet-job") == result


def stored(home: Path, job_id: str, episode_id: str) -> JobResult | None:
    attempt = OpenAttempt(
        attempt_id=job_id, episode_id=episode_id, beat_id="b1", revision=1, number=1, num_counted=0,
        backend="animatic", renderer="", node="", opened_at_s=0.0,
    )  # fmt: skip
    return stored_result(FolderArtifacts(home / "outputs"), attempt)


async def test_a_renderer_refuses_a_second_beat(home: Path) -> None:
    fleet = RayFleet(a_plan())
    await staffed(fleet)
    long = a_job(a_beat(duration_s=20.0), episode_id="long")

    first = asyncio.ensure_future(fleet.render("renderer:animatic:0", long, lambda: None))
    await asyncio.sleep(0)
    while (await fleet.survey(())).renderers[0].state is not RendererState.BUSY:
        await asyncio.sleep(0.01)
    second = await fleet.render("renderer:animatic:0", a_job(episode_id="second"), lambda: None)

    assert second.status == "failed"
    assert second.error is not None
    assert "second one" in second.error.reason
    await fleet.cancel(long.job_id)
    assert (await first).status == "cancelled"


async def test_a_killed_renderer_is_replaced_by_a_fresh_incarnation(home: Path) -> None:
    fleet = RayFleet(a_plan())
    before = await staffed(fleet)
    await fleet.replace("renderer:animatic:1")
    after = await staffed(fleet)

    assert before.renderers[0].incarnation == after.renderers[0].incarnation
    assert before.renderers[1].incarnation != after.renderers[1].incarnation


async def test_an_actor_that_rays_own_kill_passes_by_ends_itself(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one that was being made when its head died, Ray knows no process."""
    fleet = RayFleet(a_plan())
    await staffed(fleet)
    names = [n["name"] for n in ray.util.list_named_actors(all_namespaces=True) if n["name"].startswith("publisher:")]
    processes = [ray.get(handle.status.remote()).pid for handle in actors_by_name(["renderer:animatic:1", *names]).values()]

    monkeypatch.setattr(ray, "kill", lambda handle, no_restart: None)
    for name in ("renderer:animatic:1", *names):
        await fleet.replace(name)

    await until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in processes), lambda: processes)
    assert len(processes) == 2


async def test_a_new_version_replaces_idle_actors_of_the_old_one(home: Path) -> None:
    before = await staffed(RayFleet(a_plan("v1")))
    after = await staffed(RayFleet(a_plan("v2")))

    assert {r.incarnation for r in before.renderers}.isdisjoint(r.incarnation for r in after.renderers)
    for name in [r.name for r in after.renderers]:
        assert ray.get(ray.get_actor(name, namespace=NAMESPACE).status.remote()).version == "v2"


async def test_a_busy_actor_of_an_old_version_finishes_first(home: Path) -> None:
    old = RayFleet(a_plan("v2"))
    await staffed(old)
    job = a_job(a_beat(duration_s=20.0), episode_id="draining")
    render = asyncio.ensure_future(old.render("renderer:animatic:0", job, lambda: None))
    while (await old.survey(())).renderers[0].state is not RendererState.BUSY:
        await asyncio.sleep(0.01)

    new = RayFleet(a_plan("v3"))
    assert (await new.survey(())).renderers[0].state is RendererState.RETIRING

    assert (await render).status == "succeeded"
    await staffed(new)


async def test_a_kind_of_which_nobody_is_there_comes_when_a_beat_waits_and_goes_when_it_has_nothing_to_do(home: Path) -> None:
    sketch = plan_kind(
        "sketch", backend="animatic", count=2, min_count=0, retire_after_s=1.0, num_cpus=0.2, options={}, version="v3"
    )
    fleet, store = RayFleet(a_plan("v3", sketch)), MemoryEpisodeStore()
    coordinator = Coordinator(parts_of(fleet, store, FolderArtifacts(home / "outputs")), "a test")
    leading = asyncio.create_task(coordinator.run())
    episode_id = store.create(a_request()).episode_id
    store.save_plan(episode_id, Plan(beats=(a_beat(backend="sketch"),)), world_revision=1)
    store.execute(episode_id)

    await until(lambda: store.episode(episode_id).state is EpisodeState.COMPLETED, store.fleet)
    episode = store.episode(episode_id)
    await until(lambda: actors_by_name(["renderer:sketch:0"]) == {}, store.fleet)

    assert [attempt.renderer for attempt in episode.beats[0].attempts] == ["renderer:sketch:0"]
    assert actors_by_name(["renderer:sketch:1"]) == {}
    coordinator.stop()
    await leading


def parts_of(fleet: RayFleet, store: MemoryEpisodeStore, artifacts: FolderArtifacts) -> Parts:
    return Parts(
        store=store,
        fleet=fleet,
        artifacts=artifacts,
        clock=WallClock(),
        meter=NullMeter(),
        random=Random(1),
        in_thread=Threads(),
    )


async def until(is_so: Callable[[], bool], seen: Callable[[], object]) -> None:
    for _ in range(900):
        if is_so():
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"it did not come about: {seen()}")


async def test_a_renderer_that_was_asked_to_leave_takes_no_beat_and_one_at_work_stays(home: Path) -> None:
    plan = a_plan("v3", plan_kind("leaver", backend="animatic", num_cpus=0.2, options={}, version="v3"))
    fleet = RayFleet(plan)
    await staffed(fleet)
    long = a_job(a_beat(duration_s=20.0), episode_id="leaving")
    render = asyncio.ensure_future(fleet.render("renderer:leaver:0", long, lambda: None))
    while (await fleet.survey(())).renderers[-1].state is not RendererState.BUSY:
        await asyncio.sleep(0.01)

    await fleet.retire("renderer:leaver:0")
    assert (await fleet.survey(())).renderers[-1].state is RendererState.BUSY
    smaller = RayFleet(a_plan("v3"))
    assert (await smaller.survey(())).renderers[-1].state is RendererState.RETIRING, "nobody plans it any more"
    await fleet.cancel(long.job_id)
    assert (await render).status == "cancelled"

    assert ray.get(actors_by_name(["renderer:leaver:0"])["renderer:leaver:0"].leave.remote())
    refused = await fleet.render("renderer:leaver:0", a_job(episode_id="too-late"), lambda: None)
    assert refused.error is not None
    assert refused.error.reason == "renderer:leaver:0 is being let go and takes no more."
    assert (await smaller.survey(())).renderers[-1].state is RendererState.ABSENT
    assert len((await smaller.survey(())).renderers) == 2
