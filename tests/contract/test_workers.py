"""Workers outside the cluster on a real Redis: the real command as a process, killed and stopped, and one of another make beside it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from episodes.errors import FailureClass, RenderFailed
from episodes.job import JobResult, RenderJob
from episodes.plan import Format
from relay.ports import Place, Sighting
from relay.redis_queue import QueueNames, RedisQueue
from relay.remote import RemoteRenderer
from relay.slot import Slot
from relay.vigil import Limits
from relay.wire import offer_of
from rendering.backend import Keyframes
from rendering.publishing import Publisher
from rendering.reception import Reception
from rendering.spool import Spool
from storage.artifacts.folder import FolderArtifacts
from tests.builders import TINY, a_beat, a_job
from tests.clips import RUNTIME, FakeControl, foreign_clip
from tests.contract.redis_servers import PASSWORD, RedisServer, redis_server
from tests.contract.tls_line import tls_before
from tests.on_ray.system import ROOT, eventually

SILENCE_S = 4.0
"""Of a worker: longer than it is ever silent on a busy machine, and short enough to wait for."""


LIMIT_S = 120.0
"""Of everything that is waited for; reached only when it does not happen."""


def a_long_job() -> RenderJob:
    """It is drawn for a second, at the least."""
    return a_job(a_beat(duration_s=10.0), film_format=Format(width=256, height=256, fps=24))


class Stage:
    """A queue on a real server, a home that its workers share, and one slot."""

    def __init__(self, server: RedisServer, home: Path) -> None:
        self.server = server
        self.home = home
        self.artifacts = FolderArtifacts(home / "outputs")
        self.names = QueueNames(jobs=f"{home.name}:jobs", results=f"{home.name}:results")
        self.queue = RedisQueue(server.url, self.names)
        self.control = FakeControl()
        self._threads = ThreadPoolExecutor(max_workers=4)

    def remote(self, backend: str = "animatic") -> RemoteRenderer[Keyframes]:
        limits = Limits(deadline_s=120.0, silence_s=SILENCE_S)
        slot = Slot(self.queue, "slot-0", backend=backend, limits=limits)
        return RemoteRenderer(slot, Reception(self.artifacts))

    def render(self, job: RenderJob, backend: str = "animatic") -> Future[Keyframes | JobResult]:
        remote = self.remote(backend)

        def work() -> Keyframes | JobResult:
            try:
                return remote.render(job, self.control)
            finally:
                remote.close(job)

        return self._threads.submit(work)

    def look(self, job: RenderJob) -> Sighting | None:
        return self.queue.look(offer_of(job, "animatic"))

    def worker(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        environ = {
            **os.environ,
            "STORYWORLD_HOME": str(self.home),
            "REDIS_URL": self.server.url,
            "JOB_QUEUE": self.names.jobs,
            "RESULT_QUEUE": self.names.results,
            **environment,
        }
        command = [sys.executable, str(ROOT / "storyworld.py"), "worker", *arguments]
        return subprocess.Popen(command, env=environ, cwd=self.home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with redis_server() as running:
        yield running


@pytest.fixture
def stage(server: RedisServer, tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(server, tmp_path)
    yield stage
    stage.control.stop()
    stage.queue.close()


@contextmanager
def running(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    with process:
        try:
            yield process
        finally:
            process.kill()


def said_by(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    return process.stdout.read().decode()


def is_claimed(stage: Stage, job: RenderJob) -> Callable[[], Sighting | None]:
    def look() -> Sighting | None:
        sighting = stage.look(job)
        return sighting if sighting is not None and sighting.place is Place.CLAIMED else None

    return look


def test_a_worker_renders_a_beat_over_tls_and_no_password_is_seen(
    stage: Stage, server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    job = a_job()
    with tls_before(server.port, tmp_path_factory.mktemp("tls")) as (port, authority):
        tls = {"REDIS_URL": f"rediss://:{PASSWORD}@127.0.0.1:{port}/0", "REDIS_CA_CERT": str(authority)}
        with running(stage.worker("--backend", "animatic", "--once", **tls)) as worker:
            attempt = stage.render(job)
            status = worker.wait(timeout=LIMIT_S)
            said = said_by(worker)
            assert status == 0, said
            result = attempt.result(timeout=LIMIT_S)

    assert isinstance(result, JobResult)
    assert (result.status, result.files["video"].num_frames) == ("succeeded", job.num_frames)
    assert stage.artifacts.head(job.video_key) is not None
    assert stage.look(job) is None
    assert f"takes beats from {stage.names.jobs}" in said
    assert PASSWORD not in said


def test_a_worker_that_cannot_start_says_why_in_a_sentence(stage: Stage) -> None:
    with running(stage.worker("--backend", "oil-paint")) as worker:
        assert worker.wait(timeout=LIMIT_S) == 1
        said = said_by(worker)

    assert "There is no backend 'oil-paint'." in said
    assert "Traceback" not in said


def test_a_killed_workers_beat_is_a_crash_and_its_next_attempt_succeeds(stage: Stage) -> None:
    job, again = a_long_job(), a_job()
    with running(stage.worker("--backend", "animatic")) as doomed:
        attempt = stage.render(job)
        eventually(is_claimed(stage, job), LIMIT_S)
        doomed.kill()
        with running(stage.worker("--backend", "animatic")) as _:
            with pytest.raises(RenderFailed, match="gave no sign of life") as failed:
                attempt.result(timeout=LIMIT_S)
            result = stage.render(again).result(timeout=LIMIT_S)

    assert failed.value.failure_class is FailureClass.CRASH
    assert isinstance(result, JobResult)
    assert result.status == "succeeded"


def test_a_worker_that_is_told_to_stop_gives_its_beat_back_and_another_one_makes_it(stage: Stage) -> None:
    job = a_long_job()
    attempt = stage.render(job)
    with running(stage.worker("--backend", "animatic")) as leaving:
        first = eventually(is_claimed(stage, job), LIMIT_S)
        leaving.send_signal(signal.SIGTERM)
        assert leaving.wait(timeout=LIMIT_S) == 0
    sighting = stage.look(job)
    assert sighting is not None
    assert sighting.place is Place.WAITING

    with running(stage.worker("--backend", "animatic")) as _:
        second = eventually(is_claimed(stage, job), LIMIT_S)
        result = attempt.result(timeout=LIMIT_S)

    assert first.worker != second.worker
    assert isinstance(result, JobResult)
    assert (result.status, result.runtime.renderer) == ("succeeded", second.worker)


def test_a_redis_that_was_killed_and_comes_back_costs_no_attempt(tmp_path: Path) -> None:
    with redis_server() as server:
        stage, job = Stage(server, tmp_path), a_long_job()
        with running(stage.worker("--backend", "animatic")) as _:
            attempt = stage.render(job)
            worker = eventually(is_claimed(stage, job), LIMIT_S).worker
            server.kill()
            server.start()
            result = attempt.result(timeout=LIMIT_S)
        stage.queue.close()

    assert isinstance(result, JobResult)
    assert (result.status, result.runtime.renderer) == ("succeeded", worker)


FOREIGN_WORKER = """
import json, shutil, sys
from pathlib import Path
import redis

url, jobs, results, outputs, clip = sys.argv[1:]
queue = redis.Redis.from_url(url)
while True:
    popped = queue.blpop([jobs], timeout=5)
    if popped is None:
        continue
    job = json.loads(popped[1])
    path = Path(outputs) / job["output"]["path"] / "video"
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(clip, path)
    uri = f"s3://films/{job['output']['path']}/video"
    runtime = {"backend": job["backend"], "latency_sec": 0.1, "gpu": "RTX 4090", "motion_engine": "sparse"}
    result = {"job_id": job["job_id"], "status": "success", "artifacts": {"video": uri}, "runtime": runtime, "error": None}
    queue.rpush(results, json.dumps(result))
"""


def test_a_worker_that_was_deployed_long_ago_still_delivers(stage: Stage) -> None:
    job, clip = a_job(a_beat(duration_s=2.0)), stage.home / "clip.mp4"
    foreign_clip(clip, size="512x512", fps=8, seconds=2.0)
    outputs = str(stage.home / "outputs")
    command = [
        sys.executable,
        "-c",
        FOREIGN_WORKER,
        stage.server.url,
        stage.names.jobs,
        stage.names.results,
        outputs,
        str(clip),
    ]
    with running(subprocess.Popen(command)):
        keyframes = stage.render(job, "animatediff").result(timeout=LIMIT_S)

    assert isinstance(keyframes, Keyframes)
    publisher = Publisher(stage.artifacts, Spool(stage.home / "spool", max_bytes=10**9), node="head")
    result = publisher.publish(job, keyframes, RUNTIME, FakeControl())
    assert result.status == "succeeded", result
    assert result.is_of(job.job_id)
    assert (result.files["video"].width, result.files["video"].num_frames) == (TINY.width, job.num_frames)
