"""What the story needs from the world outside: each port is a contract, kept by every implementation and by its suite in tests/contract."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from episodes.fleet import FleetReport, Kind, Preview
from episodes.job import FilmJob, FilmPart, JobResult, RenderJob, StoredFile
from episodes.lifecycle import EpisodeState
from episodes.model import (
    Acceptance,
    ActiveEpisode,
    EpisodeAudit,
    EpisodePage,
    EpisodeView,
    Event,
    Failure,
    FleetSnapshot,
    Lease,
    OpenAttempt,
    Opening,
    ProgressView,
    ReadyBeat,
)
from episodes.plan import Beat, EpisodeRequest, Plan
from episodes.world import Picture, StoredWorld, UploadedPicture, World, WorldSource


class Clock(Protocol):
    """Time inside one process, for waiting; times that several processes compare come from the database."""

    def now_s(self) -> float:
        """Seconds, never going back, from an arbitrary start."""

    async def sleep(self, seconds: float) -> None: ...


class Planner(Protocol):
    """Intent → plan. Pure: the same request and world give the same plan. Raises BadInput when the intent cannot be told."""

    def plan(self, episode_id: str, request: EpisodeRequest, world: StoredWorld) -> Plan: ...


class WorldStore(Protocol):
    """Keeps every revision of every world, and which pictures were uploaded. Each call is one transaction; safe from many threads."""

    def world(self, world_id: str) -> StoredWorld:
        """The newest revision. Raises NotFound when it was never put."""

    def put(self, world_id: str, world: World, source: WorldSource, expected_revision: int | None = None) -> StoredWorld:
        """Store a new revision. `expected_revision` (0: none yet) other than the newest: RevisionConflict.

        Content equal to the newest is a no-op, whatever revision was expected: a repeated call has had its effect already.
        """

    def worlds(self) -> list[StoredWorld]:
        """The newest revision of each, by id."""

    def add_picture(self, picture: UploadedPicture) -> None:
        """Remember an upload, after its bytes are stored. The same picture twice is one."""

    def pictures(self, world_id: str) -> list[UploadedPicture]:
        """In upload order; empty when there are none."""


class WorldBuilder(Protocol):
    """Worlds as episodes see them. The chain: stored world → extraction from the uploaded pictures → empty world."""

    def load(self, world_id: str) -> StoredWorld:
        """The stored world with every uploaded picture in it (what was missing is extracted and stored now), else the empty world."""

    def exists(self, world_id: str) -> bool:
        """Something of it was ever stored: a world or a picture. The world `empty` always exists."""

    def add_picture(self, world_id: str, file_name: str, data: bytes) -> tuple[StoredWorld, Picture]:
        """Check, store, measure and take in an uploaded picture; a world that was not there begins with it.

        Raises BadInput for bytes that are no whole picture, TooLarge for too many pixels; then nothing is stored.
        """


class ArtifactStore(Protocol):
    """Keeps finished bytes under a key, for ever.

    Safe to call from many threads and processes at once. A key is written once: writing the same bytes again is a no-op,
    writing others raises ArtifactConflict. After a crash a key holds all of its bytes or does not exist. A store that does
    not answer raises Unavailable. Keys are relative, `/`-separated, without `.`, `..` or empty parts; others are BadInput.
    """

    def put_file(self, key: str, path: Path, media_type: str) -> StoredFile:
        """Store the file's bytes. Repeatable."""

    def put_bytes(self, key: str, data: bytes, media_type: str) -> StoredFile: ...

    def get_bytes(self, key: str) -> bytes:
        """Raises NotFound, and Damaged where the store sees itself that other bytes come than were written."""

    def get_file(self, key: str, path: Path) -> None:
        """Copy the bytes to `path`, whole or not at all. Raises NotFound and Damaged likewise."""

    def head(self, key: str) -> StoredFile | None:
        """What lies under the key, with the hash of what was written; None when nothing does."""

    def keys(self, prefix: str) -> list[str]:
        """All keys that begin with `prefix`, sorted."""

    def delete(self, key: str) -> None:
        """Missing is fine. Only the sweep of orphans calls it."""

    def download(self, key: str, file_name: str) -> Download:
        """How a client gets the bytes now. Raises NotFound."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Download:
    """Exactly one of the two is set."""

    path: Path | None = None
    """A local file to send with ranges."""
    url: str | None = None
    """A link that works for a short while, without further credentials."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredAnswer:
    """The first answer to a POST that carried an Idempotency-Key."""

    body_sha256: str
    status: int
    body: bytes


class EpisodeStore(Protocol):
    """The only truth about episodes. Every call is one transaction, safe from many threads and processes.

    Ids that nobody knows raise NotFound, illegal moves IllegalMove, a database that does not answer Unavailable.
    Every change of state appends its event in the same transaction. Calls that take a Lease are the coordinator's:
    with a lease that is no longer the newest they change nothing and raise LeaseLost.

    `once` names one call of a caller who may repeat it, since its answer can get lost: the call has its effect once, whatever happened
    since, and returns how things stand. A call that raised has had none, and its name is still free.
    """

    # --- what people do ---

    def create(self, request: EpisodeRequest, episode_id: str | None = None) -> EpisodeView:
        """A new episode, CREATED. With an id of the caller's, a UUID in its usual spelling, the call is repeatable.

        The episode that has this id already is returned as it is; one that asks for something else is a Conflict.
        """

    def save_plan(self, episode_id: str, plan: Plan, world_revision: int, *, once: str | None = None) -> EpisodeView:
        """→ PLANNED, except while it is CANCELLING; the beats of an earlier plan are replaced, at a higher revision.

        What is still open of an earlier plan is unwanted. Its film stays the episode's film until another is accepted.
        """

    def execute(self, episode_id: str, *, once: str | None = None) -> EpisodeState:
        """PLANNED → EXECUTING. Executing an executing episode changes nothing."""

    def cancel(self, episode_id: str, *, once: str | None = None) -> EpisodeState:
        """→ CANCELLING, or CANCELLED at once when no attempt is open; pending and rendering beats become CANCELLED.

        Repeatable: cancelling a CANCELLING or CANCELLED episode changes nothing.
        """

    def pause(self, episode_id: str, *, once: str | None = None) -> EpisodeState:
        """EXECUTING → PAUSED: what runs is finished and accepted, nothing new starts. Pausing a paused episode changes nothing."""

    def resume(self, episode_id: str, *, once: str | None = None) -> EpisodeState:
        """PAUSED → EXECUTING. Resuming an executing episode changes nothing."""

    def pause_queue(self, *, once: str | None = None) -> None:
        """Nothing new starts anywhere once this has returned; what runs is finished. Repeatable."""

    def resume_queue(self, *, once: str | None = None) -> None:
        """Repeatable."""

    def queue_is_paused(self) -> bool: ...

    def cancel_beat(self, episode_id: str, beat_id: str, *, once: str | None = None) -> EpisodeState:
        """A PENDING or RENDERING beat → CANCELLED, and with it the pending ones that depend on it; the episode stays as it is.

        Its open attempt is unwanted from then on, and is never selected, not even after a retry. Repeatable: cancelling a CANCELLED
        beat changes nothing, except that one which was cancelled with another is now cancelled for itself, and stays so when
        the other is retried.
        """

    def retry_beat(self, episode_id: str, beat_id: str, *, once: str | None = None) -> EpisodeState:
        """A FAILED or CANCELLED beat → PENDING, as if new: its counted attempts are forgiven, and its first choice of a backend
        is tried again before what it fell back to. Opens the episode again → EXECUTING.

        A PLANNED or PAUSED episode stays so. Repeatable: a beat that is PENDING or RENDERING stays as it is.

        With it open the beats that it depends on and that failed or were cancelled, since it could not start without them, and
        the beats that had ended only because of these, unless another dependency of theirs stays ended.
        """

    def retry_failed(self, episode_id: str, *, once: str | None = None) -> EpisodeState:
        """As retry_beat, for all FAILED and CANCELLED beats at once. Where all are ACCEPTED and only the film is missing, it is cut anew.

        IllegalMove when nothing is missing, or there are no beats at all.
        """

    def revise_beat(self, episode_id: str, beat: Beat) -> EpisodeView:
        """Replace the planned content of the beat with this beat_id: → PENDING at the next revision, from 0, failures forgiven.

        The new content's backend is its first choice, whatever the old one fell back to.

        PLANNED and PAUSED episodes stay so; CUTTING and ended ones → EXECUTING, and a film is cut anew. Open attempts of the beat, and of the film, are
        unwanted; the old clip stays selected at the old revision until a new one is accepted. Beats that were rendered from it stay
        as they are. What a retry would open with the beat opens here too. BadInput where the plan would not hold together.
        """

    def episode(self, episode_id: str) -> EpisodeView: ...

    def episodes(
        self,
        *,
        limit: int = 50,
        cursor: str | None = None,
        state: EpisodeState | None = None,
        world_id: str | None = None,
    ) -> EpisodePage:
        """Newest first. `cursor` is the last page's `next_cursor`; a malformed one is BadInput."""

    def events(self, episode_id: str, *, after: int = 0, limit: int = 500) -> list[Event]:
        """Events with a number above `after`, in order."""

    def fleet(self) -> FleetSnapshot | None:
        """As it was last recorded; None: never."""

    def latest_event_numbers(self, episode_ids: Sequence[str]) -> dict[str, int]:
        """How far each episode has come; unknown ids are left out. One cheap query, for whoever follows many."""

    def progress(self, episode_id: str) -> ProgressView: ...

    def preview(self, episode_id: str, beat_id: str) -> bytes | None:
        """A JPEG of how the beat looks so far. None when it does not render, or nothing of it was shown yet."""

    def answer(self, key: str) -> StoredAnswer | None:
        """What was answered to this Idempotency-Key."""

    def remember_answer(self, key: str, answer: StoredAnswer) -> StoredAnswer:
        """Keep an answer for ever; when somebody was first, theirs is returned and kept."""

    # --- what the coordinator does ---

    def acquire_lease(self, holder: str, ttl_s: float) -> Lease | None:
        """Become the coordinator with a higher fence, by the database's clock. None while somebody else's lease runs."""

    def renew_lease(self, lease: Lease, ttl_s: float) -> None:
        """Raises LeaseLost when another holder took over."""

    def release_lease(self, lease: Lease) -> None:
        """Let the next one take over at once. Never raises LeaseLost."""

    def lease_holder(self) -> tuple[str, float] | None:
        """Who holds it and for how many more seconds (negative: it is stale); None: nobody ever did."""

    def active_episodes(self, lease: Lease) -> list[ActiveEpisode]:
        """All that are EXECUTING, PAUSED, CUTTING or CANCELLING, oldest execution first."""

    def ready_beats(self, lease: Lease, episode_id: str, *, limit: int, exclude: Sequence[str] = ()) -> list[ReadyBeat]:
        """Beats that could be started now, in story order, without the beat ids in `exclude`. None while anything is paused."""

    def next_ready_in_s(self, lease: Lease) -> float | None:
        """Seconds until the first back-off of a pending beat or film ends; 0 or less: now; None: nobody backs off.

        What is paused does not count.
        """

    def open_attempts(self, lease: Lease, openings: Sequence[Opening]) -> list[OpenAttempt | None]:
        """Begin attempts: beat PENDING → RENDERING; a film's where its episode is CUTTING, none is open and none backs off.

        None where that is not so any more, the beat is at another backend, or the episode or the queue is paused.
        Repeatable: an attempt that is open under this id already is returned again.
        """

    def unclosed_attempts(self, lease: Lease) -> list[OpenAttempt]:
        """Every attempt still OPEN, oldest first: what a new leader must adopt, and what a cancelled episode still waits for."""

    def unwanted_attempts(self, lease: Lease) -> list[str]:
        """Open attempts that can never be selected, oldest first: to be told to stop, and closed when they have.

        Their beat does not render any more, or at another revision; or their episode does not take a result of their kind.
        """

    def record_fleet(self, lease: Lease, snapshot: FleetSnapshot) -> None:
        """Keep how the fleet looks now, in place of what was kept before."""

    def record_progress(self, lease: Lease, shares: Mapping[str, float]) -> None:
        """Attempt id → share done, 0 to 1. Only ever raises a beat's column; the store caps it below 1. No event."""

    def record_previews(self, lease: Lease, previews: Mapping[str, Preview]) -> None:
        """Attempt id → how it looks so far, in place of what was kept of it; gone when the attempt ends. No event.

        Attempts that are closed, unwanted or of a film are left alone. Raises BadInput for one of more than MAX_PREVIEW_BYTES.
        """

    def accept(self, lease: Lease, acceptances: Sequence[Acceptance]) -> list[bool]:
        """Select attempts: True where the attempt was open, of its beat's revision, and its episode still accepts.

        A True one makes the beat ACCEPTED, adds its artifacts and events, and frees the beats that depended on it. For a film it
        ends the episode: COMPLETED or PARTIALLY_COMPLETED. A False one closes the attempt if it was still open (CANCELLED).
        Raises BadInput for a result to be selected that is no success or lacks its `video` (`film`), ArtifactConflict for
        a key that is recorded already; then nothing of the call has happened.
        """

    def fail(self, lease: Lease, failures: Sequence[Failure]) -> None:
        """Close attempts without a clip, and give the beat back or up. Closed ones are left alone.

        Up, where the episode's request names a fallback that the beat has not had: → PENDING at the next of them, its failures
        forgiven, with an event `beat.fell_back`, whatever made it fail. Else FAILED, and with it the beats that depend on it.
        """

    def give_up(self, lease: Lease, episode_id: str, beat_id: str, reason: str) -> None:
        """A pending beat that nobody can render falls back or fails as in `fail`, without an attempt. Others are left alone."""

    def close_cancelled(self, lease: Lease, attempt_ids: Sequence[str]) -> None:
        """Close open attempts as CANCELLED, of beats and films that no longer want them. Those still wanted are left alone."""

    def settle(self, lease: Lease, episode_id: str) -> EpisodeState:
        """Move on an episode with nothing left to do: EXECUTING → CUTTING or FAILED, CANCELLING → CANCELLED. Else no change."""

    def film_parts(self, episode_id: str) -> list[FilmPart]:
        """The selected clips in story order."""

    def known_attempt_ids(self, episode_id: str) -> set[str]:
        """All attempts that were ever begun for it, open or ended: a stored file of any other is an orphan."""


class AuditStore(Protocol):
    """What an audit reads. Implemented by whatever is an EpisodeStore."""

    def audit_episodes(self) -> Iterator[EpisodeAudit]:
        """All episodes by id, each true at one moment; read in pages, with no transaction open between two."""

    def audit_episode(self, episode_id: str) -> EpisodeAudit:
        """This one. Raises NotFound."""

    def lease_holder(self) -> tuple[str, float] | None:
        """As EpisodeStore has it."""


class Fleet(Protocol):
    """The renderers and publishers that are alive now. All calls are for one event loop; none blocks it."""

    def kinds(self) -> tuple[Kind, ...]:
        """What it may be made of, in the order in which one is chosen where none is named."""

    async def survey(self, wanted: Collection[str]) -> FleetReport:
        """Start who is wanted and not there, and ask everybody; an answer within 2 s. Retires who is of an older version.

        The report has everybody who is there, wanted or not, and of those who are not whoever died since the last survey or could not
        start; what keeps somebody from starting is told in it, never raised.
        """

    async def render(self, renderer: str, job: RenderJob, handed_over: Callable[[], None]) -> JobResult:
        """Have a renderer render one beat, and its node's publisher publish it.

        `handed_over` is called once, when the renderer is free again: before the result, at the latest with it. The result may have
        any status. Raises RendererLost when no answer will come, which never means that nothing was stored.
        """

    async def cut(self, job: FilmJob) -> JobResult:
        """Have the head's publisher cut a film. Raises RendererLost likewise."""

    async def cancel(self, attempt_id: str) -> None:
        """Tell whoever has it to stop. Unknown: nothing happens."""

    async def retire(self, renderer: str) -> None:
        """Let go of one that has nothing in hand; who has, stays and goes on. Unknown: nothing happens."""

    async def park(self, renderer: str) -> None:
        """Have one that has nothing in hand give its GPU's memory back, until its next beat. Does not wait for it. Unknown: nothing happens."""

    async def replace(self, name: str) -> None:
        """Kill a renderer or publisher that does not listen; a fresh one takes its name. Unknown: nothing happens."""


class CoordinatorDoor(Protocol):
    """How the API reaches the coordinator, wherever it lives."""

    def wake(self) -> None:
        """There is something to do. Cheap, safe from any thread, never raises, may get lost: the coordinator also looks by itself."""


class Control(Protocol):
    """What a working backend or publisher looks at between two frames."""

    def check(self) -> None:
        """Raises RenderCancelled when the attempt was told to stop."""

    def report(self, share: float) -> None:
        """Share of this stage's work done, 0 to 1."""

    def show(self, jpeg: bytes) -> None:
        """How it looks so far: a picture of at most 24 kB, now and then. The newest replaces those before. Cheap, never raises."""


class Meter(Protocol):
    """Counts what operators watch. Cheap, never raises."""

    def attempt_ended(self, backend: str, outcome: str) -> None:
        """`outcome`: accepted, cancelled, or the class of failure."""

    def queue(self, *, num_rendering: int, num_ready: int, num_episodes: int) -> None:
        """`num_ready`: beats that could start now, as far as they were looked at."""

    def waited(self, backend: str, seconds: float) -> None:
        """A ready beat got its renderer."""

    def worked(self, backend: str, *, render_s: float, publish_s: float) -> None: ...

    def first_beat(self, backend: str, *, ready_s: float, render_s: float) -> None:
        """A renderer made its first beat's keyframes in `render_s`, after it had taken `ready_s` from its start to get ready."""
