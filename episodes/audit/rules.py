"""What must hold in one episode as SQL has it. Pure; each is true at any moment, except where it is said to hold at rest only."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from episodes.audit.report import Look
from episodes.audited import ArtifactAudit, AttemptAudit, BeatAudit, EpisodeAudit
from episodes.dispatch import MAX_COUNTED_ATTEMPTS, MAX_CRASHES, MAX_UNCOUNTED_ATTEMPTS
from episodes.errors import FailureClass
from episodes.lifecycle import AttemptState, BeatState, EpisodeState


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    name: str
    promise: str
    looks: Callable[[EpisodeAudit], Iterable[Look]]


def finished_beats(episode: EpisodeAudit) -> Iterator[Look]:
    for beat in episode.beats if episode.state.is_final else ():
        wrong = "" if beat.state.is_ended else f"It is {beat.state}, and its episode is {episode.state}."
        yield Look(where=of_beat(episode, beat.beat_id), wrong=wrong)


def finished_attempts(episode: EpisodeAudit) -> Iterator[Look]:
    """What was cancelled or revised while it rendered may end after its episode, which wants it no more, and so may takes; not
    after a cancel."""
    for attempt in episode.attempts if episode.state.is_final else ():
        may_end_later = attempt.is_unwanted or attempt.take is not None
        may_be_open = may_end_later and episode.state is not EpisodeState.CANCELLED
        is_wrong = attempt.state is AttemptState.OPEN and not may_be_open
        yield Look(where=of_attempt(episode, attempt), wrong=f"It is open in a {episode.state} episode." if is_wrong else "")


def nothing_open(episode: EpisodeAudit) -> Iterator[Look]:
    """At rest only."""
    for attempt in episode.attempts:
        wrong = "It is open, though nothing works any more." if attempt.state is AttemptState.OPEN else ""
        yield Look(where=of_attempt(episode, attempt), wrong=wrong)


def accepted_beats(episode: EpisodeAudit) -> Iterator[Look]:
    """Both ways: a beat that is not accepted has no clip, so that nothing is accepted after a cancel."""
    selected = _selected(episode)
    videos = _num_files(episode.artifacts, "video")
    for beat in episode.beats:
        yield Look(where=of_beat(episode, beat.beat_id), wrong=_wrong_with_clip(beat, selected[beat.beat_id], videos))


def _wrong_with_clip(beat: BeatAudit, selected: list[AttemptAudit], videos: Mapping[str, int]) -> str:
    if len(selected) > 1:
        return f"It has {len(selected)} selected attempts: {_ids(selected)}."
    current = [a for a in selected if a.revision == beat.revision]
    if beat.state is BeatState.ACCEPTED and not current:
        return f"It is ACCEPTED, but no attempt at its revision {beat.revision} is selected."
    if beat.state is not BeatState.ACCEPTED and current:
        return f"It is {beat.state}, but the attempt {_ids(current)} at its revision is selected."
    for attempt in selected:
        if videos[attempt.attempt_id] != 1:
            return f"Its selected attempt {attempt.attempt_id} has {videos[attempt.attempt_id]} recorded videos."
    return ""


def accepted_once(episode: EpisodeAudit) -> Iterator[Look]:
    """A later revision supersedes an earlier one's clip; within a revision, or at a take, nobody ever wins twice."""
    won: dict[tuple[str, int, int | None], list[AttemptAudit]] = defaultdict(list)
    for attempt in episode.attempts:
        if attempt.beat_id is not None:
            won[attempt.beat_id, attempt.revision, attempt.take] += [attempt] if _has_its_clip(attempt) else []
    for (beat_id, revision, take), winners in won.items():
        at = f"revision {revision}" if take is None else f"take {take}"
        wrong = f"At {at} these were accepted one after the other: {_ids(winners)}." if len(winners) > 1 else ""
        yield Look(where=of_beat(episode, beat_id), wrong=wrong)


def films(episode: EpisodeAudit) -> Iterator[Look]:
    """An episode that is opened again keeps its film until another is accepted; a completed one always has one."""
    selected = _selected(episode)[None]
    if not selected and episode.state is not EpisodeState.COMPLETED:
        return
    found = _num_files(episode.artifacts, "film")
    wrong = ""
    if len(selected) != 1:
        wrong = f"It is {episode.state} and has {len(selected)} selected films: {_ids(selected) or 'none'}."
    elif found[selected[0].attempt_id] != 1:
        wrong = f"Its selected attempt {selected[0].attempt_id} has {found[selected[0].attempt_id]} recorded films."
    yield Look(where=of_film(episode), wrong=wrong)


def rendering_beats(episode: EpisodeAudit) -> Iterator[Look]:
    """A beat that renders without anybody who works on it would wait for ever."""
    is_open: dict[tuple[str | None, int], list[AttemptAudit]] = defaultdict(list)
    for attempt in episode.attempts:
        if attempt.state is AttemptState.OPEN and not attempt.is_unwanted and attempt.take is None:
            is_open[attempt.beat_id, attempt.revision].append(attempt)
    for beat in episode.beats:
        num_open = len(is_open[beat.beat_id, beat.revision])
        # CANCELLING: its beats are cancelled at once, and their attempts end after that
        should = 1 if beat.state is BeatState.RENDERING else 0
        is_right = num_open == should or (episode.state is EpisodeState.CANCELLING and num_open <= 1)
        wrong = "" if is_right else f"It is {beat.state} and has {num_open} open attempts that are wanted."
        yield Look(where=of_beat(episode, beat.beat_id), wrong=wrong)
    films_open = [a for (beat_id, _), some in is_open.items() if beat_id is None for a in some]
    if films_open:
        wrong = f"Several films are being cut at once: {_ids(films_open)}." if len(films_open) > 1 else ""
        yield Look(where=of_film(episode), wrong=wrong)


def live_takes(episode: EpisodeAudit) -> Iterator[Look]:
    """A take that renders without anybody who works on it would wait for ever, and so would one that nobody may begin."""
    is_open = Counter(
        (a.beat_id, a.take)
        for a in episode.attempts
        if a.state is AttemptState.OPEN and not a.is_unwanted and a.take is not None
    )
    made = {(a.beat_id, a.take) for a in episode.attempts if a.take is not None and _has_its_clip(a)}
    beats = {beat.beat_id: beat for beat in episode.beats}
    for take in episode.takes:
        num_open, beat = is_open[take.beat_id, take.number], beats.get(take.beat_id)
        is_there = beat is not None and beat.state is BeatState.ACCEPTED and beat.revision == take.revision
        wrong = ""
        if not take.state.is_ended and not (is_there and episode.state.allows_takes):
            wrong = f"It is {take.state}, and its beat is {'not planned' if beat is None else beat.state}."
        elif num_open != 1 and take.state is BeatState.RENDERING:
            wrong = f"It is RENDERING and has {num_open} open attempts that are wanted."
        elif num_open and take.state not in (BeatState.RENDERING, BeatState.CANCELLED):
            wrong = f"It is {take.state} and has {num_open} open attempts that are wanted."
        elif (take.state is BeatState.ACCEPTED) != ((take.beat_id, take.number) in made):
            wrong = f"It is {take.state} and has {'a' if take.state is not BeatState.ACCEPTED else 'no'} clip."
        yield Look(where=f"{of_beat(episode, take.beat_id)}, take {take.number}", wrong=wrong)


def counted_failures(episode: EpisodeAudit) -> Iterator[Look]:
    """In each run between two retries: by what the store said when an attempt began, and by counting the rows anew."""
    for attempt in episode.attempts:
        num = attempt.num_counted_before + attempt.counted
        began_too_late = attempt.num_counted_before >= MAX_COUNTED_ATTEMPTS
        wrong = f"It began after {attempt.num_counted_before} counted failures, or counts as number {num}."
        is_wrong = began_too_late or num > MAX_COUNTED_ATTEMPTS
        yield Look(where=of_attempt(episode, attempt), wrong=wrong if is_wrong else "")
    yield from _within(episode, lambda a: a.counted, MAX_COUNTED_ATTEMPTS, "counted failures")


def crashes(episode: EpisodeAudit) -> Iterator[Look]:
    for attempt in episode.attempts:
        is_wrong = attempt.num_crashes_before >= MAX_CRASHES
        wrong = f"It began after {attempt.num_crashes_before} renderers had died of its beat." if is_wrong else ""
        yield Look(where=of_attempt(episode, attempt), wrong=wrong)
    yield from _within(episode, lambda a: a.counted and a.failure_class is FailureClass.CRASH, MAX_CRASHES, "crashes")


def uncounted_failures(episode: EpisodeAudit) -> Iterator[Look]:
    for attempt in episode.attempts:
        is_wrong = attempt.num_uncounted_before >= MAX_UNCOUNTED_ATTEMPTS
        wrong = f"It began after {attempt.num_uncounted_before} failures that do not count." if is_wrong else ""
        yield Look(where=of_attempt(episode, attempt), wrong=wrong)


def _within(episode: EpisodeAudit, counts: Callable[[AttemptAudit], bool], most: int, what: str) -> Iterator[Look]:
    """As many of a beat's revision with each backend as the limit allows, once more for each retry that forgave them; and of a take."""
    found: dict[tuple[str | None, int], Counter[str]] = defaultdict(Counter)
    of_takes: Counter[tuple[str | None, int]] = Counter()
    for attempt in episode.attempts:
        if attempt.take is None:
            found[attempt.beat_id, attempt.revision][attempt.backend] += counts(attempt)
        else:
            of_takes[attempt.beat_id, attempt.take] += counts(attempt)
    for take in episode.takes:
        num = of_takes[take.beat_id, take.number]
        where = f"{of_beat(episode, take.beat_id)}, take {take.number}"
        yield Look(where=where, wrong=f"It has {num} {what}." if num > most else "")
    for beat in episode.beats:
        most_of_one = found[beat.beat_id, beat.revision].most_common(1)
        backend, num = most_of_one[0] if most_of_one else ("", 0)
        allowed = most * (1 + beat.num_retries)
        wrong = f"At revision {beat.revision} it has {num} {what} with {backend!r} and was retried {beat.num_retries} times."
        yield Look(where=of_beat(episode, beat.beat_id), wrong=wrong if num > allowed else "")


def attempt_numbers(episode: EpisodeAudit) -> Iterator[Look]:
    for beat_id, attempts in _by_number(episode).items():
        numbers = [a.number for a in attempts]
        is_right = numbers == list(range(1, len(numbers) + 1))
        yield Look(where=_of(episode, beat_id), wrong="" if is_right else f"Its attempts are numbered {numbers}.")


def fences(episode: EpisodeAudit) -> Iterator[Look]:
    for attempts in _by_number(episode).values():
        for earlier, later in pairwise(attempts):
            is_wrong = later.fence < earlier.fence
            wrong = f"It began under fence {later.fence}, after attempt {earlier.number} under {earlier.fence}."
            yield Look(where=of_attempt(episode, later), wrong=wrong if is_wrong else "")


def after_cancel(episode: EpisodeAudit) -> Iterator[Look]:
    for attempt in episode.attempts if episode.cancelled_at is not None else ():
        is_wrong = episode.cancelled_at is not None and attempt.opened_at > episode.cancelled_at
        wrong = f"It began at {attempt.opened_at}, after its episode was cancelled at {episode.cancelled_at}."
        yield Look(where=of_attempt(episode, attempt), wrong=wrong if is_wrong else "")


def events(episode: EpisodeAudit) -> Iterator[Look]:
    is_right = episode.num_events == episode.num_events_kept == episode.newest_event
    kept = f"It counts {episode.num_events} events; {episode.num_events_kept} are kept, the newest is {episode.newest_event}."
    yield Look(where=of_episode(episode), wrong="" if is_right else kept)


def money(episode: EpisodeAudit) -> Iterator[Look]:
    """By what the episode keeps, and by adding the rows anew. A budget is never set below what is gone already."""
    funds = episode.funds
    reserved = sum(a.reserved_micros or 0 for a in episode.attempts if a.state is AttemptState.OPEN)
    spent = sum(a.spent_micros for a in episode.attempts)
    wrong = ""
    if (funds.reserved_micros, funds.spent_micros) != (reserved, spent):
        kept = f"It counts {funds.reserved_micros} micros as reserved and {funds.spent_micros} as spent"
        wrong = f"{kept}; its attempts come to {reserved} and {spent}."
    elif funds.budget_micros is not None and reserved + spent > funds.budget_micros:
        wrong = f"{reserved} micros are reserved and {spent} spent, of a budget of {funds.budget_micros}."
    yield Look(where=of_episode(episode), wrong=wrong)
    for attempt in episode.attempts:
        is_over = attempt.reserved_micros is not None and attempt.spent_micros > attempt.reserved_micros
        is_early = attempt.state is AttemptState.OPEN and attempt.spent_micros != 0
        said = f"It is {attempt.state}, {attempt.reserved_micros} micros were reserved for it and {attempt.spent_micros} spent."
        yield Look(where=of_attempt(episode, attempt), wrong=said if is_over or is_early else "")


def own_keys(episode: EpisodeAudit) -> Iterator[Look]:
    for artifact in episode.artifacts:
        is_right = artifact.attempt_id in artifact.key
        wrong = "" if is_right else f"It is recorded for attempt {artifact.attempt_id} of episode {episode.episode_id}."
        yield Look(where=artifact.key, wrong=wrong)


RULES = (
    Rule(name="finished-beats", promise="No beat of a finished episode waits or renders.", looks=finished_beats),
    Rule(name="finished-attempts", promise="No attempt of a finished episode is open and wanted.", looks=finished_attempts),
    Rule(
        name="accepted-beats",
        promise="A beat is accepted if and only if one attempt at its revision is selected, with one video.",
        looks=accepted_beats,
    ),
    Rule(name="accepted-once", promise="Of a beat's revision no second attempt was ever accepted.", looks=accepted_once),
    Rule(name="films", promise="A completed episode has one selected film, and no episode has two.", looks=films),
    Rule(
        name="rendering-beats",
        promise="A beat renders if and only if one open attempt at its revision is wanted.",
        looks=rendering_beats,
    ),
    Rule(
        name="live-takes",
        promise="A take waits or renders only beside its beat's clip, and renders if and only if one open attempt at it is wanted.",
        looks=live_takes,
    ),
    Rule(
        name="counted-failures",
        promise="No beat or film has more counted failures than it may have between two retries.",
        looks=counted_failures,
    ),
    Rule(name="crashes", promise="No beat has killed more renderers than it may between two retries.", looks=crashes),
    Rule(
        name="uncounted-failures",
        promise="No beat or film has more uncounted failures than it may have between two retries.",
        looks=uncounted_failures,
    ),
    Rule(name="attempt-numbers", promise="A beat's attempts are numbered from 1 without holes.", looks=attempt_numbers),
    Rule(name="fences", promise="The fences of a beat's attempts never go down.", looks=fences),
    Rule(name="after-cancel", promise="No attempt began after its episode was cancelled.", looks=after_cancel),
    Rule(name="events", promise="An episode's events are numbered from 1 without holes.", looks=events),
    Rule(
        name="money",
        promise="What is reserved and spent adds up, is within the budget, and no attempt costs more than was reserved for it.",
        looks=money,
    ),
    Rule(name="own-keys", promise="Every artifact's key names its own attempt.", looks=own_keys),
)

AT_REST = (Rule(name="nothing-open", promise="No attempt is open.", looks=nothing_open),)


def of_episode(episode: EpisodeAudit) -> str:
    return f"episode {episode.episode_id}"


def of_beat(episode: EpisodeAudit, beat_id: str) -> str:
    return f"{of_episode(episode)}, beat {beat_id}"


def of_film(episode: EpisodeAudit) -> str:
    return f"{of_episode(episode)}, film"


def of_attempt(episode: EpisodeAudit, attempt: AttemptAudit) -> str:
    return f"{_of(episode, attempt.beat_id)}, attempt {attempt.number} ({attempt.attempt_id})"


def _of(episode: EpisodeAudit, beat_id: str | None) -> str:
    return of_film(episode) if beat_id is None else of_beat(episode, beat_id)


def _selected(episode: EpisodeAudit) -> dict[str | None, list[AttemptAudit]]:
    found: dict[str | None, list[AttemptAudit]] = defaultdict(list)
    for attempt in episode.attempts:
        if attempt.state is AttemptState.SELECTED:
            found[attempt.beat_id].append(attempt)
    return found


def _has_its_clip(attempt: AttemptAudit) -> bool:
    return attempt.state in (AttemptState.SELECTED, AttemptState.SUPERSEDED)


def _num_files(artifacts: Iterable[ArtifactAudit], artifact_type: str) -> Mapping[str, int]:
    found: dict[str, int] = defaultdict(int)
    for artifact in artifacts:
        found[artifact.attempt_id] += artifact.artifact_type == artifact_type
    return found


def _by_number(episode: EpisodeAudit) -> dict[str | None, list[AttemptAudit]]:
    found: dict[str | None, list[AttemptAudit]] = defaultdict(list)
    for attempt in sorted(episode.attempts, key=lambda a: a.number):
        found[attempt.beat_id].append(attempt)
    return found


def _ids(attempts: Iterable[AttemptAudit]) -> str:
    return ", ".join(a.attempt_id for a in attempts)
