"""A coordinator's term: from the lease that it won to the lease that it lost."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from typing import Protocol, TypeVar

from pydantic import ValidationError

from episodes.dispatch import Candidate, Start, after_failure, choose_starts
from episodes.errors import FailureClass, NotFound, RendererLost
from episodes.flight import Flight, Run
from episodes.job import FilmJob, JobResult, RenderInput, RenderJob, RenderMeta, RenderOutput, beat_path, result_key
from episodes.lifecycle import EpisodeState
from episodes.model import Acceptance, Failure, Lease, OpenAttempt, Opening
from episodes.ports import ArtifactStore, Clock, EpisodeStore, Fleet, FleetReport, Meter, RendererState

log = logging.getLogger("storyworld.coordinator")

T = TypeVar("T")

WINDOW = 16
"""Ready beats kept per episode: enough that a query is shared by many starts, few enough that memory stays flat."""

CUTTER = "cutter"
"""Stands for the renderer in a film's attempt."""


class InThread(Protocol):
    """Runs a blocking call without holding up the event loop."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """What a coordinator works with."""

    store: EpisodeStore
    fleet: Fleet
    artifacts: ArtifactStore
    clock: Clock
    meter: Meter
    random: Random
    in_thread: InThread


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How often a coordinator looks, and how long it waits; seconds."""

    lease_ttl_s: float = 10.0
    renew_s: float = 3.0
    """A third of the lease: two renewals may fail before it is lost."""
    survey_s: float = 1.0
    look_s: float = 2.0
    """A wake-up may get lost; this bounds what it costs."""
    stop_s: float = 10.0
    """What a cancelled render gets to listen before its actor is killed."""
    retry_lease_s: float = 0.5
    retry_store_s: float = 0.5


class Term:
    """Fans beats out and records what comes back, under one lease. Every write carries its fence.

    Three tasks: one renews the lease, one surveys the fleet, one works off what they and the renderers report.
    Raises (in an ExceptionGroup) LeaseLost or Unavailable; whatever was in the air is adopted by the next term.
    """

    def __init__(self, *, parts: Parts, lease: Lease, pace: Pace) -> None:
        self._store = parts.store
        self._fleet = parts.fleet
        self._artifacts = parts.artifacts
        self._clock = parts.clock
        self._meter = parts.meter
        self._random = parts.random
        self._lease = lease
        self._pace = pace
        self._in_thread = parts.in_thread
        self._runs: dict[str, Run] = {}
        self._flights: dict[str, Flight] = {}
        self._landed: deque[Flight] = deque()
        self._report = FleetReport()
        self._surveyed = False
        self._occupied: dict[str, str] = {}
        """Renderer → the attempt that it was given and has not handed over."""
        self._doubtful: dict[str, float] = {}
        """Renderer → when it was lost; not given work until a later survey finds it alive."""
        self._handed_over: deque[str] = deque(maxlen=1024)
        """Attempts whose renderer is free again, though an older report may still call it busy."""
        self._num_starts = 0
        self._next_look_s = 0.0
        self._signal = asyncio.Event()
        self._survey_now = asyncio.Event()
        self._tasks: asyncio.TaskGroup

    def wake(self) -> None:
        self._next_look_s = 0.0
        self._signal.set()

    async def lead(self) -> None:
        await self._adopt()
        async with asyncio.TaskGroup() as self._tasks:
            self._tasks.create_task(self._keep_lease())
            self._tasks.create_task(self._keep_surveying())
            self._tasks.create_task(self._work())

    # --- the three tasks ---

    async def _keep_lease(self) -> None:
        while True:
            await self._clock.sleep(self._pace.renew_s)
            await self._in_thread(lambda: self._store.renew_lease(self._lease, self._pace.lease_ttl_s))

    async def _keep_surveying(self) -> None:
        while True:
            began_s = self._clock.now_s()
            self._report = await self._fleet.survey()
            self._surveyed = True
            self._doubtful = {name: at for name, at in self._doubtful.items() if at >= began_s}
            await self._record_progress()
            await self._look_for_the_lost()
            await self._hurry_the_stopping()
            self._signal.set()
            await self._first_of(self._survey_now, self._pace.survey_s)

    async def _work(self) -> None:
        while True:
            await self._collect()
            await self._look()
            await self._dispatch()
            await self._settle()
            await self._rest()

    async def _rest(self) -> None:
        if self._landed:
            return
        due_s = max(0.0, self._next_look_s - self._clock.now_s())
        await self._first_of(self._signal, due_s)

    async def _first_of(self, event: asyncio.Event, seconds: float) -> None:
        """Wait for the event or the time, whichever comes first; clears the event."""
        if not event.is_set() and seconds > 0:
            waits = {asyncio.ensure_future(event.wait()), asyncio.ensure_future(self._clock.sleep(seconds))}
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()
        else:
            await asyncio.sleep(0)
        event.clear()

    # --- what came back ---

    async def _adopt(self) -> None:
        """Take over what earlier terms left open: its answers went to somebody else, so it is looked for."""
        for attempt in await self._in_thread(lambda: self._store.unclosed_attempts(self._lease)):
            lost = RendererLost("The coordinator that waited for it is gone.")
            self._flights[attempt.attempt_id] = Flight(attempt=attempt, lost=lost)
            log.info("attempt.adopted", extra=_ids(attempt))

    async def _collect(self) -> None:
        """Record results, in one transaction for the accepted and one for the failed."""
        flights = list(self._landed)
        if not flights:
            return
        self._landed.clear()
        won = [f for f in flights if f.landed is not None and f.landed.status == "succeeded"]
        await self._accept(won)
        failed = [f for f in flights if f.landed is not None and f.landed.status == "failed"]
        await self._fail([(f, _failure_class(f), _reason(f)) for f in failed])
        await self._close_stopped([f for f in flights if f.landed is not None and f.landed.status == "cancelled"])

    async def _accept(self, flights: list[Flight]) -> None:
        if not flights:
            return
        acceptances = [Acceptance(attempt_id=f.attempt.attempt_id, result=f.landed) for f in flights if f.landed is not None]
        selected = await self._in_thread(lambda: self._store.accept(self._lease, acceptances))
        for flight, is_selected in zip(flights, selected, strict=True):
            self._drop(flight)
            self._meter.attempt_ended(flight.attempt.backend, "accepted" if is_selected else "superseded")
            if flight.landed is not None:
                runtime = flight.landed.runtime
                self._meter.worked(flight.attempt.backend, render_s=runtime.render_s, publish_s=runtime.publish_s)
            if flight.is_film and is_selected:
                self._runs.pop(flight.attempt.episode_id, None)
            log.info("attempt.accepted" if is_selected else "attempt.superseded", extra=_ids(flight.attempt))

    async def _fail(self, losses: list[tuple[Flight, FailureClass, str]]) -> None:
        if not losses:
            return
        failures = [self._judge(flight, failure_class, reason) for flight, failure_class, reason in losses]
        await self._in_thread(lambda: self._store.fail(self._lease, failures))
        for (flight, _, _), failure in zip(losses, failures, strict=True):
            self._drop(flight)
            self._meter.attempt_ended(flight.attempt.backend, failure.failure_class)
            if failure.retry_in_s is not None:
                self._look_in(failure.retry_in_s)
            log.warning(
                "attempt.failed",
                extra={**_ids(flight.attempt), "failure_class": failure.failure_class, "reason": failure.reason},
            )

    def _judge(self, flight: Flight, failure_class: FailureClass, reason: str) -> Failure:
        verdict = after_failure(
            failure_class,
            num_counted=flight.attempt.num_counted,
            num_attempts=flight.attempt.number - 1,
            random=self._random,
        )
        return Failure(
            attempt_id=flight.attempt.attempt_id,
            failure_class=failure_class,
            reason=reason,
            counted=verdict.counted,
            retry_in_s=verdict.retry_in_s,
        )

    async def _close_stopped(self, flights: list[Flight]) -> None:
        """A render that stopped because it was told to is closed; one that nobody told lost its renderer to a retirement."""
        unasked = [f for f in flights if f.stopping_since_s is None]
        await self._fail(
            [(f, FailureClass.INFRA, "The renderer was told to stop, though nobody cancelled the beat.") for f in unasked]
        )
        asked = [f for f in flights if f.stopping_since_s is not None]
        if asked:
            ids = [f.attempt.attempt_id for f in asked]
            await self._in_thread(lambda: self._store.close_cancelled(self._lease, ids))
        for flight in asked:
            self._drop(flight)
            self._meter.attempt_ended(flight.attempt.backend, "cancelled")

    def _drop(self, flight: Flight) -> None:
        self._flights.pop(flight.attempt.attempt_id, None)
        self._free(flight)
        run = self._runs.get(flight.attempt.episode_id)
        if run is not None:
            run.may_have_more = True
            run.may_settle = True
            if not flight.is_film:
                run.num_rendering = max(0, run.num_rendering - 1)

    def _free(self, flight: Flight) -> None:
        if self._occupied.get(flight.attempt.renderer) == flight.attempt.attempt_id:
            del self._occupied[flight.attempt.renderer]
            self._handed_over.append(flight.attempt.attempt_id)
            self._signal.set()

    # --- what is in the air ---

    async def _record_progress(self) -> None:
        shares = {r.attempt_id: r.share for r in self._report.renderers if r.attempt_id is not None}
        for publisher in self._report.publishers:
            shares.update(publisher.shares)
        changed = {
            attempt_id: share
            for attempt_id, share in shares.items()
            if attempt_id in self._flights and share > self._flights[attempt_id].share
        }
        if changed:
            await self._in_thread(lambda: self._store.record_progress(self._lease, changed))
        for attempt_id, share in changed.items():
            if attempt_id in self._flights:
                self._flights[attempt_id].share = share

    async def _look_for_the_lost(self) -> None:
        """Whatever a lost attempt stored counts; it failed when nobody has it any more and its result is not there.

        Twice in a row: between handing over and being listed by the publisher, frames are on their way for a moment.
        """
        for flight in [f for f in self._flights.values() if f.lost is not None and f.landed is None]:
            result = await self._stored_result(flight.attempt)
            if result is not None:
                self._land(flight, result)
                continue
            flight.num_missed = 0 if self._report.holds(flight.attempt.attempt_id) else flight.num_missed + 1
            if flight.num_missed >= 2 and flight.lost is not None:
                if flight.stopping_since_s is not None:
                    await self._close_stopped([flight])
                else:
                    await self._fail([(flight, flight.lost.failure_class, flight.lost.message)])

    async def _stored_result(self, attempt: OpenAttempt) -> JobResult | None:
        key = result_key(attempt.episode_id, attempt.beat_id, attempt.attempt_id)
        return await self._in_thread(lambda: self._read_result(key))

    def _read_result(self, key: str) -> JobResult | None:
        try:
            result = JobResult.model_validate_json(self._artifacts.get_bytes(key))
        except NotFound:
            return None
        except ValidationError:
            log.exception("result.unreadable", extra={"key": key})
            return None
        for kind, file in result.files.items():
            there = self._artifacts.head(file.key)
            if there is None or there.sha256 != file.sha256:
                log.error("result.broken", extra={"key": key, "artifact_type": kind})
                return None
        return result

    async def _hurry_the_stopping(self) -> None:
        now_s = self._clock.now_s()
        for flight in list(self._flights.values()):
            since_s = flight.stopping_since_s
            if since_s is None or now_s - since_s < self._pace.stop_s or flight.lost is not None or flight.is_film:
                continue
            log.warning("renderer.deaf", extra={**_ids(flight.attempt), "renderer": flight.attempt.renderer})
            await self._fleet.replace(flight.attempt.renderer)
            flight.stopping_since_s = now_s

    def _land(self, flight: Flight, result: JobResult) -> None:
        if flight.landed is None and flight.attempt.attempt_id in self._flights:
            flight.landed = result
            self._landed.append(flight)
            self._signal.set()

    # --- what comes next ---

    def _look_in(self, seconds: float) -> None:
        self._next_look_s = min(self._next_look_s, self._clock.now_s() + seconds)

    async def _look(self) -> None:
        """Ask the store which episodes are active: after a wake-up, and now and then in case one was lost."""
        if self._clock.now_s() < self._next_look_s:
            return
        self._next_look_s = self._clock.now_s() + self._pace.look_s
        active = await self._in_thread(lambda: self._store.active_episodes(self._lease))
        rendering: dict[str, int] = {}
        for flight in self._flights.values():
            if not flight.is_film:
                rendering[flight.attempt.episode_id] = rendering.get(flight.attempt.episode_id, 0) + 1
        known = self._runs
        self._runs = {}
        for episode in active:
            run = known.get(episode.episode_id) or Run(episode=episode)
            if run.episode.state is not episode.state:
                run.ready = []
            run.episode = episode
            run.may_have_more = True
            run.may_settle = True
            run.num_rendering = rendering.get(episode.episode_id, 0)
            self._runs[episode.episode_id] = run
        due_s = await self._in_thread(lambda: self._store.next_ready_in_s(self._lease))
        if due_s is not None and due_s > 0:
            self._look_in(due_s)
        await self._stop_the_cancelled()

    async def _stop_the_cancelled(self) -> None:
        """Tell whoever works for an episode that is no longer executing (or cutting) to stop."""
        for flight in list(self._flights.values()):
            run = self._runs.get(flight.attempt.episode_id)
            wanted = run is not None and run.episode.state is not EpisodeState.CANCELLING
            if not wanted and flight.stopping_since_s is None:
                flight.stopping_since_s = self._clock.now_s()
                log.info("attempt.stopping", extra=_ids(flight.attempt))
                await self._fleet.cancel(flight.attempt.attempt_id)

    def _idle(self) -> list[str]:
        full = {p.node for p in self._report.publishers if not p.has_room}
        return [
            r.name
            for r in self._report.renderers
            if r.name not in self._occupied
            and r.node not in full
            and r.name not in self._doubtful
            and (r.state is RendererState.IDLE or (r.state is RendererState.BUSY and r.attempt_id in self._handed_over))
        ]

    async def _dispatch(self) -> None:
        if not self._surveyed:
            return
        idle = self._idle()
        executing = [r for r in self._runs.values() if r.episode.state is EpisodeState.EXECUTING]
        if idle:
            await self._refill(executing, len(idle))
        await self._give_up_the_impossible(executing)
        self._meter.queue(
            num_rendering=sum(r.num_rendering for r in executing),
            num_ready=sum(len(r.ready) for r in executing),
            num_episodes=len(self._runs),
        )
        starts = choose_starts([_candidate(r) for r in executing], self._report.renderers, idle)
        if starts:
            await self._start(starts)

    async def _refill(self, runs: list[Run], num_idle: int) -> None:
        """Fill the windows of those who would be served next."""
        hungry = sorted(
            (r for r in runs if r.may_have_more and len(r.ready) < 2), key=lambda r: (r.num_rendering, r.last_start)
        )
        chosen = hungry[: 2 * num_idle]
        if not chosen:
            return

        def read() -> None:
            for run in chosen:
                exclude = [r.beat.beat_id for r in run.ready]
                more = self._store.ready_beats(self._lease, run.episode.episode_id, limit=WINDOW, exclude=exclude)
                run.ready.extend(more)
                run.may_have_more = len(more) == WINDOW

        await self._in_thread(read)
        for run in chosen:
            run.looked_at_s = self._clock.now_s()

    async def _give_up_the_impossible(self, runs: list[Run]) -> None:
        kinds = {r.backend for r in self._report.renderers}
        for run in runs:
            for ready in [r for r in run.ready if r.beat.backend not in kinds]:
                run.ready.remove(ready)
                run.may_settle = True
                reason = f"No eligible renderer: this fleet has none for {ready.beat.backend!r}, only {', '.join(sorted(kinds)) or 'nobody'}."
                beat_id = ready.beat.beat_id
                give_up = partial(self._store.give_up, self._lease, run.episode.episode_id, beat_id, reason)
                await self._in_thread(give_up)

    async def _start(self, starts: list[Start]) -> None:
        openings = [
            Opening(
                attempt_id=str(uuid.uuid4()),
                episode_id=s.ready.episode_id,
                beat_id=s.ready.beat.beat_id,
                revision=s.ready.revision,
                renderer=s.renderer,
                node=s.node,
            )
            for s in starts
        ]
        opened = await self._in_thread(lambda: self._store.open_attempts(self._lease, openings))
        for start, attempt in zip(starts, opened, strict=True):
            run = self._runs[start.ready.episode_id]
            run.ready = [r for r in run.ready if r.beat.beat_id != start.ready.beat.beat_id]
            if attempt is None:
                run.may_have_more = True
                run.may_settle = True
                continue
            self._num_starts += 1
            run.last_start = self._num_starts
            run.num_rendering += 1
            self._meter.waited(attempt.backend, self._clock.now_s() - run.looked_at_s)
            self._fly(attempt, _render_job(run, start, attempt, self._lease))

    def _fly(self, attempt: OpenAttempt, job: RenderJob) -> None:
        flight = Flight(attempt=attempt)
        self._flights[attempt.attempt_id] = flight
        self._occupied[attempt.renderer] = attempt.attempt_id
        log.info("attempt.started", extra={**_ids(attempt), "renderer": attempt.renderer})
        answer = self._fleet.render(attempt.renderer, job, lambda: self._free(flight))
        self._tasks.create_task(self._await_answer(flight, answer))

    async def _await_answer(self, flight: Flight, answer: Awaitable[JobResult]) -> None:
        try:
            self._land(flight, await answer)
        except RendererLost as lost:
            log.warning("attempt.lost", extra={**_ids(flight.attempt), "reason": lost.message})
            flight.lost = lost
            if flight.attempt.renderer in self._occupied:
                self._doubtful[flight.attempt.renderer] = self._clock.now_s()
            self._survey_now.set()
        self._free(flight)

    # --- how an episode ends ---

    async def _settle(self) -> None:
        for run in list(self._runs.values()):
            if run.episode.state is EpisodeState.CUTTING:
                await self._cut(run)
            elif run.may_settle and not run.ready and not self._has_flights(run):
                await self._move_on(run)

    def _has_flights(self, run: Run) -> bool:
        if run.num_rendering:
            return True
        return run.episode.state is EpisodeState.CANCELLING and any(
            f.attempt.episode_id == run.episode.episode_id for f in self._flights.values()
        )

    async def _move_on(self, run: Run) -> None:
        run.may_settle = False
        episode_id = run.episode.episode_id
        state = await self._in_thread(lambda: self._store.settle(self._lease, episode_id))
        if state is EpisodeState.CUTTING:
            run.episode = replace(run.episode, state=state)
            run.may_settle = True
            await self._cut(run)
        elif not state.is_active:
            self._runs.pop(episode_id, None)
            log.info("episode.ended", extra={"episode_id": episode_id, "state": state})

    async def _cut(self, run: Run) -> None:
        """Open the film's attempt, unless one is in the air or backing off."""
        if not run.may_settle:
            return
        run.may_settle = False
        episode_id = run.episode.episode_id
        opening = Opening(
            attempt_id=str(uuid.uuid4()), episode_id=episode_id, beat_id=None, revision=1, renderer=CUTTER, node=""
        )

        def open_it() -> tuple[OpenAttempt | None, FilmJob | None]:
            attempt = self._store.open_attempts(self._lease, [opening])[0]
            if attempt is None:
                return None, None
            parts = tuple(self._store.film_parts(episode_id))
            return attempt, FilmJob(
                job_id=attempt.attempt_id,
                episode_id=episode_id,
                format=run.episode.format,
                parts=parts,
                attempt=attempt.number,
                fence=self._lease.fence,
            )

        attempt, job = await self._in_thread(open_it)
        if attempt is None or job is None:
            return
        flight = Flight(attempt=attempt)
        self._flights[attempt.attempt_id] = flight
        log.info("film.started", extra=_ids(attempt))
        self._tasks.create_task(self._await_answer(flight, self._fleet.cut(job)))


def _candidate(run: Run) -> Candidate:
    return Candidate(
        episode_id=run.episode.episode_id, num_rendering=run.num_rendering, last_start=run.last_start, ready=tuple(run.ready)
    )


def _render_job(run: Run, start: Start, attempt: OpenAttempt, lease: Lease) -> RenderJob:
    beat = start.ready.beat
    episode_id = run.episode.episode_id
    return RenderJob(
        job_id=attempt.attempt_id,
        backend=beat.backend,
        input=RenderInput(
            prompt=beat.prompt,
            negative_prompt=beat.negative_prompt,
            duration_sec=beat.duration_s,
            motion=run.episode.motion,
            style=beat.style,
            seed=beat.seed,
            format=run.episode.format,
            beat=beat,
            start_frame=start.ready.start_frame,
        ),
        output=RenderOutput(path=beat_path(episode_id, beat.beat_id)),
        meta=RenderMeta(episode_id=episode_id, beat_id=beat.beat_id, attempt=attempt.number, fence=lease.fence),
    )


def _ids(attempt: OpenAttempt) -> dict[str, object]:
    return {
        "episode_id": attempt.episode_id,
        "beat_id": attempt.beat_id,
        "attempt_id": attempt.attempt_id,
        "attempt": attempt.number,
    }


def _failure_class(flight: Flight) -> FailureClass:
    if flight.landed is None or flight.landed.error is None:
        return FailureClass.OUTPUT
    return flight.landed.error.failure_class


def _reason(flight: Flight) -> str:
    if flight.landed is None or flight.landed.error is None:
        return "It failed without saying why."
    return flight.landed.error.reason
