"""What happens to an episode, as Server-Sent Events."""

from __future__ import annotations

from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response

from api import examples
from api.event_stream import EventStream
from api.event_tail import EventTail
from api.openapi import answers
from api.parts import Parts
from api.requests import known_id

router = APIRouter(prefix="/episodes", tags=["events"])

MAX_NUMBER = 2**31 - 1  # of an event; what every database can compare


@router.get(
    "/{episode_id}/events",
    response_class=Response,
    summary="Follow an episode live",
    description=(
        "Server-Sent Events. Each event that happened has its number as `id` and its type as `event`; they are stored, so that every "
        "replay gives the same ones. `Last-Event-ID`, or `after`, resumes behind a number; without either all are sent from the "
        "first. Messages `progress` come between them, without an `id`, at most twice a second and only on change: whole per cents "
        "of the episode and of the beats that moved. Comments keep a silent connection open. When the episode has ended and all was "
        "sent comes `end`, and the stream is closed: a browser's `EventSource` should be closed then, too, or it comes back."
    ),
    operation_id="follow_episode",
    responses=answers(
        200,
        "A stream of events.",
        examples.EVENTS,
        "not-found",
        "bad-input",
        "too-many-streams",
        media_type="text/event-stream",
    ),
)
async def follow_episode(
    parts: Parts,
    request: Request,
    episode_id: str,
    last_event_id: Annotated[
        int | None, Header(ge=0, le=MAX_NUMBER, description="Number of the last event that was seen.")
    ] = None,
    after: Annotated[
        int | None, Query(ge=0, le=MAX_NUMBER, description="The same, for clients that cannot set headers.")
    ] = None,
) -> Response:
    tail: EventTail = request.app.state.event_tail
    await anyio.to_thread.run_sync(
        parts.episodes.progress, known_id("episode", episode_id)
    )  # NotFound before the stream begins
    begin = last_event_id if last_event_id is not None else after or 0
    return EventStream(tail, tail.watch(episode_id), begin, parts.pace)
