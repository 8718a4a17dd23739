"""What the oracle of the model test remembers, and what follows from it: everything is counted anew each time, nothing is kept twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from episodes.errors import FailureClass
from episodes.job import StoredFile
from episodes.lifecycle import AttemptState as A
from episodes.lifecycle import BeatState as B
from episodes.lifecycle import EpisodeState as E
from episodes.model import Artifact, Attempt, ClipSource, OpenAttempt
from episodes.money import Funds
from episodes.plan import Beat, EpisodeRequest, Plan, Treatment
from episodes.versions import PlanVersion

FINAL = (E.COMPLETED, E.PARTIALLY_COMPLETED, E.FAILED, E.CANCELLED)

BEAT_AT_MOST, EPISODE_AT_MOST = 0.99, 0.98
"""What a beat shows before its clip, an episode before its film."""


class Refused(Exception):
    """The store must raise this type and change nothing; an illegal move names the state."""

    def __init__(self, kind: type[Exception], state: str = "") -> None:
        super().__init__(kind, state)
        self.kind = kind
        self.state = state


@dataclass(kw_only=True)
class Tried:
    """An attempt."""

    attempt_id: str
    episode_id: str
    beat_id: str | None
    revision: int
    number: int
    backend: str
    renderer: str
    node: str
    fence: int
    opened_at: float
    counted_before: int
    crashes_before: int
    uncounted_before: int
    troubled_since: float | None
    take: int | None = None
    seed: int | None = None
    content_key: str = ""
    reused_from: ClipSource | None = None
    state: A = A.OPEN
    failure_class: FailureClass | None = None
    reason: str = ""
    counted: bool = False
    held_against: bool = False
    """It failed while it was wanted, and has not been forgiven."""
    disowned: bool = False
    ended_at: float | None = None
    files: list[Artifact] = field(default_factory=list)
    picture: bytes | None = None
    """How it looked when it was last shown."""
    reserved: int | None = 0
    """None: nothing was, because no budget held and nobody knew."""
    per_hour: int = 0
    spent: int = 0
    render_s: float | None = None

    def price(self, worked_s: float) -> int:
        """What it has cost: by the hour to the next micro, within what was reserved; by the clip what was reserved."""
        if self.per_hour == 0:
            return self.reserved or 0
        by_time = -int(-self.per_hour * worked_s // 3600)
        return by_time if self.reserved is None else min(by_time, self.reserved)

    def as_shown(self) -> Attempt:
        return Attempt(
            attempt_id=self.attempt_id,
            episode_id=self.episode_id,
            beat_id=self.beat_id,
            revision=self.revision,
            number=self.number,
            state=self.state,
            renderer=self.renderer,
            node=self.node,
            failure_class=self.failure_class,
            reason=self.reason,
            opened_at=moment(self.opened_at),
            ended_at=moment(self.ended_at) if self.ended_at is not None else None,
            has_preview=self.state is A.OPEN and self.picture is not None,
            take=self.take,
            seed=self.seed,
            reused_from=self.reused_from,
            reserved_micros=self.reserved,
            spent_micros=self.spent,
            render_s=self.render_s,
        )

    def as_open(self) -> OpenAttempt:
        return OpenAttempt(
            attempt_id=self.attempt_id,
            episode_id=self.episode_id,
            beat_id=self.beat_id,
            revision=self.revision,
            number=self.number,
            num_counted=self.counted_before,
            num_crashes=self.crashes_before,
            num_uncounted=self.uncounted_before,
            troubled_since_s=self.troubled_since,
            backend=self.backend,
            renderer=self.renderer,
            node=self.node,
            opened_at_s=self.opened_at,
            take=self.take,
            reserved_micros=self.reserved,
            per_hour_micros=self.per_hour,
        )


@dataclass(kw_only=True)
class Part:
    """A beat of a plan."""

    beat: Beat
    revision: int
    state: B = B.PENDING
    progress: float = 0.0
    reason: str = ""
    is_fresh: bool = False
    ended_with_another: bool = False
    not_before: float = 0.0
    given_up_by: list[str] = field(default_factory=list)
    """Why each backend could not, one after the other."""
    needs: int = 0
    """What its next attempt needs and was not left."""

    @property
    def has_no_clip(self) -> bool:
        return self.state in (B.FAILED, B.CANCELLED)


@dataclass(kw_only=True)
class Asked:
    """A take that was asked for."""

    beat_id: str
    revision: int
    seed: int
    state: B = B.PENDING
    progress: float = 0.0
    reason: str = ""
    not_before: float = 0.0
    needs: int = 0

    @property
    def is_live(self) -> bool:
        return self.state in (B.PENDING, B.RENDERING)


@dataclass(kw_only=True)
class Told:
    """An event; its number is its place in the list."""

    event_type: str
    data: dict[str, object]
    at: float


@dataclass(kw_only=True)
class Story:
    """An episode."""

    episode_id: str
    request: EpisodeRequest
    created_at: float
    updated_at: float
    state: E = E.CREATED
    reason: str = ""
    progress: float = 0.0
    revision: int = 0
    world_revision: int | None = None
    logline: str = ""
    treatment: Treatment = field(default_factory=Treatment)
    versions: list[PlanVersion] = field(default_factory=list)
    """Of its plan, oldest first: the first is 1."""
    executed_at: float = 0.0
    cancelled_at: float | None = None
    film_not_before: float = 0.0
    parts: dict[str, Part] = field(default_factory=dict)
    """In story order."""
    tries: list[Tried] = field(default_factory=list)
    """In the order of their beginning."""
    asked: list[Asked] = field(default_factory=list)
    """Takes, in the order of their asking."""
    told: list[Told] = field(default_factory=list)
    budget: int | None = None

    # --- what follows ---

    @property
    def plan_version(self) -> int:
        return len(self.versions)

    @property
    def plan(self) -> Plan | None:
        """As it stands."""
        return self.versions[-1].plan if self.versions else None

    def funds(self) -> Funds:
        reserved = sum(t.reserved or 0 for t in self.open_tries())
        return Funds(budget_micros=self.budget, reserved_micros=reserved, spent_micros=sum(t.spent for t in self.tries))

    def left(self) -> int | None:
        """None: there is no limit."""
        gone = sum(t.reserved or 0 for t in self.open_tries()) + sum(t.spent for t in self.tries)
        return None if self.budget is None else self.budget - gone

    def tries_of(self, beat_id: str | None) -> list[Tried]:
        return [t for t in self.tries if t.beat_id == beat_id]

    def open_tries(self) -> list[Tried]:
        return [t for t in self.tries if t.state is A.OPEN]

    def held_against(self, beat_id: str | None, *, counted: bool) -> list[Tried]:
        """The failures that still matter, of a beat or of the film."""
        return [t for t in self.tries_of(beat_id) if t.held_against and t.counted is counted and t.take is None]

    def own_clips(self, beat_id: str) -> list[Tried]:
        """Those that the beat had without anybody's asking for a take, oldest first."""
        return [t for t in self.tries_of(beat_id) if t.take is None and t.state in (A.SELECTED, A.SUPERSEDED)]

    def takes_of(self, beat_id: str) -> list[Asked | Tried]:
        """All of them, in the order of their numbers: of each revision the beat's own clip before what was asked for."""
        own: list[Asked | Tried] = [*self.own_clips(beat_id)]
        asked: list[Asked | Tried] = [one for one in self.asked if one.beat_id == beat_id]
        return sorted([*own, *asked], key=lambda one: one.revision)

    def take(self, beat_id: str, number: int) -> Asked | Tried | None:
        takes = self.takes_of(beat_id)
        return takes[number - 1] if 1 <= number <= len(takes) else None

    def number_of(self, one: Asked | Tried) -> int:
        return next(i for i, other in enumerate(self.takes_of(one.beat_id or ""), start=1) if other is one)

    def live_takes(self) -> list[Asked]:
        """By beat and number."""
        live = [one for one in self.asked if one.is_live]
        return sorted(live, key=lambda one: (one.beat_id, self.number_of(one)))

    def choices(self, part: Part) -> list[str]:
        """Who may render it, one after the other."""
        return list(dict.fromkeys((part.beat.backend, *self.request.fallbacks)))

    def backend(self, part: Part) -> str:
        return self.choices(part)[len(part.given_up_by)]

    def unmet(self, part: Part) -> tuple[str, ...]:
        """What it waits for, each once, in the plan's order; nothing unless it is pending."""
        if part.state is not B.PENDING:
            return ()
        return tuple(dict.fromkeys(one for one in part.beat.depends_on if self.parts[one].state is not B.ACCEPTED))

    def wants(self, tried: Tried) -> bool:
        """A result of this attempt would be taken."""
        if tried.state is not A.OPEN or tried.disowned:
            return False
        if tried.beat_id is None:
            return self.state is E.CUTTING
        if tried.take is not None:
            asked = self.take(tried.beat_id, tried.take)
            return asked is not None and asked.state is B.RENDERING
        part = self.parts.get(tried.beat_id)
        return (
            self.state in (E.EXECUTING, E.PAUSED)
            and part is not None
            and part.state is B.RENDERING
            and part.revision == tried.revision
        )

    def clip(self, beat_id: str) -> StoredFile | None:
        """The video of the attempt that is selected at the beat's revision."""
        for tried in self.tries_of(beat_id):
            if tried.state is A.SELECTED and tried.revision == self.parts[beat_id].revision:
                return next(a.file for a in tried.files if a.artifact_type == "video")
        return None

    def waiting_on(self, beat_id: str) -> list[str]:
        """The pending beats that cannot start without this one, through pending ones only, in story order."""
        found = {beat_id}
        for one, part in self.parts.items():  # dependencies point backwards: one look in story order finds all
            if part.state is B.PENDING and found.intersection(part.beat.depends_on):
                found.add(one)
        return [one for one in self.parts if one in found and one != beat_id]

    def opened_with(self, beat_id: str) -> list[str]:
        """The beats without a clip that open together with this one, and itself, in story order."""
        opened = {beat_id}
        while more := {d for o in opened for d in self.parts[o].beat.depends_on if self.parts[d].has_no_clip} - opened:
            opened |= more
        while more := {o for o in self.parts if self._had_ended_with(o, opened)} - opened:
            opened |= more
        return [one for one in self.parts if one in opened]

    def _had_ended_with(self, one: str, opened: set[str]) -> bool:
        part = self.parts[one]
        needs = set(part.beat.depends_on)
        in_the_way = {d for d in needs if self.parts[d].has_no_clip} - opened
        return part.has_no_clip and part.ended_with_another and bool(needs & opened) and not in_the_way

    # --- what happens ---

    def keep(self, at: float, plan: Plan, world_revision: int | None, cause: str) -> None:
        self.logline, self.treatment, self.world_revision = plan.logline, plan.treatment, world_revision
        kept = PlanVersion(
            version=len(self.versions) + 1,
            at=moment(at),
            cause=cause,
            num_beats=len(plan.beats),
            plan=plan,
            world_revision=world_revision,
        )
        self.versions.append(kept)

    def tell(self, at: float, event_type: str, **data: object) -> None:
        self.told.append(Told(event_type=event_type, data=data, at=at))
        self.updated_at = at

    def enter(self, at: float, state: E, reason: str = "", **data: object) -> None:
        self.state, self.reason = state, reason
        self.tell(at, f"episode.{state.lower()}", **data, **({"reason": reason} if reason else {}))

    def raise_progress(self) -> None:
        """By seconds of story; it never falls."""
        done = sum(p.progress * p.beat.duration_s for p in self.parts.values())
        total = sum(p.beat.duration_s for p in self.parts.values())
        self.progress = max(self.progress, min(done / total, 1.0) * EPISODE_AT_MOST)

    def disown(self, *beat_ids: str | None) -> None:
        for tried in self.open_tries():
            tried.disowned = tried.disowned or tried.beat_id in beat_ids

    def forgive(self, beat_id: str | None) -> None:
        for tried in self.tries_of(beat_id):
            tried.held_against = False
        if beat_id in self.parts:
            self.parts[beat_id].needs = 0


def dollars(micros: int) -> str:
    """Two digits behind the point at least, and no zeros after them."""
    part = f"{micros % 10**6:06}"
    return f"{micros // 10**6}.{part[:2]}{part[2:].rstrip('0')}"


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
