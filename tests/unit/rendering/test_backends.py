from __future__ import annotations

import pickle

import pytest

from episodes.errors import BadInput
from episodes.plan import CameraMove
from rendering.backends import BackendRecipe, camera_moves, known_backends, open_backend


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


def test_what_reads_no_prompt_cannot_be_told_how_the_camera_moves() -> None:
    assert camera_moves(BackendRecipe(name="svd")) == (CameraMove.STATIC,)
    assert camera_moves(BackendRecipe(name="diffusers", options={"recipe": "wan"})) is None
    assert camera_moves(BackendRecipe(name="animatic")) is None
    assert camera_moves(BackendRecipe(name="oil-paint")) is None
