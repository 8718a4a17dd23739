"""The outline: which beat tells what, for any number of beats and of clauses."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise

from episodes.plan import StoryTurn


class Stage(Enum):
    SETUP = auto()
    """Before it happens: who is where."""
    RISE = auto()
    """On the way: it becomes more."""
    ACTION = auto()
    """What the intent says."""
    OUTCOME = auto()
    """What is different now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Slot:
    """What one beat has to tell."""

    stage: Stage
    clauses: tuple[int, ...]
    """Which of the intent's clauses; several where there are fewer beats than clauses."""
    turn: StoryTurn


def outline(num_clauses: int, num_beats: int) -> tuple[Slot, ...]:
    """Exactly `num_beats` slots. Every clause is told, in order; what beats are left go to setup, outcome and rise."""
    stages = _stages(num_clauses, num_beats)
    last = num_beats - 1
    slots = []
    for at, (stage, clauses) in enumerate(stages):
        turn = StoryTurn.TURN
        if at == 0 and num_beats > 1:
            turn = StoryTurn.SETUP
        elif at == last and num_beats > 2:
            turn = StoryTurn.OUTCOME
        slots.append(Slot(stage=stage, clauses=clauses, turn=turn))
    return tuple(slots)


def _stages(num_clauses: int, num_beats: int) -> list[tuple[Stage, tuple[int, ...]]]:
    last = num_clauses - 1
    if num_beats < num_clauses or num_beats == 1:
        return [(Stage.ACTION, chunk) for chunk in _chunks(num_clauses, num_beats)]
    actions: list[list[tuple[Stage, tuple[int, ...]]]] = [[(Stage.ACTION, (i,))] for i in range(num_clauses)]
    spare = num_beats - num_clauses
    if spare == 0:
        return [beat for group in actions for beat in group]
    if spare == 1 and num_clauses == 1:
        return [(Stage.SETUP, (0,)), *actions[0]]
    if spare == 1:
        return [*(beat for group in actions for beat in group), (Stage.OUTCOME, (last,))]
    for n in range(spare - 2):
        _add_rise(actions, n)
    return [(Stage.SETUP, (0,)), *(beat for group in actions for beat in group), (Stage.OUTCOME, (last,))]


def _add_rise(actions: list[list[tuple[Stage, tuple[int, ...]]]], n: int) -> None:
    """One more beat: from the last clause backwards, every fourth one before the deed, the others after it."""
    num_clauses = len(actions)
    clause = num_clauses - 1 - n % num_clauses
    beat = (Stage.RISE, (clause,))
    if (n // num_clauses) % 4 == 3:
        actions[clause].insert(0, beat)
    else:
        actions[clause].append(beat)


def _chunks(num_clauses: int, num_beats: int) -> list[tuple[int, ...]]:
    """Clauses in `num_beats` runs of nearly equal length."""
    bounds = [round(i * num_clauses / num_beats) for i in range(num_beats + 1)]
    return [tuple(range(start, end)) for start, end in pairwise(bounds)]
