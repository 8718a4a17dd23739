"""What can be refused before a system is started or an episode is made."""

from __future__ import annotations

import os
from pathlib import Path

from episodes.errors import BadInput


def check_out(out: Path) -> None:
    """That a film can be written there, as far as anybody can know; a folder that is missing is made when it is. Raises BadInput."""
    if out.is_dir():
        raise BadInput(f"{out} is a folder.", f"Name a file for the film: {out / 'film.mp4'}.", "out")
    there = next(folder for folder in out.parents if folder.exists())
    if not there.is_dir():
        raise BadInput(f"{there} is no folder.", "Name a file for the film in one: outputs/film.mp4.", "out")
    if not os.access(there, os.W_OK | os.X_OK):
        raise BadInput(f"Nobody may write into {there}.", "Name a file for the film elsewhere.", "out")
