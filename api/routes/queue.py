"""The queue of all episodes: hold it, and let it go on."""

from __future__ import annotations

from fastapi import APIRouter, Request

from api import examples
from api.idempotency import lasting_id
from api.openapi import POST_EXTRA, answers
from api.parts import Parts
from api.shapes import QueueShape

router = APIRouter(prefix="/queue", tags=["queue"])


@router.get(
    "",
    response_model=QueueShape,
    summary="Is the queue of all episodes held?",
    operation_id="get_queue",
    responses=answers(200, "Whether new renders start.", examples.queue(is_paused=False)),
)
def get_queue(parts: Parts) -> QueueShape:
    return QueueShape(is_paused=parts.episodes.queue_is_paused())


@router.post(
    "/pause",
    response_model=QueueShape,
    summary="Hold everything: what is being rendered is finished and kept, nothing new starts; repeating it changes nothing",
    operation_id="pause_queue",
    responses=answers(200, "The queue stands still.", examples.queue(is_paused=True), "key-reused"),
    openapi_extra=POST_EXTRA,
)
def pause_queue(parts: Parts, request: Request) -> QueueShape:
    parts.episodes.pause_queue(once=lasting_id(request.scope, parts.episodes))
    parts.coordinator.wake()
    return QueueShape(is_paused=True)


@router.post(
    "/resume",
    response_model=QueueShape,
    summary="Let the queue go on; repeating it changes nothing. Episodes that are paused themselves stay so",
    operation_id="resume_queue",
    responses=answers(200, "The queue goes on.", examples.queue(is_paused=False), "key-reused"),
    openapi_extra=POST_EXTRA,
)
def resume_queue(parts: Parts, request: Request) -> QueueShape:
    parts.episodes.resume_queue(once=lasting_id(request.scope, parts.episodes))
    parts.coordinator.wake()
    return QueueShape(is_paused=False)
