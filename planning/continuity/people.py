"""People: the dead do nothing, and who is not there neither speaks nor acts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from episodes.contradictions import Code, Contradiction
from episodes.effects import Effect, Happening
from episodes.plan import Beat, CastMember
from planning.continuity.noting import ago, error, warning
from planning.continuity.script import Script
from planning.continuity.state import StoryState

# what a body can be told to do
_LIES_THERE = re.compile(
    r"(lies|lie|lying|rests|falls|sinks|hangs|floats|burns|is|stays|remains|dead|motionless|still)\b", re.IGNORECASE
)
_DEEDS_OF_THE_LIVING = frozenset(
    [Happening.ARRIVES, Happening.TAKES, Happening.GIVES, Happening.FINDS, Happening.USES, Happening.HEALS, Happening.DIES]
)
_DEEDS_ON_THE_SPOT = frozenset(
    [Happening.TAKES, Happening.GIVES, Happening.DROPS, Happening.FINDS, Happening.USES, Happening.CHANGES_CLOTHES, Happening.LEAVES]
)  # fmt: skip


def check_people(beat: Beat, state: StoryState, script: Script) -> Iterator[Contradiction]:
    """Before the beat: of its cast, and of who speaks in it."""
    for member in beat.cast:
        who = member.character.character_id
        if who in state.died and _acts(member) and not _happens(beat, Happening.REVIVES, who):
            yield _dead_acts(beat, state.died[who], script.name(who), f'"{member.action}"')
        if state.is_absent(who, script.key(beat)) and not _happens(beat, Happening.ARRIVES, who):
            yield _absent_acts(beat, state.absent[who].beat_id, f"{script.name(who)} is seen in {beat.beat_id}")
    if beat.dialogue is not None and beat.dialogue.character_id in script.characters:
        yield from _check_speaker(beat, beat.dialogue.character_id, state, script)


def check_deed(effect: Effect, beat: Beat, state: StoryState, script: Script) -> Iterator[Contradiction]:
    """Before the effect has happened; those of the same beat before it have."""
    who = effect.character_id
    if who is None or who not in script.characters:
        return
    name, key, left = script.name(who), script.key(beat), state.absent.get(who)
    died_in = state.died.get(who, beat.beat_id)
    if died_in != beat.beat_id and effect.happens in _DEEDS_OF_THE_LIVING:
        yield _dead_acts(beat, died_in, name, f"`{effect.happens}`")
    if effect.happens in _DEEDS_ON_THE_SPOT:
        if left is not None and left.scene_key == key and left.beat_id != beat.beat_id:
            yield _absent_acts(beat, left.beat_id, f"{name} acts in {beat.beat_id} (`{effect.happens}`)")
        elif who not in script.around[key]:
            yield _nowhere(Code.ABSENT_ACTS, beat, state.seen.get(who), name, f"acts in {beat.beat_id} (`{effect.happens}`)")
    if effect.happens is Happening.ARRIVES and not state.is_absent(who, key):
        yield from _check_arrival(beat, state.seen_in.get((key, who)), name)
    if effect.happens is Happening.HEALS and who not in state.injuries and who not in state.died:
        what = f"{name} heals in {beat.beat_id}, and nothing before it has hurt {name}."
        yield warning(Code.NOT_INJURED, beat, None, what, "Give the beat that hurts it the effect `is injured`.")


def _check_arrival(beat: Beat, seen_in: str | None, name: str) -> Iterator[Contradiction]:
    if seen_in is not None:
        yield error(
            Code.ABSENT_ACTS,
            seen_in,
            beat,
            f"{name} is seen in {seen_in} and arrives only in {beat.beat_id} of the same scene.",
            f"Take {name} out of {seen_in}, or let it leave before it arrives.",
        )


def _check_speaker(beat: Beat, who: str, state: StoryState, script: Script) -> Iterator[Contradiction]:
    name, key = script.name(who), script.key(beat)
    if who in state.died and not _happens(beat, Happening.REVIVES, who):
        yield error(
            Code.DEAD_SPEAKS,
            beat,
            state.died[who],
            f"{name} speaks in {beat.beat_id} and {ago('died', state.died[who])}.",
            f"Let somebody else say it, tell it in `caption`, or give {beat.beat_id} the effect `revives`.",
        )
        return
    if any(member.character.character_id == who for member in beat.cast) or _happens(beat, Happening.ARRIVES, who):
        return
    if state.is_absent(who, key):
        left_in = state.absent[who].beat_id
        yield error(
            Code.ABSENT_SPEAKS,
            beat,
            left_in,
            f"{name} speaks in {beat.beat_id} and left in {left_in}.",
            f"Let somebody else say it, or give {beat.beat_id} the effect `arrives`.",
        )
    elif who not in script.around[key]:
        yield _nowhere(Code.ABSENT_SPEAKS, beat, state.seen.get(who), name, f"speaks in {beat.beat_id}")


def _acts(member: CastMember) -> bool:
    """It does something that a body cannot; what is done to it is no deed of its own."""
    return bool(member.action) and not member.is_target and not _LIES_THERE.match(member.action)


def _happens(beat: Beat, happening: Happening, who: str) -> bool:
    return any(effect.happens is happening and effect.character_id == who for effect in beat.effects)


def _dead_acts(beat: Beat, died_in: str | None, name: str, deed: str) -> Contradiction:
    return error(
        Code.DEAD_ACTS,
        beat,
        died_in,
        f"{name} acts in {beat.beat_id} ({deed}) and {ago('died', died_in)}.",
        f"Let {name} lie there or leave it out, or give {beat.beat_id} the effect `revives`.",
    )


def _absent_acts(beat: Beat, left_in: str, deed: str) -> Contradiction:
    return error(
        Code.ABSENT_ACTS,
        beat,
        left_in,
        f"{deed} and left in {left_in}.",
        f"Leave it out, or give {beat.beat_id} the effect `arrives`.",
    )


def _nowhere(code: Code, beat: Beat, seen_in: str | None, name: str, deed: str) -> Contradiction:
    seen = f"was last seen in {seen_in}, another scene" if seen_in is not None else "is in no beat before it"
    return error(
        code,
        beat,
        seen_in,
        f"{name} {deed}, is not in its scene, and {seen}.",
        f"Put {name} into the cast of {beat.beat_id}, or let somebody who is there do it.",
    )
