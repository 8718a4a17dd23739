"""The contract of VideoBackend, kept by those that buy their clips, from servers of the tests: the tests are those of its suite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rendering.backend import VideoBackend
from rendering.backends import BackendRecipe, Purse, open_backend
from storage.artifacts.memory import MemoryArtifacts
from tests.contract import test_video_backend as contract
from tests.contract.test_video_backend import *  # noqa: F403
from tests.contract.test_video_backend import Kind
from tests.shops.google import a_vertex
from tests.shops.openai_videos import a_videos_server

del test_every_backend_that_can_be_opened_is_under_contract  # noqa: F821  it is about the list there
backend, earlier_clip = contract.backend, contract.earlier_clip


@contextmanager
def _openai_video(folder: Path) -> Iterator[Callable[[], VideoBackend]]:
    with a_videos_server() as (base_url, _):
        recipe = BackendRecipe(name="openai-video", options={"base_url": base_url, "price_per_s": "0.1"})
        yield lambda: open_backend(recipe, Purse(orders=MemoryArtifacts()))


@contextmanager
def _veo(folder: Path) -> Iterator[Callable[[], VideoBackend]]:
    with a_vertex(folder) as (base_url, _, credentials):
        recipe = BackendRecipe(name="veo", options={"base_url": base_url, "project": "studio"})
        yield lambda: open_backend(recipe, Purse(orders=MemoryArtifacts(), google_credentials=credentials))


SHOPS = {"openai-video": _openai_video, "veo": _veo}


@pytest.fixture(params=SHOPS)  # type: ignore[no-redef]  # instead of the one there
def kind(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kind]:
    with SHOPS[request.param](tmp_path) as opened:
        yield Kind(open=opened, looks_at_pictures=False)
