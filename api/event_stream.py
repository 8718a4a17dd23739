"""One episode's events as Server-Sent Events, from any number on, until the episode and its takes have ended and all was sent."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import anyio
from fastapi.sse import format_sse_event
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from api.event_tail import EventTail, Watched
from api.parts import EventPace
from api.shaping import event_shape, percent
from episodes.lifecycle import EpisodeState
from episodes.model import ProgressView


class EventStream(StreamingResponse):
    """The answer that sends them. What it holds of the tail is given back however it ends."""

    media_type = "text/event-stream"

    def __init__(self, tail: EventTail, watch: AbstractContextManager[Watched], after: int, pace: EventPace) -> None:
        self._held = ExitStack()
        watched = self._held.enter_context(watch)
        story = tell(tail, watched, after, pace)
        super().__init__(story, headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._held:
            async with anyio.create_task_group() as tasks:

                async def stop_when_nobody_listens() -> None:
                    await self.listen_for_disconnect(receive)
                    tasks.cancel_scope.cancel()

                tasks.start_soon(stop_when_nobody_listens)
                await self.stream_response(send)
                tasks.cancel_scope.cancel()


async def tell(tail: EventTail, watched: Watched, after: int, pace: EventPace) -> AsyncIterator[bytes]:
    """Numbered events as they come; progress without a number in between; `end` when no more will come."""
    progress = ProgressTeller(watched.episode_id)
    while True:
        seen, latest, last_look = watched.num_news, watched.latest, watched.progress
        while after < latest and (page := await tail.events(watched.episode_id, after)):
            for event in page:
                after = event.number
                data = event_shape(event).model_dump_json()
                yield format_sse_event(id=str(after), event=event.event_type, data_str=data)
        if last_look is not None:
            if (news := progress.news(last_look)) is not None:
                yield format_sse_event(event="progress", data_str=json.dumps(news))
            if last_look.state.is_final and not last_look.has_takes:
                yield format_sse_event(event="end", data_str=json.dumps(_end(watched.episode_id, last_look.state)))
                return
        if not await watched.wait(seen, pace.heartbeat_s):
            yield format_sse_event(comment="still here")


class ProgressTeller:
    """Says what changed in whole per cents since it last spoke."""

    def __init__(self, episode_id: str) -> None:
        self._episode_id = episode_id
        self._episode: tuple[EpisodeState, int] | None = None
        self._beats: dict[str, int] = {}

    def news(self, view: ProgressView) -> dict[str, Any] | None:
        """JSON of the change, or None. `beats` holds only those that moved."""
        episode = (view.state, percent(view.progress))
        beats = {beat_id: percent(share) for beat_id, share in view.beats.items()}
        moved = {beat_id: share for beat_id, share in beats.items() if self._beats.get(beat_id) != share}
        if episode == self._episode and not moved:
            return None
        self._episode, self._beats = episode, beats
        return {"episode_id": self._episode_id, "state": view.state, "progress": episode[1], "beats": moved}


def _end(episode_id: str, state: EpisodeState) -> dict[str, str]:
    return {"episode_id": episode_id, "state": state}
