from __future__ import annotations

import pickle

import pytest

from episodes import errors
from episodes.errors import FailureClass, StoryWorldError

EXAMPLES: list[StoryWorldError] = [
    errors.StoryWorldError("a", "b"),
    errors.NotFound("episode", "e1", "look"),
    errors.IllegalMove("episode e1", "CREATED", "execute", "EXECUTING"),
    errors.Conflict("a", "b"),
    errors.RevisionConflict("a", "b"),
    errors.FieldsLocked("a", "b", ("characters.mika.name",)),
    errors.ArtifactConflict("a", "b"),
    errors.KeyReused("a", "b"),
    errors.BadInput("a", "b", "num_beats"),
    errors.TooLarge("a", "b", "file"),
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


def test_an_illegal_move_names_both_states() -> None:
    text = str(errors.IllegalMove("episode e1", "CREATED", "execute", "EXECUTING"))

    assert "CREATED" in text
    assert "EXECUTING" in text
