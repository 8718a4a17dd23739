"""What is refused before any Ray is started."""

from __future__ import annotations

import pytest

from actors.environment import refuse_open_mesh
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
