"""Props: what is used was found before, and is held by whoever uses it."""

from __future__ import annotations

from collections.abc import Iterator

from episodes.contradictions import Code, Contradiction
from episodes.effects import Effect, Happening
from episodes.plan import Beat
from planning.continuity.noting import ago, error, since, warning
from planning.continuity.script import Script
from planning.continuity.state import Lot, StoryState, Whereabouts

_NEEDS_IT_IN_HAND = frozenset([Happening.USES, Happening.GIVES, Happening.DROPS, Happening.LOSES])


def check_prop(effect: Effect, beat: Beat, state: StoryState, script: Script) -> Iterator[Contradiction]:
    """Before the effect has happened; those of the same beat before it have."""
    if effect.prop_id is None or (where := state.props.get(effect.prop_id)) is None:
        return
    deed = f"{script.name(effect.character_id or '')} {effect.happens} {script.prop(effect.prop_id)} in {beat.beat_id}"
    match where.lot:
        case Lot.MISSING if effect.happens is Happening.LOSES:
            what = f"{deed}, and it was {ago('lost', where.beat_id)}."
            yield warning(Code.PROP_NOT_FOUND, beat, where.beat_id, what, "Let it be lost once.")
        case Lot.MISSING if effect.happens is not Happening.FINDS:
            yield _not_found(f"{deed}, and it was {ago('lost', where.beat_id)}.", beat, where)
        case Lot.UNFOUND if effect.happens is not Happening.FINDS:
            yield _not_found(f"{deed}, and it is found only in {where.beat_id}.", beat, where)
        case Lot.HELD if where.holder != effect.character_id and effect.happens in _NEEDS_IT_IN_HAND | {Happening.FINDS}:
            holder = script.name(where.holder or "")
            yield error(
                Code.PROP_NOT_HELD,
                beat,
                where.beat_id,
                f"{deed}, and {holder} has it {since(where.beat_id)}.",
                f"Let {holder} give it away first, give {beat.beat_id} the effect `takes`, or let {holder} do it.",
            )
        case Lot.LYING if effect.happens in _NEEDS_IT_IN_HAND - {Happening.LOSES}:
            yield error(
                Code.PROP_NOT_HELD,
                beat,
                where.beat_id,
                f"{deed}, and it was {ago('dropped', where.beat_id)}.",
                f"Let it be taken up first: the effect `takes` in {beat.beat_id} or before.",
            )
        case _:
            return


def _not_found(what: str, beat: Beat, where: Whereabouts) -> Contradiction:
    mend = f"Let it be found first: the effect `finds` in {beat.beat_id} or before."
    return error(Code.PROP_NOT_FOUND, beat, where.beat_id, what, mend)
