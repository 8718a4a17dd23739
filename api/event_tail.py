"""One look for all open event streams of a process: which episodes have news, and how far they are.

However many streams are open, a single task asks the store in a single worker thread. It runs only while somebody watches.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import anyio
import anyio.to_thread

from api.parts import EventPace
from api.problems import ProblemError
from episodes.episode_store import EpisodeStore
from episodes.errors import Unavailable
from episodes.model import Event, ProgressView

log = logging.getLogger(__name__)

NUM_READERS = 4  # threads for streams that read events; apart from those that answer requests
PAGE = 500  # events read at once
RETRY_AFTER_S = 5


@dataclass(kw_only=True, slots=True, eq=False)
class Watched:
    """What was last seen of one episode; shared by all streams that follow it."""

    episode_id: str
    latest: int = 0
    """Number of the newest event; read after `progress`, so a final state here means that no event is missing."""
    progress: ProgressView | None = None
    progress_due_s: float = 0.0
    num_watchers: int = 0
    num_news: int = 0
    """How often `latest` or `progress` changed."""
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self) -> None:
        self.num_news += 1
        self._news.set()
        self._news = asyncio.Event()

    async def wait(self, seen: int, timeout_s: float) -> bool:
        """True as soon as `num_news` is above `seen`, False after `timeout_s`."""
        if self.num_news > seen:
            return True
        try:
            async with asyncio.timeout(timeout_s):
                await self._news.wait()
        except TimeoutError:
            return False
        return True


class EventTail:
    """Follows episodes for many streams. Belongs to one event loop at a time; not for threads."""

    def __init__(self, episodes: EpisodeStore, pace: EventPace, max_streams: int) -> None:
        self._episodes = episodes
        self._pace = pace
        self._max_streams = max_streams
        self._watched: dict[str, Watched] = {}
        self._num_streams = 0
        self._looking: asyncio.Task[None] | None = None
        self._readers: anyio.CapacityLimiter | None = None

    @property
    def num_streams(self) -> int:
        return self._num_streams

    @contextmanager
    def watch(self, episode_id: str) -> Iterator[Watched]:
        """Follow an episode as long as the context is open. Raises 429 when too many do already."""
        if self._num_streams >= self._max_streams:
            raise ProblemError(
                429,
                "too-many-streams",
                f"{self._max_streams} event streams are open already.",
                hint="Close one, try again later, or poll GET /episodes/{id}.",
                headers={"Retry-After": str(RETRY_AFTER_S)},
            )
        self._num_streams += 1
        watched = self._watched.setdefault(episode_id, Watched(episode_id=episode_id))
        watched.num_watchers += 1
        watched.progress, watched.progress_due_s = None, 0.0  # a newcomer must not end on a state of before a retry
        self._ensure_looking()
        try:
            yield watched
        finally:
            self._num_streams -= 1
            watched.num_watchers -= 1
            if watched.num_watchers == 0:
                del self._watched[episode_id]
            if not self._watched and self._looking is not None:
                self._looking.cancel()
                self._looking = None

    async def events(self, episode_id: str, after: int) -> list[Event]:
        """The next page, read in one of few threads, so that streams leave the other requests theirs."""
        if self._readers is None:
            self._readers = anyio.CapacityLimiter(NUM_READERS)

        def read() -> list[Event]:
            return self._episodes.events(episode_id, after=after, limit=PAGE)

        return await anyio.to_thread.run_sync(read, limiter=self._readers)

    def _ensure_looking(self) -> None:
        if self._looking is None or self._looking.done():
            self._looking = asyncio.get_running_loop().create_task(self._look_for_ever(), name="event tail")

    async def _look_for_ever(self) -> None:
        looker = anyio.CapacityLimiter(1)
        clock = asyncio.get_running_loop()
        while True:
            now_s = clock.time()
            due = [w.episode_id for w in self._watched.values() if w.progress_due_s <= now_s]
            try:
                numbers, progress = await anyio.to_thread.run_sync(self._look, list(self._watched), due, limiter=looker)
            except Unavailable as error:
                log.warning("event_tail.store_unavailable", extra={"reason": str(error)})
            except Exception:  # the task's edge: one bad look must not silence every stream
                log.exception("event_tail.look_failed")
            else:
                self._take_in(numbers, progress, now_s)
            await asyncio.sleep(self._pace.poll_s)

    def _look(self, all_ids: list[str], due: list[str]) -> tuple[dict[str, int], dict[str, ProgressView]]:
        """In a thread. Progress first: see `Watched.latest`."""
        progress = {episode_id: self._episodes.progress(episode_id) for episode_id in due}
        return self._episodes.latest_event_numbers(all_ids), progress

    def _take_in(self, numbers: dict[str, int], progress: dict[str, ProgressView], now_s: float) -> None:
        for episode_id, watched in self._watched.items():
            before = (watched.latest, watched.progress)
            if episode_id in progress:
                watched.progress = progress[episode_id]
                watched.progress_due_s = now_s + self._pace.progress_s
            if numbers.get(episode_id, 0) > watched.latest:
                watched.latest = numbers[episode_id]
                watched.progress_due_s = now_s  # an event may be the last: look at the state next time
            if (watched.latest, watched.progress) != before:
                watched.tell()
