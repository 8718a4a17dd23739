"""What the coordinator's calls take on a SQL database, measured: each in batches of one and of many, so that call and row come apart.

The fastest of several turns counts: whatever else the machine does only makes them slower.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from benchmarks.billed_store import Cost
from benchmarks.fleet_workload import small_plan
from episodes.fleet import RendererState
from episodes.job import JobResult, RuntimeFacts, StoredFile
from episodes.model import Acceptance, FleetSnapshot, Lease, OpenAttempt, Opening, RendererNote
from episodes.plan import EpisodeRequest
from storage.database import open_database, upgrade
from storage.episodes_sql import SqlEpisodeStore

NUM_TURNS = 5
MANY = 200
NUM_NOTES = 500


def measured(url: str, *, num_turns: int = NUM_TURNS) -> Cost:
    """On the database that the URL names, which should be empty; takes a few seconds."""
    engine = open_database(url)
    try:
        upgrade(engine)
        return _Bench(SqlEpisodeStore(engine, "measured"), num_turns).cost()
    finally:
        engine.dispose()


class _Bench:
    def __init__(self, store: SqlEpisodeStore, num_turns: int) -> None:
        self._store = store
        self._num_turns = num_turns
        episode_id = store.create(EpisodeRequest(world_id="empty", intent="Somebody waits.")).episode_id
        store.save_plan(episode_id, small_plan(num_turns * (1 + MANY)), 0)
        store.execute(episode_id)
        self._episode_id = episode_id
        lease = store.acquire_lease("measured", 3600.0)
        assert lease is not None, "somebody else leads on this database"
        self._lease: Lease = lease

    def cost(self) -> Cost:
        took: dict[tuple[str, int], list[float]] = {}
        for _ in range(self._num_turns):
            for size in (1, MANY):
                for name, seconds in self._turn(size).items():
                    took.setdefault((name, size), []).append(seconds)
        one = {name: min(some) for (name, size), some in took.items() if size == 1}
        row = {name: max(0.0, min(some) - one[name]) / (MANY - 1) for (name, size), some in took.items() if size == MANY}
        few, many = (min(self._took(partial(self._note, n)) for _ in range(self._num_turns)) for n in (1, NUM_NOTES))
        return Cost(
            read_s=one["read"],
            write_s=min(one[name] - row[name] for name in ("open", "accept", "progress")),
            open_s=row["open"],
            accept_s=row["accept"],
            progress_s=row["progress"],
            note_s=max(0.0, many - few) / (NUM_NOTES - 1),
        )

    def _turn(self, size: int) -> dict[str, float]:
        """Seconds of each call with so many rows."""
        seconds = {"read": self._took(lambda: self._store.ready_beats(self._lease, self._episode_id, limit=16))}
        ready = self._store.ready_beats(self._lease, self._episode_id, limit=size)
        openings = [
            Opening(
                attempt_id=str(uuid.uuid4()),
                episode_id=self._episode_id,
                beat_id=one.beat.beat_id,
                revision=one.revision,
                backend=one.beat.backend,
                renderer="renderer:draft:0",
                node="n0",
            )
            for one in ready
        ]
        opened: list[OpenAttempt | None] = []
        seconds["open"] = self._took(lambda: opened.extend(self._store.open_attempts(self._lease, openings)))
        shares = {one.attempt_id: 0.5 for one in openings}
        seconds["progress"] = self._took(lambda: self._store.record_progress(self._lease, shares))
        acceptances = [_acceptance(one) for one in opened if one is not None]
        seconds["accept"] = self._took(lambda: self._store.accept(self._lease, acceptances))
        return seconds

    def _note(self, num_renderers: int) -> None:
        notes = tuple(
            RendererNote(name=f"renderer:draft:{i}", backend="draft", state=RendererState.BUSY, attempt_id=str(uuid.uuid4()))
            for i in range(num_renderers)
        )
        self._store.record_fleet(self._lease, FleetSnapshot(at=datetime.now(UTC), renderers=notes))

    def _took(self, work: Callable[[], object]) -> float:
        began_s = time.perf_counter()
        work()
        return time.perf_counter() - began_s


def _acceptance(attempt: OpenAttempt) -> Acceptance:
    key = f"episodes/{attempt.episode_id}/beats/{attempt.beat_id}/video/{attempt.attempt_id}.mp4"
    video = StoredFile(key=key, uri=f"memory:{key}", size_bytes=1, sha256="0" * 64, media_type="video/mp4")
    result = JobResult(
        job_id=attempt.attempt_id,
        status="succeeded",
        runtime=RuntimeFacts(backend="draft", latency_sec=1.0),
        files={"video": video},
        fence=1,
        episode_id=attempt.episode_id,
        beat_id=attempt.beat_id,
    )
    return Acceptance(attempt_id=attempt.attempt_id, result=result)
