from __future__ import annotations

import pickle

import pytest

from episodes.errors import BadInput
from rendering.backends import BackendRecipe, known_backends, open_backend


def test_stub_means_the_animatic_too() -> None:
    animatic, stub = (open_backend(BackendRecipe(name=name)) for name in ("animatic", "stub"))

    assert type(animatic) is type(stub)


def test_an_unknown_backend_is_refused_with_the_names_that_are_known() -> None:
    with pytest.raises(BadInput, match="'oil-paint'") as refused:
        open_backend(BackendRecipe(name="oil-paint"))

    assert all(name in refused.value.hint for name in known_backends())
    assert refused.value.where == "backend"


def test_an_option_that_the_animatic_does_not_have_is_refused() -> None:
    with pytest.raises(BadInput, match="brush"):
        open_backend(BackendRecipe(name="animatic", options={"brush": "wide"}))


def test_a_recipe_travels_between_processes() -> None:
    recipe = BackendRecipe(name="animatic", options={"a": "b"})

    assert pickle.loads(pickle.dumps(recipe)) == recipe
