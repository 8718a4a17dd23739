"""The contract of VideoBackend, kept by the video models of diffusers with tiny weights: the tests are those of tests/contract."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from rendering.backends import BackendRecipe
from rendering.backends.diffusers.backend import DiffusersBackend
from rendering.backends.diffusers.loading import load_pipelines
from rendering.backends.diffusers.options import setup_of
from rendering.backends.diffusers.tiny import make_tiny
from tests.contract import test_video_backend as contract
from tests.contract.test_video_backend import *  # noqa: F403
from tests.contract.test_video_backend import Kind

del test_every_backend_that_can_be_opened_is_under_contract  # noqa: F821  it is about the list there
backend, earlier_clip = contract.backend, contract.earlier_clip

GOES_ON = {"svd": True, "wan": False, "ltx": True}
"""Wan 2.1 reads nothing but text; the others begin with the picture that they are given."""


@pytest.fixture(scope="module", params=GOES_ON)  # type: ignore[no-redef]  # instead of the one there
def kind(request: pytest.FixtureRequest, tiny_videos: Path) -> Kind:
    """Each opening makes a backend of its own; the weights are loaded once, for a backend only reads them."""
    name = request.param
    options = {"recipe": str(make_tiny(name, tiny_videos))}
    setup = setup_of(BackendRecipe(name="svd" if name == "svd" else "diffusers", options=options))
    pipelines = load_pipelines(setup, torch.device("cpu"))
    return Kind(
        open=lambda: DiffusersBackend(setup, pipelines, torch.device("cpu")),
        looks_at_pictures=name == "svd",
        goes_on_from_a_frame=GOES_ON[name],
        shows_previews=name == "svd",
    )
