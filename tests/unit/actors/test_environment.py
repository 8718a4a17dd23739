"""What is refused before any Ray is started, and what its processes inherit."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from actors.environment import keep_compiled, refuse_kept_state, refuse_open_mesh
from episodes.errors import BadInput


@pytest.mark.parametrize("mode", ["disabled", "TOKEN", "k8s", ""])
def test_no_ray_is_started_without_a_token(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", mode)
    with pytest.raises(BadInput) as refused:
        refuse_open_mesh()
    assert "\n" not in str(refused.value)


def test_a_token_is_the_rule_and_need_not_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
    refuse_open_mesh()
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    refuse_open_mesh()


@pytest.mark.parametrize("kept", ["rocksdb", "redis://:secret@keeper"])
def test_a_ray_that_ends_with_serve_keeps_no_state(kept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORYWORLD_GCS", kept)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with pytest.raises(BadInput, match="ends with it") as refused:
        refuse_kept_state()
    assert "secret" not in str(refused.value)

    monkeypatch.setenv("RAY_ADDRESS", "10.65.0.1:6379")
    refuse_kept_state()


@pytest.mark.parametrize("kept", ["memory", ""])
def test_a_ray_without_a_state_to_keep_is_started(kept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("STORYWORLD_GCS", kept)
    refuse_kept_state()


def test_what_is_compiled_is_kept_beside_the_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRITON_CACHE_DIR", "/chosen")
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "")  # so that it is put back afterwards
    monkeypatch.delenv("TORCHINDUCTOR_CACHE_DIR")

    keep_compiled(tmp_path)

    assert os.environ["TORCHINDUCTOR_CACHE_DIR"] == str(tmp_path / "models" / "compiled" / "inductor")
    assert os.environ["TRITON_CACHE_DIR"] == "/chosen"
