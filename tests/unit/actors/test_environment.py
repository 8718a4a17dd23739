"""What is refused before any Ray is started, and what its processes inherit."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from actors.environment import keep_compiled, refuse_open_mesh
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


def test_what_is_compiled_is_kept_beside_the_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRITON_CACHE_DIR", "/chosen")
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "")  # so that it is put back afterwards
    monkeypatch.delenv("TORCHINDUCTOR_CACHE_DIR")

    keep_compiled(tmp_path)

    assert os.environ["TORCHINDUCTOR_CACHE_DIR"] == str(tmp_path / "models" / "compiled" / "inductor")
    assert os.environ["TRITON_CACHE_DIR"] == "/chosen"
