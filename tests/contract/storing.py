"""A coordinator's moves with real files: what is accepted lies in an artifact store, under the keys of its attempt."""

from __future__ import annotations

from episodes.episode_store import EpisodeStore
from episodes.errors import FailureClass
from episodes.job import JobError, JobResult, RuntimeFacts, StoredFile, beat_path, film_path, result_key
from episodes.model import Acceptance, OpenAttempt
from episodes.ports import ArtifactStore
from tests.builders import a_beat, a_plan
from tests.contract.benches import Bench
from tests.contract.taking import TakeLeader


class StoringLeader(TakeLeader):
    """A leader whose wins are published first. Each file says whose it is."""

    def __init__(self, store: EpisodeStore, artifacts: ArtifactStore, holder: str = "leader") -> None:
        super().__init__(store, holder)
        self.artifacts = artifacts

    def publish(self, attempt: OpenAttempt) -> JobResult:
        """Store an attempt's files, and its result last."""
        files = {
            kind: self.artifacts.put_bytes(key, f"{kind} of {attempt.attempt_id}".encode(), "video/mp4")
            for kind, key in keys_of(attempt).items()
        }
        return self.store_result(attempt, files)

    def store_result(self, attempt: OpenAttempt, files: dict[str, StoredFile]) -> JobResult:
        """No files: a failure."""
        result = JobResult(
            job_id=attempt.attempt_id,
            status="succeeded" if files else "failed",
            runtime=RuntimeFacts(backend=attempt.backend, latency_sec=1.0),
            error=None if files else JobError(failure_class=FailureClass.OUTPUT, reason="It came to nothing."),
            files=files,
            fence=self.lease.fence,
            episode_id=attempt.episode_id,
            beat_id=attempt.beat_id,
        )
        self.artifacts.put_bytes(result_key_of(attempt), result.model_dump_json().encode(), "application/json")
        return result

    def win(self, *attempts: OpenAttempt) -> list[bool]:
        return self.store.accept(self.lease, [Acceptance(attempt_id=a.attempt_id, result=self.publish(a)) for a in attempts])


def keys_of(attempt: OpenAttempt) -> dict[str, str]:
    if attempt.beat_id is None:
        film = f"{film_path(attempt.episode_id)}/{attempt.attempt_id}"
        return {"film": f"{film}.mp4", "poster": f"{film}.jpg"}
    path = beat_path(attempt.episode_id, attempt.beat_id)
    return {"video": f"{path}/video/{attempt.attempt_id}.mp4", "poster": f"{path}/poster/{attempt.attempt_id}.jpg"}


def result_key_of(attempt: OpenAttempt) -> str:
    return result_key(attempt.episode_id, attempt.beat_id, attempt.attempt_id)


def live(leader: StoringLeader, bench: Bench) -> dict[str, str]:
    """A few episodes, by what happened to them: whatever people and failures do, and one that is still being rendered."""
    return {
        "completed": _completed(leader, bench),
        "partial": _partial(leader),
        "revised": _revised(leader),
        "cancelled": _cancelled(leader, bench),
        "retried": _retried(leader),
        "fell back": _fell_back(leader),
        "planned anew": _planned_anew(leader),
        "retaken": _retaken(leader),
        "running": _running(leader),
    }


def _completed(leader: StoringLeader, bench: Bench) -> str:
    """Its first beat failed once, and its film was cut twice."""
    episode_id = leader.executing(2)
    leader.lose(leader.start_one(episode_id, "b1"), retry_in_s=0.0)
    bench.let_pass(1.0)
    leader.render_all(episode_id)
    leader.settle(episode_id)
    film = leader.start_one(episode_id, None)
    leader.store_result(film, {})
    leader.lose(film, retry_in_s=0.0, failure_class=FailureClass.OUTPUT)
    bench.let_pass(1.0)
    leader.win(leader.start_one(episode_id, None))
    return episode_id


def _partial(leader: StoringLeader) -> str:
    episode_id = leader.executing(2)
    leader.render(episode_id, "b1")
    leader.lose(leader.start_one(episode_id, "b2"))
    leader.settle(episode_id)
    leader.win(leader.start_one(episode_id, None))
    return episode_id


def _revised(leader: StoringLeader) -> str:
    """A clip and a film of its first revision are superseded, and one of its second was unwanted before it came."""
    episode_id = leader.completed(2)
    leader.revise(episode_id, a_beat(0, description="Mika dances."))
    late = leader.start_one(episode_id, "b1")
    leader.revise(episode_id, a_beat(0, description="Mika sings."))
    leader.win(leader.start_one(episode_id, "b1"))
    leader.win(late)
    leader.settle(episode_id)
    leader.win(leader.start_one(episode_id, None))
    return episode_id


def _cancelled(leader: StoringLeader, bench: Bench) -> str:
    episode_id = leader.executing(2)
    late = leader.start_one(episode_id, "b1")
    bench.let_pass(1.0)
    leader.store.cancel(episode_id)
    leader.win(late)
    leader.settle(episode_id)
    return episode_id


def _retried(leader: StoringLeader) -> str:
    """Its beat used up all its attempts, twice."""
    episode_id = leader.executing(1)
    for _ in range(2):
        for retry_in_s in (0.0, 0.0, None):
            attempt = leader.start_one(episode_id, "b1")
            leader.lose(attempt, retry_in_s=retry_in_s, failure_class=FailureClass.OUTPUT)
        leader.settle(episode_id)
        leader.store.retry_beat(episode_id, "b1")
    leader.render_all(episode_id)
    leader.settle(episode_id)
    leader.win(leader.start_one(episode_id, None))
    return episode_id


def _fell_back(leader: StoringLeader) -> str:
    """Its beat used up all its attempts with one backend, and nearly so with the next."""
    episode_id = leader.executing(1, "stub")
    for retry_in_s in (0.0, 0.0, None, 0.0, 0.0):
        leader.lose(leader.start_one(episode_id, "b1"), retry_in_s=retry_in_s, failure_class=FailureClass.OUTPUT)
    leader.render_all(episode_id)
    leader.settle(episode_id)
    leader.win(leader.start_one(episode_id, None))
    return episode_id


def _planned_anew(leader: StoringLeader) -> str:
    episode_id = leader.executing(2)
    leader.render(episode_id, "b1")
    late = leader.start_one(episode_id, "b2")
    leader.store.save_plan(episode_id, a_plan(3), 1)
    leader.store.execute(episode_id)
    leader.win(late)
    leader.render_all(episode_id)
    leader.settle(episode_id)
    leader.win(leader.start_one(episode_id, None))
    return episode_id


def _retaken(leader: StoringLeader) -> str:
    """Another take of its first beat is in its film, one failed, one was stopped, and one is being rendered."""
    episode_id = leader.completed(2)
    leader.asked(episode_id, "b1", None, None, None, None)
    made, failed, stopped, _ = leader.start_takes(episode_id, "b1", 2, 3, 4, 5)
    leader.win(made)
    leader.lose(failed)
    leader.store.cancel_take(episode_id, "b1", 4)
    leader.store.close_cancelled(leader.lease, [stopped.attempt_id])
    leader.store.select_take(episode_id, "b1", 2)
    leader.settle(episode_id)
    leader.win(leader.start_one(episode_id, None))
    return episode_id


def _running(leader: StoringLeader) -> str:
    episode_id = leader.executing(3)
    leader.render(episode_id, "b1")
    leader.publish(leader.start_one(episode_id, "b2"))
    return episode_id
