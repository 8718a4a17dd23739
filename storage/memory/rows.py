"""What the in-memory store remembers, and how it changes: one lock, plain dicts, no scan on the coordinator's path."""

from __future__ import annotations

import bisect
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from episodes.episode_store import StoredAnswer
from episodes.errors import FailureClass, NotFound
from episodes.job import StoredFile
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from episodes.model import Artifact, Attempt, Event, Failure, FleetSnapshot, Lease, OpenAttempt
from episodes.money import UNLIMITED, Funds, cost_of
from episodes.plan import Beat, EpisodeRequest, Treatment
from episodes.versions import PlanVersion
from storage.rules import episode_progress, lease_lost


@dataclass(kw_only=True, slots=True)
class Failings:
    """The failures of a beat or film that still matter: since it was planned, revised or retried."""

    num_counted: int = 0
    num_crashes: int = 0
    """Those of the counted that were crashes."""
    num_uncounted: int = 0
    troubled_since_s: float | None = None
    """When the first of the uncounted was recorded."""

    def add(self, failure: Failure, now_s: float) -> None:
        if failure.counted:
            self.num_counted += 1
            self.num_crashes += failure.failure_class is FailureClass.CRASH
        else:
            self.num_uncounted += 1
            self.troubled_since_s = self.troubled_since_s or now_s


@dataclass(kw_only=True, slots=True)
class AttemptRow:
    shown: Attempt
    before: Failings
    """As they were when it began."""
    fence: int
    backend: str
    opened_at_s: float
    content_key: str = ""
    artifacts: tuple[Artifact, ...] = ()
    counted: bool = False
    preview: bytes | None = None
    per_hour_micros: int = 0
    ended_at_s: float = 0.0
    unwanted: bool = False
    """Nobody will ever want its result, whatever becomes of its beat or film."""

    @property
    def is_open(self) -> bool:
        return self.shown.state is AttemptState.OPEN

    def as_open(self) -> OpenAttempt:
        one = self.shown
        return OpenAttempt(
            attempt_id=one.attempt_id,
            episode_id=one.episode_id,
            beat_id=one.beat_id,
            revision=one.revision,
            number=one.number,
            num_counted=self.before.num_counted,
            num_crashes=self.before.num_crashes,
            num_uncounted=self.before.num_uncounted,
            troubled_since_s=self.before.troubled_since_s,
            backend=self.backend,
            renderer=one.renderer,
            node=one.node,
            opened_at_s=self.opened_at_s,
            take=one.take,
            reserved_micros=one.reserved_micros,
            per_hour_micros=self.per_hour_micros,
        )


@dataclass(kw_only=True, slots=True)
class BeatRow:
    beat: Beat
    revision: int
    backend: str
    """The beat's own, or what it fell back to."""
    num_unmet: int
    """Dependencies that are not accepted."""
    state: BeatState = BeatState.PENDING
    progress: float = 0.0
    reason: str = ""
    fallback_reason: str = ""
    failed_with_another: bool = False
    is_fresh: bool = False
    """It is rendered even where a clip of the same content is there."""
    not_before_s: float = 0.0
    failings: Failings = field(default_factory=Failings)
    needs_micros: int = 0
    """What its next attempt needs and was not left."""

    def forgive(self) -> None:
        """It may try as often again, at once, with its first choice."""
        self.needs_micros = 0
        self.backend = self.beat.backend
        self.fallback_reason = ""
        self.failings = Failings()
        self.not_before_s = 0.0
        self.reason = ""
        self.failed_with_another = False


@dataclass(kw_only=True, slots=True)
class TakeRow:
    """A take that was asked for."""

    beat_id: str
    number: int
    revision: int
    seed: int
    state: BeatState = BeatState.PENDING
    progress: float = 0.0
    reason: str = ""
    not_before_s: float = 0.0
    failings: Failings = field(default_factory=Failings)
    needs_micros: int = 0

    @property
    def is_live(self) -> bool:
        return not self.state.is_ended


@dataclass(kw_only=True, slots=True)
class EpisodeRow:
    episode_id: str
    request: EpisodeRequest
    created_at_s: float
    updated_at_s: float
    executed_at_s: float = 0.0
    cancelled_at_s: float | None = None
    state: EpisodeState = EpisodeState.CREATED
    reason: str = ""
    progress: float = 0.0
    done_s: float = 0.0
    total_s: float = 0.0
    revision: int = 0
    """Of the plan."""
    plan_version: int = 0
    versions: list[PlanVersion] = field(default_factory=list)
    """Of its plan, oldest first."""
    world_revision: int | None = None
    logline: str = ""
    treatment: Treatment = field(default_factory=Treatment)
    beats: dict[str, BeatRow] = field(default_factory=dict)
    """In story order."""
    dependents: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    num_in: Counter[BeatState] = field(default_factory=Counter)
    startable: list[int] = field(default_factory=list)
    """Places of the pending beats whose dependencies are accepted, sorted."""
    attempts: dict[str | None, list[AttemptRow]] = field(default_factory=lambda: defaultdict(list))
    """Of each beat, and under None of the film."""
    takes: dict[tuple[str, int], TakeRow] = field(default_factory=dict)
    """Of each beat, by number."""
    film_failings: Failings = field(default_factory=Failings)
    film_not_before_s: float = 0.0
    funds: Funds = UNLIMITED
    events: list[Event] = field(default_factory=list)

    def begin_anew(self) -> None:
        """Forget how it came to its end before."""
        self.film_failings = Failings()
        self.film_not_before_s = 0.0
        self.cancelled_at_s = None

    def move(self, row: BeatRow, state: BeatState) -> None:
        """Every change of a beat's state comes through here, so that the counts and the startable beats stay true."""
        self.num_in[row.state] -= 1
        self.num_in[state] += 1
        was_startable = row.state is BeatState.PENDING and row.num_unmet == 0
        row.state = state
        is_startable = state is BeatState.PENDING and row.num_unmet == 0
        if was_startable and not is_startable:
            del self.startable[bisect.bisect_left(self.startable, row.beat.index)]
        if is_startable and not was_startable:
            bisect.insort(self.startable, row.beat.index)

    def meet_one(self, row: BeatRow) -> None:
        """One of the beats that this one depends on has been accepted."""
        row.num_unmet -= 1
        if row.num_unmet == 0 and row.state is BeatState.PENDING:
            bisect.insort(self.startable, row.beat.index)

    def count_anew(self) -> None:
        """Everything that follows from the beats, after these were put in one by one."""
        self.dependents.clear()
        for one in self.beats.values():
            one.num_unmet = sum(self.beats[needed].state is not BeatState.ACCEPTED for needed in set(one.beat.depends_on))
            for needed in set(one.beat.depends_on):
                self.dependents[needed].append(one.beat.beat_id)
        self.num_in.clear()
        self.num_in.update(one.state for one in self.beats.values())
        waiting = (one for one in self.beats.values() if one.state is BeatState.PENDING and one.num_unmet == 0)
        self.startable = [one.beat.index for one in waiting]

    def come_to(self, row: BeatRow, share: float) -> None:
        """Raise a beat's progress, and the episode's with it; neither ever falls."""
        if share > row.progress:
            self.done_s += (share - row.progress) * row.beat.duration_s
            row.progress = share
            self.progress = max(self.progress, episode_progress(self.done_s, self.total_s))

    def pending_dependents(self, beat: BeatRow) -> list[BeatRow]:
        """The beats that cannot start without this one, directly or not, in story order."""
        found, queue = set[str](), [beat.beat.beat_id]
        while queue:
            for dependent in self.dependents.get(queue.pop(), ()):
                if dependent not in found and self.beats[dependent].state is BeatState.PENDING:
                    found.add(dependent)
                    queue.append(dependent)
        return sorted((self.beats[one] for one in found), key=lambda b: b.beat.index)

    def live_takes(self) -> list[TakeRow]:
        """Those that wait or render, by beat and number."""
        return [take for _, take in sorted(self.takes.items()) if take.is_live]

    def film_is_open(self) -> bool:
        return any(a.is_open and not a.unwanted for a in self.attempts[None])


class Rows:
    """Everything remembered, behind one lock; the stories of MemoryEpisodeStore stand on it."""

    def __init__(self, *, now_s: Callable[[], float] = time.time, budget_total_micros: int | None = None) -> None:
        """`budget_total_micros`: what all episodes together may cost; None: there is no limit."""
        self._now_s = now_s
        self._budget_total_micros = budget_total_micros
        self._lock = threading.RLock()
        self._episodes: dict[str, EpisodeRow] = {}
        self._attempts: dict[str, AttemptRow] = {}
        self._open: dict[str, AttemptRow] = {}
        self._open_in: Counter[str] = Counter()
        """How many attempts of an episode are open."""
        self._active: dict[str, EpisodeRow] = {}
        self._backing_off: set[tuple[str, str]] = set()
        """(episode, beat) of the beats that wait for their next try."""
        self._keys: set[str] = set()
        self._answers: dict[str, StoredAnswer] = {}
        self._done: set[str] = set()
        """Names of calls that have had their effect."""
        self._lease: Lease | None = None
        self._lease_ends_s = 0.0
        self._queue_is_paused = False
        self._fleet: FleetSnapshot | None = None

    @contextmanager
    def _once(self, once: str | None) -> Iterator[bool]:
        """The lock, and whether the call of this name has had its effect already; otherwise it has it, unless it raises."""
        with self._lock:
            yield once in self._done
            if once is not None:
                self._done.add(once)

    def _episode(self, episode_id: str) -> EpisodeRow:
        try:
            return self._episodes[episode_id]
        except KeyError as unknown:
            raise NotFound("episode", episode_id) from unknown

    def _lead(self, lease: Lease) -> None:
        if self._lease != lease:
            raise lease_lost(lease)

    def _tell(self, row: EpisodeRow, event_type: str, **data: object) -> None:
        now_s = self._now_s()
        row.updated_at_s = now_s
        number = len(row.events) + 1
        row.events.append(Event(episode_id=row.episode_id, number=number, event_type=event_type, data=data, at=moment(now_s)))

    def _enter(self, row: EpisodeRow, state: EpisodeState, reason: str = "", **data: object) -> None:
        """Move an episode to a state, with its event."""
        if reason:
            data["reason"] = reason
        self._become(row, state, reason)
        self._tell(row, f"episode.{state.lower()}", **data)

    def _become(self, row: EpisodeRow, state: EpisodeState, reason: str = "") -> None:
        row.state = state
        row.reason = reason
        if state.is_active:
            self._active[row.episode_id] = row
        else:
            self._active.pop(row.episode_id, None)

    def _is_wanted(self, attempt: AttemptRow) -> bool:
        """Its beat or film still waits for this open attempt."""
        if attempt.shown.beat_id is None:
            return not attempt.unwanted and self._episodes[attempt.shown.episode_id].state is EpisodeState.CUTTING
        if attempt.shown.take is not None:
            return self._take_of(attempt) is not None
        return self._beat_of(attempt) is not None

    def _beat_of(self, attempt: AttemptRow) -> BeatRow | None:
        """The beat that still waits for this open attempt; None for a take and a film too."""
        row = self._episodes[attempt.shown.episode_id]
        beat = row.beats.get(attempt.shown.beat_id or "") if attempt.shown.take is None else None
        if beat is None or attempt.unwanted or not row.state.accepts_clips:
            return None
        return beat if beat.state is BeatState.RENDERING and beat.revision == attempt.shown.revision else None

    def _take_of(self, attempt: AttemptRow) -> TakeRow | None:
        """The take that still waits for this open attempt."""
        one = attempt.shown
        take = self._episodes[one.episode_id].takes.get((one.beat_id or "", one.take or 0))
        return take if take is not None and not attempt.unwanted and take.state is BeatState.RENDERING else None

    def _cancel_takes(self, row: EpisodeRow, beat_ids: Collection[str] | None = None) -> None:
        """Those of these beats that wait or render; None: of all."""
        for take in row.live_takes():
            if beat_ids is None or take.beat_id in beat_ids:
                self._cancel_take(row, take)

    def _cancel_take(self, row: EpisodeRow, take: TakeRow) -> None:
        take.state, take.reason, take.not_before_s = BeatState.CANCELLED, "", 0.0
        self._tell(row, "take.cancelled", beat_id=take.beat_id, take=take.number)

    def _disown(self, row: EpisodeRow, beat_id: str | None) -> None:
        """Nobody wants what is open for this beat (None: the film) any more, for ever."""
        for attempt in row.attempts[beat_id]:
            attempt.unwanted = attempt.unwanted or attempt.is_open

    def _total(self) -> Funds | None:
        """Of all episodes together; None: no limit is set for them."""
        if self._budget_total_micros is None:
            return None
        rows = self._episodes.values()
        return Funds(
            budget_micros=self._budget_total_micros,
            reserved_micros=sum(row.funds.reserved_micros for row in rows),
            spent_micros=sum(row.funds.spent_micros for row in rows),
        )

    def _settle(self, attempt: AttemptRow, work_s: float | None, *, costs_nothing: bool) -> None:
        """What was reserved for it is released, and what it has cost is spent. `work_s` None: as long as it was open."""
        reserved = attempt.shown.reserved_micros
        worked_s = self._now_s() - attempt.opened_at_s if work_s is None else work_s
        cost = 0 if costs_nothing and not attempt.per_hour_micros else cost_of(reserved, attempt.per_hour_micros, worked_s)
        if not cost and not reserved:
            return
        attempt.shown = replace(attempt.shown, spent_micros=cost)
        row = self._episodes[attempt.shown.episode_id]
        reserved_micros, spent_micros = row.funds.reserved_micros - (reserved or 0), row.funds.spent_micros + cost
        row.funds = replace(row.funds, reserved_micros=reserved_micros, spent_micros=spent_micros)

    def _close(
        self,
        attempt: AttemptRow,
        state: AttemptState,
        reason: str = "",
        artifacts: Sequence[tuple[str, StoredFile]] = (),
        work_s: float | None = None,
        *,
        costs_nothing: bool = False,
    ) -> None:
        self._settle(attempt, work_s, costs_nothing=costs_nothing)
        attempt.shown = replace(attempt.shown, state=state, reason=reason, ended_at=moment(self._now_s()), has_preview=False)
        attempt.preview = None
        attempt.ended_at_s = self._now_s()
        of_same = self._episodes[attempt.shown.episode_id].attempts[attempt.shown.beat_id]
        attempt.artifacts = tuple(
            Artifact(artifact_type=kind, version=1 + _newest_version(of_same, kind), file=file) for kind, file in artifacts
        )
        del self._open[attempt.shown.attempt_id]
        self._open_in[attempt.shown.episode_id] -= 1


def _newest_version(attempts: list[AttemptRow], kind: str) -> int:
    return max((a.version for row in attempts for a in row.artifacts if a.artifact_type == kind), default=0)


def moment(now_s: float) -> datetime:
    return datetime.fromtimestamp(now_s, UTC)
