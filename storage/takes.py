"""What every episode store decides alike about takes: their numbers, their seeds, which may be selected. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from episodes.errors import BadInput, Conflict, IllegalMove, NotFound
from episodes.lifecycle import NO_PLAN, AttemptState, BeatMove, BeatState, EpisodeState
from episodes.model import Artifact, Attempt, EpisodeView, Take

_WHOLE = (AttemptState.SELECTED, AttemptState.SUPERSEDED)


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedTake:
    """A take as it was asked for, and how far it has come; its fields are those of Take."""

    number: int
    revision: int
    seed: int
    state: BeatState
    progress: float
    reason: str
    not_before: datetime | None
    needs_micros: int


def of_take(take: int | None) -> dict[str, object]:
    """What an event says of the take that it is about, if it is."""
    return {} if take is None else {"take": take}


def check_takes_allowed(episode_id: str, state: EpisodeState) -> None:
    """Raises IllegalMove."""
    if not state.allows_takes:
        allowed = ", ".join(one for one in EpisodeState if one.allows_takes)
        way = NO_PLAN if state is EpisodeState.CREATED else f"Takes are chosen while it is one of these: {allowed}."
        raise IllegalMove(f"a beat of episode {episode_id}", state, BeatMove.TAKE, hint=way)


def all_takes(
    beat_revision: int | None,
    asked: Sequence[AskedTake],
    attempts: Sequence[Attempt],
    artifacts: Mapping[str, tuple[Artifact, ...]],
) -> list[Take]:
    """By number. `beat_revision` None: the beat is not planned any more; `artifacts` by attempt."""
    of_take: dict[int, Attempt] = {}
    own: list[Attempt] = []
    for attempt in sorted(attempts, key=lambda a: a.number):
        if attempt.take is not None:
            of_take[attempt.take] = attempt
        elif attempt.state in _WHOLE:
            own.append(attempt)
    takes = [_asked_for(one, of_take.get(one.number), beat_revision, artifacts) for one in asked]
    takes += [_own(_number_of(one, own, asked), one, beat_revision, artifacts) for one in own]
    return sorted(takes, key=lambda take: take.number)


def _number_of(clip: Attempt, own: Sequence[Attempt], asked: Sequence[AskedTake]) -> int:
    """A beat's own clip comes before the takes of its revision, which are asked for when it is there, and behind all of older ones."""
    return 1 + sum(one.revision < clip.revision for one in own) + sum(one.revision < clip.revision for one in asked)


def _own(number: int, attempt: Attempt, beat_revision: int | None, artifacts: Mapping[str, tuple[Artifact, ...]]) -> Take:
    return Take(
        number=number,
        revision=attempt.revision,
        seed=attempt.seed,
        state=BeatState.ACCEPTED,
        is_selected=_is_selected(attempt, beat_revision),
        progress=1.0,
        attempt=attempt,
        artifacts=artifacts.get(attempt.attempt_id, ()),
    )


def _asked_for(
    one: AskedTake, attempt: Attempt | None, beat_revision: int | None, artifacts: Mapping[str, tuple[Artifact, ...]]
) -> Take:
    return Take(
        number=one.number,
        revision=one.revision,
        seed=one.seed,
        state=one.state,
        is_selected=attempt is not None and _is_selected(attempt, beat_revision),
        progress=one.progress,
        reason=one.reason,
        attempt=attempt,
        artifacts=artifacts.get(attempt.attempt_id, ()) if attempt is not None else (),
        not_before=one.not_before,
        needs_micros=one.needs_micros,
    )


def _is_selected(attempt: Attempt, beat_revision: int | None) -> bool:
    return attempt.state is AttemptState.SELECTED and attempt.revision == beat_revision


def seeds_for(beat_seed: int, wanted: Sequence[int | None], there: Sequence[Take], revision: int) -> list[int]:
    """One for each that is wanted, None: whichever is free. Raises BadInput for one that shows what another take shows."""
    taken = {beat_seed, *(take.seed for take in there if take.revision == revision)}
    seeds: list[int] = []
    for number, one in enumerate(wanted, start=len(there) + 1):
        seed = _free_seed(beat_seed, number, taken) if one is None else one
        if seed in taken:
            raise BadInput(f"There is a take with the seed {seed}.", "Another take needs another seed, or none.", "seeds")
        taken.add(seed)
        seeds.append(seed)
    return seeds


def _free_seed(beat_seed: int, number: int, taken: Collection[int | None]) -> int:
    turn = 0
    while True:
        seed = int.from_bytes(hashlib.sha256(f"{beat_seed} {number} {turn}".encode()).digest()[:8]) % 2**63
        if seed not in taken:
            return seed
        turn += 1


def take_of(takes: Sequence[Take], number: int) -> Take:
    """Raises NotFound."""
    for take in takes:
        if take.number == number:
            return take
    raise NotFound("take", str(number))


def check_selectable(take: Take, beat_id: str, beat_revision: int | None) -> None:
    """Raises Conflict."""
    if take.revision != beat_revision:
        now = "is not planned any more" if beat_revision is None else f"is at revision {beat_revision}"
        raise Conflict(
            f"Take {take.number} is of revision {take.revision}, and beat {beat_id} {now}.",
            "It shows something else: ask for takes of what the beat shows now.",
        )
    if take.state is not BeatState.ACCEPTED:
        raise Conflict(f"Take {take.number} of beat {beat_id} is {take.state}.", "Select one that has its clip.")


def revision_in(episode: EpisodeView, beat_id: str) -> int | None:
    """None: no beat of this id is planned."""
    return next((view.revision for view in episode.beats if view.beat.beat_id == beat_id), None)


def take_selected(beat_id: str, take: Take) -> str:
    """The cause of the plan's version in which it is selected."""
    return f"take {take.number} of beat {beat_id} selected"


def starting_from(episode: EpisodeView, beat_id: str) -> list[str]:
    """The beats that begin with the last frame of this one's clip."""
    return [view.beat.beat_id for view in episode.beats if view.beat.starts_from == beat_id]


def retaken(episode: EpisodeView, beat_id: str, take: Take) -> EpisodeView:
    """With the take's seed in the beat's plan, from which it would come again."""
    beats = (
        replace(view, beat=view.beat.model_copy(update={"seed": take.seed}))
        if view.beat.beat_id == beat_id and take.seed is not None
        else view
        for view in episode.beats
    )
    return replace(episode, beats=tuple(beats))
