"""The contract of VideoBackend, kept by AnimateDiff with the tiny model: the tests are those of tests/contract."""

from __future__ import annotations

import pytest

from rendering.backends import BackendRecipe
from rendering.backends.animatediff.backend import AnimateDiffBackend
from rendering.backends.animatediff.options import setup_of
from rendering.backends.animatediff.tiny import TinyModel
from tests.contract import test_video_backend as contract
from tests.contract.test_video_backend import *  # noqa: F403
from tests.contract.test_video_backend import Kind
from tests.models.loaded import loaded

del test_every_backend_that_can_be_opened_is_under_contract  # noqa: F821  it is about the list there
backend, earlier_clip = contract.backend, contract.earlier_clip


@pytest.fixture(scope="module")  # type: ignore[no-redef]  # instead of the one there
def kind(tiny: TinyModel) -> Kind:
    """Each opening makes a loop of its own."""
    recipe = setup_of(BackendRecipe(name="animatediff", options={**tiny.options, "tier": "draft"})).recipe
    return Kind(open=lambda: AnimateDiffBackend(recipe, loaded(recipe)), looks_at_pictures=False, goes_on_from_a_frame=False)
