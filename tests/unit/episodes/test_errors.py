from __future__ import annotations

import pickle

import pytest

from episodes import errors
from episodes.contradictions import Code, Contradiction, Severity
from episodes.errors import FailureClass, StoryWorldError

A_CONTRADICTION = Contradiction(
    code=Code.DEAD_SPEAKS,
    severity=Severity.ERROR,
    beat_id="b2",
    other_beat_id="b1",
    what="Mika speaks in b2 and died in b1.",
    suggestion="Let somebody else say it.",
)
EXAMPLES: list[StoryWorldError] = [
    errors.StoryWorldError("a", "b"),
    errors.NotFound("episode", "e1", "look"),
    errors.IllegalMove("episode e1", "CREATED", "execute", "EXECUTING", "b"),
    errors.Conflict("a", "b"),
    errors.RevisionConflict("a", "b"),
    errors.FieldsLocked("a", "b", ("characters.mika.name",)),
    errors.ArtifactConflict("a", "b"),
    errors.KeyReused("a", "b"),
    errors.BadInput("a", "b", "num_beats"),
    errors.TooLarge("a", "b", "file"),
    errors.Contradictory((A_CONTRADICTION,)),
    errors.PlannerFailed("a", errors.PlannerTrouble.REFUSED, "b", 7),
    errors.Unavailable("a", "b", 7),
    errors.Damaged("a", "b", 7),
    errors.LeaseLost("a"),
    errors.RendererLost("a", FailureClass.CRASH),
    errors.RenderFailed("a", FailureClass.OUTPUT, "b"),
    errors.RenderCancelled(),
]


def _all_errors(root: type[StoryWorldError]) -> set[type[StoryWorldError]]:
    return {root} | {e for child in root.__subclasses__() if child.__module__ == errors.__name__ for e in _all_errors(child)}


def test_every_error_has_an_example_here() -> None:
    assert {type(e) for e in EXAMPLES} == _all_errors(StoryWorldError)


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda e: type(e).__name__)
def test_an_error_keeps_its_type_and_fields_across_processes(error: StoryWorldError) -> None:
    copy = pickle.loads(pickle.dumps(error))

    assert type(copy) is type(error)
    assert vars(copy) == vars(error)
    assert str(copy) == str(error)


def test_an_illegal_move_says_where_it_is_and_what_to_do() -> None:
    assert str(errors.IllegalMove("beat b1", "ACCEPTED", "retry", "PENDING", "Change it.")) == (
        "Cannot retry beat b1: it is ACCEPTED. Change it."
    )
    assert errors.IllegalMove("beat b1", "ACCEPTED", "retry").hint
