"""The architecture that this one replaces, small but whole: a Redis list, one worker, one loop per episode that sleeps.

    execute → a subprocess per episode: submit ready beats to the list; pop a result, waiting up to 1 s; sleep 0.5 s; and again
    worker  → pop a job, waiting up to 5 s; render nothing, encode nothing; store the clip; push the result

Where the original left a choice, this takes the quicker one: a loop imports SQLAlchemy (`sqlite:///./local.db` is SQLAlchemy's way to
name a database) and the Redis client and nothing else, an episode counts as COMPLETED with its last result instead of after the next
sleep, SQLite is in WAL mode, and each loop has a result list of its own (the original's took each other's results).
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis
from sqlalchemy import Connection, Engine, create_engine, text

JOBS = "storyworld:gpu:jobs"
RESULTS = "storyworld:gpu:results"

_TABLES = (
    "PRAGMA journal_mode = WAL",
    "CREATE TABLE episodes (episode_id TEXT PRIMARY KEY, state TEXT, executed_at REAL, ended_at REAL)",
    "CREATE TABLE beats (episode_id TEXT, beat_id TEXT, state TEXT, prompt TEXT, PRIMARY KEY (episode_id, beat_id))",
    "CREATE TABLE attempts (attempt_id TEXT PRIMARY KEY, episode_id TEXT, beat_id TEXT, status TEXT, metrics TEXT)",
    "CREATE TABLE artifacts (episode_id TEXT, beat_id TEXT, type TEXT, uri TEXT)",
)
_EXECUTING = text("UPDATE episodes SET state = 'EXECUTING', executed_at = :now WHERE episode_id = :episode")
_COMPLETED = text("UPDATE episodes SET state = 'COMPLETED', ended_at = :now WHERE episode_id = :episode")
_TOOK = text("SELECT ended_at - executed_at FROM episodes WHERE state = 'COMPLETED' AND episode_id = :episode")
_PENDING = text("SELECT beat_id, prompt FROM beats WHERE episode_id = :episode AND state = 'PENDING'")
_MARK = text("UPDATE beats SET state = :state WHERE episode_id = :episode AND beat_id = :beat")
_NUM_LEFT = text("SELECT count(*) FROM beats WHERE episode_id = :episode AND state != 'ACCEPTED'")
_ATTEMPT = text("INSERT INTO attempts VALUES (:job, :episode, :beat, :status, :metrics)")
_ARTIFACT = text("INSERT INTO artifacts VALUES (:episode, :beat, 'video', :uri)")


@dataclass(frozen=True, kw_only=True)
class OldPipeline:
    database: Path
    redis_port: int

    def prepare(self, num_beats: int) -> str:
        """A planned episode of beats that wait for nothing."""
        episode_id = str(uuid.uuid4())
        beats = [{"episode": episode_id, "beat": f"b{index}"} for index in range(num_beats)]
        with _open(self.database).begin() as connection:
            connection.execute(text("INSERT INTO episodes VALUES (:episode, 'PLANNED', NULL, NULL)"), {"episode": episode_id})
            connection.execute(text("INSERT INTO beats VALUES (:episode, :beat, 'PENDING', 'a square that moves')"), beats)
        return episode_id

    def execute(self, episode_ids: list[str]) -> list[float]:
        """Seconds from the call of `execute` to COMPLETED, of each."""
        engine = _open(self.database)
        loops = [self._execute(engine, episode_id) for episode_id in episode_ids]
        if any(loop.wait(timeout=300) != 0 for loop in loops):
            raise RuntimeError("A decision loop failed.")
        with engine.connect() as connection:
            return [float(connection.execute(_TOOK, {"episode": episode_id}).scalar_one()) for episode_id in episode_ids]

    def _execute(self, engine: Engine, episode_id: str) -> subprocess.Popen[bytes]:
        with engine.begin() as connection:
            connection.execute(_EXECUTING, {"now": time.time(), "episode": episode_id})
        return subprocess.Popen([sys.executable, __file__, "loop", str(self.database), str(self.redis_port), episode_id])


@contextmanager
def old_pipeline(folder: Path, redis_port: int, clip: Path) -> Iterator[OldPipeline]:
    """With its worker running, which stores `clip` for every beat as the new one stores its clips."""
    database = folder / "old.db"
    with _open(database).begin() as connection:
        for statement in _TABLES:
            connection.execute(text(statement))
    worker = subprocess.Popen([sys.executable, __file__, "worker", str(redis_port), str(folder / "old"), str(clip)])
    try:
        yield OldPipeline(database=database, redis_port=redis_port)
    finally:
        worker.terminate()
        worker.wait(timeout=10)


def run_decision_loop(database: Path, redis_port: int, episode_id: str) -> None:
    """`python -m runtime.run_decision_loop ID`."""
    queue = redis.Redis(port=redis_port)
    active_jobs: dict[str, str] = {}
    results = f"{RESULTS}:{episode_id}"
    engine = _open(database)
    while True:
        _submit_ready(engine, queue, episode_id, active_jobs)
        popped = queue.blpop([results], timeout=1)
        if popped is not None:
            _consume(engine, episode_id, active_jobs, json.loads(popped[1]))
        with engine.begin() as connection:
            if _all_beats_completed(connection, episode_id):
                connection.execute(_COMPLETED, {"now": time.time(), "episode": episode_id})
                return
        time.sleep(0.5)


def _submit_ready(engine: Engine, queue: redis.Redis, episode_id: str, active_jobs: dict[str, str]) -> None:
    with engine.begin() as connection:
        ready = connection.execute(_PENDING, {"episode": episode_id}).all()
        for beat_id, _ in ready:
            connection.execute(_MARK, {"state": "RENDERING", "episode": episode_id, "beat": beat_id})
    for beat_id, prompt in ready:
        job_id = str(uuid.uuid4())
        active_jobs[job_id] = beat_id
        queue.rpush(JOBS, json.dumps(_job(job_id, episode_id, beat_id, prompt)))


def _job(job_id: str, episode_id: str, beat_id: str, prompt: str) -> dict[str, object]:
    return {
        "job_id": job_id,
        "backend": "stub",
        "input": {"prompt": prompt, "duration_sec": 5, "motion": {"engine": "sparse", "params": {}}, "style": ""},
        "output": {"path": f"episodes/{episode_id}/beats/{beat_id}"},
        "meta": {"episode_id": episode_id, "beat_id": beat_id, "attempt": 1},
    }


def _consume(engine: Engine, episode_id: str, active_jobs: dict[str, str], result: dict[str, object]) -> None:
    about = {"job": result["job_id"], "episode": episode_id, "beat": active_jobs.pop(str(result["job_id"]))}
    with engine.begin() as connection:
        connection.execute(_ATTEMPT, {**about, "status": result["status"], "metrics": json.dumps(result["runtime"])})
        connection.execute(_ARTIFACT, {**about, "uri": result["uri"]})
        connection.execute(_MARK, {**about, "state": "ACCEPTED"})


def _all_beats_completed(connection: Connection, episode_id: str) -> bool:
    return bool(connection.execute(_NUM_LEFT, {"episode": episode_id}).scalar_one() == 0)


def run_worker(redis_port: int, outputs: Path, clip: Path) -> None:
    """The GPU worker, without a GPU."""
    from storage.artifacts.folder import FolderArtifacts

    store = FolderArtifacts(outputs)
    queue = redis.Redis(port=redis_port)
    while True:
        popped = queue.blpop([JOBS], timeout=5)
        if popped is None:
            continue
        job = json.loads(popped[1])
        stored = store.put_file(f"{job['output']['path']}/video", clip, "video/mp4")
        result = {"job_id": job["job_id"], "status": "succeeded", "uri": stored.uri, "runtime": {"latency_sec": 0.0}}
        queue.rpush(f"{RESULTS}:{job['meta']['episode_id']}", json.dumps(result))


def _open(database: Path) -> Engine:
    return create_engine(f"sqlite:///{database}", connect_args={"timeout": 60})


if __name__ == "__main__":
    if sys.argv[1] == "loop":
        run_decision_loop(Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
    else:
        run_worker(int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))
