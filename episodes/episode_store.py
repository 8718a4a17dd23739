"""The port behind which all truth about episodes lies, and what an audit reads of it; the other ports are in episodes/ports.py."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from episodes.audited import EpisodeAudit
from episodes.editing import PlanDifference
from episodes.estimate import Measure
from episodes.fleet import Preview
from episodes.job import FilmPart
from episodes.lifecycle import EpisodeState
from episodes.model import (
    Acceptance,
    ActiveEpisode,
    ClipSource,
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
    Take,
)
from episodes.money import Funds
from episodes.plan import Beat, EpisodeRequest, Plan
from episodes.versions import PlanVersion, VersionNote


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

    def save_plan(
        self, episode_id: str, plan: Plan, world_revision: int, *, cause: str = "planned", once: str | None = None
    ) -> EpisodeView:
        """→ PLANNED, except while it is CANCELLING; the beats of an earlier plan are replaced, at a higher revision.

        What is still open of an earlier plan is unwanted. Its film stays the episode's film until another is accepted. The plan is
        kept as a version, with its `cause`.
        """

    def execute(self, episode_id: str, *, fresh: bool = False, once: str | None = None) -> EpisodeState:
        """PLANNED → EXECUTING. Executing an executing episode changes nothing.

        `fresh`: its beats are rendered, even where clips of the same content are there.
        """

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

    def retry_beat(self, episode_id: str, beat_id: str, *, fresh: bool = False, once: str | None = None) -> EpisodeState:
        """A FAILED or CANCELLED beat → PENDING, as if new: its counted attempts are forgiven, and its first choice of a backend
        is tried again before what it fell back to. Opens the episode again → EXECUTING.

        A PLANNED or PAUSED episode stays so. Repeatable: a beat that is PENDING or RENDERING stays as it is.

        With it open the beats that it depends on and that failed or were cancelled, since it could not start without them, and
        the beats that had ended only because of these, unless another dependency of theirs stays ended.

        `fresh`: what opens is rendered, even where a clip of the same content is there. A beat that was asked for so stays so until
        it is revised or planned anew.
        """

    def retry_failed(self, episode_id: str, *, fresh: bool = False, once: str | None = None) -> EpisodeState:
        """As retry_beat, for all FAILED and CANCELLED beats at once. Where all are ACCEPTED and only the film is missing, it is cut anew.

        IllegalMove when nothing is missing, or there are no beats at all.
        """

    def edit_plan(
        self,
        episode_id: str,
        beats: Sequence[Beat],
        *,
        cause: str = "edited",
        anew: Collection[str] = (),
        expected: int | None = None,
        dry_run: bool = False,
        once: str | None = None,
    ) -> tuple[PlanDifference, EpisodeView]:
        """Put these beats in the place of the plan's, and say exactly what that does, with the episode after it.

        A beat that shows the same (whatever its place, its scene and what it waits for) stays as it is, with its clip and whoever
        renders it. One that shows something else, is named in `anew`, or starts from one of these → PENDING at the next revision, from 0,
        its failures forgiven, its first choice of a backend that of the new content, whatever the old one fell back to; its clip stays
        selected at the old revision until a new one is accepted. A new beat is at a revision that no beat of this id has had.

        What is open for these, for those that are left out, and for the film is unwanted. Beats that had ended open where a waiting one
        needs them, or nothing keeps them ended any more. PLANNED and PAUSED episodes stay so; CUTTING and ended ones → EXECUTING, and
        their film is cut anew. The whole plan is kept as a version, with its `cause`. The same beats, with nothing `anew`: nothing changes.

        `expected`: RevisionConflict where the plan is at another version. BadInput where it would not hold together.
        `dry_run`: nothing is changed, and the answer is what would be.
        """

    def ask_for_takes(
        self, episode_id: str, beat_id: str, seeds: Sequence[int | None], *, once: str | None = None
    ) -> list[Take]:
        """So many further takes of an ACCEPTED beat at its present revision, PENDING, with these seeds, None: one that no other has.

        Beat and film stay as they are: a take is rendered beside them, in whatever state `allows_takes`, and nothing waits for it.
        Whatever gives the beat another revision, and a cancel of the episode, cancels those that wait or render. Repeated by its
        name it returns all of the beat. BadInput for a seed that a take of this revision has.
        """

    def takes(self, episode_id: str, beat_id: str) -> list[Take]:
        """All of the beat that has or had this id, of all revisions, by number: its own clips, and those asked for."""

    def cancel_take(self, episode_id: str, beat_id: str, number: int, *, once: str | None = None) -> Take:
        """A take that waits or renders → CANCELLED; its open attempt is unwanted. Repeatable. IllegalMove for one that has ended."""

    def select_take(
        self, episode_id: str, beat_id: str, number: int, *, dry_run: bool = False, once: str | None = None
    ) -> tuple[PlanDifference, EpisodeView]:
        """Make its clip the beat's and its seed the plan's, and say exactly what that does, with the episode after it.

        In one step: what was selected is SUPERSEDED, and can be selected again; what starts from the beat's last frame → PENDING
        as in `edit_plan`; films are cut anew, and states move, as there. The beat stays at its revision, ACCEPTED; the difference
        names it neither as kept nor as to be rendered. One that is selected: nothing changes.
        Conflict for a take of an older revision, or without a clip.
        """

    def restore_plan(
        self, episode_id: str, version: int, *, expected: int | None = None, dry_run: bool = False, once: str | None = None
    ) -> tuple[PlanDifference, EpisodeView]:
        """Put the plan of this version in the place of the one that is there, as edit_plan does it, and all that it tells beside its beats.

        That is a version of its own: none is ever changed or taken away. The plan that is there already: nothing changes.
        Raises NotFound where there is no such version.
        """

    def plan_versions(self, episode_id: str, *, before: int | None = None, limit: int = 50) -> list[VersionNote]:
        """What became of its plan, newest first; only versions below `before`."""

    def plan_version(self, episode_id: str, version: int) -> PlanVersion:
        """One of them whole. Raises NotFound."""

    def set_budget(self, episode_id: str, budget_micros: int | None) -> Funds:
        """What the episode may cost in all, in any state; None: there is no limit. Its beats that lacked money are tried again.

        Repeatable. Conflict where it is less than what is spent or reserved, or where attempts are open that cost something and were
        begun without a budget.
        """

    def measures(self, kinds: Sequence[str]) -> list[Measure]:
        """How long the newest accepted clips of these kinds took, in all episodes: at most MAX_MEASURES of each, newest first."""

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
        """All that are EXECUTING, PAUSED, CUTTING or CANCELLING, or have takes that wait or render; oldest execution first."""

    def ready_beats(self, lease: Lease, episode_id: str, *, limit: int, exclude: Sequence[str] = ()) -> list[ReadyBeat]:
        """Beats that could be started now, in story order, without the beat ids in `exclude`. None while anything is paused.

        Those that needed more than the budget has left are among them again when it has so much.
        """

    def ready_takes(
        self, lease: Lease, episode_id: str, *, limit: int, exclude: Sequence[tuple[str, int]] = ()
    ) -> list[ReadyBeat]:
        """Likewise the takes that could be started now, by story order and number, without those (beat id, number) in `exclude`.

        Their beats have their seeds, and are at the kind that made, or bought, the beat's own clip. They fall back to no other.
        """

    def clips_of(self, lease: Lease, content_keys: Collection[str]) -> dict[str, ClipSource]:
        """Content key → the attempt with it that was begun last of those that were ever accepted; of any episode. Keys without one are left out."""

    def next_ready_in_s(self, lease: Lease) -> float | None:
        """Seconds until the first back-off of a pending beat, take or film ends; 0 or less: now; None: nobody backs off.

        What is paused does not count.
        """

    def open_attempts(self, lease: Lease, openings: Sequence[Opening]) -> list[OpenAttempt | None]:
        """Begin attempts: beat (or take) PENDING → RENDERING; a film's where its episode is CUTTING, none is open and none backs off.

        None where that is not so any more, the beat is at another backend, or the episode or the queue is paused. What the opening
        says of its content is kept with the attempt.
        Repeatable: an attempt that is open under this id already is returned again.

        Its quote is reserved, of the episode's budget and of that of all; None where either has less left: the beat waits until that
        changes, which is told once. Where no quote could be made and a budget holds, work that is paid by the hour reserves all
        that is left, and what is bought does not begin. Whatever closes the attempt releases it and adds what it has cost, which is
        never more: for work that is paid by the hour by the time that it took, else its quote; nothing, where an earlier attempt
        bought what it brings.
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

        Attempts that are closed, unwanted, or of a film or take are left alone. Raises BadInput for one of more than MAX_PREVIEW_BYTES.
        """

    def accept(self, lease: Lease, acceptances: Sequence[Acceptance]) -> list[bool]:
        """Select attempts: True where the attempt was open, of its beat's revision, and its episode still accepts.

        A True one makes the beat ACCEPTED, adds its artifacts and events, and frees the beats that depended on it. For a film it
        ends the episode: COMPLETED or PARTIALLY_COMPLETED. A take is ACCEPTED, its attempt SUPERSEDED until people select it; beat and
        episode stay as they are. A False one closes the attempt if it was still open (CANCELLED).
        Raises BadInput for a result to be selected that is no success or lacks its `video` (`film`), ArtifactConflict for
        a key that is recorded already; then nothing of the call has happened.
        """

    def fail(self, lease: Lease, failures: Sequence[Failure]) -> None:
        """Close attempts without a clip, and give the beat back or up. Closed ones are left alone.

        Up, where the episode's request names a fallback that the beat has not had: → PENDING at the next of them, its failures
        forgiven, with an event `beat.fell_back`, whatever made it fail. Else FAILED, and with it the beats that depend on it; a take
        that is given up is FAILED alone.
        """

    def give_up(self, lease: Lease, episode_id: str, beat_id: str, reason: str, *, take: int | None = None) -> None:
        """A pending beat (or take) that nobody can render falls back or fails as in `fail`, without an attempt. Others are left alone."""

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
