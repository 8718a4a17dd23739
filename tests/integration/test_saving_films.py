"""A film that is fetched to where somebody wants it: whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.client import ApiProblem, Client
from episodes.errors import Unavailable
from tests.api.rig import CLIP, Rig
from tests.integration.shell import serving


def test_a_film_is_saved_into_a_new_folder_and_what_stands_in_the_way_is_a_sentence(tmp_path: Path) -> None:
    with serving(Rig()) as shell:
        episode_id = shell.executing()
        shell.rig.render_all(episode_id)
        with Client(shell.url) as client:
            with pytest.raises(ApiProblem, match="There is no film"):
                client.save_film(episode_id, tmp_path / "film.mp4")
            shell.rig.cut_film(episode_id)
            client.save_film(episode_id, tmp_path / "new" / "film.mp4")
            (tmp_path / "folder").mkdir()
            with pytest.raises(Unavailable, match=r"/folder: Is a directory\. The film itself is kept: http"):
                client.save_film(episode_id, tmp_path / "folder")

    assert (tmp_path / "new" / "film.mp4").read_bytes() == CLIP
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["film.mp4", "folder", "new"]
