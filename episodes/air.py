"""What is in the air: the open attempts of a term, who holds each up, and what became of those whose answer was lost."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Awaitable
from functools import partial

from episodes.errors import RendererLost, Unavailable
from episodes.fleet import RendererState
from episodes.flight import Flight
from episodes.job import JobResult
from episodes.model import Lease, OpenAttempt
from episodes.notebook import Notebook
from episodes.parts import Pace, Parts
from episodes.results import stored_result
from episodes.roster import Roster

log = logging.getLogger("storyworld.coordinator")


_NOT_READY = frozenset({RendererState.ABSENT, RendererState.STARTING})


class Air:
    """Every attempt from its take-off to its landing, lost ones included. It closes none: how they end is the term's to record."""

    def __init__(
        self,
        *,
        parts: Parts,
        lease: Lease,
        pace: Pace,
        notebook: Notebook,
        roster: Roster,
        signal: asyncio.Event,
        survey_now: asyncio.Event,
    ) -> None:
        """`signal` is set when something landed, `survey_now` when an answer was lost: a survey tells who is still there."""
        self._store = parts.store
        self._fleet = parts.fleet
        self._artifacts = parts.artifacts
        self._clock = parts.clock
        self._in_thread = parts.in_thread
        self._lease = lease
        self._pace = pace
        self._notebook = notebook
        self._watch = notebook.watch
        self._roster = roster
        self._signal = signal
        self._survey_now = survey_now
        self._flights: dict[str, Flight] = {}
        self._next_previews_s = 0.0
        self.landed: deque[Flight] = deque()
        """With what they brought, for whoever records it."""

    async def adopt(self) -> None:
        """Take over what earlier terms left open: its answers went to somebody else, so it is looked for."""
        unclosed = await self._in_thread(lambda: self._store.unclosed_attempts(self._lease))
        self._notebook.keep_only({attempt.attempt_id for attempt in unclosed})
        for attempt in unclosed:
            flight = self.take_off(attempt)
            flight.lost = RendererLost("The coordinator that waited for it is gone.")
            log.info("attempt.adopted", extra=flight.ids)
        fleet = await self._in_thread(self._store.fleet)
        renderers = fleet.renderers if fleet is not None else ()
        self._watch.were_ready({r.name for r in renderers if r.state not in _NOT_READY})
        self._notebook.blocklist.were_blocked({r.name: r.incarnation for r in renderers if r.blocked_reason})

    def take_off(self, attempt: OpenAttempt) -> Flight:
        flight = self._flights[attempt.attempt_id] = Flight(attempt=attempt, since_s=self._clock.now_s())
        return flight

    def drop(self, flight: Flight) -> None:
        """It is closed."""
        self._flights.pop(flight.attempt.attempt_id, None)
        self._roster.free(flight.attempt.renderer, flight.attempt.attempt_id)

    def num_rendering(self) -> Counter[str]:
        """Episode → how many of its beats are in the air."""
        return Counter(f.attempt.episode_id for f in self._flights.values() if not f.is_film)

    def renderers(self) -> set[str]:
        """Those with something in the air: in hand, or on its way to the store."""
        return {f.attempt.renderer for f in self._flights.values()}

    def has_film_of(self, episode_id: str) -> bool:
        return any(f.is_film and f.attempt.episode_id == episode_id for f in self._flights.values())

    # --- what comes back by itself ---

    async def follow(self, flight: Flight, answer: Awaitable[JobResult]) -> None:
        try:
            self._land(flight, await answer)
        except RendererLost as lost:
            log.warning("attempt.lost", extra={**flight.ids, "reason": lost.message})
            flight.lost = lost
            self._roster.doubt(flight.attempt.renderer, flight.attempt.attempt_id, self._clock.now_s())
            self._survey_now.set()

    def _land(self, flight: Flight, result: JobResult) -> None:
        if flight.landed is None and flight.attempt.attempt_id in self._flights:
            flight.landed = result
            self.landed.append(flight)
            self._signal.set()

    async def record_progress(self) -> None:
        def is_news(attempt_id: str, share: float) -> bool:
            return attempt_id in self._flights and share > self._flights[attempt_id].share

        news = {attempt_id: share for attempt_id, share in self._roster.shares().items() if is_news(attempt_id, share)}
        if news:
            await self._in_thread(lambda: self._store.record_progress(self._lease, news))
        for attempt_id, share in news.items():
            if attempt_id in self._flights:
                self._flights[attempt_id].share = share

    async def record_previews(self) -> None:
        """Less often than they may come: whoever looks at a film in the making looks again after a while."""
        now_s = self._clock.now_s()
        if now_s < self._next_previews_s:
            return
        news = {
            attempt_id: preview
            for attempt_id, preview in self._roster.previews().items()
            if attempt_id in self._flights and preview.number > self._flights[attempt_id].preview_number
        }
        if news:
            self._next_previews_s = now_s + self._pace.preview_s
            await self._in_thread(lambda: self._store.record_previews(self._lease, news))
        for attempt_id, preview in news.items():
            if attempt_id in self._flights:
                self._flights[attempt_id].preview_number = preview.number

    # --- what was lost ---

    def lost(self) -> list[Flight]:
        """Those to be looked for."""
        return [f for f in self._flights.values() if f.lost is not None and f.landed is None]

    def is_in_doubt(self) -> bool:
        """Somebody was missed once: the next survey decides."""
        return any(f.num_missed and f.landed is None for f in self._flights.values())

    async def is_gone(self, flight: Flight) -> bool:
        """Whatever a lost attempt stored counts, and lands; it is gone when nobody has it any more and its result is not there.

        Twice in a row: between handing over and being listed by the publisher, frames are on their way for a moment.
        """
        try:
            result = await self._in_thread(partial(stored_result, self._artifacts, flight.attempt))
        except Unavailable as error:
            return self._is_past_bearing(flight, error)
        if result is not None:
            self._land(flight, result)
            return False
        flight.unknown_since_s = None
        flight.num_missed = 0 if self._is_held(flight) else flight.num_missed + 1
        return flight.num_missed >= 2

    def _is_past_bearing(self, flight: Flight, error: Unavailable) -> bool:
        """Whether it stored its clip cannot be known now, so it is not rendered again until patience ends. All else goes on."""
        now_s = self._clock.now_s()
        flight.unknown_since_s = now_s if flight.unknown_since_s is None else flight.unknown_since_s
        log.warning("result.unknown", extra={**flight.ids, "reason": str(error)})
        if now_s - flight.unknown_since_s <= self._pace.bear_s or self._is_held(flight):
            return False
        flight.lost = RendererLost(
            f"Nobody has it any more, and for {self._pace.bear_s:.0f} s its result cannot be read: {error}"
        )
        return True

    def _is_held(self, flight: Flight) -> bool:
        attempt = flight.attempt
        return self._roster.report.holds(attempt.attempt_id, renderer=attempt.renderer, node=attempt.node)

    # --- who is told to stop, and who is stopped ---

    async def stop_the_unwanted(self) -> None:
        """Tell whoever works on what can never be selected any more (cancelled, revised, re-planned) to stop."""
        unwanted = await self._in_thread(lambda: self._store.unwanted_attempts(self._lease))
        for flight in [self._flights[attempt_id] for attempt_id in unwanted if attempt_id in self._flights]:
            if flight.stopping_since_s is None:
                since_s = self._notebook.told_to_stop.setdefault(flight.attempt.attempt_id, self._clock.now_s())
                flight.stopping_since_s = since_s
                log.info("attempt.stopping", extra=flight.ids)
                await self._fleet.cancel(flight.attempt.attempt_id)
        await self._stop_the_spent()

    async def _stop_the_spent(self) -> None:
        """Tell renderers to stop whose work has cost what was reserved for it; again and again, until they do."""
        now_s = self._clock.now_s()
        for flight in list(self._flights.values()):
            allowed_s = flight.attempt.allowed_s
            if allowed_s is None or now_s - flight.since_s <= allowed_s or not self._roster.may_be_rendered(flight.attempt):
                continue
            log.warning("attempt.spent", extra={**flight.ids, "allowed_s": allowed_s})
            flight.is_spent = True
            await self._fleet.cancel(flight.attempt.attempt_id)

    async def hurry_the_stopping(self) -> None:
        """Kill renderers that were told to stop and do not."""
        now_s = self._clock.now_s()
        for flight in list(self._flights.values()):
            since_s = flight.stopping_since_s
            if since_s is None or now_s - since_s < self._pace.stop_s or not self._roster.may_be_rendered(flight.attempt):
                continue
            log.warning("renderer.deaf", extra={**flight.ids, "renderer": flight.attempt.renderer})
            flight.stopping_since_s = self._notebook.told_to_stop[flight.attempt.attempt_id] = now_s
            await self._fleet.replace(flight.attempt.renderer)

    async def replace_the_overdue(self) -> None:
        """Kill whoever was silent or stuck for too long. What it had in hand is lost, so a late result changes nothing."""
        for overdue in self._watch.saw(self._roster.report, self._notebook.watched_s(self._clock.now_s())):
            log.error("actor.overdue", extra={"actor_name": overdue.name, "reason": overdue.reason})
            for flight in self._flights.values():
                if flight.attempt.renderer == overdue.name and flight.landed is None:
                    flight.doom = overdue.reason
            await self._fleet.replace(overdue.name)
