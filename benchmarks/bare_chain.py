"""What a careful user of Ray would write without this system: one beat in flight per renderer, publishes gathered at the end."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable

import ray

from actors.names import NAMESPACE, Handle
from benchmarks.free_parts import BACKEND
from benchmarks.system import plan_of
from episodes.job import JobResult, RenderInput, RenderJob, RenderMeta, RenderOutput, beat_path
from episodes.plan import Format


def bare_jobs(num_beats: int, film_format: Format) -> list[RenderJob]:
    """The very jobs that the system hands out, made before the clock starts."""
    episode_id = str(uuid.uuid4())
    return [
        RenderJob(
            job_id=str(uuid.uuid4()),
            backend=BACKEND,
            input=RenderInput(prompt=beat.prompt, duration_sec=beat.duration_s, seed=beat.seed, format=film_format, beat=beat),
            output=RenderOutput(path=beat_path(episode_id, beat.beat_id)),
            meta=RenderMeta(episode_id=episode_id, beat_id=beat.beat_id, attempt=1, fence=1),
        )
        for beat in plan_of(num_beats, first_seed=0).beats
    ]


def run_bare(renderers: Iterable[str], num_beats: int, film_format: Format) -> float:
    """Seconds from the first call to the last stored result, on the system's own actors."""
    actors = [ray.get_actor(name, namespace=NAMESPACE) for name in renderers]
    jobs = iter(bare_jobs(num_beats, film_format))
    began_s = time.perf_counter()
    rendering: dict[Handle, Handle] = {actor.render.remote(job): actor for actor, job in zip(actors, jobs, strict=False)}
    publishing: list[Handle] = []
    while rendering:
        [done], _ = ray.wait(list(rendering), num_returns=1)
        actor = rendering.pop(done)
        publishing.extend(ray.get(done))
        job = next(jobs, None)
        if job is not None:
            rendering[actor.render.remote(job)] = actor
    results: list[JobResult] = ray.get(publishing)
    took_s = time.perf_counter() - began_s
    if [result.status for result in results] != ["succeeded"] * num_beats:
        raise RuntimeError("The bare chain lost a beat.")
    return took_s
