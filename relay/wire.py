"""Jobs and answers as they go over the wire, to workers of ours and to others that speak it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import ValidationError

from episodes.errors import BadInput, FailureClass, RenderFailed
from episodes.job import JobResult, RenderJob, RenderOutput, beat_path
from episodes.nouns import Noun
from relay.ports import Offer


class Delivery(Noun):
    """What a worker that knows nothing of attempts brought: a clip somewhere below the attempt's own delivery path, not looked at yet."""

    key: str
    latency_sec: float = 0.0
    gpu: str | None = None
    motion_engine: str = ""


def offer_of(job: RenderJob, backend: str) -> Offer:
    """`backend`: what workers call it; the job names its kind. Its output path is the attempt's own, which no late worker shares."""
    wire = job.model_copy(update={"backend": backend, "output": RenderOutput(path=job.delivery_path)})
    return Offer(job_id=job.job_id, wire=wire.model_dump_json().encode())


def job_of(offer: Offer) -> RenderJob:
    """As our renderers and publishers know it. Raises BadInput for what another version wrote."""
    try:
        job = RenderJob.model_validate_json(offer.wire)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"The job {offer.job_id} cannot be read: {where}: {first['msg']}.", where=where) from error
    return job.model_copy(update={"output": RenderOutput(path=beat_path(job.meta.episode_id, job.meta.beat_id))})


def read_answer(answer: bytes, job: RenderJob) -> JobResult | Delivery:
    """Ours are results, whose files are stored. Raises RenderFailed (output) for others that bring no clip of this very attempt."""
    try:
        return JobResult.model_validate_json(answer)
    except ValidationError:
        return _delivery(json.loads(answer), job)


def _delivery(said: dict[str, Any], job: RenderJob) -> Delivery:  # Any: whatever JSON a stranger sends
    if said.get("error"):
        raise RenderFailed(f"The worker says: {str(said['error'])[:500]}", FailureClass.OUTPUT)
    artifacts, runtime = said.get("artifacts"), said.get("runtime")
    uri = artifacts.get("video") if isinstance(artifacts, dict) else None
    if not isinstance(uri, str) or not uri:
        raise RenderFailed(f"The worker's answer ({str(said.get('status'))[:40]}) names no video.", FailureClass.OUTPUT)
    facts = runtime if isinstance(runtime, dict) else {}
    latency_sec = facts.get("latency_sec")
    return Delivery(
        key=_key_in(uri, job),
        latency_sec=float(latency_sec) if isinstance(latency_sec, int | float) else 0.0,
        gpu=str(facts["gpu"])[:100] if facts.get("gpu") else None,
        motion_engine=str(facts.get("motion_engine") or "")[:40],
    )


def _key_in(uri: str, job: RenderJob) -> str:
    """A key, or the end of a URI of any kind: where it points is not followed, only what it says of our own store."""
    path = unquote(urlsplit(uri).path) if "://" in uri else uri
    _, found, rest = path.partition(f"{job.delivery_path}/")
    if not found or not rest:
        raise RenderFailed(f"The worker names {uri[:200]!r}, which is no clip below {job.delivery_path}/.", FailureClass.OUTPUT)
    return found + rest
