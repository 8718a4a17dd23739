"""From an opened attempt to the job that is handed out."""

from __future__ import annotations

import uuid

from episodes.episode_store import EpisodeStore
from episodes.job import FilmJob, RenderInput, RenderJob, RenderMeta, RenderOutput, beat_path
from episodes.model import ActiveEpisode, ClipSource, Lease, OpenAttempt, Opening, ReadyBeat
from episodes.money import Price

CUTTER = "cutter"
"""Stands for the renderer in a film's attempt."""


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
            beat=beat.as_rendered(),
            start_frame=ready.start_frame,
        ),
        output=RenderOutput(path=beat_path(episode.episode_id, beat.beat_id)),
        meta=RenderMeta(
            episode_id=episode.episode_id,
            beat_id=beat.beat_id,
            attempt=attempt.number,
            fence=lease.fence,
            num_failures=attempt.num_counted + attempt.num_uncounted,
            take=attempt.take,
        ),
    )


def opening_of(ready: ReadyBeat, renderer: str, node: str, source: ClipSource | None, price: Price) -> Opening:
    return Opening(
        attempt_id=str(uuid.uuid4()),
        episode_id=ready.episode_id,
        beat_id=ready.beat.beat_id,
        revision=ready.revision,
        backend=ready.beat.backend,
        renderer=renderer,
        node=node,
        take=ready.take,
        seed=ready.beat.seed,
        content_key=ready.content_key,
        reused_from=source,
        quote_micros=price.quote_micros,
        per_hour_micros=price.per_hour_micros,
    )


def open_film(store: EpisodeStore, lease: Lease, episode: ActiveEpisode) -> tuple[OpenAttempt, FilmJob] | None:
    """Begin an attempt to cut the film. None while one is open or backs off. Blocks."""
    opening = Opening(
        attempt_id=str(uuid.uuid4()),
        episode_id=episode.episode_id,
        beat_id=None,
        revision=1,
        backend="",
        renderer=CUTTER,
        node="",
    )
    attempt = store.open_attempts(lease, [opening])[0]
    if attempt is None:
        return None
    job = FilmJob(
        job_id=attempt.attempt_id,
        episode_id=episode.episode_id,
        format=episode.format,
        parts=tuple(store.film_parts(episode.episode_id)),
        attempt=attempt.number,
        fence=lease.fence,
    )
    return attempt, job
