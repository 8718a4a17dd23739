"""Tiny models with random weights, made once per process and loaded through the real code."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

if not torch.cuda.is_available():
    os.environ["TRITON_INTERPRET"] = "1"  # Triton reads it while it is imported, which diffusers does

from rendering.backends.animatediff.tiny import TinyModel, clip_vocabulary, make_tiny

_REPOSITORY = Path(__file__).resolve().parents[2]

torch.set_num_threads(
    1
)  # the models are so small that a second thread costs more than it brings, and two test processes run at once


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyModel:
    """CLIP's vocabulary is kept beside the code, so that it is fetched once per machine."""
    vocabulary = clip_vocabulary(_REPOSITORY / "models")
    return make_tiny(tmp_path_factory.mktemp("models") / "tiny", vocabulary=vocabulary)


@pytest.fixture(scope="session")
def tiny_videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for those of diffusers' video models that a test asks for."""
    return tmp_path_factory.mktemp("video-models")
