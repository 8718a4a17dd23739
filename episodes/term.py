"""A coordinator's term: from the lease that it won to the lease that it lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from episodes.agenda import Agenda, Run, refill
from episodes.air import Air
from episodes.blocklist import MAX_BEATS_IN_A_ROW
from episodes.dispatch import Start, choose_starts
from episodes.errors import FailureClass
from episodes.flight import Flight, judged
from episodes.lifecycle import EpisodeState
from episodes.model import (
    Acceptance,
    ClipSource,
    FleetSnapshot,
    KindNote,
    Lease,
    OpenAttempt,
    Opening,
    ReadyBeat,
    RendererNote,
)
from episodes.notebook import Notebook
from episodes.orders import CUTTER, open_film, opening_of, render_job
from episodes.parts import Pace, Parts
from episodes.quoting import Quotes
from episodes.reuse import COPIER, Reuse
from episodes.roster import Roster
from episodes.signals import first_of
from episodes.staffing import Staffing

log = logging.getLogger("storyworld.coordinator")

NO_RENDERERS = frozenset({CUTTER, COPIER})
"""They stand in attempts, and nobody of these names fails or is blocked."""


class Term:
    """Fans beats out and records what comes back, under one lease. Every write carries its fence.

    Four tasks: one renews the lease, one surveys the fleet, one looks in the store for what was lost, one works off what they and
    the renderers report.
    Raises (in an ExceptionGroup) LeaseLost or Unavailable; whatever was in the air is adopted by the next term.
    """

    def __init__(self, *, parts: Parts, lease: Lease, pace: Pace, notebook: Notebook) -> None:
        self._store = parts.store
        self._fleet = parts.fleet
        self._clock = parts.clock
        self._meter = parts.meter
        self._random = parts.random
        self._in_thread = parts.in_thread
        self._lease = lease
        self._pace = pace
        self._agenda = Agenda()
        self._quotes = Quotes(parts)
        self._roster = Roster()
        self._notebook = notebook
        self._patience = notebook.patience
        self._blocklist = notebook.blocklist
        self._in_vain: Mapping[str, str] = {}
        """Backend → why waiting for it is in vain."""
        self._noted: tuple[tuple[RendererNote, ...], tuple[KindNote, ...]] | None = None
        self._next_look_s = 0.0
        self._won: list[Flight] = []
        """Succeeded, and not recorded yet."""
        self._record_at_s = 0.0
        """When they have to be."""
        self._signal = asyncio.Event()
        self._survey_now = asyncio.Event()
        self._surveyed = asyncio.Event()
        self._air = Air(
            parts=parts,
            lease=lease,
            pace=pace,
            notebook=notebook,
            roster=self._roster,
            signal=self._signal,
            survey_now=self._survey_now,
        )
        self._staffing = Staffing(
            parts=parts, roster=self._roster, agenda=self._agenda, air=self._air, blocklist=notebook.blocklist
        )
        self._reuse = Reuse(parts=parts, lease=lease, pace=pace, notebook=notebook)
        self._tasks: asyncio.TaskGroup

    def wake(self) -> None:
        self._next_look_s = 0.0
        self._signal.set()

    async def lead(self) -> None:
        await self._air.adopt()
        async with asyncio.TaskGroup() as self._tasks:
            self._tasks.create_task(self._keep_lease())
            self._tasks.create_task(self._keep_surveying())
            self._tasks.create_task(self._keep_looking())
            self._tasks.create_task(self._work())

    # --- the four tasks ---

    async def _keep_lease(self) -> None:
        while True:
            await self._clock.sleep(self._pace.renew_s)
            await self._in_thread(lambda: self._store.renew_lease(self._lease, self._pace.lease_ttl_s))

    async def _keep_surveying(self) -> None:
        while True:
            began_s = self._clock.now_s()
            await self._staffing.survey()
            watched_s = self._notebook.watched_s(began_s)
            self._in_vain = self._patience.saw(self._staffing.hoped_for(), watched_s, self._staffing.impossible())
            await self._air.replace_the_overdue()
            await self._record_fleet()
            await self._air.record_progress()
            await self._air.record_previews()
            await self._air.hurry_the_stopping()
            self._surveyed.set()
            self._signal.set()
            await first_of(self._survey_now, self._clock, self._pace.survey_s)

    async def _keep_looking(self) -> None:
        """Apart from the surveys: an artifact store that hangs must not hide who is alive."""
        while True:
            await self._surveyed.wait()
            self._surveyed.clear()
            await self._look_for_the_lost()
            self._signal.set()
            if self._air.is_in_doubt():
                await self._clock.sleep(min(self._pace.doubt_s, self._pace.survey_s))
                self._survey_now.set()

    async def _work(self) -> None:
        while True:
            await self._collect()
            await self._look()
            await self._dispatch()  # before the won are recorded: an idle renderer costs more than a late row
            has_recorded = await self._record_won()
            await self._settle()
            await self._look_ahead()  # last: who is idle next need not wait for a question to the store
            if not has_recorded and not self._air.landed:
                next_s = min(self._next_look_s, self._record_at_s) if self._won else self._next_look_s
                await first_of(self._signal, self._clock, next_s - self._clock.now_s())

    async def _look_for_the_lost(self) -> None:
        for flight in self._air.lost():
            if await self._air.is_gone(flight):
                await (self._fail if flight.stopping_since_s is None else self._close_stopped)([flight])

    async def _record_fleet(self) -> None:
        """So that anybody who reads SQL can be told why a beat waits; only when something is new."""
        reason = f"it failed {MAX_BEATS_IN_A_ROW} beats in a row."
        notes = self._roster.notes(dict.fromkeys(self._blocklist.blocked(), reason))
        kinds = self._staffing.kind_notes()
        if (notes, kinds) != self._noted:
            snapshot = FleetSnapshot(at=datetime.now(UTC), renderers=notes, kinds=kinds)
            await self._in_thread(lambda: self._store.record_fleet(self._lease, snapshot))
            self._noted = (notes, kinds)

    # --- what came back ---

    async def _collect(self) -> None:
        """Record what failed or was stopped, before its renderer gets more to do; and gather what may be accepted."""
        landed: dict[str, list[Flight]] = {"succeeded": [], "failed": [], "cancelled": []}
        while self._air.landed:
            flight = self._air.landed.popleft()
            if flight.landed is not None:
                landed[flight.landed.status].append(flight)
        await self._fail([*landed["failed"], *(f for f in landed["succeeded"] if not f.has_its_file)])
        await self._close_stopped(landed["cancelled"])
        if not self._won:
            self._record_at_s = self._clock.now_s() + self._pace.gather_s
        self._won += [f for f in landed["succeeded"] if f.has_its_file]

    async def _record_won(self) -> bool:
        """Eight take twice as long to record as one; a moment later harms nobody while all renderers have something in hand."""
        if not self._won or (self._clock.now_s() < self._record_at_s and not self._roster.idle(self._blocklist.blocked())):
            return False
        won, self._won = self._won, []
        await self._accept(won)
        return True

    async def _accept(self, flights: list[Flight]) -> None:
        acceptances = [Acceptance(attempt_id=f.attempt.attempt_id, result=f.landed) for f in flights if f.landed is not None]
        selected = await self._in_thread(lambda: self._store.accept(self._lease, acceptances))
        for flight, acceptance, is_selected in zip(flights, acceptances, selected, strict=True):
            outcome = "accepted" if is_selected else "superseded"
            self._drop(flight, outcome)
            runtime = acceptance.result.runtime
            self._meter.worked(flight.attempt.backend, render_s=runtime.render_s, publish_s=runtime.publish_s)
            self._measure_first_beat(flight, runtime.render_s)
            self._blocklist.succeeded(flight.attempt.renderer)
            if flight.is_film and is_selected and self._agenda.ended(flight.attempt.episode_id):
                self._look_in(0.0)
            log.info(f"attempt.{outcome}", extra=flight.ids)

    def _measure_first_beat(self, flight: Flight, render_s: float) -> None:
        ready_s = self._staffing.starts.first_beat(flight.attempt.renderer)
        if ready_s is not None and flight.lost is None:  # what was lost may be of the renderer that had the name before
            self._meter.first_beat(flight.attempt.backend, ready_s=ready_s, render_s=render_s)

    async def _fail(self, flights: list[Flight]) -> None:
        if not flights:
            return
        failures = [judged(flight, self._random) for flight in flights]
        await self._in_thread(lambda: self._store.fail(self._lease, failures))
        for flight, failure in zip(flights, failures, strict=True):
            self._drop(flight, failure.failure_class)
            if failure.retry_in_s is not None:
                self._look_in(failure.retry_in_s)
            self._blame(flight, failure.failure_class)
            about = {"failure_class": failure.failure_class, "reason": failure.reason}
            log.warning("attempt.failed", extra={**flight.ids, **about})

    def _blame(self, flight: Flight, failure_class: FailureClass) -> None:
        beat = (flight.attempt.episode_id, flight.attempt.beat_id or "")
        if flight.attempt.renderer not in NO_RENDERERS and self._blocklist.failed(flight.attempt.renderer, beat, failure_class):
            about = {"renderer": flight.attempt.renderer, "num_beats": MAX_BEATS_IN_A_ROW}
            log.error("renderer.blocked", extra={**flight.ids, **about})

    async def _close_stopped(self, flights: list[Flight]) -> None:
        """A render that stopped because it was told to is closed; one that nobody told to is a failure of its renderer."""
        asked = [f for f in flights if f.stopping_since_s is not None]
        if asked:
            ids = [f.attempt.attempt_id for f in asked]
            await self._in_thread(lambda: self._store.close_cancelled(self._lease, ids))
        for flight in asked:
            self._drop(flight, "cancelled")
        unasked = [f for f in flights if f.stopping_since_s is None]
        for flight in unasked:
            flight.lost = flight.why_stopped
        await self._fail(unasked)

    def _drop(self, flight: Flight, outcome: str) -> None:
        self._air.drop(flight)
        self._meter.attempt_ended(flight.attempt.backend, outcome)
        run = self._agenda.runs.get(flight.attempt.episode_id)
        if run is not None:
            run.ask_again()
            if not flight.is_film:
                run.num_rendering = max(0, run.num_rendering - 1)

    # --- what comes next ---

    def _look_in(self, seconds: float) -> None:
        self._next_look_s = min(self._next_look_s, self._clock.now_s() + seconds)

    async def _look(self) -> None:
        """Ask the store which episodes are active: after a wake-up, and now and then in case one was lost."""
        if self._clock.now_s() < self._next_look_s:
            return
        self._next_look_s = self._clock.now_s() + self._pace.look_s
        active = await self._in_thread(lambda: self._store.active_episodes(self._lease))
        self._agenda.update(active, self._air.num_rendering())
        due_s = await self._in_thread(lambda: self._store.next_ready_in_s(self._lease))
        if due_s is not None and due_s > 0:
            self._look_in(due_s)
        await self._air.stop_the_unwanted()

    async def _dispatch(self) -> None:
        if not self._roster.is_surveyed:
            return
        executing = self._agenda.executing()
        await self._take_copies(executing)
        await self._give_up_the_impossible(executing)
        self._meter.queue(
            num_rendering=sum(r.num_rendering for r in executing),
            num_ready=sum(len(r.ready) for r in executing),
            num_episodes=len(self._agenda.runs),
        )
        idle = self._roster.idle(self._blocklist.blocked())
        if idle and (starts := choose_starts(self._agenda.candidates(), self._staffing.eligible(), idle)):
            await self._start(starts)
        if self._staffing.is_short():
            self._survey_now.set()

    async def _look_ahead(self) -> None:
        """Fill the windows of those who are served next."""
        num_idle = len(self._roster.idle(self._blocklist.blocked()))
        hungry = self._agenda.hungry(num_idle) if self._roster.is_surveyed else []
        if hungry:
            await self._in_thread(partial(refill, self._store, self._lease, hungry, self._clock.now_s(), self._reuse))
        if any(run.window or not run.num_rendering for run in hungry):
            self._signal.set()

    async def _give_up_the_impossible(self, runs: Sequence[Run]) -> None:
        """A beat that nobody in the fleet can render any more falls back or fails now, instead of waiting for ever."""
        possible = self._staffing.possible()
        for run in runs:
            if not self._in_vain and possible.issuperset(run.backends):
                continue
            for ready in list(run.ready):
                if reason := self._staffing.why_impossible(ready, possible, self._in_vain):
                    run.forget(ready.beat.beat_id, ready.take)
                    run.ask_again()
                    self._signal.set()
                    which = (run.episode.episode_id, ready.beat.beat_id)
                    await self._in_thread(partial(self._store.give_up, self._lease, *which, reason, take=ready.take))

    async def _start(self, starts: Sequence[Start]) -> None:
        runs = self._agenda.runs
        await self._quotes.measure(s.ready.beat.backend for s in starts if runs[s.ready.episode_id].episode.is_budgeted)
        openings = [self._opening(start.ready, start.renderer, start.node) for start in starts]
        for start, (run, attempt) in zip(starts, await self._open(openings), strict=True):
            if attempt is not None:
                self._meter.waited(attempt.backend, self._clock.now_s() - run.filled_at_s)
                self._fly(run, start, attempt)

    def _opening(self, ready: ReadyBeat, renderer: str, node: str, source: ClipSource | None = None) -> Opening:
        price = self._quotes.of(self._agenda.runs[ready.episode_id].episode, ready, source)
        return opening_of(ready, renderer, node, source, price)

    async def _open(self, openings: Sequence[Opening]) -> list[tuple[Run, OpenAttempt | None]]:
        """Begin attempts at beats, each with the run that it is of; None where a beat is not ready any more."""
        opened = await self._in_thread(lambda: self._store.open_attempts(self._lease, openings))
        runs = [self._agenda.runs[opening.episode_id] for opening in openings]
        for run, opening, attempt in zip(runs, openings, opened, strict=True):
            run.forget(opening.beat_id or "", opening.take)
            if attempt is None:
                run.ask_again()
                if run.episode.is_budgeted:
                    self._signal.set()  # its renderer may have been refused for want of money: others wait for it
            else:
                self._agenda.started(run)
        return list(zip(runs, opened, strict=True))

    async def _take_copies(self, runs: Sequence[Run]) -> None:
        """Beats whose clip was made before need no renderer."""
        copies = [copy for run in runs for copy in run.copies][: self._reuse.room]
        if not copies:
            return
        openings = [self._opening(ready, COPIER, "", source) for ready, source in copies]
        for (ready, source), (run, attempt) in zip(copies, await self._open(openings), strict=True):
            if attempt is not None:
                flight = self._air.take_off(attempt)
                log.info("attempt.copies", extra={**flight.ids, "reused_from": source.attempt_id})
                job = render_job(run.episode, ready, attempt, self._lease)
                self._tasks.create_task(self._air.follow(flight, self._reuse.copied(flight, job, source)))

    def _fly(self, run: Run, start: Start, attempt: OpenAttempt) -> None:
        flight = self._air.take_off(attempt)
        self._roster.occupy(attempt.renderer, attempt.attempt_id)
        self._staffing.was_used(attempt.renderer)
        log.info("attempt.started", extra={**flight.ids, "renderer": attempt.renderer})

        def handed_over() -> None:
            self._roster.free(attempt.renderer, attempt.attempt_id)
            self._signal.set()

        job = render_job(run.episode, start.ready, attempt, self._lease)
        self._tasks.create_task(self._air.follow(flight, self._fleet.render(attempt.renderer, job, handed_over)))

    # --- how an episode ends ---

    async def _settle(self) -> None:
        for run in list(self._agenda.runs.values()):
            if not run.may_move_on:
                continue
            match run.episode.state:
                case EpisodeState.CUTTING:
                    await self._cut(run)
                case EpisodeState.CANCELLING if self._air.has_film_of(run.episode.episode_id):
                    continue
                case _:
                    await self._move_on(run)

    async def _move_on(self, run: Run) -> None:
        run.may_settle = False
        episode_id = run.episode.episode_id
        state = await self._in_thread(lambda: self._store.settle(self._lease, episode_id))
        if state is EpisodeState.CUTTING:
            run.episode = replace(run.episode, state=state)
            await self._cut(run)
        elif not state.is_active:
            self._agenda.runs.pop(episode_id, None)
            log.info("episode.ended", extra={"episode_id": episode_id, "state": state})

    async def _cut(self, run: Run) -> None:
        """Open the film's attempt, unless one is in the air or backing off."""
        run.may_settle = False
        opened = await self._in_thread(partial(open_film, self._store, self._lease, run.episode))
        if opened is None:
            return
        attempt, job = opened
        flight = self._air.take_off(attempt)
        log.info("film.started", extra=flight.ids)
        self._tasks.create_task(self._air.follow(flight, self._fleet.cut(job)))
