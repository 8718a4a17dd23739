"""Supervisor: reads a plan once from the first beat to the last, and notes where it contradicts itself.

Each beat is looked at before it happens (who plays, who speaks, where and when, what its words and its camera ask for); then its effects are,
one after the other, each against the state that those before it have left, which it moves on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from episodes.contradictions import Contradiction
from episodes.fleet import Kind
from episodes.plan import Beat, Plan
from episodes.world import World
from planning.continuity.joins import Joins
from planning.continuity.limits import check_camera, check_words
from planning.continuity.names import Names
from planning.continuity.people import check_deed, check_people
from planning.continuity.props import check_prop
from planning.continuity.script import Moves, Script, script_of
from planning.continuity.state import StoryState, opening_state


class Supervisor:
    """Implements ScriptSupervisor."""

    def contradictions(self, plan: Plan, world: World, kinds: Sequence[Kind]) -> tuple[Contradiction, ...]:
        return contradictions_in(plan, world, {kind.name: kind.camera_moves for kind in kinds})


def contradictions_in(plan: Plan, world: World, moves: Moves) -> tuple[Contradiction, ...]:
    """In story order of the beats where they show; each once. Pure, never raises, and linear in the number of beats."""
    script = script_of(plan, world, moves)
    order = {beat.beat_id: beat.index for beat in plan.beats}
    found = dict.fromkeys(_read(script, opening_state(script, world)))
    return tuple(sorted(found, key=lambda one: order[one.beat_id]))


def _read(script: Script, state: StoryState) -> Iterator[Contradiction]:
    names, joins = Names(script=script), Joins(script=script)
    for beat in script.plan.beats:
        yield from names.check(beat)
        yield from check_words(beat)
        yield from check_camera(beat, script)
        yield from joins.check(beat, state)
        yield from check_people(beat, state, script)
        state.begin(beat, script.key(beat))
        yield from _happen(beat, state, script)
        joins.remember(beat, state)
        state.end(beat, script.key(beat))


def _happen(beat: Beat, state: StoryState, script: Script) -> Iterator[Contradiction]:
    for effect in beat.effects:
        yield from check_deed(effect, beat, state, script)
        yield from check_prop(effect, beat, state, script)
        state.move(effect, beat.beat_id, script.key(beat))
