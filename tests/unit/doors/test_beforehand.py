"""What is refused before anything is begun."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from commands.beforehand import check_asked, check_out
from episodes.errors import BadInput


def test_a_film_can_go_into_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    check_out(tmp_path / "film.mp4")
    check_out(tmp_path / "new" / "folder" / "film.mp4")

    assert list(tmp_path.iterdir()) == []


def test_a_film_cannot_go_where_nobody_may_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)  # root may write everywhere

    with pytest.raises(BadInput, match="Nobody may write into"):
        check_out(tmp_path / "new" / "film.mp4")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"intent": ""}, "What happens: It must not be empty."),
        ({"intent": "Mika runs", "num_beats": 0}, "--num-beats: It must be at least 1."),
        ({"intent": "Mika runs", "duration_s": 31.0}, "--duration: It must be at most 30."),
        ({"intent": "Mika runs", "world_id": "A B"}, "--world: It must be 1 to 64 lower-case letters"),
        ({"intent": "Mika runs", "mode": "fast"}, "--mode: It must be one of these: 'validate' or 'final'."),
        ({"intent": "Mika runs", "budget": "much"}, "--budget: It must be a number."),
        ({"intent": "Mika runs", "fallbacks": [""]}, "--fallback: It must not be empty."),
        (
            {"intent": "Mika runs", "backend": "svd", "fallbacks": ["svd"]},
            "'svd' is the first choice, and no fallback of itself.",
        ),
        ({"screenplay": ""}, "The screenplay: It must not be empty."),
        ({"screenplay": "Title: Nothing\n"}, ""),
    ],
)
def test_what_cannot_be_asked_for_is_refused_by_the_name_of_its_option(asked: dict[str, object], said: str) -> None:
    with pytest.raises(BadInput) as refused:
        check_asked(**asked)

    assert refused.value.message.startswith(said)


@pytest.mark.slow
def test_what_can_be_asked_for_is_let_through() -> None:
    check_asked(intent="Mika runs", num_beats=1, duration_s=0.5, mode=None, budget="0.50", fallbacks=None)
    check_asked(intent=None, screenplay="INT. ROOM\n\nHe waits.\n")
