"""What is refused before anything is begun."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from commands.beforehand import check_out
from episodes.errors import BadInput


def test_a_film_can_go_into_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    check_out(tmp_path / "film.mp4")
    check_out(tmp_path / "new" / "folder" / "film.mp4")

    assert list(tmp_path.iterdir()) == []


def test_a_film_cannot_go_where_nobody_may_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)  # root may write everywhere

    with pytest.raises(BadInput, match="Nobody may write into"):
        check_out(tmp_path / "new" / "film.mp4")
