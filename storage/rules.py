"""What every episode store decides alike, as pure functions: how far something has come, what fails or opens together, and why."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import ValidationError

from episodes.audited import AttemptAudit, BeatAudit
from episodes.errors import BadInput, Conflict, IllegalMove, LeaseLost, RevisionConflict
from episodes.fleet import MAX_PREVIEW_BYTES, Preview
from episodes.job import JobResult, StoredFile
from episodes.lifecycle import NO_PLAN, BeatMove, BeatState, EpisodeMove, EpisodeState, episode_after
from episodes.model import EpisodeView, Lease, Opening
from episodes.money import UNPAYABLE, Funds, dollars_of
from episodes.plan import Beat, EpisodeRequest, Plan
from episodes.writing import Writing

BEAT_CEILING = 0.99
"""What a beat can reach before its clip is accepted: nobody sees 100 % of something that may still fail."""
EPISODE_CEILING = 0.98
"""What an episode can reach before its film is stored; the rest is the cutting."""

CAME_TOO_LATE = "It came too late: nobody wanted its result any more."


def check_previews(previews: Mapping[str, Preview]) -> None:
    """Raises BadInput."""
    for attempt_id, preview in previews.items():
        if len(preview.jpeg) > MAX_PREVIEW_BYTES:
            raise BadInput(
                f"The preview of attempt {attempt_id} has {len(preview.jpeg)} bytes.", f"At most {MAX_PREVIEW_BYTES} are kept."
            )


def told_of(writing: Writing) -> dict[str, str]:
    """What the event of a plan says of who wrote it, where that is known."""
    return {name: told for name, told in (("planner", writing.planner), ("note", writing.note)) if told}


def shown_share(share: float) -> float:
    """How an attempt's share done counts for its beat while it renders."""
    return min(max(share, 0.0), BEAT_CEILING)


def episode_progress(done_s: float, total_s: float) -> float:
    """Seconds of story done, of all of them, as an episode's progress without a film."""
    return min(done_s / total_s, 1.0) * EPISODE_CEILING if total_s > 0 else 0.0


def file_of(result: JobResult, kind: str) -> StoredFile:
    """The file of this type. Raises BadInput when the result has none."""
    if result.status != "succeeded" or kind not in result.files:
        raise BadInput(f"The result of attempt {result.job_id} has no {kind}.", "Only a success with its files is accepted.")
    return result.files[kind]


def state_with_beats_opened(
    episode_id: str, state: EpisodeState, move: Literal[EpisodeMove.REOPEN, EpisodeMove.REVISE] = EpisodeMove.REOPEN
) -> EpisodeState:
    """Where an episode goes when beats of it open again: what stands still stays so. Raises IllegalMove."""
    if state in (EpisodeState.PLANNED, EpisodeState.PAUSED):
        return state
    return episode_after(episode_id, state, move)


def plan_with(beats: Sequence[Beat], episode: EpisodeView) -> Plan:
    """The episode's plan with these beats in it. Raises BadInput where they do not hold together."""
    if not beats:
        raise BadInput("An episode keeps at least one beat.", "Put another one in first, or cancel the episode.")
    try:
        return Plan(**dict(episode.treatment), beats=tuple(beats), logline=episode.logline)
    except ValidationError as error:
        why = "; ".join(one["msg"].removeprefix("Value error, ") for one in error.errors())
        raise BadInput(f"The plan would not hold together: {why}.", "Let every beat depend on earlier ones only.") from error


def has_plan(episode: EpisodeView, plan: Plan, world_revision: int | None) -> bool:
    """It is this one already."""
    there = tuple(view.beat for view in episode.beats), episode.treatment, episode.logline, episode.world_revision
    return there == (plan.beats, plan.treatment, plan.logline, world_revision)


def check_plan_version(episode_id: str, expected: int | None, there: int) -> None:
    """Raises RevisionConflict where somebody expects another."""
    if expected is not None and expected != there:
        raise RevisionConflict(
            f"The plan of episode {episode_id} is at version {there}, not {expected}.",
            "Somebody changed it meanwhile: read it again and put your change on top.",
        )


def unmet_in(beat: Beat, accepted: Collection[str]) -> int:
    """How many of the beats that it waits for are not among the accepted."""
    return len(set(beat.depends_on).difference(accepted))


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What decides whether a beat opens again."""

    beat_id: str
    state: BeatState
    depends_on: tuple[str, ...]
    failed_with_another: bool
    """It failed, or was cancelled, only because a beat that it depends on was."""


def reopened_with(beat_id: str, beats: Iterable[Standing]) -> list[str]:
    """The beats that a retry of this one opens, in story order (`beats` are in it).

    The beat; whatever failed or was cancelled among those that it depends on, as it could never start otherwise; and those
    that had ended only because of these, unless they also depend on one that stays ended.
    """
    standings = {b.beat_id: b for b in beats}
    opened = {beat_id}
    for one in reversed(standings.values()):
        if one.beat_id in opened:
            opened.update(d for d in one.depends_on if _is_ended_without_clip(standings[d]))
    for one in standings.values():
        if _is_ended_without_clip(one) and one.failed_with_another:
            in_the_way = (d for d in one.depends_on if d not in opened and _is_ended_without_clip(standings[d]))
            if not any(in_the_way):
                opened.add(one.beat_id)
    return [one for one in standings if one in opened]


def opened_by_edit(new: Collection[str], beats: Iterable[Standing]) -> list[str]:
    """The beats that open because `new` ones wait in the plan, in story order: what these need, and what nothing keeps ended any more."""
    standings = {b.beat_id: b for b in beats}
    opened = {one for beat_id in new for one in reopened_with(beat_id, standings.values())}.difference(new)
    for one in standings.values():
        in_the_way = (d for d in one.depends_on if d not in opened and _is_ended_without_clip(standings[d]))
        if one.failed_with_another and _is_ended_without_clip(one) and not any(in_the_way):
            opened.add(one.beat_id)
    return [one for one in standings if one in opened]


def ended_without_clip(episode_id: str, state: EpisodeState, beats: Iterable[Standing]) -> list[str]:
    """All beats that failed or were cancelled; none when a retry has opened them already, or when only the film is missing.

    Raises IllegalMove when nothing is. A COMPLETED episode is not asked about: no move leads from there to here.
    """
    planned = list(beats)
    without_clip = [b for b in planned if b.state is not BeatState.ACCEPTED]
    if not planned or (not without_clip and not state.is_final):
        way = "Every beat has its clip: wait for the film." if planned else NO_PLAN
        raise IllegalMove(f"episode {episode_id} without a failed or cancelled beat", state, EpisodeMove.REOPEN, hint=way)
    return [b.beat_id for b in without_clip if _is_ended_without_clip(b)]


def is_cancelled_already(beat: Standing) -> bool:
    """Cancelling it has had its effect: a call that is repeated because its answer got lost changes nothing."""
    return beat.state is BeatState.CANCELLED and not beat.failed_with_another


def is_retried_already(beat: Standing) -> bool:
    """Likewise for a retry."""
    return beat.state in (BeatState.PENDING, BeatState.RENDERING)


def unmet(beat: Beat, states: Mapping[str, BeatState]) -> tuple[str, ...]:
    """The beats that a pending one still waits for; none for the others."""
    if states[beat.beat_id] is not BeatState.PENDING:
        return ()
    return tuple(one for one in dict.fromkeys(beat.depends_on) if states[one] is not BeatState.ACCEPTED)


def check_episode_id(episode_id: str) -> None:
    """That it can stand in a cursor, which holds a UUID's bytes. Raises BadInput."""
    try:
        is_usual = str(uuid.UUID(episode_id)) == episode_id
    except ValueError:
        is_usual = False
    if not is_usual:
        raise BadInput(f"{episode_id!r} is no id for an episode.", "Give a UUID, in lower case with dashes.", "episode_id")


def check_same_request(episode_id: str, asked: EpisodeRequest, there: EpisodeRequest) -> None:
    """Raises Conflict."""
    if asked != there:
        raise Conflict(f"Episode {episode_id} exists and was asked for otherwise.", "Take another id for another request.")


def check_beats_can_be_cancelled(episode_id: str, state: EpisodeState) -> None:
    """Before it is planned there are none. Raises IllegalMove."""
    if state is EpisodeState.CREATED:
        raise IllegalMove(f"a beat of episode {episode_id}", state, BeatMove.CANCEL, hint=NO_PLAN)


def _is_ended_without_clip(beat: Standing) -> bool:
    return beat.state in (BeatState.FAILED, BeatState.CANCELLED)


def beat_audit(
    beat_id: str,
    state: BeatState,
    revision: int,
    attempts: Iterable[AttemptAudit],
    *,
    num_retries: int,
    cancelled_at: datetime | None,
) -> BeatAudit:
    """`attempts` are those of this beat."""
    own = list(attempts)
    return BeatAudit(
        beat_id=beat_id,
        state=state,
        revision=revision,
        num_attempts_in=Counter(a.state for a in own),
        num_counted=sum(a.counted for a in own),
        num_retries=num_retries,
        num_after_cancel=sum(cancelled_at is not None and a.opened_at > cancelled_at for a in own),
    )


def reused_by(opening: Opening) -> dict[str, object]:
    """What the event of an attempt's beginning says of whose clip it takes; nothing for one that renders."""
    return {} if opening.reused_from is None else {"reused_from": opening.reused_from.model_dump()}


def lack(needs_micros: int, left_micros: int) -> dict[str, str | None]:
    """What an event says of a beat that cannot be paid; in dollars. `needs` null: nobody knows its price."""
    needs = str(dollars_of(needs_micros)) if needs_micros < UNPAYABLE else None
    return {"needs": needs, "left": str(dollars_of(left_micros))}


def budget_told(budget_micros: int | None) -> str | None:
    """Likewise; null: there is no limit."""
    return None if budget_micros is None else str(dollars_of(budget_micros))


def check_budget(episode_id: str, budget_micros: int | None, funds: Funds, *, num_unreserved: int) -> None:
    """`num_unreserved`: open attempts that cost something nobody knows yet. Raises Conflict."""
    if budget_micros is None:
        return
    gone = funds.reserved_micros + funds.spent_micros
    if budget_micros < gone:
        raise Conflict(
            f"Episode {episode_id} has spent or reserved {dollars_of(gone)} dollars already.",
            "Give it a budget of at least that, or pause or cancel it.",
        )
    if num_unreserved:
        raise Conflict(
            f"{num_unreserved} of its renders began without a budget, and nobody knows yet what they cost.",
            "Pause it, and set the budget when they have ended.",
        )


def why_fell_back(earlier: str, backend: str, reason: str) -> str:
    """`earlier`: what was said of the backends before this one."""
    return f"{earlier} {backend} could not: {reason}".strip()


def why_failed_with(beat_id: str) -> str:
    return f"It builds on beat {beat_id}, which failed."


def why_cancelled_with(beat_id: str) -> str:
    return f"It builds on beat {beat_id}, which was cancelled."


def why_partial(num_accepted: int, num_beats: int) -> str:
    """Why an episode with a film is not complete; empty when it is."""
    return f"{num_beats - num_accepted} of {num_beats} beats have no clip." if num_accepted < num_beats else ""


def why_no_film(reason: str) -> str:
    return f"The film could not be cut: {reason}"


def why_nothing_to_cut(num_beats: int, first_reason: str) -> str:
    return f"None of its {num_beats} beats has a clip. {first_reason}".rstrip()


def lease_lost(lease: Lease) -> LeaseLost:
    return LeaseLost(f"The lease of {lease.holder} with fence {lease.fence} is over.", "Another coordinator leads now.")


def latest_last(renderers: Iterable[str]) -> tuple[str, ...]:
    """Each once, at the place where it came last."""
    return tuple(reversed(dict.fromkeys(reversed(list(renderers)))))


def revision_conflict(world_id: str, expected: int, newest: int) -> RevisionConflict:
    return RevisionConflict(
        f"World {world_id!r} is at revision {newest}, not {expected}.", "Read it again and put your change on top."
    )
