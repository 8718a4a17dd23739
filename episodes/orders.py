"""From an opened attempt to the job that is handed out."""

from __future__ import annotations

from collections.abc import Sequence

from episodes.job import FilmJob, FilmPart, RenderInput, RenderJob, RenderMeta, RenderOutput, beat_path
from episodes.model import ActiveEpisode, Lease, OpenAttempt, ReadyBeat


def render_job(episode: ActiveEpisode, ready: ReadyBeat, attempt: OpenAttempt, lease: Lease) -> RenderJob:
    beat = ready.beat
    return RenderJob(
        job_id=attempt.attempt_id,
        backend=beat.backend,
        input=RenderInput(
            prompt=beat.prompt,
            negative_prompt=beat.negative_prompt,
            duration_sec=beat.duration_s,
            motion=episode.motion,
            style=beat.style,
            seed=beat.seed,
            format=episode.format,
            beat=beat,
            start_frame=ready.start_frame,
        ),
        output=RenderOutput(path=beat_path(episode.episode_id, beat.beat_id)),
        meta=RenderMeta(episode_id=episode.episode_id, beat_id=beat.beat_id, attempt=attempt.number, fence=lease.fence),
    )


def film_job(episode: ActiveEpisode, parts: Sequence[FilmPart], attempt: OpenAttempt, lease: Lease) -> FilmJob:
    return FilmJob(
        job_id=attempt.attempt_id,
        episode_id=episode.episode_id,
        format=episode.format,
        parts=tuple(parts),
        attempt=attempt.number,
        fence=lease.fence,
    )
