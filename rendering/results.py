"""The results of attempts that made nothing, and how any result is written."""

from __future__ import annotations

import structlog

from episodes.errors import RenderCancelled, RenderFailed, StoryWorldError
from episodes.job import FilmJob, JobError, JobResult, RenderJob, RuntimeFacts
from episodes.ports import ArtifactStore

log = structlog.get_logger(__name__)


def as_json(result: JobResult) -> bytes:
    return result.model_dump_json(indent=1).encode()


def ids_of(job: RenderJob | FilmJob) -> dict[str, str]:
    """What every line of the log names."""
    if isinstance(job, FilmJob):
        return {"episode_id": job.episode_id, "attempt_id": job.job_id}
    return {"episode_id": job.meta.episode_id, "beat_id": job.meta.beat_id, "attempt_id": job.job_id}


def failed(job: RenderJob | FilmJob, error: RenderFailed, runtime: RuntimeFacts) -> JobResult:
    """`failed` with the error's class and reason, or `cancelled`."""
    was_cancelled = isinstance(error, RenderCancelled)
    about = job if isinstance(job, FilmJob) else job.meta
    return JobResult(
        job_id=job.job_id,
        status="cancelled" if was_cancelled else "failed",
        runtime=runtime,
        error=None
        if was_cancelled
        else JobError(failure_class=error.failure_class, reason=str(error), bought_nothing=error.bought_nothing),
        fence=about.fence,
        episode_id=about.episode_id,
        beat_id=job.meta.beat_id if isinstance(job, RenderJob) else None,
    )


def store_failure(store: ArtifactStore, job: RenderJob | FilmJob, result: JobResult) -> None:
    """So that a coordinator that was away learns of a failure. Nobody waits for a store that is down: without it, the attempt
    counts as lost. A cancelled attempt stores nothing."""
    log.info("attempt.ended", status=result.status, **ids_of(job), reason=result.error.reason if result.error else "")
    if result.status == "cancelled":
        return
    try:
        store.put_bytes(job.result_key, as_json(result), "application/json")
    except StoryWorldError as error:
        log.warning("attempt.failure_not_stored", **ids_of(job), reason=str(error))
